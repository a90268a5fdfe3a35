// graphql-transport-ws by raw sockets: every close code, and what a client may send that no library would.
//
// https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { until } from '../browser/harness/until.mjs';
import { Asker, Caller, signIn } from './harness/asker.mjs';
import { NotUpgraded, OPCODE, RawSocket, frame } from './harness/raw-socket.mjs';
import { Server } from '../harness/server.mjs';

const VIEWER = '{ viewer { __typename } }';
/** Runs until it is stopped. */
const FOLLOW = 'subscription ($clinic: ID!) { waitingAreaChanged(clinicId: $clinic) { __typename } }';

/** A message may have so many bytes, a close reason so many (RFC 6455, 5.5). */
const LARGEST_MESSAGE = 64 * 1024;
const LONGEST_REASON = 123;

/** A socket must be closed so soon after its credential is no longer good. Milliseconds. */
const CLOSED_WITHIN = 5_000;

let server;
let admin;
let clinic;
let key;

before(async () => {
  server = await Server.start();
  admin = await signIn(server);
  clinic = await admin.clinicId();
  key = await server.addKey('TEAM_MEMBER');
});
after(() => server?.stop());

const subscribe = (id, query, variables) => ({ type: 'subscribe', id, payload: { query, variables } });
const follow = (id) => subscribe(id, FOLLOW, { clinic });

/** The socket is in order: it answers. */
async function answers(socket) {
  socket.say(subscribe('in order', VIEWER));
  assert.equal((await socket.next()).type, 'next');
  assert.deepEqual(await socket.next(), { id: 'in order', type: 'complete' });
}

describe('the upgrade', { concurrency: true }, () => {
  test('chooses graphql-transport-ws, also among others', async () => {
    for (const protocols of ['graphql-transport-ws', 'graphql-ws, graphql-transport-ws']) {
      const socket = await RawSocket.open(server, { protocols });
      assert.equal(socket.protocol, 'graphql-transport-ws');
      socket.drop();
    }
  });

  for (const [protocols, what] of [
    ['', 'no sub-protocol'],
    ['graphql-ws', 'the sub-protocol of the old subscriptions-transport-ws'],
    ['Graphql-Transport-Ws-2', 'an unknown sub-protocol'],
  ]) {
    test(`is refused for ${what}`, async () => {
      await assert.rejects(
        RawSocket.open(server, { protocols }),
        (error) => error instanceof NotUpgraded && error.status === 400,
      );
    });
  }

  test('is refused to pages of a foreign origin', async () => {
    for (const origin of ['https://evil.example', 'null', `${server.origin}.evil.example`]) {
      await assert.rejects(RawSocket.open(server, { headers: { origin } }), (error) => error.status === 403, origin);
    }
  });

  test('is taken from our own pages', async () => {
    const socket = await RawSocket.open(server, { headers: { origin: server.origin } });
    socket.drop();
  });
});

