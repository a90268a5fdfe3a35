// The wait screen in the reader's own language: which one it is, that it fits, that it can be changed.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PEOPLE, stage } from './harness/stage.mjs';
import { until } from './harness/until.mjs';

const { amara } = PEOPLE;

/** A page of somebody whose phone has these languages, the best first. */
async function pageOf(browser, languages) {
  const page = await browser.visit('about:blank');
  const session = await browser.watch(page);
  const userAgent = await page.evaluate(() => navigator.userAgent);
  await session.send('Network.setUserAgentOverride', { userAgent, acceptLanguage: languages });
  return page;
}

/** Waits until the document says this of its language: it does so just after it has been painted. */
async function isIn(page, language) {
  await until(`the document is in ${language}`, async () => {
    const said = await page.evaluate(() => [document.documentElement.lang, document.documentElement.dir].join(' '));
    assert.equal(said, language);
    return true;
  });
}

function heading(page, words) {
  return page.getByRole('heading', { level: 1, name: words, exact: true });
}

test('a caller waits in the language of the phone, and from right to left where that is so', async (t) => {
  const play = await stage(t);
  const browser = await play.phone();
  const page = await pageOf(browser, 'ar-AU,en');
  await page.goto(`${play.server.origin}/c/demo`);
  await page.getByLabel('اسمك').fill(amara.name);
  await page.getByLabel('رقم الهاتف المحمول').fill(amara.typed);
  await isIn(page, 'ar rtl');
  await page.getByRole('button', { name: 'الدخول إلى منطقة الانتظار' }).click();
  await heading(page, 'أنت في الانتظار').waitFor();
  await until('the title is in Arabic', async () => /^أنت في الانتظار · /.test(await page.title()));
  // What was typed there from left to right is read from left to right.
  assert.equal(await page.locator('#number').evaluate((field) => getComputedStyle(field).direction), 'ltr');
  assert.deepEqual(browser.complaints, []);
});

test('another language is chosen at the foot of the page, and remembered on the device', async (t) => {
  const play = await stage(t);
  const browser = await play.phone();
  const page = await pageOf(browser, 'de-DE,en-AU');
  await page.goto(`${play.server.origin}/c/demo`);
  const name = page.getByLabel('Your name');
  await name.fill(amara.name);
  await isIn(page, 'en ltr');
  await page.getByLabel('Language').selectOption('Ελληνικά');
  await page.getByRole('button', { name: 'Είσοδος στον χώρο αναμονής' }).waitFor();
  await isIn(page, 'el ltr');
  // Nothing that was typed is lost by it.
  assert.equal(await page.getByLabel('Το όνομά σας').inputValue(), amara.name);
  await page.getByRole('button', { name: 'Είσοδος στον χώρο αναμονής' }).click();
  await heading(page, 'Είστε σε αναμονή').waitFor();
  await page.reload();
  await heading(page, 'Είστε σε αναμονή').waitFor();
  assert.equal(await page.getByLabel('Γλώσσα').inputValue(), 'el');
  assert.deepEqual(browser.complaints, []);
});

test('the first paint is in the reader’s language, and so is what is said when the app does not come', async (t) => {
  const play = await stage(t);
  const browser = await play.phone();
  const page = await pageOf(browser, 'vi-VN');
  let come;
  const held = new Promise((resolve) => (come = resolve));
  await page.route(/\.wasm$/, async (route) => {
    await held;
    await route.abort();
  });
  await page.goto(`${play.server.origin}/c/demo`, { waitUntil: 'commit' });
  await heading(page, 'Xin chờ một chút').waitFor();
  assert.equal(await page.title(), 'Khu vực chờ');
  await isIn(page, 'vi ltr');
  come();
  await page.getByText('Không tải được trang này.').waitFor();
  await page.getByRole('button', { name: 'Thử lại' }).waitFor();
});

test('the app paints over the first paint in the same words', async (t) => {
  const play = await stage(t);
  const browser = await play.phone();
  const page = await pageOf(browser, 'el');
  // Every heading that is ever on the page, from the first.
  await page.addInitScript(() => {
    globalThis.headings = [];
    new MutationObserver(() => {
      const words = document.querySelector('h1')?.textContent;
      if (document.readyState !== 'loading' && words && globalThis.headings.at(-1) !== words) {
        globalThis.headings.push(words);
      }
    }).observe(document, { childList: true, subtree: true, characterData: true });
  });
  await page.goto(`${play.server.origin}/w`);
  await heading(page, 'Αυτός ο σύνδεσμος δεν λειτουργεί').waitFor();
  const headings = await until('headings were seen', () => page.evaluate(() => globalThis.headings));
  assert.deepEqual(headings, ['Μια στιγμή', 'Αυτός ο σύνδεσμος δεν λειτουργεί']);
});
