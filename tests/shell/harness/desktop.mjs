// A screen of its own with a window manager on it, and the app in a window there.
//
// The webview answers to no automation, so a test does what a person does: minimises the window, closes it, opens a
// link, presses keys; and looks where staff look, at what the window is called, and at the notices on the screen.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { until } from '../../browser/harness/until.mjs';
import { environment, PROGRAMS } from '../../harness/server.mjs';
import { noticesIn } from './notices.mjs';

const PROGRAM = join(PROGRAMS, 'standby-mobile');
const BUS = fileURLToPath(new URL('session-bus.conf', import.meta.url));
const run = promisify(execFile);

/** What shows notices on a desktop, as the bus knows it. */
const NOTICES = 'org.freedesktop.Notifications';
const NOTICES_PATH = '/org/freedesktop/Notifications';
const ARE_YOU_THERE = 'GetServerInformation';

/** How long a program may take to begin on a machine that is busy: a screen, a webview's first page. Milliseconds. */
const BEGINS_WITHIN = { within: 60_000 };

/** A process that is ended with the test. */
function start(program, parameters, options) {
  const child = spawn(program, parameters, options);
  child.ended = new Promise((resolve) => {
    child.once('close', resolve);
    child.once('error', resolve);
  });
  return child;
}

async function end(child) {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  await child.ended;
}

/** Somebody's desktop: a screen, a window manager, what shows notices, and folders of their own. */
export class Desktop {
  #processes = [];
  #folder;
  #overheard = '';
  apps = [];

  static async open() {
    const desktop = new Desktop();
    try {
      await desktop.#begin();
    } catch (failure) {
      await desktop.close();
      throw failure;
    }
    return desktop;
  }