describe('4400: bad message', { concurrency: true }, () => {
  for (const [what, text] of [
    ['nothing', ''],
    ['no JSON', 'connection_init'],
    ['a list', '[]'],
    ['null', 'null'],
    ['no type', '{}'],
    ['an unknown type', '{"type":"start","id":"1"}'],
    ['a message of the server', '{"type":"next","id":"1","payload":{}}'],
    ['the type in capitals', '{"type":"PING"}'],
    ['connection_init with a list', '{"type":"connection_init","payload":[]}'],
    ['connection_init with a token that is no string', '{"type":"connection_init","payload":{"token":1}}'],
    ['ping with text', '{"type":"ping","payload":"now"}'],
    ['subscribe without an id', `{"type":"subscribe","payload":{"query":"${VIEWER}"}}`],
    ['subscribe with a number as its id', `{"type":"subscribe","id":1,"payload":{"query":"${VIEWER}"}}`],
    ['subscribe with an empty id', `{"type":"subscribe","id":"","payload":{"query":"${VIEWER}"}}`],
    ['subscribe without a payload', '{"type":"subscribe","id":"1"}'],
    ['subscribe without a query', '{"type":"subscribe","id":"1","payload":{}}'],
    ['subscribe with a batch', `{"type":"subscribe","id":"1","payload":[{"query":"${VIEWER}"}]}`],
    [
      'subscribe with variables as text',
      `{"type":"subscribe","id":"1","payload":{"query":"${VIEWER}","variables":"{}"}}`,
    ],
    ['complete without an id', '{"type":"complete"}'],
  ]) {
    test(`for ${what}, before and after connection_init`, async () => {
      for (const socket of [await RawSocket.open(server), await RawSocket.acknowledged(server)]) {
        socket.write(frame(OPCODE.text, text));
        assert.equal((await socket.closed()).code, 4400);
      }
    });
  }

  test('for a binary frame', async () => {
    const socket = await RawSocket.acknowledged(server);
    socket.write(frame(OPCODE.binary, '{"type":"ping"}'));
    assert.equal((await socket.closed()).code, 4400);
  });

  test('for a message that is one byte too large, and not for the largest', async () => {
    const ofBytes = (bytes) => {
      const message = { type: 'ping', payload: { filler: '' } };
      message.payload.filler = 'x'.repeat(bytes - JSON.stringify(message).length);
      return frame(OPCODE.text, JSON.stringify(message));
    };
    const socket = await RawSocket.acknowledged(server);
    socket.write(ofBytes(LARGEST_MESSAGE));
    assert.equal((await socket.next()).type, 'pong');
    socket.write(ofBytes(LARGEST_MESSAGE + 1));
    const { code, reason } = await socket.closed();
    assert.equal(code, 4400);
    assert.match(reason, /65536/);
  });

  test('for a frame that announces 50 MB, without reading them', async () => {
    const socket = await RawSocket.acknowledged(server);
    socket.write(frame(OPCODE.text, 'x', { announced: 50 * 1024 * 1024 }));
    assert.equal((await socket.closed()).code, 4400);
  });

  test('for a message that grows too large fragment by fragment', async () => {
    const socket = await RawSocket.acknowledged(server);
    socket.write(frame(OPCODE.text, '{"type":"ping","payload":{"filler":"', { isFinal: false }));
    for (let count = 0; count < 64; count += 1) {
      socket.write(frame(OPCODE.continuation, 'x'.repeat(4096), { isFinal: false }));
    }
    assert.equal((await socket.closed()).code, 4400);
  });
});

describe('4401: unauthorized', { concurrency: true }, () => {
  test('for subscribe before connection_init', async () => {
    const socket = await RawSocket.open(server);
    socket.say(subscribe('1', VIEWER));
    assert.equal((await socket.closed()).code, 4401);
  });

  test('for subscribe that is read before connection_ack is sent; never is it answered first', async () => {
    const init = frame(OPCODE.text, JSON.stringify({ type: 'connection_init', payload: { token: key } }));
    const asked = frame(OPCODE.text, JSON.stringify(subscribe('1', VIEWER)));
    for (let count = 0; count < 10; count += 1) {
      const socket = await RawSocket.open(server);
      socket.write(Buffer.concat([init, asked]));
      const { opcode, payload } = await socket.frame();
      // Whether the token was looked up before the second message was read is a matter of luck.
      if (opcode === OPCODE.close) assert.equal(payload.readUInt16BE(0), 4401);
      else assert.deepEqual(JSON.parse(payload), { type: 'connection_ack' });
      socket.drop();
    }
  });

  for (const [what, payload] of [
    ['an unknown token', { token: 'sk_0123456789abcdef0123456789abcdef' }],
    ['an empty token', { token: '' }],
    ['a token with a line break', { token: 'a\r\nb' }],
    ['a header of another scheme', { authorization: 'Basic YTpi' }],
  ]) {
    test(`for ${what}`, async () => {
      const socket = await RawSocket.open(server);
      socket.say({ type: 'connection_init', payload });
      assert.equal((await socket.closed()).code, 4401);
    });
  }

  test('a good credential is taken as a token and as a header', async () => {
    for (const payload of [{ token: key }, { Authorization: `Bearer ${key}` }]) {
      const socket = await RawSocket.open(server);
      socket.say({ type: 'connection_init', payload });
      assert.deepEqual(await socket.next(), { type: 'connection_ack' });
      socket.say(subscribe('1', VIEWER));
      assert.deepEqual((await socket.next()).payload, { data: { viewer: { __typename: 'ApiClient' } } });
      socket.drop();
    }
  });
});

