"""Requirement 3: deep recursion of every kind is a RangeError that can be caught, on every thread, under load.

The native stack, the fiber's stack and the engine's own limit must be in the right order for that; a wrong order is a
trap, or the end of the whole process.
"""

import pytest

from tests.harness import Guests, result_of

TOO_DEEP = [True, "Maximum call stack size exceeded"]
#: More than one slice: what follows runs on a worker thread.
BURN = "for (let i = 0; i < 500000; i++);"

NESTED_ARRAYS = "let a = []; for (let i = 0; i < 30000; i++) a = [a];"

RECURSIONS = {
    "function": "function f() { f() } f()",
    "arrow": "const f = () => f(); f()",
    "method": "const o = {m() { this.m() }}; o.m()",
    "getter": "const o = {get x() { return this.x }}; o.x",
    "setter": "const o = {set x(v) { this.x = v }}; o.x = 1",
    "static method": "class A { static m() { A.m() } } A.m()",
    "new": "function F() { new F() } new F()",
    "class constructor": "class A { constructor() { new A() } } new A()",
    "super": "class A { constructor() { new B() } } class B extends A { constructor() { super() } } new B()",
    "class field": "class A { x = new A() } new A()",
    "private method": "class A { #m() { this.#m() } go() { this.#m() } } new A().go()",
    "20,000 classes deep": "let C = class {}; for (let i = 0; i < 20000; i++) C = class extends C {}; new C()",
    "apply": "function f() { f.apply(null, []) } f()",
    "call": "function f() { f.call(null) } f()",
    "Reflect.apply": "function f() { Reflect.apply(f, null, []) } f()",
    "Reflect.construct": "function F() { Reflect.construct(F, []) } new F()",
    "Reflect.get": "const o = {get x() { return Reflect.get(o, 'x') }}; o.x",
    "bound function": "let b; function f() { b() } b = f.bind(null); f()",
    "20,000 bindings": "let f = () => 1; for (let i = 0; i < 20000; i++) { f = f.bind(); delete f.name } f()",
    "spread": "function f() { f(...[1]) } f()",
    "rest": "function f(...a) { f(...a.slice(0, 3), 1) } f()",
    "default parameter": "function f(a = f()) {} f()",
    "tagged template": "function f() { f`x` } f()",
    "template": "const o = {toString() { return `${o}` }}; `${o}`",
    "destructuring": "const o = {get a() { const {a} = o; return a }}; o.a",
    "computed key": "const o = {toString() { return ({[o]: 1}) && '' }}; ({[o]: 1})",
    "in a finally": "function f() { try { f() } finally { 1 } } f()",
    "Proxy get": "const p = new Proxy({}, {get(t, k, r) { return r[k] }}); p.x",
    "Proxy set": "const p = new Proxy({}, {set(t, k, v, r) { r[k] = v; return true }}); p.x = 1",
    "Proxy has": "const p = new Proxy({}, {has() { return 'x' in p }}); 'x' in p",
    "Proxy apply": "const p = new Proxy(() => 1, {apply() { return p() }}); p()",
    "Proxy construct": "const P = new Proxy(class {}, {construct() { return new P() }}); new P()",
    "Proxy getPrototypeOf": (
        "const p = new Proxy({}, {getPrototypeOf() { return Object.getPrototypeOf(p) }}); Object.getPrototypeOf(p)"
    ),
    "Proxy ownKeys": "const p = new Proxy({}, {ownKeys() { return Object.keys(p) }}); Object.keys(p)",
    "100,000 proxies": "let p = {}; for (let i = 0; i < 100000; i++) p = new Proxy(p, {}); p.x",
    "proxies as handlers": "let h = {}; for (let i = 0; i < 100000; i++) h = new Proxy({}, h); h.x",
    "proxies as prototypes": "let p = {}; for (let i = 0; i < 100000; i++) p = Object.create(new Proxy(p, {})); p.x",
    "instanceof": "class A { static [Symbol.hasInstance](x) { return x instanceof A } } 1 instanceof A",
    "Symbol.toPrimitive": "const o = {[Symbol.toPrimitive]() { return +o }}; +o",
    "valueOf": "const o = {valueOf() { return o + 1 }}; o + 1",
    "toString": "const o = {toString() { return String(o) }}; String(o)",
    "equality": "const o = {valueOf() { return o == 1 }}; o == 1",
    "comparison": "const o = {valueOf() { return o < 1 }}; o < 1",
    "Symbol.species": (
        "class A extends Array { static get [Symbol.species]() { new A(1).map((x) => x); "
        "return A } } new A(1).map((x) => x)"
    ),
    "Symbol.iterator": "const o = {[Symbol.iterator]() { return [...o][Symbol.iterator]() }}; [...o]",
    "Symbol.split": "const o = {[Symbol.split]() { return 'a'.split(o) }}; 'a'.split(o)",
    "Symbol.replace": "const o = {[Symbol.replace]() { return 'a'.replace(o, '') }}; 'a'.replace(o, '')",
    "iterator's next": (
        "const i = {next() { for (const x of o); return {done: true} }}; const o = "
        "{[Symbol.iterator]: () => i}; for (const x of o);"
    ),
    "iterator's return": (
        "const o = {[Symbol.iterator]: () => ({next: () => ({}), return() { for (const x of "
        "o) break; return {} }})}; for (const x of o) break"
    ),
    "generator": "function* g() { yield* g() } [...g()]",
    "50,000 generators": (
        "let g = [][Symbol.iterator](); function* w(i) { yield* i } for (let i = 0; i < 50000; i++) g = w(g); g.next()"
    ),
    "50,000 iterator helpers": (
        "let i = [1][Symbol.iterator](); for (let n = 0; n < 50000; n++) i = i.map((x) => x); i.next()"
    ),
    "50,000 iterator helpers without a callback": (
        "let i = [1][Symbol.iterator](); for (let n = 0; n < 50000; n++) i = i.drop(0); i.next()"
    ),
    "return of 50,000 iterator helpers": (
        "let i = [1][Symbol.iterator](); for (let n = 0; n < 50000; n++) i = i.take(5); i.return()"
    ),
    "50,000 wrapped iterators": (
        "let i = {next() { return {done: true} }}; for (let n = 0; n < 50000; n++) { const w "
        "= i; i = Iterator.from({next: w.next.bind(w)}) } i.next()"
    ),
    "50,000 concatenated iterators": "let i = [1]; for (let n = 0; n < 50000; n++) i = Iterator.concat(i); i.next()",
    "keys of 100,000 proxies": "let p = {}; for (let i = 0; i < 100000; i++) p = new Proxy(p, {}); Object.keys(p)",
    "for-in over 100,000 proxies": (
        "let p = {}; for (let i = 0; i < 100000; i++) p = new Proxy(p, {}); for (const k in p);"
    ),
    "disposable stacks": (
        "let s = new DisposableStack(); for (let i = 0; i < 50000; i++) { const t = new "
        "DisposableStack(); t.use(s); s = t } s.dispose()"
    ),
    "async function": "async function f() { await f() } await f()",
    "async generator": "async function* f() { for await (const x of f()) yield x } for await (const x of f());",
    "then getter": "const t = {get then() { return t.then }}; await t",
    "map": "function f() { [1].map(f) } f()",
    "forEach": "function f() { [1].forEach(f) } f()",
    "reduce": "function f() { return [1, 2].reduce(f) } f()",
    "sort": "function f() { [2, 1].sort(f); return 0 } f()",
    "toSorted": "function f() { [2, 1].toSorted(f); return 0 } f()",
    "typed array sort": "function f() { new Uint8Array([2, 1]).sort(f); return 0 } f()",
    "Array.from": "function f() { Array.from([1], f) } f()",
    "Map.forEach": "const m = new Map([[1, 1]]); function f() { m.forEach(f) } f()",
    "Map.groupBy": "function f() { Map.groupBy([1], f) } f()",
    "replace": "function f() { 'a'.replace(/a/, f); return '' } f()",
    "replace with a string": "function f() { 'a'.replace('a', f); return '' } f()",
    "Object.assign": "const o = {get a() { return Object.assign({}, o) }}; Object.assign({}, o)",
    "object spread": "const o = {get a() { return {...o} }}; ({...o})",
    "Object.entries": "const o = {get a() { return Object.entries(o) }}; Object.entries(o)",
    "Object.fromEntries": "const o = {[Symbol.iterator]() { return Object.fromEntries(o) }}; Object.fromEntries(o)",
    "Error's name": "const e = new Error(); Object.defineProperty(e, 'name', {get: () => String(e)}); String(e)",
    "JSON.parse": "JSON.parse('['.repeat(1000000))",
    "JSON.parse of objects": "JSON.parse('{\"a\":'.repeat(300000))",
    "JSON.parse reviver": "function f() { return JSON.parse('[1]', f) } f()",
    "JSON.stringify": f"{NESTED_ARRAYS} function f(n) {{ return n ? f(n - 1) : JSON.stringify(a) }} f(4500)",
    "JSON.stringify of objects": (
        "let a = {}; for (let i = 0; i < 20000; i++) a = {a}; function f(n) { return n ? f(n "
        "- 1) : JSON.stringify(a) } f(4500)"
    ),
    "toJSON": "const o = {toJSON() { return JSON.stringify(o) }}; JSON.stringify(o)",
    "JSON replacer": "function f(k, v) { return JSON.stringify(v, f) } JSON.stringify({}, f)",
    "toString of nested arrays": f"{NESTED_ARRAYS} String(a)",
    "join of nested arrays": f"{NESTED_ARRAYS} a.join()",
    "toLocaleString of nested arrays": f"{NESTED_ARRAYS} a.toLocaleString()",
    "flat of nested arrays": "let a = []; for (let i = 0; i < 100000; i++) a = [a]; a.flat(Infinity)",
    "console of a getter": "const o = {toString() { console.log('%f', o); return '' }}; console.log('%f', o)",
    "mutual": (
        "const fs = [() => fs[1](), () => [0].map(fs[2]), () => JSON.parse('1', fs[3]), () => "
        "+{valueOf: fs[0]}]; fs[0]()"
    ),
}


