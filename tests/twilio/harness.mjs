// A fake Twilio for tests in Node.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('./fake-twilio.mjs', import.meta.url));
/** How long an answer of the control port may take. Milliseconds. */
const ANSWERS_WITHIN = 30_000;

export class FakeTwilio {
  #child;

  /**
   * Starts one with these arguments and more of the environment (`undefined` takes a variable out), and returns it once
   * it is ready.
   */
  static async start({ args = [], env = {}, program = PROGRAM } = {}) {
    const fake = new FakeTwilio();
    const child = spawn(process.execPath, [program, ...args], {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    fake.#child = child;
    fake.complained = '';
    child.stderr.setEncoding('utf8').on('data', (words) => (fake.complained += words));
    // Not `exit`: what it has complained of may come after that.
    fake.exited = new Promise((resolve) => child.once('close', resolve));
    const line = await Promise.race([
      new Promise((resolve) => createInterface({ input: child.stdout }).once('line', resolve)),
      fake.exited.then(() => {
        throw new Error(`the fake Twilio ended: ${fake.complained}`);
      }),
    ]);
    return Object.assign(fake, JSON.parse(line));
  }

  get processId() {
    return this.#child.pid;
  }

  /** What a server is given to take this for Twilio. */
  get environment() {
    return {
      TWILIO_ACCOUNT_SID: this.accountSid,
      TWILIO_AUTH_TOKEN: this.authToken,
      TWILIO_FROM: this.from,
      TWILIO_API_URL: this.apiUrl,
      TWILIO_VERIFY_URL: this.verifyUrl,
      TWILIO_LOOKUPS_URL: this.lookupsUrl,
    };
  }

  async get(path) {
    return await this.#ask('GET', path);
  }

  async post(path, order = {}) {
    return await this.#ask('POST', path, order);
  }

  async delete(path) {
    return await this.#ask('DELETE', path);
  }

  async #ask(method, path, order) {
    const answer = await fetch(this.controlUrl + path, {
      method,
      body: order && JSON.stringify(order),
      signal: AbortSignal.timeout(ANSWERS_WITHIN),
    });
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.error);
    return said;
  }

  /** Ends it by closing its standard input, as it happens when whoever started it dies. */
  async stop() {
    this.#child.stdin.end();
    await this.exited;
  }
}