describe('4403: forbidden, within 5 s of losing the right to be there', { concurrency: true }, () => {
  /**
   * @param {() => Promise<string>} credential makes a token
   * @param {(token: string) => Promise<unknown>} end takes it its rights
   * @param {{opensAgain?: boolean}} options whether the token still opens something, if not the same
   */
  const isClosed = (what, credential, end, { opensAgain = false } = {}) =>
    test(`for ${what}`, async () => {
      const token = await credential();
      const socket = await RawSocket.acknowledged(server, token);
      socket.say(follow('1'));
      assert.equal((await socket.next()).type, 'next');
      await end(token);
      const ended = performance.now();
      const { code } = await socket.closed();
      assert.equal(code, 4403);
      assert.ok(performance.now() - ended < CLOSED_WITHIN, `it took ${performance.now() - ended} ms`);
      const again = await RawSocket.open(server);
      again.say({ type: 'connection_init', payload: { token } });
      if (opensAgain) assert.equal((await again.next()).type, 'connection_ack');
      else assert.equal((await again.closed()).code, 4401);
      again.drop();
    });

  /** A session of a new member, opened by a sign-in link. */
  let count = 0;
  async function session() {
    const said = await server.command(
      'team',
      'add',
      '--clinic',
      'demo',
      '--name',
      `Kim ${++count}`,
      '--role',
      'TEAM_MEMBER',
    );
    const token = said.trim().split('#').at(-1);
    return (await new Asker(server).accepted('signIn', { token }, 'token')).token;
  }
  const MEMBER = '{ viewer { ... on TeamMember { id sessions { id isCurrent } } } }';
  const member = async (token) => (await new Asker(server, token).ask(MEMBER)).viewer;

  /** The ids of keys, by the key itself. */
  const keys = new Map();
  async function newKey(expiresAt) {
    const input = { clinicId: clinic, name: 'Soon gone', role: 'REPORTER', expiresAt };
    const { token, apiClient } = await admin.accepted('addApiClient', input, 'token apiClient { id }');
    keys.set(token, apiClient.id);
    return token;
  }

  isClosed('a session that signs out', session, (token) => new Asker(server, token).accepted('signOut', {}));

  isClosed('a session that an admin ends', session, async (token) => {
    const [{ id }] = (await member(token)).sessions;
    await admin.accepted('endSession', { sessionId: id });
  });

  isClosed('a member who is removed from the team', session, async (token) => {
    const { id } = await member(token);
    await admin.accepted('removeTeamMember', { teamMemberId: id });
  });

  isClosed(
    'a member whose role is another now',
    session,
    async (token) => {
      const { id } = await member(token);
      await admin.accepted('updateTeamMember', { teamMemberId: id, role: 'REPORTER' });
    },
    { opensAgain: true },
  );

  isClosed(
    'a key that is revoked',
    () => newKey(),
    (token) => admin.accepted('revokeApiClient', { apiClientId: keys.get(token) }),
  );

  // Long enough to open a socket with it, on a machine that does much beside.
  const soon = () => new Date(Date.now() + 5_000);
  let expiresAt;
  isClosed(
    'a key that expires',
    () => newKey((expiresAt = soon()).toISOString()),
    () => until('the key has expired', () => new Date() >= expiresAt),
  );
});

describe('4408: no connection_init in time', { concurrency: true }, () => {
  const isClosedAfterThreeSeconds = (what, say) =>
    test(what, async () => {
      const opened = performance.now();
      const socket = await RawSocket.open(server);
      say(socket);
      const { code, reason } = await socket.closed();
      const took = performance.now() - opened;
      assert.equal(code, 4408);
      assert.equal(reason, 'Connection initialisation timeout');
      assert.ok(took > 2_900 && took < 5_000, `it took ${took} ms`);
    });

  isClosedAfterThreeSeconds('for a client that says nothing', () => {});
  isClosedAfterThreeSeconds('for one that pings instead', (socket) => socket.say({ type: 'ping' }));
  isClosedAfterThreeSeconds('for one that begins a message and does not end it', (socket) =>
    socket.write(frame(OPCODE.text, '{"type":"connection_init"}').subarray(0, 12)),
  );
});

