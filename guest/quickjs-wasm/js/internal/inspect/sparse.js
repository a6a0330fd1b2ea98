// Arrays with holes, with properties of their own, or with accessors for items.
const { ArrayPrototypePush, ObjectGetOwnPropertyDescriptor, ObjectHasOwn, ObjectKeys, RegExpPrototypeExec } = primordials;
const { moreItems, show } = require('internal/inspect');
const { showAccessor } = require('internal/inspect/seldom');

const index = /^(0|[1-9][0-9]*)$/;

function item(state, array, key, level) {
  const own = ObjectGetOwnPropertyDescriptor(array, key);
  if (own !== undefined && (own.get !== undefined || own.set !== undefined)) {
    const flags = (own.get === undefined ? 0 : 1) + (own.set === undefined ? 0 : 2);
    return showAccessor(state, flags, own.get, level, array);
  }
  state.indentation += 2;
  const text = show(state, own === undefined ? array[key] : own.value, level);
  state.indentation -= 2;
  return text;
}

/** From the first hole on: what is enumerable, and how much is missing between. */
function afterHole(state, array, level, most, output, from) {
  const keys = ObjectKeys(array);
  let next = from;
  for (let i = from; i < keys.length && output.length < most; i++) {
    const at = +keys[i];
    if (at > 2 ** 32 - 2 || RegExpPrototypeExec(index, keys[i]) === null) break;
    if (at !== next) {
      const holes = at - next;
      ArrayPrototypePush(output, state.stylize('<' + holes + ' empty item' + (holes > 1 ? 's>' : '>'), 'undefined'));
      next = at;
      if (output.length === most) break;
    }
    ArrayPrototypePush(output, item(state, array, keys[i], level));
    next++;
  }
  const rest = array.length - next;
  if (rest > 0 && output.length !== most) {
    ArrayPrototypePush(output, state.stylize('<' + rest + ' empty item' + (rest > 1 ? 's>' : '>'), 'undefined'));
  } else if (rest > 0) ArrayPrototypePush(output, moreItems(rest));
  return output;
}

function items(state, array, level, most) {
  const output = [];
  for (let i = 0; i < most; i++) {
    if (!ObjectHasOwn(array, i)) return afterHole(state, array, level, most, output, i);
    ArrayPrototypePush(output, item(state, array, i, level));
  }
  if (array.length > most) ArrayPrototypePush(output, moreItems(array.length - most));
  return output;
}

module.exports = { items };
