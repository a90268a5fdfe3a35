// Whether the stage can be trusted: everything said about stepping away rests on it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';

import { Browser, PHONE } from './harness/chromium.mjs';
import { until } from './harness/until.mjs';

const PAGE = `<!doctype html><title>Seen or not</title><script>
  window.seen = [];
  for (const name of ['visibilitychange', 'pagehide', 'pageshow']) {
    const target = name === 'visibilitychange' ? document : window;
    target.addEventListener(name, () => {
      seen.push(name + ' ' + document.visibilityState);
      if (name === 'pagehide') navigator.sendBeacon('/gone');
    });
  }
</script>`;

async function aPage(t) {
  const requests = [];
  const server = createServer((request, response) => {
    requests.push(request.url);
    response.setHeader('content-type', 'text/html').end(PAGE);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const browser = await Browser.open(PHONE);
  t.after(() => browser.close());
  const page = await browser.visit(`http://127.0.0.1:${server.address().port}/`);
  return { browser, page, requests };
}

test('a page behind another tab is really hidden, and is told when it is seen again', async (t) => {
  const { browser, page } = await aPage(t);
  assert.deepEqual(await page.evaluate(() => window.seen), ['pageshow visible']);
  await browser.hide(page);
  await browser.show(page);
  assert.deepEqual(await page.evaluate(() => window.seen), [
    'pageshow visible',
    'visibilitychange hidden',
    'visibilitychange visible',
  ]);
});

test('a page that is closed can still send a last request', async (t) => {
  const { page, requests } = await aPage(t);
  await page.close();
  await until('the last request arrives', () => requests.includes('/gone'));
});

test('a page has the size of a phone', async (t) => {
  const { page } = await aPage(t);
  assert.deepEqual(await page.evaluate(() => ({ width: innerWidth, height: innerHeight })), PHONE);
});
