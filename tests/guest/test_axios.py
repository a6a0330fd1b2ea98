"""axios, the package itself, over the host: what its README shows, and what clients of Node rely on."""
# ruff: noqa: E501 - lines of JavaScript and of data

from tests.harness import Guests
from tests.online import Online

SETUP = """
const axios = require('axios');
const told = async (call) => { try { return await call() } catch (error) {
  return [error.name, error.code ?? null, error.message, axios.isAxiosError(error), error.response?.status ?? null] } };
"""


def test_the_examples_of_the_readme(online: Online) -> None:
    """get with params, post, several at once, a config, instances with defaults, and URL-encoded data."""
    code = (
        SETUP
        + """
    const out = [];
    const { data } = await axios.get(u + '/user?ID=12345');
    out.push(data.url);
    out.push((await axios.get(u + '/user', { params: { ID: 12345, tags: ['a', 'b'], when: new Date(0), no: null } })).data
      .url);
    out.push((await axios.post(u + '/user', { firstName: 'Fred', lastName: 'Flintstone' })).data.body);
    const both = await Promise.all([axios.get(u + '/user/1'), axios.get(u + '/user/2')]);
    out.push(both.map((one) => one.data.url));
    await axios.all([axios.get(u + '/a'), axios.get(u + '/b')]).then(axios.spread((a, b) => out.push(a.data.url + b.data.url)));
    out.push((await axios({ method: 'put', url: u + '/user/12345', data: { a: 1 } })).data.method);
    out.push((await axios(u + '/user/12345')).status);
    const instance = axios.create({ baseURL: u + '/api/', timeout: 10_000, headers: { 'X-Custom-Header': 'foobar' } });
    instance.defaults.headers.common['Authorization'] = 'token';
    const sent = (await instance.get('/users')).data;
    out.push([sent.url, sent.headers['x-custom-header'], sent.headers.authorization, sent.headers['user-agent'].slice(0, 6)]);
    out.push((await axios.post(u, new URLSearchParams({ param1: 'value1' }))).data.headers['content-type']);
    const form = await axios.post(u, { 'a[]': [1, 2], b: { c: 'd' } }, { headers: {
      'content-type': 'application/x-www-form-urlencoded' } });
    out.push(form.data.body);
    out.push((await axios.request({ url: u, method: 'delete', data: 'body' })).data.body);
    out.push((await axios.get(u, { auth: { username: 'janedoe', password: 's00pers3cret' } })).data.headers.authorization);
    out.push((await axios.get(u.replace('://', '://me:it@'))).data.headers.authorization);
    out.push(axios.getUri({ baseURL: u, url: '/x', params: { q: 'ä b' } }).slice(u.length), typeof axios.VERSION);
    return out"""
    )
    assert online.result(code) == [
        "/user?ID=12345", "/user?ID=12345&tags[]=a&tags[]=b&when=1970-01-01T00:00:00.000Z".replace("[]", "%5B%5D"),
        '{"firstName":"Fred","lastName":"Flintstone"}', ["/user/1", "/user/2"], "/a/b", "PUT", 200,
        ["/api/users", "foobar", "token", "axios/"], "application/x-www-form-urlencoded;charset=utf-8",
        "a%5B%5D=1&a%5B%5D=2&b%5Bc%5D=d", "body", "Basic amFuZWRvZTpzMDBwZXJzM2NyZXQ=", "Basic bWU6aXQ=",
        "/x?q=%C3%A4+b", "string",
    ]  # fmt: skip


def test_interceptors_and_transforms_run_in_order(online: Online) -> None:
    """Requests last to first, responses first to last; an interceptor can be ejected, and a transform sees the text."""
    code = (
        SETUP
        + """
    const instance = axios.create({ transformRequest: [(data) => data + '!', ...axios.defaults.transformRequest],
      transformResponse: [(data) => JSON.parse(data).body.toUpperCase()] });
    const order = [], note = (name) => (value) => { order.push(name); return value };
    instance.interceptors.request.use(note('first')); instance.interceptors.request.use(note('second'));
    const gone = instance.interceptors.request.use(note('gone')); instance.interceptors.request.eject(gone);
    instance.interceptors.response.use(note('third')); instance.interceptors.response.use((r) => ({ ...r, extra: 1 }));
    const r = await instance.post(u, 'text');
    axios.interceptors.response.use((r) => r, (error) => Promise.resolve({ data: 'mended ' + error.response.status }));
    return [order, r.data, r.extra, (await axios.get(u + '/404')).data]"""
    )
    assert online.result(code) == [["second", "first", "third"], "TEXT!", 1, "mended 404"]


