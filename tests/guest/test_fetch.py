"""fetch in the guest, against a real server: what is sent, what comes back, bodies in pieces, and how it ends."""
# ruff: noqa: E501 - lines of JavaScript and of data

import asyncio

from host.execution.outcome import Success
from tests.capabilities.fetch.targets import serving
from tests.harness import Guests
from tests.online import Online

TELL = """
const tell = async (call) => { try { return await call() } catch (error) {
  return [error.name, error.message, error.cause?.code ?? null, error.cause?.message ?? null] } };
"""


def test_a_response_is_what_the_server_said(online: Online) -> None:
    """Its URL is the one that answered, its headers cannot be changed, and cookies stay apart."""
    code = """
    const r = await fetch(u + '/echo?a=b#part', { headers: { 'X-One': ' 1 ', 'x-one': '2' } });
    const frozen = (() => { try { r.headers.set('a', 'b') } catch (error) { return error.message } })();
    const { method, url, headers } = await r.json();
    return [r.status, r.statusText, r.ok, r.type, r.redirected, r.url === u + '/echo?a=b', frozen,
      r.headers.getSetCookie(), r.headers.get('content-type'), r.bodyUsed, method, url, headers['x-one'], headers.accept]"""
    assert online.result(code) == [
        200, "OK", True, "basic", False, True, "immutable", ["a=1", "b=2"], "application/json", True, "GET",
        "/echo?a=b", "1, 2", "*/*",
    ]  # fmt: skip


BODIES = {
    "'text ü'": ("text ü".encode(), "text/plain;charset=UTF-8"),
    "new URLSearchParams({ a: '1 2' })": (b"a=1+2", "application/x-www-form-urlencoded;charset=UTF-8"),
    "Buffer.from('buffer')": (b"buffer", None),
    "new Uint8Array([1, 2, 3]).buffer": (b"\1\2\3", None),
    "new Uint16Array([258])": (b"\2\1", None),
    "new DataView(new ArrayBuffer(2))": (b"\0\0", None),
    "new Blob(['blob'], { type: 'a/b' })": (b"blob", "a/b"),
    "new File(['file'], 'n')": (b"file", None),
    "new ReadableStream({ start(c) { c.enqueue(Buffer.from('st')); c.enqueue(Buffer.from('ream')); c.close() } })": (
        b"stream", None,
    ),
    "(async function* () { yield Buffer.from('gen'); yield Buffer.from('erated') })()": (b"generated", None),
    "({})": (b"[object Object]", "text/plain;charset=UTF-8"),
    "''": (b"", "text/plain;charset=UTF-8"),
    "null": (b"", None),
}  # fmt: skip


def test_every_kind_of_body_arrives(online: Online) -> None:
    """With its content type; a stream's length is not known, and everything else's is told."""
    calls = ",".join(f"() => fetch(u, {{ method: 'POST', body: {body}, duplex: 'half' }})" for body in BODIES)
    assert online.result(f"for (const call of [{calls}]) await (await call()).text(); return true")
    got = [(seen.body, (seen.values("content-type") or [None])[0]) for seen in online.target.seen]
    assert got == list(BODIES.values())
    lengths = [seen.values("content-length") for seen in online.target.seen]
    streams = [bool(seen.values("transfer-encoding")) for seen in online.target.seen]
    assert streams == ["ReadableStream" in body or "function*" in body for body in BODIES]
    known = [[str(len(body))] for body, _ in BODIES.values()]
    assert [length for length, stream in zip(lengths, streams, strict=True) if not stream] == [
        length for length, stream in zip(known, streams, strict=True) if not stream
    ]


