// What the peers share: the HTTP edge. serve(execute) answers POST /flow/codeblock with execute's JSON text.
//
// PEER_PORT     port on 127.0.0.1
// PEER_WORKERS  worker processes (default 2)
// PEER_MODULES  the folder that npm installed package.json in
import cluster from 'node:cluster';
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';

export const requirePackage = createRequire(path.join(process.env.PEER_MODULES ?? process.cwd(), 'package.json'));

const BODY_BYTES_MAX = 4 << 20;
let ready = false;

// execute(code, input) gives, or promises, the result as JSON text.
export function serve(execute) {
  if (cluster.isPrimary) return startWorkers(Number(process.env.PEER_WORKERS ?? 2));
  process.on('message', (message) => {
    ready = message === 'ready';
  });
  http.createServer((request, response) => answer(request, response, execute))
    .listen(Number(process.env.PEER_PORT), '127.0.0.1');
}

function startWorkers(count) {
  let listening = 0;
  for (let i = 0; i < count; i++) cluster.fork();
  cluster.on('listening', () => {
    listening += 1;
    if (listening !== count) return;
    for (const worker of Object.values(cluster.workers)) worker.send('ready');
  });
  // A peer that loses a worker would be measured with half its power: rather none.
  cluster.on('exit', () => process.exit(1));
}

function answer(request, response, execute) {
  if (request.method === 'GET' && request.url === '/health/ready') return send(response, ready ? 200 : 503, '{}');
  if (request.method !== 'POST' || request.url !== '/flow/codeblock') return send(response, 404, '{}');
  const parts = [];
  let size = 0;
  request.on('data', (part) => {
    size += part.length;
    if (size > BODY_BYTES_MAX) request.destroy();
    else parts.push(part);
  });
  request.on('end', async () => {
    try {
      const { input = {}, code, codebase64 } = JSON.parse(Buffer.concat(parts));
      const source = code ?? Buffer.from(codebase64, 'base64').toString();
      send(response, 200, `{"success":true,"result":${await execute(source, input)}}`);
    } catch (error) {
      const fault = { type: error?.name ?? 'RuntimeError', message: String(error?.message ?? error) };
      send(response, 400, JSON.stringify({ success: false, error: fault }));
    }
  });
}

function send(response, status, text) {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
