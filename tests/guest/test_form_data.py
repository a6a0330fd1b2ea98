"""`require('form-data')` against the wire format, and as the body of requests."""
# ruff: noqa: E501 - lines of JavaScript and of data

from tests.guest.node import needs_node, node_result
from tests.harness import Guests
from tests.online import Online


def test_a_form_is_what_the_package_makes_of_it(guests: Guests) -> None:
    """Byte for byte: names, file names, types by extension, headers of one's own, and what their length is."""
    code = """
    const FormData = require('form-data'), form = new FormData();
    form.setBoundary('BOUNDARY');
    form.append('text', 'ü'); form.append('number', 5); form.append('nothing', null);
    form.append('a"b\\r\\n', Buffer.from('bytes'), 'dir/data.JSON');
    form.append('file', new File(['f'], 'photo.jpeg')); form.append('blob', new Blob(['b'], { type: 'a/b' }), { filename: 'x' });
    form.append('own', 'o', { contentType: 'c/d', header: { 'X-Two': ['1', '2'] } });
    form.append('path', Buffer.from(''), { filepath: 'some/where.txt' });
    form.append('odd', new Uint8Array([104]), { filename: 'no-extension' });
    const bytes = form.getBuffer();
    let length;
    form.getLength((error, value) => { length = [error, value] });
    await null;
    return [bytes.toString(), bytes.length === form.getLengthSync(), length[0], length[1] === bytes.length,
      form.hasKnownLength(), form.getHeaders({ 'X-More': '1' }), String(form), Buffer.isBuffer(bytes)]"""
    text, *rest = guests.result(code)
    parts = [
        'name="text"\r\n\r\nü', 'name="number"\r\n\r\n5', 'name="nothing"\r\n\r\nnull',
        'name="a%22b%0D%0A"; filename="data.JSON"\r\nContent-Type: application/json\r\n\r\nbytes',
        'name="file"; filename="photo.jpeg"\r\nContent-Type: image/jpeg\r\n\r\nf',
        'name="blob"; filename="x"\r\nContent-Type: a/b\r\n\r\nb',
        'name="own"\r\nContent-Type: c/d\r\nX-Two: 1; 2\r\n\r\no',
        'name="path"; filename="some/where.txt"\r\nContent-Type: text/plain\r\n\r\n',
        'name="odd"; filename="no-extension"\r\nContent-Type: application/octet-stream\r\n\r\nh',
    ]  # fmt: skip
    wanted = "".join(f"--BOUNDARY\r\nContent-Disposition: form-data; {part}\r\n" for part in parts) + "--BOUNDARY--\r\n"
    assert text == wanted
    headers = {"content-type": "multipart/form-data; boundary=BOUNDARY", "x-more": "1"}
    assert rest == [True, None, True, True, headers, "[object FormData]", True]


def test_streams_are_read_when_the_form_is_sent(online: Online) -> None:
    """With a known length it is told; without, the body has none; and a form with streams has no buffer."""
    code = """
    const FormData = require('form-data');
    const make = (options) => { const form = new FormData();
      form.append('s', new ReadableStream({ start(c) { c.enqueue(Buffer.from('streamed')); c.close() } }), options);
      form.append('t', 'text'); return form };
    const known = make({ knownLength: 8, filename: 'x.txt' }), unknown = make();
    const sync = (() => { try { return unknown.getLengthSync() } catch (error) { return error.message } })();
    const whole = (() => { try { return known.getBuffer() } catch (error) { return error.name } })();
    const send = async (form) => (await fetch(u, { method: 'POST', body: form, headers: form.getHeaders(), duplex: 'half' }))
      .json();
    const one = await send(known), other = await send(unknown);
    const plain = new FormData(); plain.append('x', Buffer.alloc(300_000), 'big.bin');
    const axios = require('axios');
    return [known.hasKnownLength(), unknown.hasKnownLength(), sync, whole, one.body.includes('streamed\\r\\n--'),
      one.headers['content-length'] === String(known.getLengthSync()), other.headers['content-length'] ?? null,
      other.body.endsWith('--\\r\\n'), (await axios.post(u, plain, { headers: plain.getHeaders() })).data.body.length ===
      plain.getLengthSync(), (await axios.post(u, plain)).data.headers['content-type'] === plain.getHeaders()['content-type']]"""
    assert online.result(code) == [
        True, False, "Cannot calculate proper length in synchronous way.", "TypeError", True, True, None, True, True, True,
    ]  # fmt: skip


def test_what_is_no_part_is_refused(guests: Guests) -> None:
    """Arrays and objects, as the package does; submit names what to use."""
    code = """
    const FormData = require('form-data'), form = new FormData();
    const tell = (call) => { try { call(); return 'none' } catch (error) { return error.name + ': ' + error.message } };
    const wild = [{}, Symbol('s'), () => {}, new Map(), new Proxy({}, { get() { throw new RangeError('trap') } })];
    const boundary = form.getBoundary();
    return [tell(() => form.append('a', [1])), wild.map((value) => tell(() => form.append('a', value)).split(':')[0]),
      tell(() => form.setBoundary(1)), tell(() => form.submit('http://x')).includes('fetch or axios'),
      tell(() => FormData.prototype.append.call({}, 'a', 'b')), tell(() => form.getLength()).split(':')[0],
      form.getLengthSync(), form.getBuffer().toString() === '--' + boundary + '--\\r\\n', /^-{26}[0-9a-f]{24}$/.test(boundary)]"""
    assert guests.result(code) == [
        "Error: Arrays are not supported.", ["TypeError"] * 4 + ["RangeError"],
        "TypeError: FormData boundary must be a string", True,
        'TypeError: Value of "this" must be of type FormData', "TypeError", 0, True, True,
    ]  # fmt: skip


