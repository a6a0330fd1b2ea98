"""Requirement 16: what is checked is what is used. Objects that answer differently the second time gain nothing."""

from tests.abuse.egress import Egress

#: Each gives something harmless first and something else afterwards; or changes while it is being sent.
CHANGING = r"""
const turns = (...values) => { let at = 0; return () => values[Math.min(at++, values.length - 1)] };
const good = u + '/open/x', bad = u + '/private', evil = 'http://127.0.0.1:1/open/x';
const attacks = {
  'a URL by toString': () => fetch({ toString: turns(good, bad, bad, bad) }),
  'a URL by toPrimitive': () => fetch({ [Symbol.toPrimitive]: turns(good, bad, bad) }),
  'a URL object with another href': () => { const url = new URL(good);
    Object.defineProperty(url, 'href', { get: turns(good, bad, bad) }); return fetch(url) },
  'a request with another url': () => { const request = new Request(good);
    Object.defineProperty(request, 'url', { get: turns(good, bad, bad) }); return fetch(request) },
  'a method by a getter': () => fetch(good, { get method() { return turns('GET', 'DELETE')() } }),
  'a method by toString': () => fetch(good, { method: { toString: turns('GET', 'DELETE') } }),
  'a proxy as options': () => { const gets = turns('GET', 'DELETE', 'DELETE');
    return fetch(good, new Proxy({}, { get: (_, key) => key === 'method' ? gets() : undefined })) },
  'headers by a proxy': () => { const values = turns('1', '1\r\nx-evil: 1');
    const get = (own, key) => key === 'x-a' ? values() : own[key];
    return fetch(good, { headers: new Proxy({ 'x-a': '1' }, { get }) }) },
  'headers by an iterator': () => { const rows = turns([['x-a', '1']][0], ['x-evil\r\nx', '1']); let n = 0;
    const next = () => ({ done: n++ > 0, value: rows() });
    return fetch(good, { headers: { [Symbol.iterator]: () => ({ next }) } }) },
  'a body that changes after the call': () => { const body = new Uint8Array([97, 97, 97]);
    const sent = fetch(good, { method: 'POST', body }); body.fill(98); return sent },
  'a body whose length lies': () => { const body = new Uint8Array([97, 97, 97]);
    Object.defineProperty(body, 'length', { get: turns(1, 1e9, 0) });
    Object.defineProperty(body, 'byteLength', { get: turns(1, 1e9, 0) });
    return fetch(good, { method: 'POST', body }) },
  'a buffer that is given away': () => { const body = new Uint8Array([97, 97, 97]);
    const sent = fetch(good, { method: 'POST', body }); structuredClone(body.buffer, { transfer: [body.buffer] });
    return sent },
};
"""


def test_objects_that_answer_differently(egress: Egress) -> None:
    """Whatever comes of each, the server sees what was decided on: the one path, GET or POST, the first bytes."""
    code = f"{CHANGING} const found = {{}}; for (const name in attacks) found[name] = await tell(attacks[name]);"
    policy = egress.here().replace("methods: any", "methods: [GET, POST]")
    found = egress.result(f"{code} return found", policy)
    assert set(map(str, found.values())) <= {"200", "TypeError", "CapabilityError"}
    assert sum(value == 200 for value in found.values()) >= 8
    assert {seen.target for seen in egress.target.seen} == {"/open/x"}
    assert {seen.method for seen in egress.target.seen} == {"GET", "POST"}
    assert {seen.body for seen in egress.target.seen} == {b"", b"aaa"}
    assert b"evil" not in b"".join(seen.raw for seen in egress.target.seen)


POISONED = """
const { fetch: real } = globalThis;
String.prototype.startsWith = String.prototype.includes = () => true;
String.prototype.split = function () { return ['GET', 'http://127.0.0.1:1/', 'host', 'evil'] };
Array.prototype.join = () => 'http://evil.invalid/';
Array.prototype.push = function () { return 0 };
RegExp.prototype.exec = RegExp.prototype.test = () => null;
JSON.stringify = () => '{}';
URL.prototype.toString = () => 'http://evil.invalid/';
Object.defineProperty(URL.prototype, 'href', { get: () => 'http://evil.invalid/' });
Headers.prototype.set = Headers.prototype.append = Headers.prototype.entries = () => { throw new Error('no') };
Uint8Array.prototype.set = () => {};
TextEncoder.prototype.encode = () => new Uint8Array([1, 2, 3]);
Promise.prototype.then = new Proxy(Promise.prototype.then, {});
"""


def test_poisoned_builtins_change_no_request(egress: Egress) -> None:
    """Neither what is decided on nor what is sent."""
    code = f"""{POISONED}
    const sent = await real(u + '/open/x', {{ method: 'POST', body: 'abc', headers: {{ 'x-a': '1' }} }});
    return [sent.status, await tell(() => real(u + '/private'))]"""
    assert egress.result(code, egress.here()) == [200, "CapabilityError"]
    (seen,) = egress.target.seen
    assert (seen.line, seen.body, seen.values("x-a")) == ("POST /open/x", b"abc", ["1"])