def test_a_form_is_sent_and_read_back(online: Online) -> None:
    """Multipart by the name that its content type tells, in the order of its entries."""
    code = """
    const form = new FormData();
    form.append('text', 'line\\nbreak'); form.append('file', new File(['content'], 'a"b.txt', { type: 'x/y' }));
    const { headers, body } = await (await fetch(u, { method: 'POST', body: form })).json();
    const back = await new Response(Buffer.from(body, 'latin1'), { headers: { 'content-type': headers['content-type'] } })
      .formData();
    const file = back.get('file');
    return [[...back.keys()], back.get('text'), file.name, file.type, await file.text()]"""
    assert online.result(code) == [["text", "file"], "line\r\nbreak", 'a"b.txt', "x/y", "content"]


def test_redirects_are_followed_refused_or_given(online: Online) -> None:
    """And a body that is sent again is the whole of it, however large; a stream cannot be sent again."""
    code = (
        TELL
        + """
    const large = 'x'.repeat(600_000), bytes = Buffer.alloc(300_000);
    const stream = () => new ReadableStream({ start(c) { c.enqueue(bytes); c.close() } });
    const post = async (body) => (await (await fetch(u + '/moved307', { method: 'POST', body, duplex: 'half' })).json())
      .body.length;
    const followed = await fetch(u + '/moved'), given = await fetch(u + '/moved', { redirect: 'manual' });
    return [followed.redirected, followed.url === u + '/echo', given.status, given.headers.get('location'),
      await tell(() => fetch(u + '/moved', { redirect: 'error' })), await post('small'), await post(large),
      (await tell(() => post(stream()))).slice(0, 2), (await tell(() => fetch(u + '/loop')))[1]]"""
    )
    assert online.result(code) == [
        True, True, 302, "/echo", ["TypeError", "fetch failed", None, "unexpected redirect"], 5, 600_000,
        ["TypeError", "fetch failed"], "fetch failed",
    ]  # fmt: skip


def test_errors_are_those_of_node(online: Online) -> None:
    """`fetch failed` with the cause; a body that is cut off is `terminated`; a denial is what it is."""
    code = (
        TELL
        + """
    const closed = u.replace(/\\d+$/, '9');
    const refused = (await tell(() => fetch('http://127.0.0.1:1024/'))).slice(0, 3);
    const failed = await fetch('http://127.0.0.1:1024/').catch((error) => error.cause);
    return [refused, failed.syscall, await tell(() => fetch('http://127.0.0.1:22/')),
      await tell(() => fetch('http://nowhere.invalid/')), await tell(async () => (await fetch(u + '/cut')).text()),
      (await tell(() => fetch('http://elsewhere.example/'))).slice(0, 1),
      (await tell(() => fetch(u.replace('http', 'https')))).slice(0, 1)]"""
    )
    got = online.result(code)
    assert got[:3] == [
        ["TypeError", "fetch failed", "ECONNREFUSED"], "connect", ["TypeError", "fetch failed", None, "bad port"],
    ]  # fmt: skip
    assert got[3] == ["TypeError", "fetch failed", "ENOTFOUND", "getaddrinfo ENOTFOUND nowhere.invalid"]
    assert got[4][:3] == ["TypeError", "terminated", "UND_ERR_SOCKET"]
    assert got[5:] == [["CapabilityError"], ["CapabilityError"]]


def test_a_denial_that_nobody_catches_names_its_rule(online: Online) -> None:
    """It ends the execution under its own type, at the line that fetched; a failure tells its cause."""
    failure = online.failure("return await fetch('http://elsewhere.example/')")
    assert (failure.type, failure.line) == ("CapabilityError", 2)
    assert "elsewhere.example" in failure.message
    failure = online.failure("async function load() {\n  return await fetch('http://127.0.0.1:1024/')\n}\nreturn load()")
    assert (failure.type, failure.message, failure.line) == ("TypeError", "fetch failed", 3)
    assert "load" in failure.stack
    assert failure.hint == "Its cause: connect ECONNREFUSED 127.0.0.1:1024"


