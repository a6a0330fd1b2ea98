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
