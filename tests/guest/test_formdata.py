"""FormData, for random sequences of its methods and against the XMLHttpRequest standard."""

import random

from tests.guest.node import needs_node, node_result
from tests.harness import Guests

PLAY = """
return input.map((steps) => {
  const data = new FormData(), log = [];
  for (const [method, ...args] of steps) {
    const result = data[method](...args);
    log.push(result === undefined ? 'undefined' : typeof result?.next === 'function' ? [...result] : result);
  }
  return [log, [...data]];
});"""


@needs_node
def test_form_data_does_what_nodes_does(guests: Guests) -> None:
    """300 random sequences of every method, with strings that are no proper text among the names."""
    source = random.Random(41)
    names = ["a", "b", "a b", "", "\ud800", "\udc00x", "é", "1"]
    counts = {"append": 2, "set": 2, "delete": 1, "get": 1, "getAll": 1, "has": 1, "entries": 0, "keys": 0, "values": 0}

    def step() -> list:
        method = source.choice(["append", "append", *counts])
        return [method, *(source.choice([*names, 1, None, True, 2.5]) for _ in range(counts[method]))]

    given = [[step() for _ in range(source.randrange(1, 14))] for _ in range(300)]
    got, expected = guests.result(PLAY, given), node_result(PLAY, given)
    assert [one for one in zip(given, got, expected, strict=True) if one[1] != one[2]] == []


def test_form_data_is_as_the_standard_has_it(guests: Guests) -> None:
    """Iterators read the list while it changes; a file name is for blobs alone; members can be enumerated."""
    code = """
    const out = [], data = new FormData();
    data.append('a', '1'); data.append('b', '2');
    for (const [name] of data) { out.push(name); if (out.length < 5) data.append(name + out.length, '') }
    data.forEach(function (value, name, all) { if (name === 'a') out.push(value, all === data, this.own) },
      { own: 7 });
    for (const wrong of [() => data.append('x'), () => data.append('x', 'y', 'z'), () => new FormData(null),
      () => FormData(),
      () => data.forEach(), () => data.forEach(1), () => FormData.prototype.get.call({}, 'a'),
        () => data.get(Symbol('s')),
      () => data.entries().next.call({})]) {
      try { wrong(); out.push('none') } catch (error) { out.push(error.constructor.name) }
    }
    const proto = Object.getPrototypeOf(data.keys());
    out.push(Object.keys(FormData.prototype).join(),
      FormData.prototype[Symbol.iterator] === FormData.prototype.entries);
    out.push(String(data), proto[Symbol.toStringTag], Object.keys(proto), Object.hasOwn(Object.getPrototypeOf(proto),
      Symbol.iterator));
    return out"""
    assert guests.result(code) == [
        "a", "b", "a1", "b2", "a13", "b24", "1", True, 7, *["TypeError"] * 9,
        "append,delete,get,getAll,has,set,entries,forEach,keys,values", True, "[object FormData]",
          "FormData Iterator",
        ["next"], True,
    ]  # fmt: skip


def test_blobs_become_files(guests: Guests) -> None:
    """A Blob is `blob` or gets the name that is given; a File stays itself unless it gets another."""
    code = """
    const data = new FormData(), file = new File(['q'], 'q.txt', { lastModified: 5, type: 'text/q' });
    data.append('a', new Blob(['hi'], { type: 'text/x' })); data.append('b', new Blob(['hi']), 'n\\ud800.txt');
    data.append('c', file); data.set('d', file, 'other'); data.append('e', {}); data.append('f', file, undefined);
    return [[...data].map(([name, v]) => typeof v === 'string' ? v : [v.name, v.type, v.size, v instanceof File]),
      data.get('c') === file, data.get('d') === file, data.get('d').lastModified, await data.get('d').text()]"""
    assert guests.result(code) == [
        [
            ["blob", "text/x", 2, True], ["n\ufffd.txt", "", 2, True], ["q.txt", "text/q", 1, True],
            ["other", "text/q", 1, True], "[object Object]", ["q.txt", "text/q", 1, True],
        ],
        True, False, 5, "q",
    ]  # fmt: skip
