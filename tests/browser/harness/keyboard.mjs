// Somebody who has a keyboard and no mouse: goes from one thing to the next, and looks where the ring is.

import assert from 'node:assert/strict';

import { errors } from 'playwright-core';

import { until } from './until.mjs';

/** More stops than any page has: who has not come around by then is caught somewhere. */
const FAR = 200;

/** The least width of the ring around what has the focus, in CSS pixels (WCAG 2.2, 2.4.13). */
const LEAST_RING = 2;

export class Keyboard {
  constructor(page) {
    this.page = page;
  }

  async press(key) {
    await this.page.keyboard.press(key);
  }

  async type(words) {
    await this.page.keyboard.type(words);
  }

  /** What has the focus, as those hear it who listen to the page: `button "Send code"`. Null where nothing has it. */
  async focused() {
    const focused = this.page.locator(':focus:not(body)');
    if ((await focused.count()) === 0) return null;
    // It may have gone since: then nothing has it.
    const snapshot = await focused.ariaSnapshot({ timeout: 1000 }).catch((failure) => {
      if (failure instanceof errors.TimeoutError) return null;
      throw failure;
    });
    if (snapshot === null) return null;
    const [first] = snapshot.split('\n');
    const [, role, name] = first.match(/^- '?([a-z]+)(?: "((?:[^"\\]|\\.)*)")?/) ?? [];
    return [role, name && `"${name}"`].filter(Boolean).join(' ');
  }

  /** Waits until this has the focus. */
  async isAt(what, where) {
    await until(`the focus is at ${what}`, async () => {
      assert.ok(await this.#is(await this.focused(), what, where), await this.focused());
      return true;
    });
  }

  /** Waits until something has the focus: it is not lost with what had it. */
  async isSomewhere() {
    await until('something has the focus', async () => (await this.focused()) !== null);
  }

  /** Goes on to the next thing, and sees where it is. Null at the end of the page. */
  async next(key = 'Tab') {
    await this.press(key);
    const what = await this.focused();
    if (what !== null) assert.deepEqual(await this.#faults(), [], what);
    return what;
  }

  /**
   * Goes on until it comes to this.
   *
   * @param {string} what a role and how its name begins, as a regular expression
   * @param {{beside?: string}} where these words are in the same row of a table
   */
  async to(what, where) {
    const passed = [];
    while (passed.length < FAR) {
      const here = await this.next();
      if (await this.#is(here, what, where)) return;
      passed.push(here);
    }
    assert.fail(`no way to ${what}; passed ${[...new Set(passed)].join(', ')}`);
  }

  /** Goes there and presses it. */
  async use(what, where) {
    await this.to(what, where);
    await this.press('Enter');
  }

  async #is(here, what, { beside } = {}) {
    if (!new RegExp(`^${what}`).test(String(here))) return false;
    if (beside === undefined) return true;
    return await this.page.evaluate((words) => {
      return document.activeElement.closest('tr')?.textContent.includes(words) ?? false;
    }, beside);
  }

  /**
   * Goes once around the page from its beginning, and returns every stop. All that can be used is come to, each
   * thing once, and nothing after what is read later; and the page lets go at its end.
   */
  async around() {
    await this.page.evaluate(() => {
      document.activeElement.blur();
      // Where the next Tab begins is the page's top again.
      getSelection().setPosition(document.body, 0);
      for (const element of document.querySelectorAll('[data-passed]')) element.removeAttribute('data-passed');
    });
    const stops = [];
    for (let what = await this.next(); what !== null; what = await this.next()) {
      stops.push(what);
      assert.ok(stops.length < FAR, `the page lets nobody go: ${stops.slice(-10).join(', ')}`);
      assert.deepEqual(await this.page.evaluate(pass, stops.length), [], what);
    }
    assert.deepEqual(await this.page.evaluate(missed), [], 'never come to');
    return stops;
  }

  /** What is wrong with how that is shown which has the focus. */
  async #faults() {
    // A page may move to bring it into sight.
    return await until('the focus can be seen', async () => {
      const faults = await this.page.evaluate(ringFaults, LEAST_RING);
      if (faults.length > 0) throw new Error(faults.join('; '));
      return [faults];
    }, { within: 2000 }).then(([faults]) => faults, (failure) => [failure.message]);
  }
}

/** In the page: the ring is there, and nothing covers what it is around. */
function ringFaults(leastRing) {
  const element = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  const faults = [];
  if (outlineStyle === 'none' || Number.parseFloat(outlineWidth) < leastRing) faults.push('there is no ring');
  const { left, right, top, bottom } = element.getBoundingClientRect();
  const [x, y] = [(left + right) / 2, (top + bottom) / 2];
  const isInSight = top >= -1 && left >= -1 && bottom <= innerHeight + 1 && right <= innerWidth + 1;
  const there = document.elementFromPoint(x, y);
  if (!isInSight) faults.push('it is out of sight');
  else if (!element.contains(there) && !there?.contains(element)) faults.push(`it lies beneath ${there?.outerHTML.slice(0, 80)}`);
  return faults;
}

/** In the page: remembers the stop, and says what is wrong with coming to it now. */
function pass(at) {
  const element = document.activeElement;
  if (element.dataset.passed) return ['come to a second time'];
  element.dataset.passed = at;
  const before = document.querySelector(`[data-passed="${at - 1}"]`)?.getBoundingClientRect();
  const here = element.getBoundingClientRect();
  // What stands higher may follow only in a column of its own, to the right.
  const isBack = before && here.bottom <= before.top && here.left < before.right;
  return isBack ? ['stands above what came before'] : [];
}

/** In the page: what can be used and was not passed. */
function missed() {
  const all = document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]');
  return [...all]
    .filter((one) => one.checkVisibility() && !one.disabled && !one.dataset.passed && one.tabIndex >= 0)
    .map((one) => one.outerHTML.slice(0, 120));
}
