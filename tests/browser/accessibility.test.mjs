// What axe-core finds on every screen there is, as those see it who need it: in the dark, in large letters, from
// right to left.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { test } from 'node:test';

import { Browser, DESKTOP, PHONE } from './harness/chromium.mjs';
import { CONSOLE, enlarge, openScreen, screensOf, WAIT_SCREEN, withoutAServer } from './harness/screens.mjs';

const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const LIGHT = { theme: 'light', times: 1 };
const DARK = { theme: 'dark', times: 1 };
const LARGE = { theme: 'light', times: 2 };
const LARGE_AND_DARK = { theme: 'dark', times: 2 };
const ALL = [LIGHT, DARK, LARGE, LARGE_AND_DARK];

/** Looks at every screen of a list in each of these ways, by language. */
async function look(t, { list, size, languages, least }) {
  const origin = await withoutAServer(t);
  const browser = await Browser.open(size);
  t.after(() => browser.close());
  const page = await browser.visit(origin + list);
  const screens = await screensOf(page);
  assert.ok(screens.length >= least, `the list names ${screens.length} screens`);
  const violations = [];
  const applied = new Set();
  const unsure = {};
  const looks = {};
  for (const address of screens) {
    await openScreen(page, address);
    await page.evaluate(AXE);
    await page.evaluate(lookAtJoinedLetters);
    for (const [language, ways] of Object.entries(languages)) {
      for (const { theme, times } of ways) {
        await page.emulateMedia({ colorScheme: theme });
        await enlarge(browser, page, { times });
        await speak(page, language);
        assert.deepEqual(await how(page), [language, language === 'ar' ? 'rtl' : 'ltr', theme, `${16 * times}px`]);
        const found = await axe(page);
        const where = `${address.replace(origin, '')} (${language}, ${theme}, ${times * 100} %)`;
        violations.push(...found.violations.map((violation) => `${where}: ${violation}`));
        found.passes.forEach((rule) => applied.add(rule));
        found.unsure.forEach((rule) => (unsure[rule] = (unsure[rule] ?? 0) + 1));
        looks[language] = (looks[language] ?? 0) + 1;
      }
    }
  }
  t.diagnostic(`${screens.length} screens, looked at so often: ${words(looks)}; ${violations.length} violations`);
  t.diagnostic(`${applied.size} rules were passed; what no program can judge: ${words(unsure) || 'nothing'}`);
  assert.deepEqual(violations, []);
}

/**
 * In the page: axe takes letters that are joined, as in Arabic, for pictures of a font made of pictures, and does not
 * look at their contrast. It compares how they are drawn one by one; there is no such font here, so all are the same.
 */
function lookAtJoinedLetters() {
  CanvasRenderingContext2D.prototype.getImageData = (x, y, width, height) => {
    return { data: new Uint8ClampedArray(Math.ceil(width) * Math.ceil(height) * 4).fill(255) };
  };
}

function words(counts) {
  return Object.entries(counts).map(([name, count]) => `${name} ${count}`).join(', ');
}

/** Chooses this language where the page is in another. */
async function speak(page, language) {
  if ((await how(page))[0] === language) return;
  await page.locator('#language').selectOption(language);
  await page.locator(`html[lang="${language}"]`).waitFor();
}

/** How the page is shown: language, direction, theme, the size of its letters. */
function how(page) {
  return page.evaluate(() => {
    const root = document.documentElement;
    const theme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
    return [root.lang, root.dir || 'ltr', theme, getComputedStyle(root).fontSize];
  });
}

/** Everything that axe has to say of the page as it is. */
function axe(page) {
  return page.evaluate(async () => {
    const { violations, passes, incomplete } = await globalThis.axe.run(document, {
      // Those of WCAG 2.2 and of good practice; this one axe leaves out unless it is asked for.
      rules: { 'target-size': { enabled: true } },
    });
    return {
      violations: violations.flatMap(({ id, nodes }) =>
        nodes.map(({ target, any, all, none }) => {
          const [check] = [...any, ...all, ...none];
          return `${id} at ${target.join(' ')}: ${check?.message ?? ''}`;
        }),
      ),
      passes: passes.map(({ id }) => id),
      unsure: incomplete.map(({ id }) => id),
    };
  });
}

test('axe finds nothing on any screen of the wait screen, in any language', async (t) => {
  // All ways from left to right and from right to left; what themes and large letters do is then the same.
  const languages = { en: ALL, ar: ALL, 'zh-Hans': [DARK], vi: [LIGHT], el: [LARGE] };
  await look(t, { list: WAIT_SCREEN, size: PHONE, languages, least: 60 });
});

test('axe finds nothing on any screen of the console', async (t) => {
  await look(t, { list: CONSOLE, size: DESKTOP, languages: { en: ALL }, least: 50 });
});
