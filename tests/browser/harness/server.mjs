// A real `standby` on a free port of this machine, with data of its own.

import { spawn, execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { until } from './until.mjs';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PROGRAM = process.env.STANDBY_PROGRAM ?? join(ROOT, 'target/debug/standby');
const WEB = join(ROOT, 'dist');

/** What a server of a test gets of the environment: nothing that could configure it. */
function environment() {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'RUST_BACKTRACE'];
  return Object.fromEntries(kept.filter((name) => process.env[name]).map((name) => [name, process.env[name]]));
}

export class Server {
  /** Everything the server has written to its terminal, over all its starts. */
  output = '';
  #process;
  #sinceStart = 0;

  constructor(port, data, settings) {
    this.port = port;
    this.data = data;
    this.settings = settings;
    this.origin = `http://127.0.0.1:${port}`;
  }

  /**
   * Starts a server with fresh data, and returns it once it serves.
   *
   * @param {Record<string, string>} settings of its environment
   */
  static async start(settings = {}) {
    for (const [path, target] of [
      [PROGRAM, 'cargo build --package standby'],
      [join(WEB, 'mobile/index.html'), 'make web'],
    ]) {
      if (!existsSync(path)) throw new Error(`${path} is not there yet: make test builds it, or: ${target}`);
    }
    // Tests look for a state many times a second, which nobody does who uses it.
    const all = { STANDBY_RATE_LIMITS: 'off', ...settings };
    const server = new Server(await freePort(), await mkdtemp(join(tmpdir(), 'standby-test-')), all);
    try {
      await server.#run();
    } catch (failure) {
      await server.stop();
      throw failure;
    }
    return server;
  }

  async #run() {
    this.#sinceStart = this.output.length;
    const child = spawn(
      PROGRAM,
      ['serve', '--listen', `127.0.0.1:${this.port}`, '--data', this.data, '--web', WEB],
      { env: { ...environment(), ...this.settings }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    this.#process = child;
    const exit = new Promise((resolve) => child.once('exit', resolve));
    child.exited = exit;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (words) => (this.output += words));
    }
    await until('the server is ready', async () => {
      if (child.exitCode !== null || child.signalCode !== null) return true;
      return (await fetch(`${this.origin}/readyz`)).ok;
    });
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`the server ended at once:\n${this.output.slice(this.#sinceStart)}`);
    }
  }

  /** The one-time link by which staff sign in to the console, as the server printed it at its latest start. */
  async signInLink() {
    return await until('the server prints a sign-in link', () => {
      const [link] = this.output.slice(this.#sinceStart).match(/https?:\/\/\S+\/console\/sign-in#[\w.~-]+/) ?? [];
      return link && link.replace(/^https?:\/\/[^/]+/, this.origin);
    });
  }

  /** Makes an API key of the clinic `demo` while the server runs, as a newcomer would. */
  async addKey(role, name = 'Browser tests') {
    const { stdout } = await promisify(execFile)(
      PROGRAM,
      ['key', 'add', '--clinic', 'demo', '--role', role, '--name', name, '--data', this.data],
      { env: environment() },
    );
    return stdout.trim().split(/\s+/).at(-1);
  }

  /** Ends the server in the middle of whatever it does, as a power cut would. */
  async kill() {
    this.#process.kill('SIGKILL');
    await this.#process.exited;
  }

  /** Starts it again on the same port and data. */
  async startAgain() {
    await this.#run();
  }

  /** Ends the server in order and removes its data. */
  async stop() {
    if (this.#process && this.#process.exitCode === null && this.#process.signalCode === null) {
      this.#process.kill('SIGTERM');
      // A server that does not end in order is a fault of its own, shown by its own test; here it must not hang the suite.
      const forced = setTimeout(() => this.#process.kill('SIGKILL'), 15_000);
      await this.#process.exited;
      clearTimeout(forced);
    }
    await rm(this.data, { recursive: true, force: true });
  }
}

async function freePort() {
  const listener = createServer();
  await new Promise((resolve, reject) => listener.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = listener.address();
  await new Promise((resolve) => listener.close(resolve));
  return port;
}
