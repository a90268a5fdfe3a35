// The story of a stay, played through a client library: arrive, verify, step away, be recalled, come back, be joined,
// complete. Staff follow all of it, also over a restart.

import assert from 'node:assert/strict';

import { until } from '../../browser/harness/until.mjs';
import { Asker, Caller, Staff } from './asker.mjs';

/** Somebody who exists only here, with a number that Australia's regulator keeps for fiction. */
export const AMARA = { name: 'Amara Okafor', phone: '+61491570006' };

const FOLLOW = `
  subscription ($clinic: ID!, $after: Int) {
    waitingAreaChanged(clinicId: $clinic, afterVersion: $after) {
      __typename
      ... on WaitingAreaSnapshot { version callers { id status version } }
      ... on CallerArrived { version caller { id status version } }
      ... on CallerChanged { version caller { id status version } }
      ... on CallerEnded { version caller { id status version } }
    }
  }`;

const MY_CALLER = 'subscription { myCaller { id status position { place } } }';

/**
 * What a story needs of a client library.
 *
 * @typedef {object} Client
 * @property {(operation: {query: string, variables?: object}) => AsyncIterableIterator<object>} iterate
 * @property {() => void} dispose
 */

/** Reads on in the background, and gives away each result. */
class Following {
  isComplete = false;

  /** @param {Client} client */
  constructor(client, operation, take) {
    this.reading = this.#read(client.iterate(operation), take);
  }

  async #read(results, take) {
    try {
      for await (const { data, errors } of results) {
        if (errors) throw new Error(`GraphQL: ${JSON.stringify(errors)}`);
        take(Object.values(data)[0]);
      }
      this.isComplete = true;
    } catch (failure) {
      this.failure = failure;
    }
  }

  /** Waits for something to be so, or throws what has ended the following. */
  async until(sentence, look) {
    await until(sentence, () => this.failure !== undefined || look());
    if (this.failure) throw this.failure;
  }
}

/** A wait screen: keeps each state that it was told. */
class WaitScreen {
  #states = [];

