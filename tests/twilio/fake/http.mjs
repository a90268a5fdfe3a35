// The little that every part needs of HTTP. Everything is on the loopback, and everything has a limit.

/** A body that is longer, or does not come whole. */
export class BodyRefused extends Error {}

/** Reads a body as text, up to `limit` bytes. */
export async function readBody(message, limit) {
  const chunks = [];
  let length = 0;
  try {
    for await (const chunk of message) {
      length += chunk.length;
      if (length > limit) throw new BodyRefused(`longer than ${limit} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof BodyRefused) throw error;
    throw new BodyRefused('it did not come whole', { cause: error });
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Listens on a free port of the loopback, and returns the address. */
export async function listen(server) {
  // Who asks keeps connections; one that is closed under a request would look like a fault that nobody set.
  server.keepAliveTimeout = 600_000;
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${server.address().port}`;
}

/** Ends a server and every connection to it. */
export async function close(server) {
  if (!server.listening) return;
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}

/** Answers with JSON. */
export function answerJson(response, status, body, headers = {}) {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}
