"""`events`: emitters do what Node's do, for random sequences of calls and for everything the module exports."""

import random

import pytest

from tests.guest.node import needs_node, node_result
from tests.harness import Guests

PLAY = """
const EventEmitter = require('events');
const out = [];
for (const steps of input) {
  const emitter = new EventEmitter(), log = [];
  const tell = (call) => { try { return call() } catch (error) { return [error.name, error.code, error.message] } };
  const listeners = [0, 1, 2, 3].map((n) => function (...args) {
    log.push(['called', n, args, this === emitter]);
    if (n === 3 && args[0] === 'more') emitter.on('a', listeners[0]);
    if (n === 2) emitter.removeListener('a', listeners[1]);
  });
  emitter.on('newListener', (type, f) => log.push(['new', String(type), listeners.indexOf(f)]));
  if (steps.length % 2) emitter.on('removeListener', (type, f) => log.push(['removed', String(type),
    listeners.indexOf(f)]));
  for (const [method, type, which, value] of steps) {
    const name = type === 'symbol' ? EventEmitter.errorMonitor : type;
    const bare = ['eventNames', 'getMaxListeners'].includes(method);
    const args = bare ? [] : ['emit'].includes(method) ? [name, value, which] : method === 'setMaxListeners' ? [value]
      : method === 'removeAllListeners' && which === 3 ? [] : ['listeners', 'rawListeners'].includes(method) ? [name]
      : [name, which === 4 ? value : listeners[which]];
    const result = tell(() => emitter[method](...args));
    log.push([method, result === emitter ? 'this' : Array.isArray(result)
      ? result.map((item) => typeof item === 'function' ? [listeners.indexOf(item),
        item.name] : String(item)) : result]);
  }
  out.push(log);
}
return out"""

METHODS = [
    *("on", "once", "off", "addListener", "removeListener", "prependListener", "prependOnceListener", "emit", "emit"),
    *("emit", "emit", "removeAllListeners", "listeners", "rawListeners", "listenerCount", "eventNames"),
    *("setMaxListeners", "getMaxListeners"),
]


def random_plays() -> list[list[list]]:
    source = random.Random(11)
    types = ["a", "a", "a", "b", "error", "symbol", "__proto__", "toString", ""]
    values = ["more", None, 1, -1, 2.5, "x", {"k": 1}, [1], True]

    def step() -> list:
        return [source.choice(METHODS), source.choice(types), source.randrange(5), source.choice(values)]

    return [[step() for _ in range(source.randrange(2, 14))] for _ in range(400)]


@needs_node
def test_emitters_do_what_nodes_do(guests: Guests) -> None:
    """400 random sequences of every method: results, errors, and who was called with what, in which order."""
    given = random_plays()
    got, expected = guests.result(PLAY, given, console=False), node_result(PLAY, given)
    wrong = [(steps, one, other) for steps, one, other in zip(given, got, expected, strict=True) if one != other]
    assert wrong == []


SURFACE = """
const EventEmitter = require('events');
const look = (object, passed) => Reflect.ownKeys(object).filter((key) => !passed.includes(String(key))).map((key) => {
  const own = Object.getOwnPropertyDescriptor(object, key);
  return [String(key), typeof own.value, own.value?.length, own.enumerable, own.configurable, own.writable];
});
const absent = ['EventEmitterAsyncResource', 'kMaxEventTargetListeners', 'kMaxEventTargetListenersWarned',
  'prototype'];
return [look(EventEmitter, absent).sort(), look(EventEmitter.prototype, []), look(new EventEmitter(), []),
  EventEmitter.prototype.on === EventEmitter.prototype.addListener, EventEmitter.prototype.off.name,
    EventEmitter.name,
  EventEmitter.EventEmitter === EventEmitter]"""


@needs_node
def test_the_module_looks_like_nodes(guests: Guests) -> None:
    """Names, lengths and descriptors; EventEmitterAsyncResource and two internal symbols are not there."""
    assert guests.result(SURFACE) == node_result(SURFACE, None)


