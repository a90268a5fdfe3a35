// Every screen there is, with fixed data and no server behind it.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { until } from './until.mjs';

/** Where the lists of them are. */
export const WAIT_SCREEN = '/fixtures';
export const CONSOLE = '/console/fixtures';

/** Serves the built apps without a server behind them, and returns where. */
export async function withoutAServer(t) {
  const program = fileURLToPath(new URL('../../../web-build/fixtures.mjs', import.meta.url));
  const process = spawn('node', [program, '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => process.kill());
  let words = '';
  process.stdout.setEncoding('utf8').on('data', (more) => (words += more));
  return await until('the screens are served', () => words.match(/http:\/\/127\.0\.0\.1:\d+(?=\/fixtures)/)?.[0]);
}

/** The addresses that the list on this page names, of the screens in this language. */
export async function screensOf(page, language) {
  await page.getByRole('link').first().waitFor();
  const links = await page.getByRole('link').all();
  const addresses = await Promise.all(links.map((link) => link.evaluate((element) => element.href)));
  const screens = addresses.filter((address) => /fixture/.test(address));
  return screens.map((address) => (language ? `${address}&language=${language}` : address));
}

/** Opens one of them, and waits until it is drawn. */
export async function openScreen(page, address) {
  // Another fragment alone would not load the page again.
  await page.goto('about:blank');
  await page.goto(address);
  await page.getByRole('heading', { level: 1 }).first().waitFor();
}

/** Does what the reader does who sets twice the size of text that the browser starts with. */
export async function enlarge(browser, page, { times = 2 } = {}) {
  const session = await browser.watch(page);
  await session.send('Page.setFontSizes', { fontSizes: { standard: 16 * times, fixed: 13 * times } });
  await session.detach();
}
