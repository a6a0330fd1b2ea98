"""Programs whose fuel is kept: what a typical execution costs, in units that do not depend on the machine."""

PROGRAMS = {
    "one-liner": ("return input.a + 1", {"a": 41}),
    "await": ("return await input.a + 1", {"a": 41}),
    "timer": ("await new Promise((wake) => setTimeout(wake, 5)); return 1", {}),
    "console": ("console.log('a', [1, { b: 2 }]); return 1", {}),
    "an error": ("function f() { throw new TypeError('x'); } f(); return 1", {}),
    "array methods": ("return [3, 1, 2].map((x) => x * 2).filter((x) => x > 2).sort((a, b) => a - b)", {}),
    "1,000 turns of a loop": ("let n = 0; for (let i = 0; i < 1000; i++) n += i; return n", {}),
    "1,000 objects": (
        "const all = []; for (let i = 0; i < 1000; i++) all.push({ i, name: `n${i}` }); return all.length",
        {},
    ),
    "regular expressions": ("return 'a1b22c333'.replace(/[0-9]+/g, (d) => d.length)", {}),
    "JSON of 100 rows": (
        "return JSON.stringify(input.rows).length",
        {"rows": [{"id": i, "name": "row"} for i in range(100)]},
    ),
    "lodash": ("return require('lodash').chunk([1, 2, 3], 2)", {}),
    "dayjs": ("return require('dayjs')('2026-01-02').format('DD/MM')", {}),
    "date-fns": ("const { format } = require('date-fns'); return format(new Date(0), 'yyyy')", {}),
    "crypto-js": ("return require('crypto-js').SHA256('abc').toString()", {}),
    "two packages": ("return [typeof require('lodash'), typeof require('qs').parse]", {}),
}