@needs_node
def test_multipart_is_read_as_node_reads_it(guests: Guests) -> None:
    """Bodies that are right, cut off and broken: entries, or a TypeError."""
    head = 'Content-Disposition: form-data; name="a"'
    texts = [
        f"--q\r\n{head}\r\n\r\n1\r\n--q\r\n{head}; filename=\"f\"\r\n\r\n2\r\n--q--\r\n", "", "--q", "--q--", "--q--\r\n",
        f"--q\r\n{head}\r\n\r\n1", f"--q\r\n{head}\r\n1\r\n--q--", "--q\r\n\r\n1\r\n--q--", f"--q\r\n{head}\r\n\r\n1\r\n--q",
        f"--q\n{head}\n\n1\n--q--\n", "--q\r\nX-Y: z\r\n\r\n1\r\n--q--", f"--q\r\n{head}\r\n\r\n\r\n--q\r\n--q--",
        f"--q\r\n{head}\r\nbroken\r\n\r\n1\r\n--q--\r\n", f"--q\r\n{head.replace('form-data', 'inline')}\r\n\r\n1\r\n--q--\r\n",
        f"--other\r\n{head}\r\n\r\n1\r\n--other--\r\n", f"\r\n--q\r\n{head}\r\n\r\n1\r\n--q--\r\n",
        f"--q\r\n{head}\r\nContent-Type: text/plain\r\n\r\n--\r\n-\r\n--qq\r\n--q--\r\n",
    ]  # fmt: skip
    code = """
    const out = [];
    for (const text of input) out.push(await new Response(text, { headers: { 'content-type': 'multipart/form-data; boundary=q' } })
      .formData().then(async (data) => { const all = []; for (const [name, value] of data) all.push([name, typeof value ===
        'string' ? value : [value.name, value.type, await value.text()]]); return all }, (error) => error.name));
    return out"""
    mine, theirs = guests.result(code, texts), node_result(code, texts)
    assert [one for one in zip(texts, mine, theirs, strict=True) if one[1] != one[2]] == []


HEAD = 'Content-Disposition: form-data; name="a"'
FILE = HEAD + '; filename="f"'


def part(*headers: str) -> str:
    return "\r\n".join(["--boundary", *headers, "", "value", "--boundary--", ""])


PARTS = {
    part(FILE): ["f", "text/plain"], part("Content-Type: image/png", FILE): ["f", "image/png"],
    part(HEAD + '; filename=""'): ["", "text/plain"], part(FILE, "Content-Type: TEXT/HTML"): ["f", "text/html"],
    part(FILE, "Content-Type: text/html", "content-type: text/css"): ["f", "text/css"],
    part(FILE, "Content-Type: text"): ["f", ""], part(FILE, "Content-Type:"): ["f", ""],
    part(FILE, 'Content-Type: text/html;;x="y"'): ["f", "text/html;x=y"],
    part(FILE, "Content-Type: text/html, text/css"): ["f", "text/css"],
    part(" " + HEAD): "value", part(HEAD.replace(":", " \t:")): "value", part(HEAD) + "epilogue\r\nmore": "value",
    part(HEAD).replace("--boundary\r\n", "--boundary \t\r\n"): "value",
    part(HEAD).replace("--boundary--", "--boundary-- \t"): "value", part(HEAD)[:-2] + " ": "value",
    "preamble\r\n" + part(HEAD): None, part(HEAD).replace("--boundary--", "--boundary--junk"): None, part(): None,
    part("Content-Type: text/plain"): None, part(HEAD.replace(":", "")): None, part(HEAD, "Cont ent-Type: x"): None,
    part("Content-Disposition: form-data;", ' name="a"'): None, part(HEAD, "X-C: a\0b"): None,
    part(FILE, "Content-Type: text/\nhtml"): None, part(HEAD.replace("a", "a\rb")): None, "--boundary": None,
    part(HEAD).replace("\r\n--boundary--", "--boundary--"): None,
}  # fmt: skip


def test_forms_are_read_by_the_standard(guests: Guests) -> None:
    """Types of files, white space around delimiters and header names; what is malformed is a TypeError."""
    code = """
    const out = [], headers = { 'content-type': 'multipart/form-data; boundary=boundary' };
    for (const text of input) out.push(await new Response(text, { headers }).formData().then((data) => {
      const value = data.get('a'); return typeof value === 'string' ? value : [value.name, value.type] }, () => null));
    return out"""
    got = guests.result(code, list(PARTS))
    assert [one for one in zip(PARTS, got, PARTS.values(), strict=True) if one[1] != one[2]] == []