def test_errors_have_the_codes_of_node(online: Online) -> None:
    """And a response where there was one; a denial is no error of axios's."""
    code = (
        SETUP
        + """
    const source = axios.CancelToken.source(), controller = new AbortController();
    setTimeout(() => { source.cancel('enough'); controller.abort() }, 10);
    const calls = [
      () => axios.get(u + '/404'), () => axios.get(u + '/500'), () => axios.get('http://127.0.0.1:1024'),
      () => axios.get('http://nowhere.invalid'), () => axios.get(u + '/never', { timeout: 20 }),
      () => axios.get(u + '/never', { timeout: 20, transitional: { clarifyTimeoutError: true }, timeoutErrorMessage: 'late' }),
      () => axios.get(u + '/never', { cancelToken: source.token }),
      () => axios.get(u + '/never', { signal: controller.signal }),
      () => axios.get(u + '/never', { signal: AbortSignal.abort() }), () => axios.get(u + '/cut'),
      () => axios.get(u + '/loop', { maxRedirects: 2 }), () => axios.get(u + '/moved', { maxRedirects: 0 }),
      () => axios.get(u, { maxContentLength: 5 }), () => axios.post(u, 'too long', { maxBodyLength: 5 }),
      () => axios.get('ftp://x/'), () => axios.get('/relative'), () => axios.get(u, { proxy: { host: 'x', port: 1 } }),
      () => axios.get(u, { httpsAgent: {} }), () => axios.post(u, Symbol('s')), () => axios.get(u, { headers: { a: 'x\\u4e00' } }),
      () => axios.get(u + '/slow', { responseType: 'json', transitional: { silentJSONParsing: false } }),
      () => axios.request({ url: u, method: 'GET\\nhttp://elsewhere.example/' }), () => axios.get('http://elsewhere.example/'),
    ];
    const out = [];
    for (const call of calls) out.push(await told(call));
    return [out, axios.isCancel(await axios.get(u, { signal: AbortSignal.abort() }).catch((error) => error))]"""
    )
    out, cancelled = online.result(code)
    assert cancelled
    brief = [one[:2] + one[3:] for one in out]
    assert brief == [
        ["AxiosError", "ERR_BAD_REQUEST", True, 404],
        ["AxiosError", "ERR_BAD_RESPONSE", True, 500],
        ["Error", "ECONNREFUSED", True, None],
        ["Error", "ENOTFOUND", True, None],
        ["AxiosError", "ECONNABORTED", True, None],
        ["AxiosError", "ETIMEDOUT", True, None],
        ["CanceledError", "ERR_CANCELED", True, None],
        ["CanceledError", "ERR_CANCELED", True, None],
        ["CanceledError", "ERR_CANCELED", True, None],
        ["AxiosError", "ERR_BAD_RESPONSE", True, 200],
        ["AxiosError", "ERR_FR_TOO_MANY_REDIRECTS", True, None],
        ["AxiosError", "ERR_BAD_RESPONSE", True, 302],
        ["AxiosError", "ERR_BAD_RESPONSE", True, None],
        ["AxiosError", "ERR_BAD_REQUEST", True, None],
        ["AxiosError", "ERR_BAD_REQUEST", True, None],
        ["TypeError", "ERR_INVALID_URL", True, None],
        ["AxiosError", "ERR_NOT_SUPPORT", True, None],
        ["AxiosError", "ERR_NOT_SUPPORT", True, None],
        ["AxiosError", "ERR_BAD_REQUEST", True, None],
        ["TypeError", "ERR_INVALID_CHAR", True, None],
        ["SyntaxError", "ERR_BAD_RESPONSE", True, 200],
        ["TypeError", "ERR_INVALID_HTTP_TOKEN", True, None],
        ["CapabilityError", None, False, None],
    ]
    words = [out[0][2], out[3][2], out[4][2], out[5][2], out[6][2], out[9][2], out[12][2]]
    assert words == [
        "Request failed with status code 404", "getaddrinfo ENOTFOUND nowhere.invalid", "timeout of 20ms exceeded", "late",
        "enough", "stream has been aborted", "maxContentLength size of 5 exceeded",
    ]  # fmt: skip


def test_data_comes_as_it_was_asked_for(online: Online) -> None:
    """A Buffer for arraybuffer, as in Node; a stream that is iterated, listened to, piped; text; a Blob."""
    code = (
        SETUP
        + """
    const as = async (responseType, path = '/gzip') => (await axios.get(u + path, { responseType })).data;
    const bytes = await as('arraybuffer'), blob = await as('blob'), pieces = [], written = [];
    for await (const chunk of await as('stream', '/slow')) pieces.push(Buffer.isBuffer(chunk) && chunk.toString());
    const heard = await as('stream', '/slow').then((stream) => new Promise((done, fail) => {
      const all = []; stream.setEncoding('utf8');
      stream.on('data', (chunk) => all.push(chunk)).on('end', () => done(all)).on('error', fail);
    }));
    await (await as('stream', '/slow')).pipeTo(new WritableStream({ write: (chunk) => { written.push(chunk.toString()) } }));
    const failed = await as('stream', '/cut').then((stream) => new Promise((done) => stream.on('data', () => {})
      .on('error', (error) => done(error.code))));
    const web = await (await as('stream')).getReader().read();
    const response = await axios.get(u + '/moved');
    return [Buffer.isBuffer(bytes), bytes.toString('base64'), await as('text'), (await as('json')).packed,
      [blob instanceof Blob, blob.type, await blob.text()], pieces, heard, written, failed, web.value.length,
      response.request.res.responseUrl === u + '/echo', response.headers['set-cookie'], response.headers.get('Content-Type'),
      (await axios.get(u + '/gzip')).headers['content-encoding'] ?? null,
      (await axios.get(u + '/gzip', { decompress: false, responseType: 'arraybuffer' })).data[0],
      (await axios.get(u + '/404', { validateStatus: (status) => status < 500 })).status,
      (await axios.head(u)).data, (await axios.get(u + '/empty')).data]"""
    )
    text = '{"packed":true}'
    assert online.result(code) == [
        True, "eyJwYWNrZWQiOnRydWV9", text, True, [True, "application/json", text], ["first", "second"],
        ["first", "second"], ["first", "second"], "ERR_BAD_RESPONSE", 15, True, ["a=1", "b=2"], "application/json", None,
        31, 404, "", "",
    ]  # fmt: skip


