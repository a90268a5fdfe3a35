// A real OpenID Connect provider (npm oidc-provider) and a forger beside it, for the tests of signing in.
// README.md says how to use it.
//
//   node tests/openid/provider.mjs

import { createServer } from 'node:http';

import { Forger } from './forger.mjs';
import { RealProvider } from './real-provider.mjs';
import { answer, read } from './http.mjs';

/** How often it is looked whether the parent is still there. Milliseconds. */
const LOOK_EVERY = 500;

const parent = process.ppid;
/** By how many seconds the clock of this whole process is wrong, the real provider's with it. */
let wrongBy = 0;
const rightNow = Date.now;
Date.now = () => rightNow() + wrongBy * 1000;

const server = createServer((request, response) => {
  handle(request, response).catch((error) => {
    process.stderr.write(`${error.stack}\n`);
    if (!response.headersSent) answer(response, 500, { error: 'server_error' });
  });
});

async function handle(request, response) {
  const { pathname } = new URL(request.url, origin);
  if (pathname.startsWith('/forger/')) return forger.handle(request, response);
  if (pathname === '/control' && request.method === 'POST') {
    const order = JSON.parse(await read(request));
    if ('wrongBy' in order) wrongBy = order.wrongBy;
    if ('people' in order) real.people = order.people;
    if ('provider' in order) real.change(order.provider);
    if ('forge' in order) forger.change(order.forge);
    return answer(response, 200, { asked: forger.asked });
  }
  return real.handle(request, response);
}

await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const origin = `http://127.0.0.1:${server.address().port}`;
const real = new RealProvider(origin);
const forger = new Forger(`${origin}/forger`);
process.stdout.write(`${JSON.stringify({ origin, client: 'standby', secret: real.secret })}\n`);

// Whoever started this may be killed without a chance to end it.
setInterval(() => {
  if (process.ppid !== parent) process.exit(0);
}, LOOK_EVERY).unref();
