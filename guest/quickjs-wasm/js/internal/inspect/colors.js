// The colours and styles of util.inspect: how a colour begins and ends, and which colour a kind of value has.
const { ObjectDefineProperty } = primordials;

const colors = {
  __proto__: null,
  reset: [0, 0],
  bold: [1, 22],
  dim: [2, 22],
  italic: [3, 23],
  underline: [4, 24],
  blink: [5, 25],
  inverse: [7, 27],
  hidden: [8, 28],
  strikethrough: [9, 29],
  doubleunderline: [21, 24],
};
const hues = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];
const upper = ['Black', 'Red', 'Green', 'Yellow', 'Blue', 'Magenta', 'Cyan', 'White'];
for (let i = 0; i < 8; i++) colors[hues[i]] = [30 + i, 39];
for (let i = 0; i < 8; i++) colors['bg' + upper[i]] = [40 + i, 49];
colors.framed = [51, 54];
colors.overlined = [53, 55];
colors.gray = [90, 39];
for (let i = 1; i < 8; i++) colors[hues[i] + 'Bright'] = [90 + i, 39];
colors.bgGray = [100, 49];
for (let i = 1; i < 8; i++) colors['bg' + upper[i] + 'Bright'] = [100 + i, 49];

const aliases = {
  __proto__: null,
  gray: ['grey', 'blackBright'],
  bgGray: ['bgGrey', 'bgBlackBright'],
  dim: ['faint'],
  strikethrough: ['crossedout', 'strikeThrough', 'crossedOut'],
  hidden: ['conceal'],
  inverse: ['swapColors', 'swapcolors'],
  doubleunderline: ['doubleUnderline'],
};
for (const name in aliases) {
  for (let i = 0; i < aliases[name].length; i++) {
    ObjectDefineProperty(colors, aliases[name][i], {
      __proto__: null,
      get() {
        return this[name];
      },
      set(value) {
        this[name] = value;
      },
      configurable: true,
      enumerable: false,
    });
  }
}

const styles = {
  __proto__: null,
  special: 'cyan',
  number: 'yellow',
  bigint: 'yellow',
  boolean: 'yellow',
  undefined: 'grey',
  null: 'bold',
  string: 'green',
  symbol: 'green',
  date: 'magenta',
  regexp: 'red',
  module: 'underline',
};

module.exports = { colors, styles };
