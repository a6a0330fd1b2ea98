"""The bundled packages against the same packages in the machine's own node."""

import json
import subprocess
from pathlib import Path

import pytest

from host.policy.model import Clock
from tests.guest.node import needs_node
from tests.harness import Guests


@pytest.fixture(scope="module")
def npm() -> Path:
    """The build's own node_modules folder, whose packages node takes."""
    import fetch
    from workspace import Workspace

    folder = fetch.npm_packages(Workspace.of_user())
    if not (folder / "pinyin").is_dir():
        pytest.skip("the build's npm folder is not there")
    return folder


def _node(npm: Path, body: str) -> object:
    script = f"process.stdout.write(JSON.stringify((() => {{ {body} }})()))"
    done = subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True, cwd=npm.parent)
    return json.loads(done.stdout)


BODIES = {
    "pinyin": """
    const pinyin = require('pinyin'), out = [];
    const texts = ['中文', '重庆abc我', '', 'abc', '〇', '朝阳', '单田芳', '欧阳修', '\\ud840\\udc00', '女儿', '嗯',
      'é中'];
    for (let code = 0x4e00; code < 0x9fff; code += 61) texts.push(String.fromCharCode(code, code + 7));
    const styles = ['NORMAL', 'TONE', 'TONE2', 'TO3NE', 'INITIALS', 'FIRST_LETTER']
      .map((name) => pinyin['STYLE_' + name]);
    for (const text of texts) for (const style of styles) {
      out.push(pinyin(text, { style }), pinyin(text, { style, heteronym: true }));
    }
    for (const text of texts) {
      out.push(pinyin(text, { mode: pinyin.MODE_SURNAME }), pinyin(text, { heteronym: true }).compact());
    }
    return [out, ['我', '你', '他'].sort(pinyin.compare), pinyin(5), styles, pinyin.MODE_PLACENAME]""",
    "qs": """
    const qs = require('qs');
    const texts = ['a[b][c]=1', 'a[]=1&a[]=2', 'a=1&a=2', 'a.b=1', '?x=%20+', 'a[0]=b&a[2]=c', '__proto__[x]=1',
      '%E4=1'];
    const options = [{}, { allowDots: true }, { comma: true }, { ignoreQueryPrefix: true },
      { strictNullHandling: true }];
    const values = [{ a: [1, { b: 2 }], c: null, d: undefined, e: '' }, { 'a b': 'ü&' }, { d: new Date(0) }];
    return [texts.map((text) => options.map((one) => qs.parse(text, one))),
      values.map((one) => ['indices', 'brackets', 'repeat', 'comma']
        .map((arrayFormat) => qs.stringify(one, { arrayFormat })))]""",
    "uuid": """
    const u = require('uuid'), id = '6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b';
    const fixed = { random: Array.from({ length: 16 }, (_, i) => i), msecs: 1700000000000, seq: 1 };
    return [u.v3('hello', u.v3.DNS), u.v5('größe', u.v5.URL), u.v4({ random: fixed.random.slice() }), u.NIL, u.MAX,
      u.v7({ ...fixed, random: fixed.random.slice() }), [...u.parse(id)], u.stringify(u.parse(id)), u.version(id),
      [id, u.NIL, u.MAX, 'x', '', id + '0'].map((one) => u.validate(one)),
      u.v1ToV6('92f62d9e-22c4-11ef-97e9-325096b39f47')]""",
    "date-fns": """
    const { format, formatDistance, parse } = require('date-fns');
    const all = require('date-fns/locale'), at = new Date(Date.UTC(2024, 6, 5, 15, 4, 9));
    return Object.keys(all).map((name) => ['PPPPpppp', 'EEEE do MMMM yyyy', 'BBBB'].map((text) => {
      try { return format(at, text, { locale: all[name] }) } catch (error) { return error.message }
    }).concat(formatDistance(at, new Date(0), { locale: all[name] })))""",
    "dayjs": """
    const dayjs = require('dayjs');
    for (const name of ['utc', 'timezone', 'localizedFormat', 'advancedFormat', 'weekOfYear', 'isoWeek',
      'quarterOfYear']) {
      dayjs.extend(require('dayjs/plugin/' + name));
    }
    const out = [];
    for (const zone of ['America/New_York', 'Asia/Tokyo', 'Europe/Berlin', 'Australia/Sydney', 'UTC']) {
      for (let time = 0; time < 2e12; time += 77777777777) {
        out.push(dayjs(time).tz(zone).format('YYYY-MM-DDTHH:mm:ssZ'), dayjs(time).tz(zone).format('LLLL Q Wo'));
      }
      out.push(dayjs.tz('2024-03-31 02:30', zone).toISOString());
    }
    return out""",
    "lodash": """
    const _ = require('lodash'), fp = require('lodash/fp');
    return [Object.keys(_).length, Object.keys(fp).length, _.words('fooBar baz_qux ünï'), _.deburr('déjà vu'),
      fp.flow(fp.map((x) => x * 2), fp.sum)([1, 2, 3]),
      _.merge({ a: [1] }, { a: [2, 3] }),
      _.groupBy([1.2, 1.8, 2.1], Math.floor), _.orderBy([{ a: 2 }, { a: 1 }], 'a'),
      require('lodash/get')({ a: [1] }, 'a[0]')]""",
    "crypto-js": """
    const c = require('crypto-js'), out = [];
    for (const name of ['MD5', 'SHA1', 'SHA256', 'SHA512', 'SHA3', 'RIPEMD160']) out.push(c[name]('größe').toString());
    const key = c.enc.Hex.parse('000102030405060708090a0b0c0d0e0f'), iv = key;
    for (const mode of ['CBC', 'CFB', 'CTR', 'OFB', 'ECB']) {
      out.push(c.AES.encrypt('text', key, { iv, mode: c.mode[mode] }).toString());
    }
    return [...out, c.PBKDF2('a', 'b', { keySize: 4, iterations: 10 }).toString(),
      c.HmacSHA256('a', 'b').toString()]""",
}


@needs_node
@pytest.mark.parametrize("name", BODIES)
def test_a_package_answers_as_in_node(guests: Guests, npm: Path, name: str) -> None:
    """The same version, on the same arguments."""
    assert guests.result(BODIES[name]) == _node(npm, "process.env.TZ = 'UTC';" + BODIES[name])


@pytest.mark.parametrize(
    "code",
    [
        "require('crypto-js').lib.WordArray.random(16).toString()",
        "require('uuid').v4()", "require('uuid').v7().slice(-12)", "require('uuid').v1()",
        "require('crypto-js').AES.encrypt('a', 'b').toString()",
    ],
)  # fmt: skip
def test_randomness_is_the_hosts_or_the_seeds(guests: Guests, code: str) -> None:
    """Two executions differ; with the same seed, and the clock fixed, they do not."""
    body = f"return {code}"
    assert guests.result(body) != guests.result(body)
    clock = Clock(kind="fixed", fixed_epoch_ms=1767225600000)
    one, other = (guests.result(body, seed=5, random="seeded", clock=clock) for _ in range(2))
    assert one == other


def test_pinyin_says_that_there_is_no_segmentation(guests: Guests) -> None:
    """Instead of readings that are silently those without it."""
    failure = guests.failure("return require('pinyin')('朝阳', { segment: true })")
    assert "segment needs a native library" in failure.message
