"""The code blocks that clients really send, with the answers that they expect."""

import pytest

from tests.harness import Guests

ORDERS = {
    "orders": [
        {"id": 1, "city": "Oslo", "amount": 30, "when": "2026-01-15T10:30:00Z"},
        {"id": 2, "city": "Bergen", "amount": 5, "when": "2026-02-01T00:00:00Z"},
        {"id": 3, "city": "Oslo", "amount": 12.5, "when": "2026-02-03T23:59:59Z"},
    ]
}

BLOCKS = {
    "strings": (
        "return input.orders.map((o) => `${o.city.toUpperCase().padEnd(7, '.')}${o.id}`).join('|')",
        "OSLO...1|BERGEN.2|OSLO...3",
    ),
    "arrays": (
        "const { orders } = input; return { total: orders.reduce((sum, o) => sum + o.amount, 0),"
        " big: orders.filter((o) => o.amount > 10).map((o) => o.id), last: orders.at(-1).id }",
        {"total": 47.5, "big": [1, 3], "last": 3},
    ),
    "lodash group and order": (
        "const _ = require('lodash'); const groups = _.groupBy(input.orders, 'city');"
        " const sums = _.map(groups, (of, city) => ({ city, n: of.length, sum: _.sumBy(of, 'amount') }));"
        " return _.orderBy(sums, ['sum'], ['desc'])",
        [{"city": "Oslo", "n": 2, "sum": 42.5}, {"city": "Bergen", "n": 1, "sum": 5}],
    ),
    "lodash by path": ("return require('lodash/get')({ a: [{ b: 7 }] }, 'a[0].b')", 7),
    "lodash/fp": (
        "const fp = require('lodash/fp'); return fp.flow(fp.map((x) => x * 2), fp.filter((x) => x > 2))([1, 2])",
        [4],
    ),
    "date-fns format": (
        "const { format, addDays, parseISO } = require('date-fns');"
        " return format(addDays(parseISO('2026-01-30'), 3), 'yyyy-MM-dd')",
        "2026-02-02",
    ),
    "date-fns in a language": (
        "const { format } = require('date-fns'); const { zhCN } = require('date-fns/locale');"
        " return format(new Date(Date.UTC(2026, 0, 5)), 'PPPP', { locale: zhCN })",
        "2026年1月5日 星期一",
    ),
    "dayjs": ("return require('dayjs')('2026-03-01').subtract(1, 'day').format('DD.MM.YYYY')", "28.02.2026"),
    "dayjs with a plugin": (
        "const dayjs = require('dayjs'); dayjs.extend(require('dayjs/plugin/utc'));"
        " return dayjs.utc('2026-01-15T10:30:00Z').format('HH:mm')",
        "10:30",
    ),
    "qs": (
        "const qs = require('qs'); return [qs.stringify({ a: [1, 2] }), qs.parse('b[c]=d')]",
        ["a%5B0%5D=1&a%5B1%5D=2", {"b": {"c": "d"}}],
    ),
    "uuid": (
        "const u = require('uuid'); return [u.validate(u.v4()), u.version(u.v7()), u.v5('a', u.v5.DNS)]",
        [True, 7, "4f3f2898-69e3-5a0d-820a-c4e87987dbce"],
    ),
    "crypto-js": (
        "const C = require('crypto-js'); return C.SHA256('abc').toString()",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    ),
    "crypto-js both ways": (
        "const { AES, enc } = require('crypto-js');"
        " return AES.decrypt(AES.encrypt('secret', 'key').toString(), 'key').toString(enc.Utf8)",
        "secret",
    ),
    "await a timer": (
        "const sleep = (ms) => new Promise((wake) => setTimeout(wake, ms));"
        " async function work() { await sleep(5); return 'slept'; } return await work()",
        "slept",
    ),
    "return a promise": ("return Promise.all([1, Promise.resolve(2)])", [1, 2]),
    "several packages": (
        "const _ = require('lodash'); const dayjs = require('dayjs');"
        " return _.map(input.orders, (o) => dayjs(o.when).year())",
        [2026, 2026, 2026],
    ),
    "a name that is computed": ("return require(['lo', 'dash'].join('')).VERSION.split('.').length", 3),
    "nothing to say": ("return null", None),
}


@pytest.mark.parametrize("name", BLOCKS)
def test_a_typical_block_gives_what_its_author_expects(guests: Guests, name: str) -> None:
    """Under a policy that lists the packages, as the shipped one does."""
    code, expected = BLOCKS[name]
    modules = ["lodash", "date-fns", "dayjs", "qs", "uuid", "crypto-js"]
    assert guests.result(code, ORDERS, modules=modules) == expected


def test_uuid_v5_is_the_standards(guests: Guests) -> None:
    """RFC 9562's own example of version 5: www.example.com in the DNS name space."""
    code = "const { v5 } = require('uuid'); return v5('www.example.com', v5.DNS)"
    assert guests.result(code) == "2ed6657d-e927-568b-95e1-2665a8aea6a2"