def test_without_a_grant_there_is_no_fetch(guests: Guests) -> None:
    """The global is there, and the first request is refused."""
    assert guests.failure("return (await fetch('http://127.0.0.1/')).status").type == "CapabilityError"
    assert guests.result("return (await fetch('data:,here')).text()") == "here"


def test_code_that_fetches_begins_in_an_image_that_has_fetch(guests: Guests) -> None:
    """No module has to be loaded for it; what says nothing of it pays nothing, and loads it when it comes to it."""
    ready = guests.run("return typeof fetch('data:,').then(() => new Headers(new Request('http://x/').headers))")
    hidden = guests.run("return typeof globalThis['fet' + 'ch']")
    assert ready.usage.host_calls < hidden.usage.host_calls
    image = guests.executor.engine.images
    assert image["base"].memory_bytes < image["fetch"].memory_bytes < image["all"].memory_bytes


def test_an_abort_ends_a_request_wherever_it_is(online: Online) -> None:
    """Before, while waiting, while the response comes in, while the body is sent; with the signal's own reason."""
    code = (
        TELL
        + """
    const after = (ms) => { const c = new AbortController(); setTimeout(() => c.abort(), ms); return c.signal };
    const out = [];
    out.push(await tell(() => fetch(u, { signal: AbortSignal.abort() })));
    out.push(await tell(() => fetch(u + '/never', { signal: after(10) })));
    out.push(await tell(() => fetch(u + '/never', { signal: AbortSignal.timeout(10) })));
    out.push(await tell(() => fetch(u + '/never', { signal: AbortSignal.any([after(10), AbortSignal.timeout(5000)]) })));
    const c = new AbortController(), r = await fetch(u + '/slow', { signal: c.signal });
    const reader = r.body.getReader();
    await reader.read();
    c.abort('why');
    out.push(await reader.read().catch((error) => error), await reader.closed.catch((error) => error));
    let cancelled;
    const body = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(9)), cancel(reason) {
      cancelled = reason.name } });
    const sending = new AbortController();
    const sent = fetch(u + '/never', { method: 'POST', body, duplex: 'half', signal: sending.signal });
    setTimeout(() => sending.abort(), 5);
    out.push(await tell(() => sent), cancelled);
    const request = new Request(u + '/never', { signal: after(10) });
    out.push(await tell(() => fetch(request)), request.signal.aborted);
    return out"""
    )
    aborted = ["AbortError", "This operation was aborted", None, None]
    late = ["TimeoutError", "The operation was aborted due to timeout", None, None]
    assert online.result(code) == [aborted, aborted, late, aborted, "why", "why", aborted, "AbortError", aborted, True]


def test_an_abort_reaches_a_response_that_is_there_and_was_not_read(online: Online) -> None:
    """At once, before the next microtask, and by every method; an empty body has nothing to be aborted."""
    code = """
    const out = [];
    for (const method of ['text', 'json', 'arrayBuffer', 'blob', 'formData', 'bytes']) {
      const c = new AbortController(), r = await fetch(u, { signal: c.signal }), log = [];
      c.abort();
      const body = r[method]();
      await Promise.all([body.catch((error) => log.push(error.name)), Promise.resolve().then(() => log.push('next'))]);
      out.push(log.join());
    }
    const c = new AbortController(), r = await fetch(u, { signal: c.signal });
    const read = r.clone(), stream = r.body;
    await read.text(); c.abort();
    out.push(await stream.getReader().read().then((one) => one.value.length > 0, (error) => error.name));
    const late = new AbortController(), whole = await fetch(u, { signal: late.signal });
    const text = await whole.text(); late.abort();
    out.push(text.length > 0, await whole.text().catch((error) => error.name));
    return out"""
    assert online.result(code) == [*["AbortError,next"] * 6, True, True, "TypeError"]