  async #begin() {
    this.#folder = await mkdtemp(join(tmpdir(), 'standby-desktop-'));
    for (const name of ['data', 'run', 'cache', 'config']) await mkdir(join(this.#folder, name));
    await chmod(join(this.#folder, 'run'), 0o700);
    // Otherwise it begins anew whenever its last program leaves it, and takes along those who are just coming.
    const screen = start('Xvfb', ['-displayfd', '3', '-noreset', '-screen', '0', '1024x1000x24', '-nolisten', 'tcp'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    this.#processes.push(screen);
    let number = '';
    screen.stdio[3].setEncoding('utf8').on('data', (more) => (number += more));
    this.display = `:${await until('there is a screen', () => number.match(/^(\d+)\n/)?.[1], BEGINS_WITHIN)}`;
    this.#keep('openbox', ['--sm-disable']);
    let address = '';
    this.#keep(
      'dbus-daemon',
      ['--nofork', '--print-address', `--config-file=${BUS}`, `--address=${this.#bus}`],
      (more) => (address += more),
    );
    // It says so once it listens; its socket is there before.
    await until('there is a bus', () => address !== '', BEGINS_WITHIN);
    this.#keep('dunst', []);
    this.#keep(
      'dbus-monitor',
      ['--address', this.#bus, `interface='${NOTICES}'`],
      (more) => (this.#overheard += more),
    );
    await until('there is a window manager', async () => {
      return /^\d+\s*$/.test((await this.#ask('get_desktop')).stdout);
    }, BEGINS_WITHIN);
    await until('notices are shown, and overheard', () => this.#isOverheard(), BEGINS_WITHIN);
  }

  /** Asks whoever shows notices whether they are there, and tells whether that was overheard. */
  async #isOverheard() {
    const before = this.#overheard.length;
    const question = [`--bus=${this.#bus}`, '--print-reply', `--dest=${NOTICES}`, NOTICES_PATH, `${NOTICES}.${ARE_YOU_THERE}`];
    await run('dbus-send', question);
    return this.#overheard.slice(before).includes(`member=${ARE_YOU_THERE}`);
  }

  /** Starts a program that belongs to the desktop. */
  #keep(program, parameters, hear = () => {}) {
    const child = start(program, parameters, { env: this.#environment, stdio: ['ignore', 'pipe', 'ignore'] });
    child.stdout.setEncoding('utf8').on('data', hear);
    this.#processes.push(child);
  }

  get #bus() {
    return `unix:path=${join(this.#folder, 'run/bus')}`;
  }

  get #environment() {
    return {
      ...environment(),
      DISPLAY: this.display,
      DBUS_SESSION_BUS_ADDRESS: this.#bus,
      XDG_DATA_HOME: join(this.#folder, 'data'),
      XDG_RUNTIME_DIR: join(this.#folder, 'run'),
      XDG_CACHE_HOME: join(this.#folder, 'cache'),
      XDG_CONFIG_HOME: join(this.#folder, 'config'),
      NO_AT_BRIDGE: '1',
      LIBGL_ALWAYS_SOFTWARE: '1',
    };
  }

  async #ask(...parameters) {
    return await run('xdotool', parameters, { env: this.#environment });
  }

  /** Where the app keeps what it keeps. */
  get kept() {
    return join(this.#folder, 'data/standby/kept.json');
  }

  /** Everything that the app keeps, as it is written there. */
  async everythingKept() {
    return existsSync(this.kept) ? await readFile(this.kept, 'utf8') : '';
  }

  /** The files of this desktop in which one of these words is written, whoever wrote it there. */
  async filesWith(words) {
    const entries = await readdir(this.#folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    const found = await Promise.all(files.map(async (file) => {
      // One that has gone meanwhile holds nothing.
      const content = await readFile(file).catch(() => Buffer.alloc(0));
      return words.some((word) => content.includes(word) || content.includes(Buffer.from(word, 'utf16le')));
    }));
    return files.filter((_, at) => found[at]).map((file) => file.slice(this.#folder.length + 1));
  }

  /** Waits until the app has kept these words. */
  async keeps(words) {
    await until('the app keeps what it should', async () => (await this.everythingKept()).includes(words));
  }

  /** Has the app find this kept, as by an earlier start. */
  async keep(everything) {
    await mkdir(dirname(this.kept), { recursive: true, mode: 0o700 });
    await writeFile(this.kept, JSON.stringify(everything), { mode: 0o600 });
  }

  /** Every notice that the app has asked for until now, oldest first: `{title, text, hints}`. */
  async notices() {
    // What was asked before this question has been overheard before it.
    await until('the question is overheard', () => this.#isOverheard());
    return noticesIn(this.#overheard);
  }

  /** How many notices can be seen now. */
  async noticesOnScreen() {
    const { stdout } = await run('dunstctl', ['count', 'displayed'], { env: this.#environment });
    return Number(stdout);
  }

  /** Starts the app against a server at this address, by a link if there is one; does not wait for its window. */
  startApp(origin, link) {
    if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is not there yet: make test-shell builds it`);
    const child = start(PROGRAM, link === undefined ? [] : [link], {
      env: { ...this.#environment, STANDBY_SERVER: origin },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (words) => (child.said = (child.said + words).slice(-20_000)));
    }
    this.apps.push(child);
    return child;
  }

  /** Starts the app, and returns its window once it is there. */
  async openApp(origin, link) {
    const child = this.startApp(origin, link);
    const id = await until(
      'the app has a window',
      async () => {
        assert.equal(child.exitCode, null, `the app ended: ${child.said}`);
        const { stdout } = await this.#ask('search', '--onlyvisible', '--pid', String(child.pid));
        return stdout.trim().split('\n').at(-1);
      },
      BEGINS_WITHIN,
    );
    return new AppWindow(child, id, (...parameters) => this.#ask(...parameters));
  }

  /** Starts the app where it runs already: the start hands its link over, and ends. */
  async startAgain(origin, link) {
    const child = this.startApp(origin, link);
    assert.equal(await child.ended, 0, child.said);
  }

  async close() {
    await Promise.all(this.apps.map(end));
    // The window manager before its screen.
    for (const child of this.#processes.reverse()) await end(child);
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** The app's window. */
export class AppWindow {
  #id;
  #ask;

  constructor(child, id, ask) {
    this.process = child;
    this.#id = id;
    this.#ask = ask;
  }

  /** What the window is called: what the screen is about, and at which clinic. */
  async title() {
    return (await this.#ask('getwindowname', this.#id)).stdout.trim();
  }

  async titled(words) {
    await until(`the window is called ${words}`, async () => {
      const title = await this.title();
      assert.match(title, words);
      return true;
    }, BEGINS_WITHIN);
  }

  /** As someone who turns to something else. */
  async minimise() {
    await this.#ask('windowminimize', this.#id);
  }

  /** As someone who comes back. */
  async restore() {
    await this.#ask('windowactivate', this.#id);
  }

  /** As by the window's own button: the app is asked to end, and may say a last word. */
  async close() {
    await this.#ask('windowactivate', '--sync', this.#id);
    await this.#ask('key', 'alt+F4');
  }

  /** Presses these keys, one after the other, as xdotool calls them. */
  async press(...keys) {
    await this.#ask('windowactivate', '--sync', this.#id);
    await this.#ask('key', '--delay', '100', ...keys);
  }

  /** Gives name and number on the first screen of the clinic link, and hands them in: fast, as a keyboard's own
   * suggestions do. */
  async fillIn({ name, typed }) {
    for (const words of [name, typed]) {
      await this.press('Tab');
      await this.#ask('type', '--delay', '20', words);
    }
    await this.press('Return');
  }

  /** Ends the app in the middle of whatever it does. */
  async kill() {
    this.process.kill('SIGKILL');
    await this.process.ended;
  }
}