def catching(body: str) -> str:
    return f"try {{ {body} }} catch (e) {{ return [e instanceof RangeError, e.message] }} return 'nothing was thrown'"


@pytest.mark.parametrize("kind", RECURSIONS)
def test_recursion_can_be_caught_on_the_event_loops_thread(guests: Guests, kind: str) -> None:
    """The first slice runs on the thread of the event loop; memory is not what ends it."""
    assert guests.result(catching(RECURSIONS[kind]), memory_bytes=256 << 20) == TOO_DEEP


@pytest.mark.parametrize("kind", RECURSIONS)
def test_recursion_can_be_caught_on_a_worker_thread(guests: Guests, kind: str) -> None:
    """Beyond the first slice, and four at once."""
    reports = guests.run_all([BURN + catching(RECURSIONS[kind])] * 4, memory_bytes=256 << 20)
    assert [result_of(report) for report in reports] == [TOO_DEEP] * 4


def test_every_kind_at_once(guests: Guests) -> None:
    """Under load: all kinds over all threads."""
    codes = [BURN + catching(body) for body in RECURSIONS.values()]
    reports = guests.run_all(codes, memory_bytes=256 << 20, timeout_ms=60_000, wall_time_ms=60_000, fuel=10**11)
    assert [result_of(report) for report in reports] == [TOO_DEEP] * len(codes)


