// Every screen there is, with fixed data and no server: it is drawn, it fits, it can be tapped.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Browser, DESKTOP, PHONE } from './harness/chromium.mjs';
import { enlarge, openScreen, screensOf, withoutAServer } from './harness/screens.mjs';

// The least height of what a thumb must hit, in CSS pixels (WCAG 2.2, 2.5.8, asks for 24; phones' makers for 44).
const LEAST_TAP = 44;

/** What is wrong with how a page is laid out, in words. */
function faultsOf(page, leastTap) {
  return page.evaluate((leastTap) => {
    const faults = [];
    const headings = document.querySelectorAll('h1').length;
    if (headings !== 1) faults.push(`${headings} main headings`);
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) faults.push(`${scrollWidth - clientWidth} px too wide`);
    for (const element of document.querySelectorAll('button, a[href], input, select, textarea')) {
      if (!element.checkVisibility()) continue;
      // What can be hit is the label too, where there is one around or beside it.
      const boxes = [element, ...(element.labels ?? [])].map((one) => one.getBoundingClientRect());
      const height = Math.max(...boxes.map((box) => box.height));
      const name = element.innerText || element.labels?.[0]?.innerText || element.ariaLabel;
      if (!name) faults.push(`without a name: ${element.outerHTML.slice(0, 200)}`);
      if (height < leastTap) faults.push(`"${name}" is ${Math.round(height)} px high`);
    }
    return faults;
  }, leastTap);
}

/** What stands out to the side: on the one where a page begins it cannot even be scrolled to. */
function outsideOf(page) {
  return page.evaluate(() => {
    const isOutside = (element) => {
      const { left, right, width } = element.getBoundingClientRect();
      return width > 1 && (left < -1 || right > document.documentElement.clientWidth + 1);
    };
    const all = [...document.body.querySelectorAll('*')];
    return all.filter(isOutside).map((element) => `stands out: ${element.outerHTML.slice(0, 200)}`);
  });
}

async function look(t, { size, list, leastTap, least, language, isEnlarged }) {
  const origin = await withoutAServer(t);
  const browser = await Browser.open(size);
  t.after(() => browser.close());
  const page = await browser.visit(origin + list);
  const screens = await screensOf(page, language);
  if (isEnlarged) await enlarge(browser, page);
  assert.ok(screens.length >= least, `the list names ${screens.length} screens`);
  const faults = {};
  for (const address of screens) {
    await openScreen(page, address);
    const found = await faultsOf(page, leastTap);
    if (isEnlarged) found.push(...(await outsideOf(page)));
    if (found.length > 0) faults[address.replace(origin, '')] = found;
  }
  t.diagnostic(`${screens.length} screens`);
  assert.deepEqual(faults, {});
  assert.deepEqual(browser.complaints, []);
}

test('every screen of the wait screen fits a phone and a thumb', async (t) => {
  await look(t, { size: PHONE, list: '/fixtures', leastTap: LEAST_TAP, least: 20 });
});

test('every screen of the wait screen fits the smallest phone', async (t) => {
  await look(t, { size: { width: 320, height: 568 }, list: '/fixtures', leastTap: LEAST_TAP, least: 20 });
});

// The longest words and the largest letters; Greek has longer words than English, Arabic begins at the right.
for (const language of ['en', 'el', 'ar', 'vi', 'zh-Hans']) {
  test(`every screen of the wait screen fits the smallest phone in large letters: ${language}`, async (t) => {
    const size = { width: 320, height: 568 };
    await look(t, { size, list: '/fixtures', leastTap: LEAST_TAP, least: 60, language, isEnlarged: true });
  });
}

test('every screen of the console fits a desk', async (t) => {
  await look(t, { size: DESKTOP, list: '/console/fixtures', leastTap: 0, least: 50 });
});

test('every screen of the console fits a desk in large letters', async (t) => {
  await look(t, { size: DESKTOP, list: '/console/fixtures', leastTap: 0, least: 50, isEnlarged: true });
});

test('every screen of the console fits a phone', async (t) => {
  await look(t, { size: PHONE, list: '/console/fixtures', leastTap: 24, least: 50 });
});

test('an answer from right to left stands where it was given, and turns nothing around', async (t) => {
  const origin = await withoutAServer(t);
  const browser = await Browser.open(DESKTOP);
  t.after(() => browser.close());
  const page = await browser.visit(`${origin}/console/fixtures#morning`);
  const row = page.getByRole('row').filter({ hasText: 'Nadia Haddad' });
  const [first, second] = await Promise.all(
    ['صداع منذ أسبوع', 'العربية'].map((words) => row.getByText(words, { exact: true }).boundingBox()),
  );
  const isInOrder = first.y < second.y || first.x + first.width <= second.x;
  assert.ok(isInOrder, `the second begins at ${second.x}, the first ends at ${first.x + first.width}`);
});