def test_what_is_sent_is_what_node_sends(online: Online) -> None:
    """Buffers, typed arrays, forms of both kinds, blobs and streams, with their headers, and progress on the way."""
    code = (
        SETUP
        + """
    const FormDataOfNpm = require('form-data'), out = [];
    const sent = async (data, headers) => { const r = (await axios.put(u, data, { headers })).data;
      return [r.body, r.headers['content-type'] ?? null] };
    out.push(await sent(Buffer.from('buffer')), await sent(new Uint8Array([65, 66]).buffer), await sent('text'));
    out.push(await sent(new Blob(['blob'], { type: 'a/b' })), await sent([1, { a: 2 }]), await sent(null));
    out.push(await sent(new ReadableStream({ start(c) { c.enqueue(Buffer.from('stream')); c.close() } })));
    const own = new FormDataOfNpm(); own.append('file', Buffer.from('x'), 'a.png');
    const [body, type] = await sent(own, own.getHeaders());
    out.push([body.includes('Content-Type: image/png'), type === 'multipart/form-data; boundary=' + own.getBoundary()]);
    const spec = new FormData(); spec.append('a', 'b');
    for (const headers of [undefined, { 'Content-Type': 'multipart/form-data' },
      { 'Content-Type': 'multipart/form-data; boundary=ownboundary' }]) {
      const [text, kind] = await sent(spec, headers); out.push(text.startsWith('--' + kind.split('boundary=')[1]));
    }
    out.push((await axios.postForm(u, { x: 1, list: [1, 2], buffer: Buffer.from('b') })).data.body.match(/name="[^"]+"/g));
    const seen = [];
    await axios.put(u, Buffer.alloc(600_000), { onUploadProgress: ({ loaded, total }) => seen.push([loaded, total]) });
    out.push(seen.at(-1));
    const down = [];
    await axios.get(u + '/slow', { onDownloadProgress: ({ loaded, progress }) => down.push([loaded, progress]) });
    out.push(down.at(-1));
    return out"""
    )
    urlencoded = "application/x-www-form-urlencoded"
    assert online.result(code) == [
        ["buffer", urlencoded], ["AB", urlencoded], ["text", urlencoded], ["blob", "a/b"],
        ['[1,{"a":2}]', "application/json"], ["", urlencoded], ["stream", urlencoded], [True, True], True, True, True,
        ['name="x"', 'name="list[]"', 'name="list[]"', 'name="buffer"', 'name="blob"'], [600_000, 600_000], [11, 1],
    ]  # fmt: skip


def test_adapters_by_name_and_of_ones_own(online: Online) -> None:
    """`http` and `fetch` are the host's way, `xhr` is not there, and a function or a fetch of the code's own is called."""
    code = (
        SETUP
        + """
    const mine = async (config) => ({ status: 200, data: 'mine', headers: {}, config });
    const fetched = { env: { fetch: async () => new Response('theirs'), Request, Response }, adapter: 'fetch' };
    return [(await axios.get(u, { adapter: 'http' })).status, (await axios.get(u, { adapter: 'fetch' })).status,
      (await told(() => axios.get(u, { adapter: 'xhr' })))[1], (await axios.get(u, { adapter: mine })).data,
      (await axios.get(u, fetched)).data, typeof axios.getAdapter('http')]"""
    )
    assert online.result(code) == [200, 200, "ERR_NOT_SUPPORT", "mine", "theirs", "function"]


def test_the_adapter_alone_is_no_way_in(guests: Guests) -> None:
    """It has a name of axios's own. Without the package it does nothing, and it reaches what fetch reaches."""
    code = """
    const adapter = require(['axios', 'lib/adapters/http.js'].join('/'));
    const alone = (() => { try { return adapter({}) } catch (error) { return error.name } })();
    const handed = await adapter({ url: 'http://x/', method: 'get', headers: {} }, { axios: {} }).catch((error) => error.name);
    return [alone, handed]"""
    assert guests.result(code, modules=("axios",)) == ["TypeError", "TypeError"]
    failure = guests.failure("return (await require('axios').get('http://127.0.0.1/')).status")
    assert failure.type == "CapabilityError"
