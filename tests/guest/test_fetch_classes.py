"""Headers, Request, Response and what fetch does without a network: as Node's are, and as the Fetch standard has them."""
# ruff: noqa: E501 - lines of JavaScript and of data

from tests.guest.node import expressions, needs_node, node_result, thunks
from tests.harness import Guests

TELL = """
const show = async (value) => {
  if (value instanceof Headers) return { headers: [...value] };
  if (value instanceof Response) {
    const { type, status, ok, statusText, url, redirected, bodyUsed } = value;
    const told = [type, status, ok, statusText, url, redirected, bodyUsed, [...value.headers], value.body === null];
    return [...told, await tell(async () => [...await value.bytes()])];
  }
  if (value instanceof Request) {
    const names = ['method', 'url', 'destination', 'referrer', 'referrerPolicy', 'mode', 'credentials', 'cache', 'redirect',
      'integrity', 'keepalive', 'bodyUsed', 'duplex'];
    const told = [...names.map((name) => value[name]), [...value.headers], value.signal.aborted, value.body === null];
    return [...told, await tell(async () => [...await value.bytes()])];
  }
  return value === undefined ? 'undefined' : value;
};
const tell = async (call) => {
  try { return await show(await call()) } catch (error) {
    if (!(error instanceof Error)) return { thrown: String(error) };
    return [error.name, error.message, error.cause?.message ?? null];
  }
};
"""
#: Node says these in words that tell of its own inside, or with a slip.
OTHER_WORDS = (
    "Illegal invocation",
    "contructor",
    "Expected ",
    "cannot be invoked",
    "is not iterable",
    "argument",
    "symbol",
)


def same(mine: object, theirs: object) -> bool:
    """Alike, but for the words of some errors."""
    if mine == theirs or not (isinstance(theirs, list) and len(theirs) == 3 and isinstance(theirs[1], str)):
        return mine == theirs
    return any(words in theirs[1] for words in OTHER_WORDS) and mine[0] == theirs[0]


@needs_node
def test_the_classes_do_what_nodes_do(guests: Guests) -> None:
    """Over the expressions of values/fetch.txt: results, and the names and words of errors."""
    calls = expressions("fetch")
    code = TELL + f"const told = []; for (const call of {thunks(calls)}) told.push(await tell(call)); return told"
    mine, theirs = guests.result(code), node_result(code, None)
    assert [one for one in zip(calls, mine, theirs, strict=True) if not same(one[1], one[2])] == []


def test_bodies_are_read_past_what_code_has_changed(guests: Guests) -> None:
    """A `then` on every object, accessors on Object.prototype, pipes, readers into buffers, clones of any chunk."""
    code = """
    const out = [], bytes = new TextEncoder().encode('hello'), other = new TextEncoder().encode('other');
    const stream = (chunk) => new ReadableStream({ start(c) { c.enqueue(chunk); c.close() } });
    for (const answer of [{ done: false, value: other }, { done: false, value: undefined }, undefined]) {
      Object.prototype.then = (resolve) => { delete Object.prototype.then; resolve(answer) };
      const text = new Response(stream(bytes)).text();
      out.push(await text);
      delete Object.prototype.then;
    }
    const piped = new Response('abc'); piped.body.pipeTo(new WritableStream()); out.push(piped.bodyUsed);
    const through = new Response('abc'); through.body.pipeThrough(new TransformStream());
    out.push(through.bodyUsed, through.body.locked);
    for (const chunk of [new Int16Array(2), new DataView(new ArrayBuffer(4), 1), new ArrayBuffer(3), bytes]) {
      const response = new Response(stream(chunk)), clone = response.clone();
      const [one, two] = [await response.body.getReader().read(), await clone.body.getReader().read()];
      out.push(one.value === chunk, two.value !== chunk, Object.getPrototypeOf(two.value) === Object.getPrototypeOf(chunk));
    }
    const half = new Response('abc'), rest = half.clone(); await half.body.cancel(); out.push(await rest.text());
    const byob = new Response('abcdef').body.getReader({ mode: 'byob' });
    out.push((await byob.read(new Uint8Array(4))).value.length);
    const names = ['start', 'type', 'size', 'highWaterMark', 'pull', 'cancel'];
    for (const name of names) Object.defineProperty(Object.prototype, name, { get() { throw name }, configurable: true });
    const kept = new Response('kept'); kept.body; kept.clone().body;
    out.push(await kept.text(), await (await fetch('data:,x')).text());
    for (const name of names) delete Object.prototype[name];
    const moved = new Request('http://x', { method: 'POST', body: 'moved' }), body = moved.body;
    const request = new Request(moved);
    out.push(moved.bodyUsed, moved.body === body, await request.text());
    try { new fetch('data:,') } catch (error) { out.push(error.name) }
    return out"""
    assert guests.result(code) == [
        "hello", "hello", "hello", True, True, True, *[True] * 12, "abc", 4, "kept", "x", True, True, "moved", "TypeError",
    ]  # fmt: skip