describe('4409: an id that is in use', { concurrency: true }, () => {
  test('for a second operation with the id of one that runs', async () => {
    const socket = await RawSocket.acknowledged(server, key);
    socket.say(follow('same'));
    assert.equal((await socket.next()).type, 'next');
    socket.say(follow('same'));
    assert.deepEqual(await socket.closed(), { code: 4409, reason: 'Subscriber for same already exists', bytes: 34 });
  });

  test('not once the first is complete, by either side', async () => {
    const socket = await RawSocket.acknowledged(server, key);
    socket.say(subscribe('same', VIEWER));
    assert.equal((await socket.next()).type, 'next');
    assert.equal((await socket.next()).type, 'complete');
    socket.say(follow('same'));
    assert.equal((await socket.next()).type, 'next');
    socket.say({ type: 'complete', id: 'same' });
    socket.say(subscribe('same', VIEWER));
    assert.deepEqual((await socket.next()).payload, { data: { viewer: { __typename: 'ApiClient' } } });
    socket.drop();
  });

  test('with a reason cut to what a close frame can carry, between characters', async () => {
    // Of the most bytes that an id may have; 3 bytes each, so that the cut would fall within one.
    const id = '漢'.repeat(42);
    const socket = await RawSocket.acknowledged(server, key);
    socket.say(follow(id));
    assert.equal((await socket.next()).type, 'next');
    socket.say(follow(id));
    const { code, reason, bytes } = await socket.closed();
    assert.equal(code, 4409);
    assert.ok(bytes <= LONGEST_REASON && bytes > LONGEST_REASON - 3, `${bytes} bytes`);
    assert.match(reason, /^Subscriber for 漢+$/u);
  });
});

describe('4429: a second connection_init', { concurrency: true }, () => {
  const INIT = { type: 'connection_init' };

  test('after the first was acknowledged', async () => {
    const socket = await RawSocket.acknowledged(server);
    socket.say(INIT);
    assert.deepEqual(await socket.closed(), { code: 4429, reason: 'Too many initialisation requests', bytes: 32 });
  });

  test('before the first was acknowledged', async () => {
    const socket = await RawSocket.open(server);
    const init = frame(OPCODE.text, JSON.stringify(INIT));
    socket.write(Buffer.concat([init, init]));
    assert.equal((await socket.closed()).code, 4429);
  });
});

test('1013: one socket more than a key may have, and again once one is closed', async () => {
  const busy = await server.addKey('REPORTER');
  const open = [];
  for (let count = 0; count < 20; count += 1) open.push(await RawSocket.acknowledged(server, busy));
  const attempt = async () => {
    const socket = await RawSocket.open(server);
    socket.say({ type: 'connection_init', payload: { token: busy } });
    return socket;
  };
  assert.equal((await (await attempt()).closed()).code, 1013);
  open.pop().drop();
  await until('there is room for one', async () => (await (await attempt()).next()).type === 'connection_ack');
  for (const socket of open) socket.drop();
});

describe('pings', { concurrency: true }, () => {
  test('of the client are answered with their payload, also before connection_init', async () => {
    const socket = await RawSocket.open(server);
    socket.say({ type: 'ping', payload: { count: 1 } });
    assert.deepEqual(await socket.next(), { type: 'pong', payload: { count: 1 } });
    socket.say({ type: 'ping' });
    assert.deepEqual(await socket.next(), { type: 'pong' });
    socket.drop();
  });

  test('of the server come by themselves, and their pong is taken', async () => {
    const socket = await RawSocket.acknowledged(server);
    const { payload } = await socket.frame();
    assert.deepEqual(JSON.parse(payload), { type: 'ping' });
    socket.say({ type: 'pong' });
    await answers(socket);
    socket.drop();
  });

  test('a pong that nobody asked for is allowed', async () => {
    const socket = await RawSocket.acknowledged(server);
    socket.say({ type: 'pong', payload: { of: 'nothing' } });
    await answers(socket);
    socket.drop();
  });

  test('of the WebSocket itself are answered too', async () => {
    const socket = await RawSocket.acknowledged(server);
    socket.write(frame(OPCODE.ping, 'are you there'));
    const { opcode, payload } = await socket.frame();
    assert.equal(opcode, OPCODE.pong);
    assert.equal(payload.toString(), 'are you there');
    socket.drop();
  });
});

