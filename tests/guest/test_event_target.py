"""Event, EventTarget, AbortController and AbortSignal, as the DOM standard has them."""

import random

from tests.guest.node import needs_node, node_result
from tests.harness import Guests

PLAY = """
return input.map((steps) => {
  const target = new EventTarget(), log = [];
  const listeners = [0, 1, 2, 3].map((n) => n === 3 ? { handleEvent(event) { log.push([n, event.type,
    this === listeners[3]]) } }
    : function (event) {
      log.push([n, event.type, event.target === this, event.cancelable]);
      if (n === 1) event.preventDefault();
      if (n === 2) event.stopImmediatePropagation();
      if (n === 0) target.removeEventListener('a', listeners[1]);
    });
  for (const [method, type, which, options] of steps) {
    const event = () => which % 2 ? new CustomEvent(type, { ...options, detail: which }) : new Event(type, options);
    try {
      log.push(method === 'dispatchEvent' ? target.dispatchEvent(event()) : String(target[method](type,
        listeners[which], options)));
    } catch (error) { log.push([error.name, error.code ?? null]) }
  }
  return log;
});"""


@needs_node
def test_targets_do_what_nodes_do(guests: Guests) -> None:
    """300 random sequences of listening and dispatching."""
    source = random.Random(31)
    options = [
        None,
        True,
        False,
        {"once": True},
        {"capture": False, "cancelable": True},
        {"cancelable": True, "bubbles": True},
    ]

    def step() -> list:
        method = source.choice(
            ["addEventListener", "addEventListener", "removeEventListener", "dispatchEvent", "dispatchEvent"]
        )
        chosen = source.choice(options[3:] if method == "dispatchEvent" else [{}, {}, {"once": True}])
        return [method, source.choice("aab"), source.randrange(4), chosen]

    given = [[step() for _ in range(source.randrange(2, 12))] for _ in range(300)]
    got, expected = guests.result(PLAY, given), node_result(PLAY, given)
    wrong = [one for one in zip(given, got, expected, strict=True) if one[1] != one[2]]
    assert wrong == [], wrong[0]


def test_events_are_as_the_standard_has_them(guests: Guests) -> None:
    """What node does otherwise: capturing listeners first, passive ones, members in their order, own isTrusted."""
    code = """
    const out = [], target = new EventTarget();
    target.addEventListener('x', () => out.push('bubble'));
    target.addEventListener('x', () => out.push('capture'), true);
    target.dispatchEvent(new Event('x'));
    const passive = new Event('p', { cancelable: true });
    target.addEventListener('p', (event) => { event.preventDefault(); event.returnValue = false }, { passive: true });
    out.push(target.dispatchEvent(passive), passive.defaultPrevented);
    target.addEventListener('w', { handleEvent() {} });
    target.addEventListener('w', (event) => out.push([event.eventPhase, event.composedPath()[0] === target]));
    const late = new Event('w');
    target.dispatchEvent(late);
    out.push([late.eventPhase, late.composedPath().length, late.target === target, late.currentTarget]);
    const read = [];
    new Event('x', new Proxy({}, { get(_, key) { read.push(key) } }));
    target.addEventListener('x', () => {}, new Proxy({}, { get(_, key) { read.push(key) } }));
    out.push(read.join());
    const own = (event) => Object.getOwnPropertyDescriptor(event, 'isTrusted');
    out.push(own(new Event('a')).get === own(new Event('b')).get, own(new Event('a')).configurable,
      new Event('a').isTrusted);
    const nested = new Event('n');
    target.addEventListener('n', () => { try { target.dispatchEvent(nested) } catch (error) { out.push(error.name) } });
    target.dispatchEvent(nested);
    for (const wrong of [() => new Event(), () => Event('x'), () => new Event('x', 1),
      () => target.addEventListener('x', 1),
      () => target.addEventListener('x'), () => target.dispatchEvent({}),
        () => EventTarget.prototype.dispatchEvent.call({}, nested),
      () => target.addEventListener('x', null, { signal: null }), () => new Event(Symbol('s')),
        () => Event.prototype.type]) {
      try { out.push(String(wrong())) } catch (error) { out.push(error.constructor.name) }
    }
    const old = new CustomEvent('o', { detail: 1 }); old.initCustomEvent('q', true, true, 2);
    out.push(old.type, old.bubbles, old.detail, Event.AT_TARGET, Object.keys(Event).join(), String(old));
    class Mine extends EventTarget { tell() { return this.dispatchEvent(new Event('z')) } }
    out.push(new Mine().tell(), target.addEventListener.length, Event.length);
    return out"""
    assert guests.result(code) == [
        "capture", "bubble", True, False, [2, True], [0, 0, True, None],
          "bubbles,cancelable,composed,capture,once,passive,signal",
        True, False, False, "InvalidStateError", *["TypeError"] * 10, "q", True, 2, 2,
          "NONE,CAPTURING_PHASE,AT_TARGET,BUBBLING_PHASE",
        "[object CustomEvent]", True, 2, 1,
    ]  # fmt: skip


