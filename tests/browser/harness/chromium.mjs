// Real Chromium, in which a hidden page is hidden.
//
// Playwright emulates focus in every context that it makes: there a page never becomes hidden and `visibilitychange`
// never fires. So each person's browser is a process of its own, started here with a fresh profile, and Playwright is
// attached to it without its defaults: only the profile's own context is left as it is.

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

import { PATIENCE, until } from './until.mjs';

const PROGRAM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const PICTURES = fileURLToPath(new URL('../../../docs/images/', import.meta.url));

/** In CSS pixels. */
export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1280, height: 800 };

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--remote-debugging-port=0',
];

/** One person's browser. */
export class Browser {
  #process;
  #profile;
  #attached;
  #size;
  #otherTab;
  /** What pages complained about: uncaught errors, and lines of their consoles that are errors. */
  complaints = [];

  /** @param {{width: number, height: number}} size of every page */
  static async open(size) {
    const browser = new Browser();
    browser.#size = size;
    browser.#profile = await mkdtemp(join(tmpdir(), 'standby-chromium-'));
    browser.#process = spawn(PROGRAM, [...FLAGS, `--user-data-dir=${browser.#profile}`, 'about:blank'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    browser.#process.exited = new Promise((resolve) => browser.#process.once('exit', resolve));
    let words = '';
    browser.#process.stderr.setEncoding('utf8').on('data', (more) => (words = (words + more).slice(-20_000)));
    await new Promise((resolve, reject) => {
      browser.#process.once('error', reject);
      browser.#process.once('spawn', resolve);
    });
    const address = await until('Chromium listens', () => words.match(/DevTools listening on (ws:\S+)/)?.[1], {
      within: 30_000,
    });
    browser.#attached = await chromium.connectOverCDP(address, { noDefaults: true });
    // The tab that Chromium starts with is kept: a browser whose last tab is closed ends.
    [browser.#otherTab] = browser.#context.pages();
    return browser;
  }

  get #context() {
    return this.#attached.contexts()[0];
  }

  /** Opens an address in a new tab, which is then the one that is seen. */
  async visit(address) {
    const page = await this.#context.newPage();
    page.setDefaultTimeout(PATIENCE);
    await page.setViewportSize(this.#size);
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (line) => line.type() === 'error' && this.complaints.push(line.text()));
    await page.goto(address);
    return page;
  }

  /** Brings another tab to the front, as someone who reads a text message in the same browser would. */
  async hide(page) {
    await this.#otherTab.bringToFront();
    await until('the page is hidden', () => page.evaluate(() => document.visibilityState === 'hidden'));
  }

  /** Brings the page back to the front. */
  async show(page) {
    await page.bringToFront();
    await until('the page is visible', () => page.evaluate(() => document.visibilityState === 'visible'));
  }

  /** The browser's own account of a page: what it loads, what its sockets send. */
  async watch(page) {
    return await this.#context.newCDPSession(page);
  }

  /** Has files that a page saves kept, and returns the folder. Playwright hears of none: it is attached without defaults. */
  async keepDownloads(page) {
    const folder = join(this.#profile, 'downloads');
    mkdirSync(folder, { recursive: true });
    const session = await this.#context.newCDPSession(page);
    await session.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: folder });
    return folder;
  }

  /** Lets pages put text on the clipboard and read it, which a person allows by a click. */
  async allowClipboard(origin) {
    await this.#context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin });
  }

  /** Lets pages show notices, which a person allows by a click. */
  async allowNotices(origin) {
    await this.#context.grantPermissions(['notifications'], { origin });
  }

  async close() {
    await this.#attached?.close().catch(() => {});
    this.#process.kill('SIGKILL');
    await this.#process.exited;
    // Chromium's children may still write for a moment after their parent's end.
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** Keeps a picture of the page for the README when STANDBY_SCREENSHOTS is set. */
export async function picture(page, name) {
  if (process.env.STANDBY_SCREENSHOTS !== '1') return;
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`), animations: 'disabled', scale: 'css' });
}