describe('what cannot be executed is an error of its operation, and the socket stays', { concurrency: true }, () => {
  for (const [what, query, variables] of [
    ['a syntax error', '{ viewer {'],
    ['an unknown field', '{ nobody }'],
    ['a missing variable', 'query ($id: ID!) { node(id: $id) { id } }'],
    ['a variable of the wrong type', 'query ($id: ID!) { node(id: $id) { id } }', { id: {} }],
    ['a subscription with two root fields', 'subscription { myCaller { id } other: myCaller { id } }'],
    [
      'two root fields by fragments',
      `subscription { ...A ...B }
       fragment A on Subscription { myCaller { id } } fragment B on Subscription { b: myCaller { id } }`,
    ],
    [
      'two mutations in one request',
      'mutation { a: signOut(input: {}) { signedOut } b: signOut(input: {}) { signedOut } }',
    ],
    ['sixteen aliases', `{ ${Array.from({ length: 16 }, (_, n) => `a${n}: viewer { __typename }`).join(' ')} }`],
    ['fragments that spread each other', '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }'],
    ['a subscription that the viewer may not have', 'subscription { myCaller { id } }'],
  ]) {
    test(what, async () => {
      const socket = await RawSocket.acknowledged(server);
      socket.say(subscribe('1', query, variables));
      const { type, id, payload } = await socket.next();
      assert.deepEqual([type, id], ['error', '1']);
      assert.ok(Array.isArray(payload) && payload.length > 0 && payload.every(({ message }) => message));
      // An error ends its operation: no `complete` follows, and the id is free again.
      socket.say(subscribe('1', VIEWER));
      assert.deepEqual(await socket.next(), {
        id: '1',
        type: 'next',
        payload: { data: { viewer: { __typename: 'Anonymous' } } },
      });
      socket.drop();
    });
  }

  test('one operation more than a socket may have', async () => {
    const socket = await RawSocket.acknowledged(server, key);
    for (let count = 0; count < 16; count += 1) {
      socket.say(follow(`${count}`));
      assert.equal((await socket.next()).type, 'next');
    }
    socket.say(follow('one more'));
    const { type, id, payload } = await socket.next();
    assert.deepEqual([type, id, payload[0].extensions.code], ['error', 'one more', 'TOO_MANY_OPERATIONS']);
    socket.say({ type: 'complete', id: '0' });
    await answers(socket);
    socket.drop();
  });
});

describe('operations', { concurrency: true }, () => {
  test('queries and mutations are served too: one result, then complete', async () => {
    const socket = await RawSocket.acknowledged(server);
    socket.say(subscribe('query', VIEWER));
    assert.equal((await socket.next()).type, 'next');
    assert.deepEqual(await socket.next(), { id: 'query', type: 'complete' });
    socket.say(subscribe('mutation', 'mutation { signOut(input: {}) { signedOut } }'));
    assert.deepEqual((await socket.next()).payload, { data: { signOut: { signedOut: true } } });
    assert.deepEqual(await socket.next(), { id: 'mutation', type: 'complete' });
    socket.drop();
  });

  test('the end of what is followed is a complete', async () => {
    const caller = await Caller.arrive(server, { name: 'Chen Wei', phone: '+61491570157' });
    const socket = await RawSocket.acknowledged(server, caller.token);
    socket.say(subscribe('1', 'subscription { myCaller { status } }'));
    assert.equal((await socket.next()).type, 'next');
    await caller.accepted('leaveWaitingArea', {});
    let last;
    for (let message; message?.type !== 'complete'; message = await socket.next()) last = message ?? last;
    assert.deepEqual(last.payload, { data: { myCaller: { status: 'LEFT' } } });
    socket.drop();
  });

  test('to complete what does not run does nothing', async () => {
    const socket = await RawSocket.acknowledged(server);
    socket.say({ type: 'complete', id: 'nothing' });
    await answers(socket);
    socket.drop();
  });
});