def test_what_a_listener_throws_ends_the_execution(guests: Guests) -> None:
    """After the other listeners were called, as in Node; so does reportError."""
    code = """const target = new EventTarget();
    target.addEventListener('x', () => { throw new RangeError('first') });
    target.addEventListener('x', () => console.log('second'));
    target.dispatchEvent(new Event('x'));
    await new Promise((resolve) => setTimeout(resolve, 5)); return 1"""
    report = guests.run(code)
    assert (report.outcome.type, report.outcome.message, len(report.logs)) == ("RangeError", "first", 1)
    failure = guests.failure("reportError(new URIError('told')); await new Promise((r) => setTimeout(r, 5)); return 1")
    assert failure.message == "URIError: told"


def test_signals_are_as_the_standard_has_them(guests: Guests) -> None:
    """Reasons, order of events, any of any, timeouts, handlers, listeners that go with a signal."""
    code = """
    const out = [], tell = (call) => { try { return call() } catch (error) { return [error.name, error.message] } };
    const one = new AbortController(), two = new AbortController();
    const any = AbortSignal.any([one.signal, two.signal]), all = AbortSignal.any([any, two.signal]);
    all.onabort = (event) => out.push(['all', event.isTrusted, event.target === all]);
    any.addEventListener('abort', () => out.push(['any', all.aborted]));
    one.signal.addEventListener('abort', () => out.push(['one', any.aborted, all.reason]));
    one.abort('why'); one.abort('again'); two.abort();
    out.push(one.signal.reason, two.signal.reason.name, two.signal.reason.message, any.reason,
      any.throwIfAborted.name);
    out.push(tell(() => two.signal.throwIfAborted()), AbortSignal.abort().reason.code,
      AbortSignal.abort(null).reason);
    out.push(AbortSignal.any([]).aborted, AbortSignal.any([AbortSignal.abort(3), one.signal]).reason);
    const timed = AbortSignal.timeout(3);
    await new Promise((resolve) => { timed.onabort = resolve });
    out.push(timed.reason.name, timed.reason.code);
    for (const wrong of [() => new AbortSignal(), () => AbortSignal.timeout(-1), () => AbortSignal.timeout(),
      () => AbortSignal.any(1),
      () => AbortSignal.any([1]), () => AbortSignal.timeout(Infinity), () => AbortSignal.timeout('x'),
        () => AbortController(),
      () => AbortSignal.prototype.aborted, () => Object.create(AbortController.prototype).signal]) {
      try { wrong(); out.push('none') } catch (error) { out.push(error.constructor.name) }
    }
    const target = new EventTarget(), gone = new AbortController();
    let heard = 0;
    target.addEventListener('x', () => heard++, { signal: gone.signal });
    target.dispatchEvent(new Event('x')); gone.abort(); target.dispatchEvent(new Event('x'));
    target.addEventListener('x', () => heard++, { signal: gone.signal }); target.dispatchEvent(new Event('x'));
    const set = new AbortController().signal;
    set.onabort = 5; out.push(set.onabort); set.onabort = out; out.push(set.onabort === out);
    out.push(heard, String(gone), String(set), Object.keys(AbortController.prototype).join(), AbortSignal.length);
    return out"""
    assert guests.result(code) == [
        ["one", True, "why"], ["any", True], ["all", True, True], "why", "AbortError", "This operation was aborted",
          "why",
        "throwIfAborted", ["AbortError", "This operation was aborted"], 20, None, False, 3, "TimeoutError", 23,
        *["TypeError"] * 10, None, True, 1, "[object AbortController]", "[object AbortSignal]", "signal,abort", 0,
    ]  # fmt: skip