def test_recursion_that_is_not_caught_is_reported(guests: Guests) -> None:
    """As a RangeError at the innermost frame."""
    failure = guests.failure("function f() {\n  f();\n}\nf(); return 1")
    assert (failure.type, failure.message, failure.line, failure.column) == (
        "RangeError",
        "Maximum call stack size exceeded",
        2,
        3,
    )


@pytest.mark.parametrize("burn", ["", BURN])
def test_5000_plain_frames_fit(guests: Guests, burn: str) -> None:
    """Node has about 11,000."""
    assert (
        guests.result(f"{burn} let n = 0; function f() {{ n++; f() }} try {{ f() }} catch {{}} return n > 5000") is True
    )
    assert guests.result(f"{burn} function f(n) {{ return n ? 1 + f(n - 1) : 0 }} return f(5000)") == 5000


def test_recursion_can_be_caught_again_and_again(guests: Guests) -> None:
    """What was caught leaves nothing behind: 50 times, and also out of a finally and out of a promise job."""
    assert (
        guests.result("let n = 0; function f() { f() } for (let i = 0; i < 50; i++) try { f() } catch { n++ } return n")
        == 50
    )
    code = (
        "let deep = 0; function f() { try { f() } finally { if (deep++ < 100) f() } }"
        "try { f() } catch (e) { return e instanceof RangeError } return 'nothing was thrown'"
    )
    assert guests.result(code) is True
    code = (
        "function f() { f() } return await Promise.resolve().then(f).catch((e) => [e instanceof RangeError, e.message])"
    )
    assert guests.result(code) == TOO_DEEP


