// Serves the apps as they were built, and nothing else: every screen with fixed data can be looked
// at, without the server that would give it other data.
//
//   node fixtures.mjs [PORT]        8090; 0 takes any that is free

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const PORT = Number(process.argv[2] ?? 8090);
const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

/** Where a path may be found, as the server has it too. */
function places(path) {
  const [, asset] = path.match(/^(?:\/console)?\/assets\/([\w./-]+)$/) ?? [];
  if (asset && !asset.includes('..')) return ['mobile', 'console'].map((app) => join(app, 'assets', asset));
  if (/^\/console(?:\/|$)/.test(path)) return ['console/index.html'];
  if (/^\/(?:fixtures|w|c\/[\w-]+)$/.test(path)) return ['mobile/index.html'];
  return [];
}

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  if (pathname === '/') {
    response.writeHead(302, { location: '/fixtures' }).end();
    return;
  }
  for (const place of places(pathname)) {
    try {
      const content = await readFile(join(DIST, place));
      response.writeHead(200, { 'content-type': TYPES[extname(place)] ?? 'application/octet-stream' });
      response.end(content);
      return;
    } catch {
      // The other app may have it.
    }
  }
  response.writeHead(404).end('There is nothing here.\n');
});

server.on('error', (error) => {
  console.error(`Cannot serve on port ${PORT}: ${error.message}`);
  process.exitCode = 1;
});
server.listen(PORT, '127.0.0.1', () => {
  const origin = `http://127.0.0.1:${server.address().port}`;
  console.log(`The wait screen's screens: ${origin}/fixtures`);
  console.log(`The console's screens:     ${origin}/console/fixtures`);
});
