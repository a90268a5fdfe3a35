// What a wait costs the caller: the download at the beginning, and the traffic while nothing happens.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { PEOPLE, stage } from './harness/stage.mjs';
import { WaitScreen } from './pages/wait-screen.mjs';

const { amara } = PEOPLE;

// Everything that the wait screen may transfer, compressed, from the clinic link to "You are waiting". Bytes.
const MOST_BYTES = 400_000;
// How long a quiet wait is watched. Milliseconds.
const WATCHED = 40_000;
// A sign of life every ten seconds, there and back, is what a heartbeat may cost: in that time one more than it has
// tens of seconds, where the first comes as soon as anybody looks.
const MOST_FRAMES = (WATCHED / 10_000 + 1) * 2;

test('the wait screen downloads less than 400 kB, all of it', async (t) => {
  const play = await stage(t);
  const browser = await play.phone();
  const page = await browser.visit('about:blank');
  const network = await browser.watch(page);
  await network.send('Network.enable');
  const urls = new Map();
  const sizes = new Map();
  network.on('Network.requestWillBeSent', ({ requestId, request }) => urls.set(requestId, request.url));
  network.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    sizes.set(requestId, encodedDataLength);
  });
  await page.goto(`${play.server.origin}/c/demo`);
  const screen = new WaitScreen(browser, play.server, page);
  await screen.giveDetails(amara);
  await screen.says('You are waiting');

  let total = 0;
  for (const [request, size] of sizes) {
    t.diagnostic(`${String(size).padStart(7)} bytes  ${new URL(urls.get(request)).pathname}`);
    total += size;
  }
  t.diagnostic(`${String(total).padStart(7)} bytes in all`);
  assert.ok(total > 50_000, 'the download was seen');
  assert.ok(total < MOST_BYTES);
});

test('a quiet wait sends no more than a heartbeat', async (t) => {
  const play = await stage(t);
  const phone = await play.verifiedCaller(amara);
  const network = await phone.browser.watch(phone.page);
  await network.send('Network.enable');
  const seen = { requests: 0, frames: 0, bytes: 0 };
  network.on('Network.requestWillBeSent', () => (seen.requests += 1));
  for (const event of ['Network.webSocketFrameSent', 'Network.webSocketFrameReceived']) {
    network.on(event, ({ response }) => {
      seen.frames += 1;
      seen.bytes += response.payloadData.length;
    });
  }
  // The one wait for a while in these tests: that nothing happens can only be seen by watching.
  await pause(WATCHED);
  t.diagnostic(`in ${WATCHED / 1000} s: ${seen.requests} requests, ${seen.frames} frames, ${seen.bytes} bytes`);
  assert.equal(seen.requests, 0);
  assert.ok(seen.frames <= MOST_FRAMES);
});
