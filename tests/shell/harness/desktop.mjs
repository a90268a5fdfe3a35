// A screen of its own with a window manager on it, and the app in a window there.
//
// The webview answers to no automation, so a test does what a person does: minimises the window, closes it, opens a
// link; and looks where staff look, and at what the window is called.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { until } from '../../browser/harness/until.mjs';
import { environment, PROGRAMS } from '../../harness/server.mjs';

const PROGRAM = join(PROGRAMS, 'standby-mobile');
const run = promisify(execFile);

/** How long a webview may take to show its first page on a machine that is busy. Milliseconds. */
const OPENS_WITHIN = 60_000;

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

/** Somebody's desktop: a screen, a window manager, and folders of their own. */
export class Desktop {
  #processes = [];
  #folder;
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
    const screen = start('Xvfb', ['-displayfd', '3', '-screen', '0', '1024x1000x24', '-nolisten', 'tcp'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    this.#processes.push(screen);
    let number = '';
    screen.stdio[3].setEncoding('utf8').on('data', (more) => (number += more));
    this.display = `:${await until('there is a screen', () => number.match(/^(\d+)\n/)?.[1])}`;
    let manager;
    await until('there is a window manager', async () => {
      // On a screen that is only just there it ends at once now and then.
      if (!manager || manager.exitCode !== null || manager.signalCode !== null) {
        manager = start('openbox', [], { env: this.#environment, stdio: 'ignore' });
        this.#processes.push(manager);
      }
      return /^\d+\s*$/.test((await this.#ask('get_desktop')).stdout);
    });
  }

  get #environment() {
    return {
      ...environment(),
      DISPLAY: this.display,
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
      { within: OPENS_WITHIN },
    );
    return new AppWindow(child, id, (...parameters) => this.#ask(...parameters));
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
    await until(`the window is called ${words}`, async () => (await this.title()).match(words), {
      within: OPENS_WITHIN,
    });
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

  /** Ends the app in the middle of whatever it does. */
  async kill() {
    this.process.kill('SIGKILL');
    await this.process.ended;
  }
}