REPEATED = 100_000

PARSED = {
    "parentheses": "return " + "(" * REPEATED + "1" + ")" * REPEATED,
    "arrays": "return " + "[" * REPEATED + "]" * REPEATED,
    "objects": "return " + "{a:" * REPEATED + "1" + "}" * REPEATED,
    "blocks": "{" * REPEATED + "return 1" + "}" * REPEATED,
    "templates": "return " + "`${" * 50_000 + "1" + "}`" * 50_000,
    "functions": "return " + "(function(){" * 30_000 + "})" * 30_000,
    "arrows": "return " + "()=>" * REPEATED + "1",
    "async arrows": "return " + "async()=>" * REPEATED + "1",
    "classes": "return " + "class{x=" * 20_000 + "1" + "}" * 20_000,
    "extends": "return " + "class extends " * 20_000 + "Object" + "{}" * 20_000,
    "not": "return " + "!" * 200_000 + "1",
    "minus": "return " + "- " * 200_000 + "1",
    "powers": "return [" + "2**" * REPEATED + "1]",
    "assignments": "let a; return " + "a=" * REPEATED + "1",
    "conditions": "if(1)" * REPEATED + "return 1",
    "else": "if(0){}" + "else if(0){}" * REPEATED + "return 1",
    "loops": "while(0)" * REPEATED + "; return 1",
    "labels": "".join(f"l{index}:" for index in range(20_000)) + "{} return 1",
    "switches": "switch(1){case 1:" * 20_000 + "}" * 20_000 + "return 1",
    "try": "try{" * 20_000 + "}catch{}" * 20_000 + "return 1",
    "new": "return " + "new " * REPEATED + "Date",
    "spread": "return [" + "...[" * 50_000 + "]" * 50_000 + "]",
    "call arguments": "return " + "Number(" * 50_000 + ")" * 50_000,
    "optional chains": "let a; return [" + "a?.[" * 50_000 + "0" + "]" * 50_000 + "]",
    "yields": "function* g() {" + "yield " * REPEATED + "1 } return 1",
    "array patterns": "let " + "[" * 50_000 + "a" + "]" * 50_000 + "=[]; return 1",
    "object patterns": "let {" + "a:{" * 50_000 + "a" + "}" * 50_000 + "}={}; return 1",
    "default parameters": "(" + "(a=" * 50_000 + "1" + ")=>1" * 50_000 + "); return 1",
    "groups of a regular expression": "return /" + "(?:" * REPEATED + ")" * REPEATED + "/.test('')",
    "captures of a regular expression": "return /" + "(" * 60_000 + ")" * 60_000 + "/.test('')",
}


