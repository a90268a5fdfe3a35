// A WebSocket client that may do what no library lets one do: every frame is written by hand.

import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:net';

import { PATIENCE } from '../../browser/harness/until.mjs';

/** RFC 6455, 5.2. */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

const PROTOCOL = 'graphql-transport-ws';

/** An answer to the upgrade that is not a WebSocket. */
export class NotUpgraded extends Error {
  constructor(head) {
    super(`not upgraded: ${head.split('\r\n', 1)[0]}`);
    this.status = Number(head.split(' ', 2)[1]);
  }
}

/** One frame as a client writes it. */
export function frame(opcode, payload = '', { isFinal = true, isMasked = true, reserved = 0, announced } = {}) {
  const bytes = Buffer.from(payload);
  const length = announced ?? bytes.length;
  const head = [(isFinal ? 0x80 : 0) | (reserved << 4) | opcode];
  const mask = isMasked ? 0x80 : 0;
  if (length < 126) {
    head.push(mask | length);
  } else if (length < 65_536) {
    head.push(mask | 126, length >> 8, length & 0xff);
  } else {
    const long = Buffer.alloc(8);
    long.writeBigUInt64BE(BigInt(length));
    head.push(mask | 127, ...long);
  }
  if (!isMasked) return Buffer.concat([Buffer.from(head), bytes]);
  const key = randomBytes(4);
  return Buffer.concat([Buffer.from(head), key, bytes.map((byte, place) => byte ^ key[place % 4])]);
}

export class RawSocket {
  #socket;
  #unread = Buffer.alloc(0);
  #frames = [];
  #waiting = [];
  #isUpgraded = false;
  #hasEnded = false;
  /** The sub-protocol that the server chose. */
  protocol;

  /**
   * Upgrades, and returns the socket; throws `NotUpgraded` when the server does not.
   *
   * @param {{protocols?: string, headers?: Record<string, string>}} options `protocols` as in the header, or empty
   */
  static async open(server, { protocols = PROTOCOL, headers = {} } = {}) {
    const raw = new RawSocket();
    raw.#socket = connect({ host: '127.0.0.1', port: server.port, noDelay: true });
    raw.#socket.on('data', (bytes) => raw.#take(bytes));
    // A reset is an end like any other: what was read before it counts.
    raw.#socket.on('error', () => {});
    raw.#socket.on('close', () => {
      raw.#hasEnded = true;
      raw.#wake();
    });
    const key = randomBytes(16).toString('base64');
    const lines = {
      host: `127.0.0.1:${server.port}`,
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': key,
      ...(protocols && { 'sec-websocket-protocol': protocols }),
      ...headers,
    };
    const request = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`);
    raw.#socket.write(`GET /graphql/ws HTTP/1.1\r\n${request.join('')}\r\n`);
    const head = await raw.#head();
    if (!raw.#isUpgraded) {
      raw.#socket.destroy();
      throw new NotUpgraded(head);
    }
    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    if (!head.includes(accept)) throw new Error('the upgrade answers another key');
    raw.protocol = head.match(/^sec-websocket-protocol: *(.*)$/im)?.[1].trim();
    return raw;
  }

  /** Upgrades and initialises, with a token or as nobody in particular. */
  static async acknowledged(server, token) {
    const raw = await RawSocket.open(server);
    raw.say({ type: 'connection_init', payload: token && { token } });
    const answer = await raw.next();
    if (answer.type !== 'connection_ack') throw new Error(`not acknowledged: ${JSON.stringify(answer)}`);
    return raw;
  }

  /** Sends one message in one frame. */
  say(message) {
    this.write(frame(OPCODE.text, JSON.stringify(message)));
  }

  write(bytes) {
    this.#socket.write(bytes);
  }

  /** The next message of the server that is none of its pings; throws when the socket is closed instead. */
  async next() {
    for (;;) {
      const { opcode, payload } = await this.frame();
      if (opcode !== OPCODE.text) throw new Error(`instead of a message: ${describe(opcode, payload)}`);
      const message = JSON.parse(payload);
      if (message.type !== 'ping') return message;
    }
  }

  /** How the server closes: code and reason, or `{}` when it goes without a word. Messages before it are dropped. */
  async closed(within) {
    for (;;) {
      const { opcode, payload } = await this.frame(within).catch((error) => {
        if (this.#hasEnded) return { opcode: OPCODE.close, payload: Buffer.alloc(0) };
        throw error;
      });
      if (opcode !== OPCODE.close) continue;
      this.#socket.destroy();
      if (payload.length < 2) return {};
      const reason = new TextDecoder('utf-8', { fatal: true }).decode(payload.subarray(2));
      return { code: payload.readUInt16BE(0), reason, bytes: payload.length - 2 };
    }
  }

  /** The next frame of the server, of whatever kind. */
  async frame(within = PATIENCE) {
    return await this.#first(() => this.#frames.shift(), within);
  }

  /** Goes without a word. */
  drop() {
    this.#socket.destroy();
  }

  async #head() {
    return await this.#first(() => {
      const end = this.#unread.indexOf('\r\n\r\n');
      if (end < 0) return undefined;
      const head = this.#unread.subarray(0, end).toString('latin1');
      this.#unread = this.#unread.subarray(end + 4);
      this.#isUpgraded = head.startsWith('HTTP/1.1 101 ');
      if (this.#isUpgraded) this.#parse();
      return head;
    }, PATIENCE);
  }

  async #first(look, within) {
    const deadline = performance.now() + within;
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (this.#hasEnded) throw new Error('the server has closed the connection');
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`nothing from the server within ${within} ms`);
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  #take(bytes) {
    this.#unread = Buffer.concat([this.#unread, bytes]);
    if (this.#isUpgraded) this.#parse();
    this.#wake();
  }

  #wake() {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #parse() {
    for (;;) {
      const unread = this.#unread;
      if (unread.length < 2) return;
      if ((unread[0] & 0xf0) !== 0x80 || unread[1] & 0x80)
        throw new Error('the server sent a frame no server may send');
      let length = unread[1];
      let begin = 2;
      if (length === 126) {
        if (unread.length < 4) return;
        [length, begin] = [unread.readUInt16BE(2), 4];
      } else if (length === 127) {
        if (unread.length < 10) return;
        [length, begin] = [Number(unread.readBigUInt64BE(2)), 10];
      }
      if (unread.length < begin + length) return;
      this.#frames.push({ opcode: unread[0] & 0x0f, payload: unread.subarray(begin, begin + length) });
      this.#unread = unread.subarray(begin + length);
    }
  }
}

function describe(opcode, payload) {
  return `opcode ${opcode}, ${opcode === OPCODE.close ? `code ${payload.readUInt16BE(0)} ` : ''}${payload.subarray(2)}`;
}
