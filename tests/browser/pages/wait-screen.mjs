// What a caller does and sees. Everything that depends on how the wait screen is made is here.

import { DevPhone } from '../harness/dev-phone.mjs';
import { until } from '../harness/until.mjs';

export class WaitScreen {
  constructor(browser, server, page) {
    this.browser = browser;
    this.server = server;
    this.page = page;
  }

  /** Comes in by the clinic link. */
  static async arrive(browser, server, person) {
    const screen = new WaitScreen(browser, server, await browser.visit(`${server.origin}/c/demo`));
    await screen.giveDetails(person);
    await screen.says('You are waiting');
    return screen;
  }

  /** Opens a link to the wait screen: the one in a text message, or the one of another device. */
  static async open(browser, server, link) {
    return new WaitScreen(browser, server, await browser.visit(link));
  }

  /** Opens a link in a tab that nobody looks at. */
  static async openUnseen(browser, server, link) {
    const page = await browser.visit('about:blank');
    await browser.hide(page);
    await page.goto(link);
    return new WaitScreen(browser, server, page);
  }

  /** Presses a button. */
  async press(name) {
    await this.page.getByRole('button', { name, exact: true }).click();
  }

  async giveDetails({ name, typed }) {
    await this.page.getByLabel('Your name').fill(name);
    await this.page.getByLabel('Mobile number').fill(typed);
    await this.page.getByRole('button', { name: 'Join the waiting area' }).click();
  }

  /** Waits until the screen has this heading. */
  async says(heading, options) {
    const found = this.page.getByRole('heading', { name: heading, exact: true });
    await found.waitFor({ timeout: options?.within });
  }

  /** Every main heading from now on, oldest first. */
  async headings() {
    await this.page.evaluate(() => {
      globalThis.headings = [];
      const look = () => {
        // What nobody sees is not shown.
        const heading = document.visibilityState === 'visible' && document.querySelector('h1')?.textContent;
        if (heading && globalThis.headings.at(-1) !== heading) globalThis.headings.push(heading);
      };
      new MutationObserver(look).observe(document, { childList: true, subtree: true, characterData: true });
      // The first picture that is painted of a page that is seen again.
      document.addEventListener('visibilitychange', () => requestAnimationFrame(look));
    });
    return () => this.page.evaluate(() => globalThis.headings);
  }

  /** Waits until these words are to be read somewhere on the screen. */
  async tells(words, options) {
    await this.page.getByText(words).first().waitFor({ timeout: options?.within });
  }

  /** Whether the screen offers to verify the number. */
  async offersToVerify() {
    return await this.page.getByRole('button', { name: 'Send code' }).isVisible();
  }

  async askForACode() {
    await this.page.getByRole('button', { name: 'Send code' }).click();
    await this.page.getByLabel('Code', { exact: true }).waitFor();
  }

  /** Asks for a code where none can come. */
  async askForACodeInVain() {
    await this.page.getByRole('button', { name: 'Send code' }).click();
  }

  /** Waits on the page without the code. */
  async waitHere() {
    await this.page.getByRole('button', { name: 'Wait on this page' }).click();
  }

  /** Enters it and presses nothing: six digits are handed in by themselves. */
  async enterCode(code) {
    await this.page.getByLabel('Code', { exact: true }).fill(code);
  }

  /** Asks for a code, reads it on the caller's own phone and enters it. */
  async verify(person) {
    this.texts = new DevPhone(this.server, person.number);
    await this.askForACode();
    await this.enterCode(await this.texts.code());
    await this.maySetPhoneAside();
  }

  /** Waits until the screen says that it may be left. */
  async maySetPhoneAside() {
    await this.tells('You can put your phone away');
  }

  /** Waits until the screen says that it must be kept open. */
  async mustBeKeptOpen() {
    await this.tells('Keep this page open');
  }

  /** The caller's place in the queue as the screen tells it; 1 is next. */
  async place(options) {
    return await until('the screen tells the place', async () => {
      const words = await this.page.locator('body').innerText();
      if (words.includes('You are next')) return 1;
      return Number(words.match(/You are number (\d+)/)?.[1]);
    }, options);
  }

  /** Puts another tab in front of it. */
  async hide() {
    await this.browser.hide(this.page);
  }

  /** Brings it to the front again. */
  async show() {
    await this.browser.show(this.page);
  }

  /** Does something that the screen reports, and waits until the server has answered the report. */
  async heard(act) {
    const report = this.page.waitForResponse((response) => {
      return response.request().postData()?.includes('reportPresence') ?? false;
    });
    await act();
    await report;
  }

  /** What the screen reports from now on: `{deviceId, counter, state}`, oldest first. */
  reports() {
    const reports = [];
    this.page.on('request', (request) => {
      const { query, variables } = JSON.parse(request.postData() ?? '{}');
      if (query?.includes('reportPresence')) reports.push(variables.input);
    });
    return reports;
  }

  /** Has its next report of this state answered so, and not by the server, which never gets it. */
  async losesOne(state, answer) {
    let isLost = false;
    await this.page.route(`${this.server.origin}/graphql`, async (route) => {
      const { query, variables } = JSON.parse(route.request().postData() ?? '{}');
      if (isLost || !query?.includes('reportPresence') || variables.input.state !== state) {
        return await route.fallback();
      }
      isLost = true;
      await route.fulfill({ json: answer });
    });
  }

  /** Puts another link into the same tab: only the fragment is another, and nothing is loaded. */
  async openBeside(link) {
    await this.page.evaluate((fragment) => (location.hash = fragment), new URL(link).hash);
  }

  /** Closes the tab. */
  async close() {
    await this.page.close();
  }

  async reload() {
    await this.page.reload();
  }

  async leave() {
    await this.page.getByRole('button', { name: 'Leave the waiting area' }).click();
    await this.page.getByRole('button', { name: 'Leave now' }).click();
    await this.says('You have left the waiting area');
  }

  async arriveAgain() {
    await this.page.getByRole('button', { name: 'Arrive again' }).click();
  }

  /** Where the consultation is, once a provider has joined. */
  async room() {
    const link = this.page.getByRole('link', { name: 'Join your consultation' });
    await link.waitFor();
    return await link.getAttribute('href');
  }

  /** The address in the browser's bar: what a caller would send to another device. */
  address() {
    return this.page.url();
  }

  /** Waits until that is the address: the browser's bar follows what the page does to it. */
  async isAt(address) {
    await until('the address is the right one', () => this.address() === address);
  }
}