@pytest.mark.parametrize("kind", PARSED)
def test_source_nested_too_deeply_is_refused(guests: Guests, kind: str) -> None:
    """By the parser, as an error and never as a trap; its own limits may come first as a SyntaxError."""
    assert guests.failure(PARSED[kind], code_bytes=2 << 20).type in {"RangeError", "SyntaxError"}


FLAT = {
    "additions": ("return " + "1+" * 100_000 + "1", 100_001),
    "commas": ("return (" + "0," * 100_000 + "1)", 1),
    "conditionals": ("return " + "1?" * 10_000 + "2" + ":1" * 10_000, 2),
    "members": ("let a; return [" + "a" + "?.a" * 100_000 + "]", [None]),
    "calls": ("let f = () => f; return f" + "()" * 50_000 + " === f", True),
    "elements": ("return [" + '"s",' * 70_000 + "].length", 70_000),
    "statements": (";" * 500_000 + "return 1", 1),
}


@pytest.mark.parametrize("kind", FLAT)
def test_source_that_is_long_and_not_deep_runs(guests: Guests, kind: str) -> None:
    """What needs no recursion is no reason to refuse."""
    code, expected = FLAT[kind]
    assert guests.result(code, code_bytes=2 << 20) == expected


REGULAR_EXPRESSIONS = {
    "100,000 groups": "new RegExp('(?:'.repeat(100000) + ')'.repeat(100000))",
    "100,000 classes": "new RegExp('[' + '[a'.repeat(100000) + ']'.repeat(100000) + ']', 'v')",
    "100,000 lookaheads": "new RegExp('(?='.repeat(100000) + 'a' + ')'.repeat(100000))",
    "too many captures": "new RegExp('('.repeat(1000) + ')'.repeat(1000))",
}


@pytest.mark.parametrize("kind", REGULAR_EXPRESSIONS)
def test_a_regular_expression_nested_too_deeply_is_refused(guests: Guests, kind: str) -> None:
    """As a SyntaxError that can be caught."""
    assert (
        guests.result(f"try {{ {REGULAR_EXPRESSIONS[kind]} }} catch (e) {{ return e.name }} return 0") == "SyntaxError"
    )


def test_a_regular_expression_may_go_back_far(guests: Guests) -> None:
    """Its states live on the heap, metered, and not on the stack."""
    assert guests.result("return /^(a?)*$/.test('a'.repeat(100000) + 'b')") is False


DISPOSALS = {
    "objects": "let a = {}; for (let i = 0; i < 500000; i++) a = {a}; a = null",
    "arrays": "let a = []; for (let i = 0; i < 500000; i++) a = [a]; a = null",
    "closures": "let a = null; for (let i = 0; i < 200000; i++) { const b = a; a = () => b } a = null",
    "promises": "let p = Promise.resolve(); for (let i = 0; i < 50000; i++) p = p.then(() => {}); await p",
    "ropes": (
        "let s = ''; for (let i = 0; i < 2000; i++) s = i % 2 ? s + 'ab'.repeat(5000) : "
        "'cd'.repeat(5000) + s; s.charCodeAt(7); s = null"
    ),
    "weak maps": (
        "const w = new WeakMap(); let k = {}; for (let i = 0; i < 50000; i++) { const n = {}; "
        "w.set(k, n); k = n } k = null"
    ),
}


@pytest.mark.parametrize("kind", DISPOSALS)
def test_a_deep_structure_can_be_freed(guests: Guests, kind: str) -> None:
    """Freeing does not recurse."""
    assert guests.result(f"{DISPOSALS[kind]}; return 1", memory_bytes=256 << 20) == 1