describe('frames', { concurrency: true }, () => {
  test('a message may come in fragments, with control frames between them', async () => {
    const socket = await RawSocket.open(server);
    const text = JSON.stringify({ type: 'connection_init', payload: { token: key } });
    const [first, second, third] = [text.slice(0, 9), text.slice(9, 10), text.slice(10)];
    socket.write(frame(OPCODE.text, first, { isFinal: false }));
    socket.write(frame(OPCODE.ping, 'between'));
    socket.write(frame(OPCODE.continuation, second, { isFinal: false }));
    socket.write(frame(OPCODE.continuation, '', { isFinal: false }));
    socket.write(frame(OPCODE.continuation, third));
    assert.equal((await socket.frame()).opcode, OPCODE.pong);
    assert.deepEqual(await socket.next(), { type: 'connection_ack' });
    socket.drop();
  });

  test('a character may be split between fragments', async () => {
    const socket = await RawSocket.acknowledged(server);
    const bytes = Buffer.from(JSON.stringify({ type: 'ping', payload: { word: '漢' } }));
    const middle = bytes.indexOf(Buffer.from('漢')) + 1;
    socket.write(frame(OPCODE.text, bytes.subarray(0, middle), { isFinal: false }));
    socket.write(frame(OPCODE.continuation, bytes.subarray(middle)));
    assert.deepEqual(await socket.next(), { type: 'pong', payload: { word: '漢' } });
    socket.drop();
  });

  test('a frame may come byte by byte', async () => {
    const socket = await RawSocket.open(server);
    for (const byte of frame(OPCODE.text, '{"type":"connection_init"}')) {
      socket.write(Buffer.of(byte));
      await new Promise(setImmediate);
    }
    assert.deepEqual(await socket.next(), { type: 'connection_ack' });
    socket.drop();
  });

  test('many messages may come at once', async () => {
    const socket = await RawSocket.acknowledged(server);
    const pings = Array.from({ length: 200 }, (_, count) =>
      frame(OPCODE.text, JSON.stringify({ type: 'ping', payload: { count } })),
    );
    socket.write(Buffer.concat(pings));
    for (let count = 0; count < pings.length; count += 1) {
      assert.deepEqual(await socket.next(), { type: 'pong', payload: { count } });
    }
    socket.drop();
  });

  for (const [what, bytes] of [
    ['without a mask', frame(OPCODE.text, '{"type":"ping"}', { isMasked: false })],
    ['with a reserved bit', frame(OPCODE.text, '{"type":"ping"}', { reserved: 4 })],
    ['of an unknown kind', frame(3, '{"type":"ping"}')],
    ['of an unknown control kind', frame(11)],
    ['that goes on with nothing', frame(OPCODE.continuation, '{"type":"ping"}')],
    [
      'that begins anew within a message',
      Buffer.concat([frame(OPCODE.text, '{', { isFinal: false }), frame(OPCODE.text, '{"type":"ping"}')]),
    ],
    ['that is a fragment of a ping', frame(OPCODE.ping, '', { isFinal: false })],
    ['that is a ping of 126 bytes', frame(OPCODE.ping, 'x'.repeat(126))],
    ['whose text is no UTF-8', frame(OPCODE.text, Buffer.from([0x7b, 0xff, 0x7d]))],
    ['that announces more than any memory', frame(OPCODE.text, 'x', { announced: Number.MAX_SAFE_INTEGER })],
    ['that is HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ]) {
    test(`one ${what} closes its socket as unreadable, and no other`, async () => {
      const [socket, other] = [await RawSocket.acknowledged(server), await RawSocket.acknowledged(server)];
      socket.write(bytes);
      assert.equal((await socket.closed()).code, 4400);
      await answers(other);
      other.drop();
    });
  }

  test('a close of the client is answered with its code', async () => {
    const socket = await RawSocket.acknowledged(server);
    socket.write(frame(OPCODE.close, Buffer.concat([Buffer.from([0x03, 0xe8]), Buffer.from('done')])));
    assert.equal((await socket.closed()).code, 1000);
  });
});

test('the server is well, and none of this was a fault of its own', async () => {
  await answers(await RawSocket.acknowledged(server));
  assert.doesNotMatch(server.logged, /panicked| ERROR /);
});

test('a server that ends says so: 1001', async () => {
  const socket = await RawSocket.acknowledged(server, key);
  socket.say(follow('1'));
  assert.equal((await socket.next()).type, 'next');
  const closed = socket.closed();
  await server.stop();
  assert.equal((await closed).code, 1001);
});
