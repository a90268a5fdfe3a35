// The phone of the embedded default: what would have been sent to a number.

import { until } from './until.mjs';

export class DevPhone {
  #read = 0;

  /** @param {string} number E.164 */
  constructor(server, number) {
    this.server = server;
    this.number = number;
  }

  /** Every message to this number, oldest first. */
  async messages() {
    const response = await fetch(`${this.server.origin}/dev/phone/messages?to=${encodeURIComponent(this.number)}`);
    if (!response.ok) throw new Error(`the dev phone answers ${response.status}`);
    return await response.json();
  }

  /** The next message that has not been read here, once it is there. */
  async next() {
    const message = await until(
      `message ${this.#read + 1} arrives on the dev phone`,
      async () => (await this.messages())[this.#read],
    );
    this.#read += 1;
    return message;
  }

  /** The code in the next message. */
  async code() {
    const { body } = await this.next();
    // The last line is what browsers read: `@host #123456`.
    const [, code] = body.match(/^@\S+ #(\d{6})$/m) ?? [];
    if (!code) throw new Error('the message carries no code that a browser could fill in');
    return code;
  }

  /** The link in the next message. */
  async link() {
    const { body } = await this.next();
    const [link] = body.match(/https?:\/\/\S+/) ?? [];
    if (!link) throw new Error('the message carries no link');
    return link.replace(/^https?:\/\/[^/]+/, this.server.origin);
  }
}