  constructor(client) {
    this.following = new Following(client, { query: MY_CALLER }, (state) => this.#states.push(state));
  }

  async until(sentence, isIt) {
    await this.following.until(sentence, () => this.#states.some(isIt));
  }

  async untilComplete() {
    await this.following.until('what is followed is complete', () => this.following.isComplete);
  }
}

/** Staff at a tool of their own: they keep what they know over every cut. */
class Board {
  /** Each change that came, in the order of arrival. */
  changes = [];
  snapshots = 0;

  constructor(client, clinic) {
    // The client reads the variables anew whenever it subscribes again.
    const board = this;
    const variables = {
      clinic,
      get after() {
        return board.version;
      },
    };
    this.following = new Following(client, { query: FOLLOW, variables }, (event) => this.#take(event));
  }

  #take(event) {
    if (event.__typename === 'WaitingAreaSnapshot') {
      this.snapshots += 1;
      this.first ??= event.version;
    } else {
      this.changes.push(event);
    }
    this.version = event.version;
  }

  async untilSnapshot() {
    await this.following.until('staff see the waiting area', () => this.snapshots > 0);
  }

  async until(sentence, isIt) {
    await this.following.until(sentence, () => this.changes.some(isIt));
  }
}

/**
 * Plays the story against a server.
 *
 * @param {(token: string | undefined, deviceId?: string) => Client} open makes a client for the bearer of a token
 */
export async function playTheStory(server, open) {
  const clients = [];
  const opened = (...credentials) => {
    const client = open(...credentials);
    clients.push(client);
    return client;
  };
  try {
    await play(server, opened);
  } finally {
    for (const client of clients) client.dispose();
  }
  assert.doesNotMatch(server.logged, /panicked| ERROR /);
}

async function play(server, open) {
  const key = await server.addKey('TEAM_MEMBER');
  const staff = new Staff(server, key);
  const board = new Board(open(key), await staff.clinicId());
  await board.untilSnapshot();

  const caller = await arrive(server, open(undefined));
  const atHome = open(caller.token, caller.deviceId);
  const screen = new WaitScreen(atHome);
  await screen.until(
    'the caller sees the place',
    ({ status, position }) => status === 'WAITING' && position.place === 1,
  );
  await caller.report('FOREGROUND');
  await caller.verify();
  await caller.report('BACKGROUND');
  await screen.until('the caller is told that the phone may be put away', ({ status }) => status === 'OFFLINE');
  await board.until('staff see the caller Offline', (change) => change.caller.status === 'OFFLINE');
  // In the pocket: the page is frozen, nothing is followed.
  atHome.dispose();

  await server.kill();
  await server.startAgain();

  // While staff's client finds its way back, and so by `afterVersion` or not at all.
  await staff.recall(caller.id);
  const link = await caller.phone.link();
  const back = new Caller(server, link.split('#').at(-1), AMARA.phone);
  Object.assign(back, { deviceId: caller.deviceId, counter: caller.counter });
  const recalled = new WaitScreen(open(back.token, back.deviceId));
  await back.report('FOREGROUND');
  await recalled.until('the caller is Waiting again', ({ id, status }) => id === caller.id && status === 'WAITING');
  await staff.join(caller.id);
  await recalled.until('the caller is told to come in', ({ status }) => status === 'BEING_SEEN');
  await staff.complete(caller.id);
  await recalled.until('the caller is told that it is over', ({ status }) => status === 'COMPLETED');
  await recalled.untilComplete();
  await board.until('staff see the end', ({ __typename }) => __typename === 'CallerEnded');

  await nothingIsLostAndNothingDoubled(board, staff, caller.id);
  for (const { following } of [board, screen, recalled]) assert.equal(following.failure, undefined);
}

/** Comes in by a mutation that goes through the client: both protocols carry those too. */
async function arrive(server, client) {
  const query = `
    mutation ($input: EnterWaitingAreaInput!) {
      enterWaitingArea(input: $input) { token caller { id } userErrors { code } }
    }`;
  const input = { clinicSlug: 'demo', ...AMARA, idempotencyKey: crypto.randomUUID() };
  const results = [];
  for await (const result of client.iterate({ query, variables: { input } })) results.push(result);
  assert.equal(results.length, 1, 'a mutation has one result');
  const { token, caller, userErrors } = results[0].data.enterWaitingArea;
  assert.deepEqual(userErrors, []);
  return Object.assign(new Caller(server, token, AMARA.phone), { id: caller.id });
}

async function nothingIsLostAndNothingDoubled(board, staff, callerId) {
  // The activity log has every change with the version that it made; there was nobody else to change anything.
  const log = (await staff.activity(callerId)).map(({ version }) => version);
  const seen = board.changes.map(({ version }) => version);
  assert.equal(board.snapshots, 1, 'after the restart come changes, not a snapshot');
  assert.deepEqual(seen, [...new Set(log)], 'every version of the waiting area, once and in order');
  assert.equal(seen[0], board.first + 1);
  assert.equal(seen.at(-1), board.first + seen.length, 'without a gap');
  assert.equal(board.changes[0].__typename, 'CallerArrived');
  const statuses = board.changes.map(({ caller }) => caller.status);
  const steps = statuses.filter((status, place) => status !== statuses[place - 1]);
  assert.deepEqual(steps, ['WAITING', 'OFFLINE', 'WAITING', 'BEING_SEEN', 'COMPLETED']);
}

/** Refused for the same reasons, whatever the transport. */
export async function whatMayNotBeFollowedIsRefused(server, open) {
  const caller = await Caller.arrive(server, { name: 'Björn Lindqvist', phone: '+61491570156' });
  const clinic = (await new Asker(server).ask('{ clinic(slug: "demo") { id } }')).clinic.id;
  for (const [token, operation] of [
    [undefined, { query: FOLLOW, variables: { clinic } }],
    [undefined, { query: MY_CALLER }],
    [caller.token, { query: FOLLOW, variables: { clinic } }],
    [await server.addKey('TEAM_MEMBER'), { query: FOLLOW, variables: { clinic: 'nowhere' } }],
  ]) {
    const client = open(token);
    const codes = [];
    try {
      for await (const { errors } of client.iterate(operation))
        codes.push(...errors.map(({ extensions }) => extensions.code));
    } catch (refused) {
      codes.push(...[refused].flat().map(({ extensions }) => extensions?.code));
    } finally {
      client.dispose();
    }
    assert.deepEqual(codes, ['NOT_FOUND']);
  }
}
