"""No execution sees what another one did, however they are mixed over threads."""

import asyncio
import json

from tests.harness import Guests, result_of

#: Each sets what it can reach, waits so that others run meanwhile, and tells what it sees before and after.
MEDDLER = """
const look = () => {
  const _ = require('lodash'), dayjs = require('dayjs'), fns = require('date-fns'), qs = require('qs');
  return [
    typeof globalThis.mark, typeof Object.prototype.mark, typeof Array.prototype.mark, typeof _.mark,
    typeof console.mark,
    [3, 1, 2].sort().join(), JSON.stringify({a: 1}), Math.max(1, 2), 'x'.toUpperCase(), dayjs.locale(),
    fns.getDefaultOptions().weekStartsOn ?? null, _.VERSION, _.chunk([1, 2, 3], 2).length,
    qs.stringify({a: 1}), typeof require.mark,
    typeof Symbol.for('mark').mark, input.nested.length, Error.stackTraceLimit, /a/.exec('a').index,
    String(new Date(0).getTime()),
  ];
};
const before = look();
globalThis.mark = input.id;
Object.prototype.mark = input.id;
Array.prototype.mark = input.id;
console.mark = require.mark = input.id;
Error.stackTraceLimit = input.id;
input.nested.push(input.id);
const _ = require('lodash'), dayjs = require('dayjs'), fns = require('date-fns');
_.mixin({mark: () => input.id});
_.VERSION = input.id;
require('dayjs/locale/zh-cn');
dayjs.locale('zh-cn');
dayjs.extend((options, Class) => { Class.prototype.format = () => 'mine' });
fns.setDefaultOptions({weekStartsOn: 3});
const sort = Array.prototype.sort;
if (input.id % 2) await new Promise((done) => setTimeout(done, 1 + input.id % 3));
else for (let i = 0; i < 300000; i++);
Array.prototype.sort = () => ['mine'];
JSON.stringify = () => 'mine';
Math.max = () => input.id;
String.prototype.toUpperCase = () => 'mine';
RegExp.prototype.exec = () => ({index: input.id});
Date.prototype.getTime = () => input.id;
return {before, own: [globalThis.mark, _.mark(), dayjs.locale(), dayjs().format(),
  fns.getDefaultOptions().weekStartsOn, Math.max()]};
"""

CLEAN = [
    "undefined", "undefined", "undefined", "undefined", "undefined", "1,2,3", '{"a":1}', 2, "X", "en", None,
    "4.18.1", 2, "a=1",
    "undefined", "undefined", 0, 10, 0, "0",
]  # fmt: skip


def test_globals_prototypes_and_modules_belong_to_one_execution(guests: Guests) -> None:
    """400 executions, interleaved over all threads: each finds a clean world, and keeps its own to the end."""

    async def mixed() -> list:
        return await asyncio.gather(
            *(guests.start(MEDDLER, {"id": index, "nested": []}, wall_time_ms=60_000) for index in range(400))
        )

    for index, report in enumerate(guests.wait(mixed())):
        seen = result_of(report)
        assert seen["before"] == CLEAN
        assert seen["own"] == [index, index, "zh-cn", "mine", 3, index]


def test_an_answer_belongs_to_the_one_who_asked(guests: Guests) -> None:
    """Results, logs and inputs of 600 executions, the short and the long mixed, are each one's own."""
    code = (
        "console.log(input.id); if (input.id % 3 === 0) for (let i = 0; i < 200000; i++);"
        "if (input.id % 3 === 1) await new Promise((done) => setTimeout(done, input.id % 5));"
        "console.log(input.id); return [input.id, input.text.length]"
    )

    async def mixed() -> list:
        return await asyncio.gather(
            *(
                guests.start(code, {"id": index, "text": "x" * (index * 40)}, wall_time_ms=60_000)
                for index in range(600)
            )
        )

    for index, report in enumerate(guests.wait(mixed())):
        assert json.loads(report.outcome.result) == [index, index * 40]
        assert [record.text for record in report.logs] == [str(index)] * 2
