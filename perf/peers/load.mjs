// POST load on raw sockets with keep-alive: node load.mjs PORT PATH BODY_FILE CONNECTIONS SECONDS
// The fallback where wrk is not installed. Checks status and body of every answer, and prints one JSON line.
import { readFileSync } from 'node:fs';
import net from 'node:net';

const [port, path, bodyFile, connections, seconds] = process.argv.slice(2);
const body = readFileSync(bodyFile);
const request = Buffer.concat([
  Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${body.length}\r\n\r\n`,
  ),
  body,
]);

const latencies = [];
let errors = 0;
let open = 0;
let over = false;

// The end of the first complete answer in the text, or -1 while it is still incomplete.
function answerEnd(text) {
  const head = text.indexOf('\r\n\r\n');
  if (head < 0) return -1;
  const headers = text.slice(0, head).toLowerCase();
  const length = /\r\ncontent-length: *(\d+)/.exec(headers);
  if (length) {
    const end = head + 4 + Number(length[1]);
    return text.length >= end ? end : -1;
  }
  if (!headers.includes('transfer-encoding: chunked')) throw new Error('an answer without a length');
  const last = text.indexOf('\r\n0\r\n\r\n', head + 2);
  return last < 0 ? -1 : last + 7;
}

function connect() {
  const socket = net.connect({ host: '127.0.0.1', port: Number(port), noDelay: true });
  let text = '';
  let sentAt = 0;
  open += 1;
  const send = () => {
    sentAt = performance.now();
    socket.write(request);
  };
  socket.on('connect', send);
  // One character a byte, so that Content-Length counts in characters.
  socket.setEncoding('latin1');
  socket.on('data', (part) => {
    text += part;
    const end = answerEnd(text);
    if (end < 0 || over) return;
    latencies.push(performance.now() - sentAt);
    if (!text.startsWith('HTTP/1.1 200') || !text.includes('"success":true')) errors += 1;
    const closes = /\r\nconnection: close/i.test(text.slice(0, text.indexOf('\r\n\r\n')));
    text = text.slice(end);
    if (closes) socket.destroy();
    else send();
  });
  socket.on('error', () => {
    if (!over) errors += 1;
  });
  socket.on('close', () => {
    open -= 1;
    if (!over) setTimeout(connect, 1);
  });
  return socket;
}

const startedAt = performance.now();
const sockets = Array.from({ length: Number(connections) }, connect);

setTimeout(() => {
  over = true;
  const elapsed = (performance.now() - startedAt) / 1000;
  for (const socket of sockets) socket.destroy();
  latencies.sort((a, b) => a - b);
  const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  // A failed connection is an error without an answer, and counts as a request too.
  const figures = { requests: Math.max(latencies.length, errors), errors, seconds: elapsed };
  Object.assign(figures, { p50_ms: at(0.5), p90_ms: at(0.9), p99_ms: at(0.99), max_ms: at(1) });
  process.stdout.write(JSON.stringify(figures) + '\n', () => process.exit(0));
}, Number(seconds) * 1000);
