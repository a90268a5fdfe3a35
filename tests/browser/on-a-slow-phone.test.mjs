// How long a caller with a slow phone on a slow network looks at a page that is not there yet.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PEOPLE, stage } from './harness/stage.mjs';
import { WaitScreen } from './pages/wait-screen.mjs';

const { amara } = PEOPLE;

// Lighthouse's slow 4G (150 ms there and back, 1.6 Mbit/s down, 750 kbit/s up), in the figures by which Chromium's own
// throttling comes to it: each request waits 3.75 times as long, since only requests wait and not each packet, and nine
// tenths get through (github.com/GoogleChrome/lighthouse, core/config/constants.js, mobileSlow4G).
const SLOW_4G = {
  offline: false,
  latency: 150 * 3.75,
  downloadThroughput: (1.6 * 1024 * 1024 * 0.9) / 8,
  uploadThroughput: (750 * 1024 * 0.9) / 8,
};
// What Lighthouse takes for a phone of the middle, beside a desk's computer.
const CPU_SLOWER = 4;

// Far more than it takes, which is told: a machine that runs other tests meanwhile is slower by itself. Milliseconds.
const MOST = { within: 30_000 };

/** A tab that has loaded nothing yet, of a slow phone. */
async function slowPhone(play) {
  const browser = await play.phone();
  const page = await browser.visit('about:blank');
  page.setDefaultTimeout(MOST.within);
  const session = await browser.watch(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', SLOW_4G);
  await session.send('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWER });
  return { browser, page };
}

/** Opens an address, and returns when this was so. Milliseconds. */
async function timeUntil(page, address, isSo) {
  const begin = performance.now();
  await page.goto(address, { waitUntil: 'commit' });
  await isSo();
  const took = Math.round(performance.now() - begin);
  const painted = await page.evaluate(() => {
    return Math.round(performance.getEntriesByName('first-contentful-paint')[0].startTime);
  });
  return { painted, took };
}

test('on a slow phone and slow 4G the clinic link takes the name in a time that is told', async (t) => {
  const play = await stage(t);
  const { page } = await slowPhone(play);
  const name = page.getByLabel('Your name');
  const { painted, took } = await timeUntil(page, `${play.server.origin}/c/demo`, async () => {
    await name.fill(amara.name);
    assert.equal(await name.inputValue(), amara.name);
  });
  t.diagnostic(`first paint after ${painted} ms, the form takes the name after ${took} ms`);
  assert.ok(took < MOST.within);
});

test('on a slow phone and slow 4G the link back shows the place in a time that is told', async (t) => {
  const play = await stage(t);
  const link = (await play.verifiedCaller(amara)).address();
  const { browser, page } = await slowPhone(play);
  const screen = new WaitScreen(browser, play.server, page);
  const { painted, took } = await timeUntil(page, link, async () => assert.equal(await screen.place(MOST), 1));
  t.diagnostic(`first paint after ${painted} ms, the place after ${took} ms`);
  assert.ok(took < MOST.within);
});
