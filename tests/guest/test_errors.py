"""Errors of modules of ours: the class, the code and the words that Node gives them."""

import pytest

from tests.guest.node import needs_node, node_result
from tests.harness import Guests

TELL = """
try { call(); return null } catch (error) {
  return [error.name, error.code, error.message, String(error), Object.keys(error), error.constructor.name,
    error instanceof TypeError, error instanceof Error, Object.prototype.toString.call(error)];
}"""
VALUES = [
    "undefined", "null", "1", "-0", "1.5", "NaN", "12345678901234567890n", "true", "'it\\'s'", "'x'.repeat(40)",
    "Symbol('s')", "() => 1", "function named() {}", "class Named {}", "{}", "[]", "new Date(0)", "new Map()",
    "Object.create(null)", "new (class Own {})()", "new (class extends Array {})()",
]  # fmt: skip


@needs_node
@pytest.mark.parametrize("value", VALUES)
def test_a_wrong_type_is_told_as_node_tells_it(guests: Guests, value: str) -> None:
    """ERR_INVALID_ARG_TYPE with what was received; seen through path, which both have."""
    code = f"const call = () => require('path').join({value}); {TELL}"
    assert guests.result(code) == node_result(code, None)


def test_an_error_of_ours_is_reported_with_its_words_and_the_callers_line(guests: Guests) -> None:
    """As the answer of an execution."""
    failure = guests.failure("const path = require('path');\nreturn path.join(1)")
    assert (failure.type, failure.line) == ("TypeError", 2)
    assert failure.message == 'The "path" argument must be of type string. Received type number (1)'


def test_a_hostile_value_changes_neither_code_nor_class(guests: Guests) -> None:
    """Getters of what was handed in may throw or lie, and setters on prototypes are not called."""
    code = """
    let called = 0;
    for (const key of ['code', 'message', 'toString']) {
      Object.defineProperty(TypeError.prototype, key, { __proto__: null, set() { called++ }, configurable: true });
    }
    const out = [];
    for (const value of [{ get constructor() { return { name: 'Lie' } } }, { constructor: { name: 5 } },
      new Proxy({}, { get() { throw 'trap' } })]) {
      try { require('path').join(value) } catch (error) { out.push(error === 'trap' ? 'trap' : error.code) }
    }
    return [called, out]"""
    assert guests.result(code) == [0, ["ERR_INVALID_ARG_TYPE", "ERR_INVALID_ARG_TYPE", "trap"]]


DOM_EXCEPTION = """
const one = new DOMException('text', 'AbortError'), two = new DOMException();
return [one.name, one.message, one.code, two.name, two.message, two.code, String(one), one instanceof Error,
  DOMException.ABORT_ERR, one.DATA_CLONE_ERR, Object.prototype.toString.call(one), typeof one.stack,
  ['IndexSizeError', 'NotFoundError', 'NotSupportedError', 'InvalidStateError', 'SyntaxError', 'TimeoutError',
   'DataCloneError', 'EncodingError', 'NotReadableError', 'UnknownError', 'ConstraintError', 'DataError',
   'TransactionInactiveError', 'ReadOnlyError', 'VersionError', 'OperationError', 'NotAllowedError', 'NoSuch']
    .map((name) => new DOMException('', name).code),
  Object.getOwnPropertyDescriptor(DOMException.prototype, 'code').enumerable, DOMException.length]"""


@needs_node
def test_a_dom_exception_is_that_of_node(guests: Guests) -> None:
    """Names, codes, constants and texts."""
    assert guests.result(DOM_EXCEPTION) == node_result(DOM_EXCEPTION, None)


_STACKS = """
const first = (error) => error.stack.split('\\n')[0];
class Named extends Error { constructor(text) { super(text); this.name = 'Mine' } }
const late = new Error('made'); late.message = 'then';
const read = new Error('made'); read.stack; read.message = 'then';
const bare = {}; Error.captureStackTrace(bare);
const gone = new Error('x'); delete gone.stack;
const odd = new Error('x'); odd.stack = 404;
const any = await Promise.any([Promise.reject(1)]).catch((error) => error);
const limit = Error.stackTraceLimit; Error.stackTraceLimit = 0;
const short = new Error('alone').stack; Error.stackTraceLimit = limit;
Error.prepareStackTrace = () => 'prepared';
const prepared = new Error('x').stack; Error.prepareStackTrace = undefined;
let coded; try { Buffer.from(1) } catch (error) { coded = first(error) }
return [first(new Error('a')), first(new TypeError()), first(new Named('b')), first(late), first(read), first(bare),
  Object.getOwnPropertyNames(new Error('x')), Object.keys(new Error('x')), Object.hasOwn(gone, 'stack'), odd.stack,
  short, prepared, coded, new Error('x').stack.endsWith('\\n'), first(new DOMException('d', 'DataError')),
  first(any), Object.getOwnPropertyNames(any).sort()]
"""


@needs_node
def test_a_stack_begins_with_what_the_error_says(guests: Guests) -> None:
    """As Node writes it when it is first read; and it is the error's own property."""
    assert guests.result(_STACKS) == node_result(_STACKS, None)


def test_a_stack_is_there_whatever_its_error_does_meanwhile(guests: Guests) -> None:
    """A name that throws, or that reads the stack again."""
    code = """
    const thrower = Object.defineProperty(new Error('x'), 'name', { get() { throw 1 } });
    const looper = Object.defineProperty(new Error('x'), 'name', { get() { return this.stack.length > 9 } });
    return [thrower, looper].map((error) => error.stack.split('\\n').length > 1)"""
    assert guests.result(code) == [True, True]


def test_a_message_that_reads_like_a_stack_is_no_place(guests: Guests) -> None:
    """The report of a failure names frames, not what an error says of another one."""
    failure = guests.failure("const inner = new Error('x');\n\nthrow new Error(inner.stack); return 1")
    assert (failure.line, failure.stack.count("codeblock.js")) == (3, 1)


def test_the_cause_of_an_error_is_its_hint(guests: Guests) -> None:
    """Where it says something else, and only where it is an error; what reading it throws is nobody's."""
    errors = ["new Error('why')", "new Error('what')"]
    causes = [*errors, "'text'", "{ message: 'why' }", "new Proxy(new Error('why'), {})"]
    hints = [guests.failure(f"if (1) throw new Error('what', {{ cause: {cause} }}); return 1").hint for cause in causes]
    assert hints == ["Its cause: why", None, None, None, None]
    thrower = "Object.defineProperty(new Error('x'), 'cause', { get() { throw new Error('no') } })"
    failure = guests.failure(f"if (1) throw {thrower}; return 1")
    assert (failure.message, failure.hint) == ("x", None)
