// What staff do and see. Everything that depends on how the console is made is here.

import assert from 'node:assert/strict';

import { until } from '../harness/until.mjs';

export class Console {
  constructor(browser, page) {
    this.browser = browser;
    this.page = page;
  }

  /** Signs in by a one-time link, and waits for the waiting area. */
  static async signIn(browser, link) {
    const console = new Console(browser, await browser.visit(link));
    await console.isLive();
    return console;
  }

  /** Waits until the list is in touch with the server. */
  async isLive() {
    await this.page.getByRole('heading', { level: 1, name: /^Waiting area/ }).waitFor();
    await this.page.getByText('Live', { exact: true }).waitFor();
  }

  /** The row of a caller. */
  row(name) {
    return this.page.getByRole('row').filter({ hasText: name });
  }

  button(name, word) {
    return this.row(name).getByRole('button', { name: new RegExp(`^${word}\\b`) });
  }

  /** The caller's status as the row tells it, or null where there is no such row. */
  async statusOf(name) {
    const row = this.row(name);
    if ((await row.count()) === 0) return null;
    const words = await row.getByRole('cell').nth(1).innerText();
    return words.trim().split('\n')[0];
  }

  /** Waits until the caller has this status, and returns how long that took, in milliseconds. */
  async shows(name, status, options) {
    const begin = performance.now();
    const sentence = `the console shows ${status}`;
    await until(sentence, async () => (await this.statusOf(name)) === status, options);
    return performance.now() - begin;
  }

  /** Waits until the caller is no longer listed. */
  async doesNotList(name) {
    await this.row(name).waitFor({ state: 'detached' });
  }

  /** Waits until the caller's row has these words in it. */
  async tells(name, words) {
    await this.row(name).getByText(words).first().waitFor();
  }

  /** Shows only callers of this status; again for the same: all. */
  async filter(status) {
    const filters = this.page.getByRole('group', { name: 'Show only' });
    await filters.getByRole('button', { name: new RegExp(`^${status}\\b`) }).click();
  }

  /** Searches by name or number. */
  async search(text) {
    await this.page.getByRole('searchbox').fill(text);
  }

  /** Those of whom it is said above the list that a recall has not reached them, each with what is said. */
  async unreached() {
    return await this.page.locator('.unreached li').allInnerTexts();
  }

  /** Waits until the row stands where it is: one that has just moved takes no press that was meant for another. */
  async isSettled(name) {
    await this.row(name).locator('[data-settling="true"]').first().waitFor({ state: 'detached' });
  }

  /** Which of the commands the caller's row offers now. */
  async offers(name) {
    const offered = [];
    for (const word of ['Join', 'Recall', 'Hold', 'Complete', 'Cancel']) {
      // In one look: between two, the button may be gone.
      const isOffered = await this.button(name, word).evaluateAll(([button]) => {
        return Boolean(button) && !button.matches(':disabled, [aria-disabled="true"]');
      });
      if (isOffered) offered.push(word);
    }
    return offered;
  }

  /** The callers in the order of the list. */
  async order(names) {
    const rows = await this.page.getByRole('row').allInnerTexts();
    return rows.map((row) => names.find((name) => row.includes(name))).filter(Boolean);
  }

  async waitForOrder(names) {
    await until('the console lists the callers in this order', async () => {
      assert.deepEqual(await this.order(names), names);
      return true;
    });
  }

  /** Joins, and returns to the console from the room, which opens in a tab of its own. */
  async join(name) {
    const opened = this.page.context().waitForEvent('page');
    await this.button(name, 'Join').click();
    const room = await opened;
    await this.shows(name, 'Being Seen');
    await room.close();
    await this.browser.show(this.page);
  }

  async recall(name) {
    await this.button(name, 'Recall').click();
  }

  async recallByDoubleClick(name) {
    await this.button(name, 'Recall').dblclick();
  }

  /** Whether Recall can be pressed. */
  async mayRecall(name) {
    return (await this.button(name, 'Recall').getAttribute('aria-disabled')) === 'false';
  }

  /** Vouches for the caller's number, with the confirmation that it asks for. */
  async verifyByPhone(name) {
    await this.button(name, 'Verify by phone').click();
    await this.page.getByRole('dialog').getByRole('button', { name: 'I spoke to them' }).click();
    await this.row(name).getByText('Verified', { exact: true }).waitFor();
  }

