"""The blocks with which clients call APIs, unchanged but for the URL, against a local server."""
# ruff: noqa: E501 - lines of JavaScript and of data

import pytest

from tests.online import Online

BLOCKS = {
    "axios.get in a promise in a timeout": (
        """
        const axios = require('axios');
        return new Promise((resolve, reject) => {
          setTimeout(() => {
            axios.get(`${u}/orders`, { params: { page: 1 } })
              .then((response) => resolve(response.data.url))
              .catch((error) => reject(error));
          }, 10);
        });""",
        "/orders?page=1",
    ),
    "a file is uploaded with a form's headers": (
        """
        const axios = require('axios');
        const FormData = require('form-data');
        const form = new FormData();
        form.append('name', 'report');
        form.append('file', Buffer.from('a;b\\n1;2\\n'), { filename: 'report.csv', contentType: 'text/csv' });
        const response = await axios.post(u + '/upload', form, { headers: { ...form.getHeaders(), Authorization: 'Bearer t' } });
        const { headers, body } = response.data;
        return [headers.authorization, headers['content-type'].split(';')[0], body.includes('filename="report.csv"'),
          Number(headers['content-length']) === form.getLengthSync()];""",
        ["Bearer t", "multipart/form-data", True, True],
    ),
    "axios.put of a Buffer": (
        """
        const axios = require('axios');
        const content = Buffer.from('PDF content');
        const { status, data } = await axios.put(`${u}/bucket/key`, content, {
          headers: { 'Content-Type': 'application/pdf', 'Content-Length': content.length }, maxBodyLength: Infinity });
        return [status, data.method, data.headers['content-type'], data.headers['content-length'], data.body];""",
        [200, "PUT", "application/pdf", "11", "PDF content"],
    ),
    "a file is downloaded": (
        """
        const axios = require('axios');
        const { data } = await axios.get(u + '/gzip', { responseType: 'arraybuffer' });
        return { size: data.length, base64: data.toString('base64'), name: JSON.parse(data.toString('utf8')).packed };""",
        {"size": 15, "base64": "eyJwYWNrZWQiOnRydWV9", "name": True},
    ),
    "an error of the API is told": (
        """
        const axios = require('axios');
        try {
          await axios.get(u + '/404');
        } catch (error) {
          if (error.response) return `${error.response.status}: ${JSON.stringify(error.response.data)}`;
          throw error;
        }""",
        '404: {"error":"none"}',
    ),
    "again after a failure": (
        """
        const axios = require('axios');
        async function get(url, times) {
          for (let i = 0; ; i++) {
            try { return (await axios.get(url, { timeout: 1000 })).data } catch (error) { if (i >= times) return i + ' ' + error.code }
            await new Promise((wake) => setTimeout(wake, 5));
          }
        }
        return await get(u + '/500', 2);""",
        "2 ERR_BAD_RESPONSE",
    ),
    "a token, then the call": (
        """
        const axios = require('axios'), qs = require('qs');
        const token = await axios.post(u + '/token', qs.stringify({ grant_type: 'client_credentials', scope: 'a b' }));
        const api = axios.create({ baseURL: u, headers: { Authorization: `Bearer ${token.data.body.length}` } });
        const { data } = await api.get('/me');
        return [token.data.body, data.headers.authorization];""",
        ["grant_type=client_credentials&scope=a%20b", "Bearer 41"],
    ),
    "fetch: getting JSON": (
        """
        async function getData(url) {
          const response = await fetch(url);
          if (!response.ok) throw new Error(`Response status: ${response.status}`);
          return response.json();
        }
        return [(await getData(u + '/products.json')).url, await getData(u + '/500').catch((error) => error.message)];""",
        ["/products.json", "Response status: 500"],
    ),
    "fetch: posting JSON": (
        """
        const myHeaders = new Headers();
        myHeaders.append('Content-Type', 'application/json');
        const myRequest = new Request(u + '/example', { method: 'POST', body: JSON.stringify({ username: 'example' }),
          headers: myHeaders });
        const response = await fetch(myRequest);
        const { body, headers } = await response.json();
        return [JSON.parse(body).username, headers['content-type']];""",
        ["example", "application/json"],
    ),
    "fetch: a file and its fields": (
        """
        const formData = new FormData();
        formData.append('username', 'Groucho');
        formData.append('webmasterfile', new Blob(['<q id="a">hey!</q>'], { type: 'text/xml' }), 'hey.xml');
        const result = await (await fetch(u, { method: 'POST', body: formData })).json();
        return [result.body.includes('filename="hey.xml"'), /boundary=/.test(result.headers['content-type'])];""",
        [True, True],
    ),
    "fetch: given up after a time": (
        """
        const controller = new AbortController();
        const timer = setTimeout(() => controller.abort(), 20);
        try { await fetch(u + '/never', { signal: controller.signal }) } catch (error) {
          if (error.name === 'AbortError') return 'aborted';
          throw error;
        } finally { clearTimeout(timer) }""",
        "aborted",
    ),
    "fetch: text line by line": (
        """
        const response = await fetch(u + '/slow');
        const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
        let text = '';
        for (;;) { const { value, done } = await reader.read(); if (done) break; text += value + '|' }
        return text;""",
        "first|second|",
    ),
    "fetch: many at once": (
        """
        const urls = Array.from({ length: 20 }, (_, i) => `${u}/item/${i}`);
        const all = await Promise.all(urls.map((url) => fetch(url).then((response) => response.json())));
        return all.map((one) => one.url).join() === urls.map((url) => url.slice(u.length)).join();""",
        True,
    ),
    "fetch: nothing is there": (
        """
        try { await fetch('http://127.0.0.1:1024/') } catch (error) { return `${error.message} (${error.cause.code})` }""",
        "fetch failed (ECONNREFUSED)",
    ),
}


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_that_calls_an_api_gives_what_its_author_expects(online: Online, name: str) -> None:
    """Under a policy that grants the server."""
    code, expected = BLOCKS[name]
    assert online.result(code) == expected