def test_a_body_that_cannot_be_sent_ends_the_request(online: Online) -> None:
    """A stream that fails, or that has what are no bytes, is the cause."""
    code = (
        TELL
        + """
    const post = (start) => tell(() => fetch(u, { method: 'POST', duplex: 'half', body: new ReadableStream({ start }) }));
    return [await post((c) => c.error(new RangeError('gone'))), await post((c) => { c.enqueue('text'); c.close() }),
      await post((c) => { c.enqueue(new Uint8Array(5)); c.error('no error') })]"""
    )
    assert online.result(code) == [
        ["TypeError", "fetch failed", None, "gone"],
        ["TypeError", "fetch failed", None, "Received non-Uint8Array chunk"],
        ["TypeError", "fetch failed", None, None],
    ]


def test_responses_come_in_pieces_on_demand(online: Online) -> None:
    """What is not read is not fetched; a clone has all of it too; a response that nobody reads holds nobody up."""
    code = """
    const r = await fetch(u + '/slow'), other = r.clone(), pieces = [];
    for await (const chunk of r.body) pieces.push(Buffer.from(chunk).toString());
    for (let i = 0; i < 30; i++) await fetch(u + '/slow');
    const left = await fetch(u + '/slow');
    await left.body.cancel('enough');
    return [pieces, await other.text(), left.bodyUsed, (await fetch(u + '/gzip').then((r) => r.json())).packed,
      (await fetch(u + '/empty')).body, (await fetch(u, { method: 'HEAD' })).body]"""
    assert online.result(code) == [["first", "second"], "firstsecond", True, True, None, None]


def test_100_mb_stream_through_a_small_execution(online: Online) -> None:
    """Up and down, and neither side ever has more than a few pieces of it."""
    size = 100 << 20

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        taken = 0
        if head.startswith(b"POST"):
            while line := await reader.readuntil(b"\r\n"):
                taken += int(line, 16)
                await reader.readexactly(int(line, 16) + 2)
                if line == b"0\r\n":
                    break
        writer.write(
            b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\nx-taken: %d\r\n\r\n" % (size, taken)
        )
        piece = bytes(1 << 18)
        for _ in range(size >> 18):
            writer.write(piece)
            await writer.drain()

    code = """
    let left = input.size >> 16, got = 0;
    const body = new ReadableStream({ pull(c) { if (left-- > 0) c.enqueue(new Uint8Array(1 << 16)); else c.close() } });
    const r = await fetch(input.url, { method: 'POST', body, duplex: 'half' });
    for await (const chunk of r.body) got += chunk.length;
    return [Number(r.headers.get('x-taken')), got]"""

    async def run() -> object:
        async with serving(handle) as port:
            given = {"url": f"http://127.0.0.1:{port}/", "size": size}
            return await online.guests.start(code, given, policy=online.policy)

    report = online.guests.wait(run())
    assert isinstance(report.outcome, Success), report.outcome
    assert report.outcome.result == b"[%d,%d]" % (size, size)
    assert report.usage.memory_peak_bytes < 8 << 20


def test_cache_modes_and_referrers_are_headers(online: Online) -> None:
    """There is no cache: servers on the way are asked not to answer from theirs."""
    code = """
    const sent = async (init) => (await (await fetch(u, init)).json()).headers;
    const all = [{ cache: 'no-store' }, { cache: 'no-cache' }, { headers: { 'If-None-Match': 'x' } },
      { referrer: u + '/from#x' }, { referrer: 'about:client' }, { referrer: u, referrerPolicy: 'no-referrer' }];
    const out = [];
    for (const init of all) { const h = await sent(init);
      out.push([h['cache-control'] ?? null, h.pragma ?? null, h.referer === undefined ? null : h.referer.slice(u.length)]) }
    return out"""
    assert online.result(code) == [
        ["no-cache", "no-cache", None], ["max-age=0", None, None], ["no-cache", "no-cache", None], [None, None, "/from"],
        [None, None, None], [None, None, None],
    ]  # fmt: skip


