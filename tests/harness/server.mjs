// A real `standby` on a free port of this machine, with data of its own.

import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { until } from '../browser/harness/until.mjs';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Where cargo puts programs. */
export const PROGRAMS = join(process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target'), 'debug');
const PROGRAM = process.env.STANDBY_PROGRAM ?? join(PROGRAMS, 'standby');
const WEB = join(ROOT, 'dist');

/** How long a server that is asked to end may take before it is made to. Milliseconds. */
const ENDS_WITHIN = 15_000;

/** What a process of a test gets of the environment: nothing that could configure a server. */
export function environment() {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'RUST_BACKTRACE'];
  return Object.fromEntries(kept.filter((name) => process.env[name]).map((name) => [name, process.env[name]]));
}

export class Server {
  /** What the server has printed, and what it has logged, over all its starts. */
  printed = '';
  logged = '';
  #process;
  #printedBefore = 0;
  #web;

  constructor(port, data, settings, web) {
    this.port = port;
    this.data = data;
    this.settings = settings;
    this.#web = web;
    this.origin = `http://127.0.0.1:${port}`;
    this.graphql = `${this.origin}/graphql`;
    this.socket = `ws://127.0.0.1:${port}/graphql/ws`;
    this.stream = `${this.graphql}/stream`;
  }

  /**
   * Starts a server with fresh data, and returns it once it serves.
   *
   * @param {Record<string, string>} settings of its environment
   * @param {{web?: boolean}} options whether it serves the web apps
   */
  static async start(settings = {}, { web = false } = {}) {
    const needed = [[PROGRAM, 'cargo build --package standby']];
    if (web) needed.push([join(WEB, 'mobile/index.html'), 'make web']);
    for (const [path, target] of needed) {
      if (!existsSync(path)) throw new Error(`${path} is not there yet: make test builds it, or: ${target}`);
    }
    const server = new Server(await freePort(), await mkdtemp(join(tmpdir(), 'standby-test-')), settings, web);
    try {
      await server.startAgain();
    } catch (failure) {
      await server.stop();
      throw failure;
    }
    return server;
  }

  /** Starts it on the same port and data. */
  async startAgain() {
    this.#printedBefore = this.printed.length;
    const web = this.#web ? ['--web', WEB] : [];
    const child = spawn(PROGRAM, ['serve', ...this.#place, ...web], {
      cwd: this.data,
      env: { ...environment(), ...this.settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    child.ended = new Promise((resolve) => child.once('close', resolve));
    child.stdout.setEncoding('utf8').on('data', (words) => (this.printed += words));
    child.stderr.setEncoding('utf8').on('data', (words) => (this.logged += words));
    await until('the server is ready', async () => !this.isRunning || (await fetch(`${this.origin}/readyz`)).ok);
    if (!this.isRunning) {
      await child.ended;
      throw new Error(`the server ended at once:\n${this.logged.slice(-4000)}`);
    }
  }

  /** What tells the program where it is. */
  get #place() {
    return ['--listen', `127.0.0.1:${this.port}`, '--data', this.data];
  }

  get isRunning() {
    return this.#process?.exitCode === null && this.#process.signalCode === null;
  }

  /** The id of its process. */
  get processId() {
    return this.#process.pid;
  }

  /** The one-time link by which staff sign in to the console, as the latest start printed it. */
  async signInLink() {
    return this.origin + await until('the server prints a sign-in link', () => {
      return this.printed.slice(this.#printedBefore).match(/\/console\/sign-in#[\w.~-]+(?=\s)/)?.[0];
    });
  }

  /** What follows `#` in it. */
  async signInToken() {
    return (await this.signInLink()).split('#')[1];
  }

  /** Makes an API key of a clinic while the server runs. */
  async addKey(role, { clinic = 'demo', name = 'Tests' } = {}) {
    const said = await this.command('key', 'add', '--clinic', clinic, '--role', role, '--name', name);
    return said.trim().split(/\s+/).at(-1);
  }

  /** Runs `standby` with these arguments on the server's data and returns what it prints. */
  async command(...parameters) {
    const { stdout } = await promisify(execFile)(PROGRAM, [...parameters, ...this.#place], { env: environment() });
    return stdout;
  }

  /** Ends the server in the middle of whatever it does, as a power cut would. */
  async kill() {
    this.#process.kill('SIGKILL');
    await this.#process.ended;
  }

  /** Ends the server in order and removes its data. */
  async stop() {
    if (this.isRunning) {
      this.#process.kill('SIGTERM');
      // One that does not end in order is shown by a test of its own; here it must not hang the suite.
      const forced = setTimeout(() => this.#process.kill('SIGKILL'), ENDS_WITHIN);
      await this.#process.ended;
      clearTimeout(forced);
    }
    await rm(this.data, { recursive: true, force: true });
  }
}

const FIRST_PORT = 20_000;
const PORTS = 12_000;
let portsTried = 0;

/**
 * A port on which nobody listens, below those from which connections go out: one of them would be taken by any
 * connection while a server starts again.
 */
async function freePort() {
  for (let tried = 0; tried < PORTS; tried += 1) {
    // Tests of other processes begin elsewhere.
    const port = FIRST_PORT + ((process.pid * 97 + portsTried) % PORTS);
    portsTried += 1;
    const listener = createServer();
    const isFree = await new Promise((resolve) => {
      listener.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => listener.close(resolve));
    return port;
  }
  throw new Error('no port is free');
}