  /** Waits until this is said above the list. */
  async says(words) {
    await this.page.getByRole('alert').filter({ hasText: words }).waitFor();
  }

  async hold(name) {
    await this.button(name, 'Hold').click();
  }

  async complete(name) {
    await this.button(name, 'Complete').click();
  }

  /** Cancels, with the confirmation that it asks for. */
  async cancel(name, reason) {
    await this.button(name, 'Cancel').click();
    const dialog = this.page.getByRole('dialog');
    if (reason) await dialog.getByLabel('Reason').fill(reason);
    await dialog.getByRole('button', { name: 'Cancel caller' }).click();
  }

  /** Configure › Waiting Area › Patient Queueing Options › Offline Queueing. */
  async setOfflineQueueing(on) {
    await this.page.getByRole('link', { name: 'Configure' }).click();
    await this.page.getByRole('switch', { name: 'Offline Queueing' }).setChecked(on);
    await this.page.getByRole('button', { name: 'Save' }).click();
    await this.page.getByText('Saved', { exact: true }).waitFor();
    await this.page.getByRole('link', { name: 'Waiting area', exact: true }).click();
    await this.isLive();
  }

  /** Opens a page of Configure by its links: `Team`, `API keys`, `Webhooks`, `Audit log`, `Waiting Area`. */
  async configure(name) {
    await this.page.getByRole('link', { name: 'Configure' }).click();
    await this.page
      .getByRole('navigation', { name: 'Configure' })
      .getByRole('link', { name, exact: true })
      .click();
    await this.page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
  }

  /** Opens the reports. */
  async reports() {
    await this.page.getByRole('link', { name: 'Reports' }).click();
    await this.page.getByRole('heading', { level: 1, name: 'Reports' }).waitFor();
  }

  /** Opens the waiting area. */
  async waitingArea() {
    await this.page.getByRole('link', { name: 'Waiting area', exact: true }).click();
    await this.isLive();
  }

  /** An entry of the list of a page of Configure: a team member, a key, a webhook. */
  entry(name) {
    const heading = this.page.getByRole('heading', { level: 2, name });
    return this.page.getByRole('main').getByRole('listitem').filter({ has: heading });
  }

  /** The question that is open. */
  get dialog() {
    return this.page.getByRole('dialog');
  }

  /** What is shown this once, after which it is closed. */
  async seenOnce(label) {
    const secret = await this.dialog.getByLabel(label, { exact: true }).innerText();
    await this.dialog.getByRole('button', { name: 'Done' }).click();
    await this.dialog.waitFor({ state: 'detached' });
    return secret.trim();
  }

  /** Makes an API key, and returns it. */
  async makeKey(name, { role = 'Team member', expiry } = {}) {
    await this.page.getByRole('button', { name: 'Make a key' }).click();
    await this.dialog.getByLabel('Name').fill(name);
    await this.dialog.getByLabel('Role').selectOption({ label: role });
    if (expiry) await this.dialog.getByLabel('Expires after').selectOption({ label: expiry });
    await this.dialog.getByRole('button', { name: 'Make the key' }).click();
    return await this.seenOnce('API key');
  }

  /** Adds a team member, and returns the link by which they sign in. */
  async addTeamMember(name, role = 'Team member') {
    await this.page.getByRole('button', { name: 'Add a team member' }).click();
    await this.dialog.getByLabel('Name').fill(name);
    await this.dialog.getByLabel('Role').selectOption({ label: role });
    await this.dialog.getByRole('button', { name: 'Add and make a sign-in link' }).click();
    return await this.seenOnce('Sign-in link');
  }

  /** Saves the settings. */
  async save() {
    await this.page.getByRole('button', { name: 'Save' }).click();
    await this.page.getByText('Saved', { exact: true }).waitFor();
  }

  /** Finds these words in the activity log of a caller, once it has been read. */
  async tellsOf(name, words) {
    await this.row(name).getByRole('button', { name: /^Activity/ }).click();
    await this.page.getByRole('dialog').getByText(words).waitFor();
    await this.page.keyboard.press('Escape');
  }
}