HOSTILE = """
const wild = [undefined, null, NaN, 0, -1, 2 ** 53, '', '\\ud800', 'x'.repeat(70_000), Symbol('s'), 5n, [], {}, () => {},
  Object.create(null), new Proxy({}, { get() { throw new RangeError('trap') }, ownKeys() { throw new RangeError('trap') } }),
  { toString() { throw new RangeError('text') }, [Symbol.toPrimitive]: undefined }, new Uint8Array(3),
  (() => { const b = new ArrayBuffer(8); b.transfer(); return b })(), { get method() { throw new RangeError('getter') } },
  { headers: { get a() { throw new RangeError('getter') } } }, { [Symbol.iterator]: () => ({ next: () => ({}) }) },
  { body: new Proxy(new Uint8Array(2), {}), method: 'POST' }, { signal: new Proxy(AbortSignal.abort(), {}) },
  [['a', 'b'], null], new Headers({ a: 'b' }), new Response('r'), new Request('http://x/')];
"""


def test_nothing_that_is_handed_in_gets_out_of_hand(guests: Guests) -> None:
    """Every function with every kind of argument: it answers or throws an error, and the next one works."""
    code = (
        HOSTILE
        + """
    const proto = [Headers.prototype, Request.prototype, Response.prototype];
    const calls = [(x) => new Headers(x), (x) => new Request(x), (x) => new Request('http://x/', x), (x) => new Response(x),
      (x) => new Response('', x), (x) => Response.json(x), (x) => Response.json('', x), (x) => Response.redirect(x),
      (x) => Response.redirect('http://x/', x), (x) => new Headers().append(x, x), (x) => new Headers().set('a', x),
      (x) => new Headers([[x, x]]), (x) => new Headers({ a: x }), (x) => new Headers().get(x),
      (x) => new Headers({ a: 'b' }).forEach(x), (x) => fetch(x).catch(() => {}), (x) => fetch('data:,', x).catch(() => {}),
      (x) => new Request('http://x/', { method: 'POST', body: x, duplex: 'half' }), (x) => new Response(x).formData(),
      (x) => new Response('b', { headers: { 'content-type': x } }).blob(), (x) => new Request('http://x/', { signal: x })];
    for (const p of proto) for (const key of Object.getOwnPropertyNames(p)) calls.push((x) => Reflect.get(p, key, x),
      (x) => typeof x === 'object' && x !== null && key !== 'constructor' ? p[key].call(x) : 0);
    let thrown = 0;
    for (const call of calls) for (const value of wild) {
      try { const got = call(value); if (got instanceof Promise) await got.catch(() => thrown++) } catch (error) { thrown++ }
    }
    return [thrown > 500, await new Response(new Request('http://x/', { method: 'PUT', body: 'fine' }).body).text()]"""
    )
    assert guests.result(code) == [True, "fine"]


def test_poisoned_prototypes_change_nothing(online: Online) -> None:
    """Methods of streams, promises and collections that a guest has replaced, and a `then` on every object."""
    code = """
    const stream = new ReadableStream({ start(c) { c.enqueue(new Uint8Array([104, 105])); c.close() } });
    const request = new Request(u, { method: 'POST', body: stream, duplex: 'half' });
    const evil = () => { throw new Error('called') };
    ReadableStream.prototype.getReader = evil; ReadableStreamDefaultReader.prototype.read = evil;
    ReadableStream.prototype.tee = evil; Headers.prototype.get = evil; Headers.prototype[Symbol.iterator] = evil;
    Array.prototype[Symbol.iterator] = evil; Map.prototype.get = evil;
    Uint8Array.prototype.set = evil; String.prototype.toLowerCase = evil; RegExp.prototype.exec = evil;
    Object.prototype.then = undefined; JSON.parse = evil; URL.prototype.toString = evil;
    return (await (await fetch(request)).json()).body"""
    assert online.result(code) == "hi"
