// The network between an app and a server, which can be cut.

import { connect, createServer } from 'node:net';

export class Line {
  #server;
  #sockets = new Set();
  #isCut = false;

  /** A line to this port of this machine. */
  static async to(port) {
    const line = new Line();
    line.#server = createServer((near) => {
      // As on a network that is gone: what is sent vanishes, and nobody says so.
      const far = connect(port, '127.0.0.1');
      for (const [from, into] of [[near, far], [far, near]]) {
        line.#sockets.add(from);
        from.on('data', (bytes) => line.#isCut || into.write(bytes));
        from.on('error', () => {});
        from.on('close', () => {
          line.#sockets.delete(from);
          into.destroy();
        });
      }
    });
    await new Promise((resolve, reject) => line.#server.once('error', reject).listen(0, '127.0.0.1', resolve));
    line.origin = `http://127.0.0.1:${line.#server.address().port}`;
    return line;
  }

  /** From now on nothing gets through. */
  cut() {
    this.#isCut = true;
  }

  /** It holds again; what stood when it was cut is broken. */
  mend() {
    this.#isCut = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  async close() {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
