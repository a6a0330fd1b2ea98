// The place of a Han character by its first reading, its tone, and its code point.
const { first, index, order } = require('data/pinyin');

function orderOf(letter, code) {
  const at = letter.length === 1 && code >= first ? index.charCodeAt(code - first) : 0;
  return at > 0 ? order.charCodeAt(at - 1) * 0x10000 + code : 0x10000000 + code;
}

module.exports = { orderOf };
