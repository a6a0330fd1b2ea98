"""Timers, `timers`, `timers/promises`, `process` and `performance`."""

from host.policy.model import Limits
from tests.guest.node import needs_node, node_result
from tests.harness import Guests

ORDER = """
const order = [];
const tick = (name) => process.nextTick((...given) => order.push(name, ...given), 'with', name);
setImmediate(() => { order.push('immediate'); tick('of immediate');
  Promise.resolve().then(() => order.push('micro of immediate')) });
setTimeout(() => { order.push('timer'); tick('of timer'); queueMicrotask(() => order.push('micro of timer')) }, 20);
queueMicrotask(() => order.push('micro'));
Promise.resolve().then(() => { order.push('then'); tick('of then');
  Promise.resolve().then(() => order.push('then of then')) });
tick('first'); tick('second');
process.nextTick(() => { order.push('outer'); tick('inner'); queueMicrotask(() => order.push('micro of tick')) });
await new Promise((resolve) => setTimeout(resolve, 60));
return order"""


@needs_node
def test_ticks_microtasks_and_timers_come_in_nodes_order(guests: Guests) -> None:
    """Ticks before microtasks where code begins, and after them inside of them."""
    assert guests.result(ORDER) == node_result(ORDER, None)


COERCED = """
const out = [], tell = (call) => { try { call(); return 'fine' } catch (error) { return [error.name,
  error.code ?? null] } };
const fire = (...given) => new Promise((resolve) => setTimeout((...got) => resolve(got), ...given));
out.push(await fire(1, 1, 2), await fire(), await fire('2', ...Array(100).fill('x')), await fire(-5),
  await fire(2 ** 32), await fire(NaN));
out.push(await fire({ valueOf: () => 1 }), await fire(null), await fire(undefined, 'u'));
for (const given of [undefined, null, 1, {}, 5n, true, Symbol('s'), []]) {
  out.push(tell(() => setTimeout(given)), tell(() => setInterval(given)), tell(() => setImmediate(given)));
}
out.push(tell(() => setTimeout(() => {}, Symbol('s'))), tell(() => setTimeout(() => {}, 5n)));
for (const given of [undefined, null, {}, 'x', NaN, -1, 99999]) out.push(tell(() => clearTimeout(given)));
for (const given of [undefined, 1, 'x', {}]) out.push(tell(() => queueMicrotask(given))[0],
  tell(() => process.nextTick(given)));
out.push([setTimeout, setInterval, setImmediate, clearTimeout, queueMicrotask].map((f) => f.name));
let rounds = 0;
await new Promise((resolve) => { const handle = setInterval(() => { if (++rounds === 3) { clearInterval(handle);
  resolve() } }, 1) });
const cleared = setTimeout(() => rounds++, 1); clearInterval(cleared);
const now = setImmediate(() => rounds++); clearImmediate(now);
await fire(5);
out.push(rounds);
return out"""


@needs_node
def test_arguments_of_timers_are_taken_as_node_takes_them(guests: Guests) -> None:
    """Delays that are no numbers, callbacks that are no functions, any number of further arguments."""
    got, expected = guests.result(COERCED), node_result(COERCED, None)
    assert [one for one in enumerate(zip(got, expected, strict=True)) if one[1][0] != one[1][1]] == []


def test_text_is_compiled_only_where_the_policy_lets_it(guests: Guests) -> None:
    """Otherwise it is a SecurityError, where the timer is set."""
    code = (
        "setTimeout('globalThis.made = 6 * 7', 1); await new Promise((r) => setTimeout(r, 5)); return globalThis.made"
    )
    assert guests.failure(code).type == "SecurityError"
    assert guests.result(code, eval=True) == 42


PROMISES = """
const timers = require('timers/promises'), out = [];
const fail = (error) => [error.name, error.code, error.message, error.cause ?? null];
out.push(await timers.setTimeout(1, 'value'), await timers.setImmediate('now'), await timers.setTimeout());
let rounds = 0;
for await (const value of timers.setInterval(1, 'tick')) { out.push(value); if (++rounds === 3) break }
for (const options of [null, 1, { signal: 1 }, { ref: 1 }]) {
  out.push(await timers.setTimeout(1, 0, options).catch(fail), await timers.setImmediate(0, options).catch(fail));
}
const stopped = { signal: AbortSignal.abort('before') };
out.push(await timers.setTimeout(1, 0, stopped).catch(fail), await timers.setImmediate(0, stopped).catch(fail));
const control = new AbortController(), waiting = timers.setTimeout(10000, 0, { signal: control.signal });
control.abort('while'); out.push(await waiting.catch(fail));
const other = new AbortController();
try { for await (const _ of timers.setInterval(1, 0,
  { signal: other.signal })) other.abort('inside') } catch (error) { out.push(fail(error)) }
out.push(await timers.scheduler.wait(1), await timers.scheduler.yield());
try { new timers.scheduler.constructor() } catch (error) { out.push(error.code) }
out.push(Object.keys(timers), Object.values(timers).map((one) => one.length),
  await timers.setTimeout('1').catch(fail));
out.push(setTimeout[Symbol.for('nodejs.util.promisify.custom')] === timers.setTimeout,
  require('timers').promises === timers);
out.push(require('timers').setTimeout === setTimeout);
return out"""


