"""The bundled packages and their parts, as code blocks see them."""

import json

import pytest

from host.sandbox.image import ImageBundle
from tests.harness import Guests

#: The published package gives undefined here too: its last line has another spelling than its first.
UNDEFINED_UPSTREAM = {"crypto-js/pad-ansix923"}


def test_every_module_of_the_manifest_can_be_required(bundle: ImageBundle, guests: Guests) -> None:
    """One execution each: also those modules that no image contains and that the host hands over. Those of our own
    have public names (test_own_modules.py)."""
    for name in bundle.manifest.modules:
        if name.startswith("internal:"):
            continue
        kind = guests.result(f"return typeof require({json.dumps(name)})")
        assert kind in ("object", "function") or name in UNDEFINED_UPSTREAM, name


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("require('lodash').VERSION", "4.18.1"),
        ("require('lodash/fp').map(x => x * 2)([1, 2])", [2, 4]),
        ("require('lodash/get')({ a: { b: 1 } }, 'a.b')", 1),
        ("require('date-fns').format(new Date(0), 'yyyy-MM-dd')", "1970-01-01"),
        ("require('date-fns/fp').addDays(2)(new Date(0)).getTime()", 172800000),
        ("Object.keys(require('date-fns/fp')).length > 300", True),
        ("require('date-fns').format(new Date(0), 'MMMM', { locale: require('date-fns/locale').zhCN })", "一月"),
        ("require('date-fns/locale/zh-CN').zhCN.localize.day(4)", "星期四"),
        ("require('date-fns/locale/en-US').enUS.code", "en-US"),
        ("require('qs').parse('a[b]=1&c=2')", {"a": {"b": "1"}, "c": "2"}),
        ("require('uuid').validate(require('uuid').v4())", True),
        ("require('crypto-js').SHA256('a').toString().slice(0, 8)", "ca978112"),
        ("require('crypto-js/sha256') === require('crypto-js').SHA256", True),
        ("require('crypto-js/enc-hex') === require('crypto-js').enc.Hex", True),
        ("require('dayjs')(0).locale(require('dayjs/locale/zh-cn')).format('MMMM')", "一月"),
    ],
)
def test_a_package_does_what_it_is_known_for(guests: Guests, code: str, expected: object) -> None:
    """A taste of each, and that a part shares its parent's objects."""
    assert guests.result(f"return {code}") == expected


@pytest.mark.parametrize(
    ("plugin", "code", "expected"),
    [
        ("utc", "dayjs.utc(0).format('YYYY-MM-DD HH:mm')", "1970-01-01 00:00"),
        ("duration", "dayjs.duration(90, 'minutes').asHours()", 1.5),
        ("relativeTime", "dayjs(0).from(dayjs(86400000))", "a day ago"),
        ("customParseFormat", "dayjs('03-02-2001', 'DD-MM-YYYY').format('YYYY-MM-DD')", "2001-02-03"),
        ("isoWeek", "dayjs('2026-01-01').isoWeek()", 1),
        ("weekOfYear", "dayjs('2026-02-01').week()", 6),
        ("isBetween", "dayjs('2026-02-02').isBetween('2026-01-01', '2026-03-01')", True),
        ("advancedFormat", "dayjs('2026-02-02').format('Do')", "2nd"),
    ],
)
def test_a_dayjs_plugin_extends_the_dayjs_of_the_execution(
    guests: Guests, plugin: str, code: str, expected: object
) -> None:
    """Plugins are modules of their own and reach the same dayjs."""
    extended = f"const dayjs = require('dayjs'); dayjs.extend(require('dayjs/plugin/{plugin}'));"
    assert guests.result(f"{extended} return {code}") == expected


def test_an_extended_package_is_not_extended_in_the_next_execution(guests: Guests) -> None:
    """What one execution does to a package is gone with it."""
    guests.result("require('dayjs').extend(require('dayjs/plugin/utc')); require('lodash').chunk = null; return 1")
    assert guests.result("return [typeof require('dayjs').utc, typeof require('lodash').chunk]") == [
        "undefined",
        "function",
    ]