ASYNC = """
const EventEmitter = require('events');
const { once, on, getEventListeners, addAbortListener } = EventEmitter;
const out = [];
const fail = (error) => [error.name, error.code, error.message, error.cause];
const emitter = new EventEmitter(), later = (call) => setTimeout(call, 1);
later(() => emitter.emit('a', 1, 2)); out.push(await once(emitter, 'a'));
later(() => emitter.emit('error', new RangeError('r'))); out.push(await once(emitter, 'a').catch(fail));
later(() => emitter.emit('error', new RangeError('r'))); out.push((await once(emitter, 'error'))[0].message);
out.push(emitter.eventNames());
for (const wrong of [[{}, 'a'], [emitter, 'a', { signal: 1 }]]) {
  out.push(await once(...wrong).catch(fail));
}
out.push(await once(emitter, 'a', { signal: AbortSignal.abort('why') }).catch(fail));
const control = new AbortController();
later(() => control.abort('later')); out.push(await once(emitter, 'a', { signal: control.signal }).catch(fail));
const target = new EventTarget();
later(() => target.dispatchEvent(new Event('t'))); out.push((await once(target, 't'))[0].type);
const all = [];
later(() => { for (const n of [1, 2, 3]) emitter.emit('v', n); emitter.emit('end') });
for await (const value of on(emitter, 'v', { close: ['end'] })) all.push(value);
out.push(all, emitter.eventNames());
later(() => { emitter.emit('v', 1); emitter.emit('error', new Error('in it')) });
try { for await (const value of on(emitter, 'v')) out.push(value) } catch (error) { out.push(error.message) }
const iterator = on(emitter, 'v');
out.push(Object.keys(iterator), iterator[Symbol.asyncIterator]() === iterator);
try { iterator.throw() } catch (error) { out.push(fail(error)) }
out.push(await iterator.return(), await iterator.next());
const aborted = new AbortController(), hanging = on(emitter, 'v', { signal: aborted.signal }).next();
aborted.abort('stop'); out.push(await hanging.catch(fail));
const listener = () => {};
target.addEventListener('t', listener); emitter.on('v', listener);
out.push(getEventListeners(target, 't')[0] === listener, getEventListeners(emitter, 'v').length);
const signal = new AbortController();
let told = 0;
signal.signal.addEventListener('abort', (event) => event.stopImmediatePropagation());
addAbortListener(signal.signal, () => told++); signal.abort(); out.push(told);
for (const wrong of [() => addAbortListener(undefined, listener), () => addAbortListener({}, listener),
  () => getEventListeners(5, 'x'), () => EventEmitter.setMaxListeners(1, {}), () => EventEmitter.setMaxListeners(NaN),
  () => { EventEmitter.defaultMaxListeners = -1 }, () => { EventEmitter.captureRejections = 1 },
  () => on(emitter, 'v', { highWaterMark: 0 }), () => on(emitter, 'v', { highWaterMark: '1' }),
  () => new EventEmitter({ captureRejections: 1 }), () => on({}, 'v'), () => emitter.emit('error'),
  () => emitter.emit('error', null), () => emitter.emit('error', { a: 1 }), () => emitter.emit('error',
    new URIError('u')),
]) { try { out.push(wrong()) } catch (error) { out.push([...fail(error).slice(0, 3), error.context ?? null]) } }
const careful = new EventEmitter({ captureRejections: true });
careful.on('x', async () => { throw new Error('rejected') });
out.push(await new Promise((resolve) => { careful.on('error', (error) => resolve(error.message));
  careful.emit('x') }));
careful[EventEmitter.captureRejectionSymbol] = function (error, type, ...args) { out.push([error.message, type,
  args]) };
careful.emit('x', 1, 2);
await new Promise((resolve) => setTimeout(resolve, 2));
EventEmitter.setMaxListeners(7, target, emitter);
out.push(EventEmitter.getMaxListeners(target), emitter.getMaxListeners(), EventEmitter.listenerCount(emitter, 'v'));
return out"""


@needs_node
def test_waiting_for_events_is_as_in_node(guests: Guests) -> None:
    """once, on, signals, captured rejections, listeners of targets, and the errors of wrong arguments."""
    got, expected = guests.result(ASYNC), node_result(ASYNC, None)
    assert [pair for pair in zip(got, expected, strict=True) if pair[0] != pair[1]] == []


def test_a_leak_is_warned_of_once(guests: Guests) -> None:
    """By an event of the process and a line of the console, in Node's words."""
    code = """
    const EventEmitter = require('events'), emitter = new EventEmitter(), seen = [];
    process.on('warning', (warning) => seen.push([warning.name, warning.count, warning.type,
      warning.emitter === emitter]));
    for (let i = 0; i < 13; i++) emitter.on('x', () => {});
    await new Promise((resolve) => setTimeout(resolve, 1));
    return seen"""
    report = guests.run(code)
    assert report.outcome.result == b'[["MaxListenersExceededWarning",11,"x",true]]'
    assert [record.text for record in report.logs] == [
        "MaxListenersExceededWarning: Possible EventEmitter memory leak detected. 11 x listeners added to "
        "[EventEmitter]. MaxListeners is 10. Use emitter.setMaxListeners() to increase limit"
    ]


@pytest.mark.parametrize("form", ["class Mine extends EventEmitter {}", "function Mine() { EventEmitter.call(this) }"])
def test_emitters_can_be_inherited(guests: Guests, form: str) -> None:
    """By classes and by functions, also where the constructor was never called."""
    code = f"""const EventEmitter = require('node:events');
    {form}
    Object.setPrototypeOf(Mine.prototype, EventEmitter.prototype);
    const one = new Mine(), bare = Object.create(EventEmitter.prototype), seen = [];
    one.on('x', (value) => seen.push(value)); one.emit('x', 1); bare.on('x', (value) => seen.push(value));
    bare.emit('x', 2);
    return [seen, one instanceof EventEmitter]"""
    assert guests.result(code) == [[1, 2], True]