@needs_node
def test_timers_as_promises_are_those_of_node(guests: Guests) -> None:
    """Values, intervals, signals, the scheduler, and errors for options that are none."""
    got, expected = guests.result(PROMISES), node_result(PROMISES, None)
    assert [one for one in enumerate(zip(got, expected, strict=True)) if one[1][0] != one[1][1]] == []


def test_process_tells_nothing_of_the_machine(guests: Guests) -> None:
    """It has what packages look at, and refuses the rest with a hint."""
    code = """
    const out = [process.platform, process.arch, process.cwd(), process.argv, process.pid, Object.keys(process.env)];
    process.env.HOME = '/root';
    out.push(process.env.HOME ?? null, /^v20\\./.test(process.version),
      process.versions.node === process.version.slice(1));
    for (const name of ['exit', 'kill', 'abort', 'chdir', 'binding', 'cpuUsage']) {
      try { process[name](1) } catch (error) { out.push([error.name, typeof error.hint]) }
    }
    const [seconds, nanoseconds] = process.hrtime(), since = process.hrtime([0, 0]);
    out.push(Number.isInteger(seconds) && nanoseconds < 1e9, since[0] >= seconds, typeof process.hrtime.bigint());
    for (const wrong of [1, [], [1, 2, 3]]) try { process.hrtime(wrong) } catch (error) { out.push(error.code) }
    out.push(process.memoryUsage().heapUsed === process.memoryUsage.rss() || process.memoryUsage().rss > 0);
    out.push(String(process), require('process') === process, process.uptime() < 60);
    out.push(process.on('uncaughtException', () => {}) === process, process.listenerCount('uncaughtException'));
    return out"""
    assert guests.result(code) == [
        "linux", "wasm32", "/", [], 1, [], None, True, True, *[["SecurityError", "string"]] * 6, True, True, "bigint",
        "ERR_INVALID_ARG_TYPE", "ERR_OUT_OF_RANGE", "ERR_OUT_OF_RANGE", True, "[object process]", True, True, True, 1,
    ]  # fmt: skip


def test_an_error_in_a_tick_ends_the_execution(guests: Guests) -> None:
    """As an error that nobody caught does; a flood of ticks ends at the policy's fuel."""
    failure = guests.failure(
        "process.nextTick(() => { throw new RangeError('tick') }); await new Promise(() => {}); return 1"
    )
    assert (failure.type, failure.message) == ("RangeError", "tick")
    flood = "const again = () => process.nextTick(again); again(); await new Promise(() => {}); return 1"
    assert Limits().fuel > 50_000_000
    assert guests.failure(flood, fuel=50_000_000).type == "TimeoutError"


MARKS = """
const out = [], tell = (call) => { try { return call() } catch (error) { return [error.constructor.name,
  error.name] } };
performance.mark('a', { startTime: 5, detail: { deep: [1] } }); performance.mark('b', { startTime: 8.5 });
out.push(performance.measure('m', 'a', 'b').toJSON());
out.push(performance.measure('n', { start: 1, duration: 2, detail: 3 }).toJSON());
out.push(performance.measure('o', { end: 4, duration: 2 }).toJSON());
out.push(performance.getEntries().map((entry) => entry.name), performance.getEntriesByName('a').length);
out.push(performance.getEntriesByName('a', 'measure').length,
  performance.getEntriesByType('mark').map((entry) => entry.detail));
for (const wrong of [() => performance.mark(), () => performance.mark('x', { startTime: -1 }),
  () => performance.measure('x', 'none'),
  () => new PerformanceEntry(), () => performance.measure('x', { start: 1, end: 2, duration: 3 }),
    () => performance.mark(Symbol('s')),
]) out.push(tell(wrong));
performance.clearMarks('a'); out.push(performance.getEntries().map((entry) => entry.name));
performance.clearMarks(); performance.clearMeasures(); out.push(performance.getEntries().length);
out.push(String(new PerformanceMark('q')), performance instanceof EventTarget,
  new PerformanceMark('q') instanceof PerformanceEntry);
return out"""


@needs_node
def test_marks_and_measures_are_those_of_node(guests: Guests) -> None:
    """With details, options and errors."""
    got, expected = guests.result(MARKS), node_result(MARKS, None)
    assert [one for one in enumerate(zip(got, expected, strict=True)) if one[1][0] != one[1][1]] == []
