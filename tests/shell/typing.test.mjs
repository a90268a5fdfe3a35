// A webview and the app beside it tell each other what stands in a field: nothing is lost in between.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import { Browser, PHONE } from '../browser/harness/chromium.mjs';
import { PEOPLE, stage } from './harness/stage.mjs';

const { amara } = PEOPLE;
const SCRIPT = new URL('../../mobile/shell/shell.js', import.meta.url);

test('what is typed fast in the app is all there', async (t) => {
  const play = await stage(t);
  await play.arrivesInApp(amara);
  const everyone = await play.everyone();
  assert.deepEqual(everyone.map(({ name, phone }) => [name, phone.number]), [[amara.name, amara.number]]);
});

/** A page with a field and the shell's script, and an app that draws as late as the test says. */
async function field(t) {
  const browser = await Browser.open(PHONE);
  t.after(() => browser.close());
  const page = await browser.visit('about:blank');
  await page.setContent('<input data-known="">');
  await page.addScriptTag({ content: await readFile(SCRIPT, 'utf8') });
  const input = page.locator('input');
  return {
    types: (words) => input.pressSequentially(words),
    shows: (words) => input.inputValue().then((shown) => assert.equal(shown, words)),
    /** As Dioxus draws: an attribute where it has changed, and the value each time. */
    draws: (...all) => page.evaluate((knowns) => {
      const input = document.querySelector('input');
      for (const known of knowns) {
        if (input.dataset.known !== known) input.dataset.known = known;
        if (input.value !== known) input.value = known;
      }
    }, all),
  };
}

test('what the app draws before it has heard of all that was typed takes nothing of it', async (t) => {
  const { types, shows, draws } = await field(t);
  await types('0491');
  // Because of another field, and twice.
  await draws('');
  await draws('');
  await shows('0491');
  await draws('0', '04');
  await types('57');
  await draws('04', '049');
  await shows('049157');
  await draws('0491', '04915', '049157');
  await shows('049157');
});

test('what the app changes itself is shown, however lately something was typed', async (t) => {
  const { types, shows, draws } = await field(t);
  await types('12 34');
  await draws('1', '12', '123', '1234');
  await shows('1234');
  await types('5');
  await draws('12345');
  await draws('');
  await shows('');
  await types('6');
  await draws('6', '');
  await shows('');
});
