// The npm client of graphql-transport-ws, as it is, against a real server.

import { after, test } from 'node:test';

import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

import { playTheStory, whatMayNotBeFollowedIsRefused } from './harness/story.mjs';
import { Server } from '../harness/server.mjs';

const server = await Server.start();
after(() => server.stop());

/** One socket for everything that the bearer of a token asks. */
const open = (token, deviceId) =>
  createClient({
    url: server.socket,
    webSocketImpl: WebSocket,
    connectionParams: { token, deviceId },
    retryAttempts: Infinity,
    // A refused connection is no close event, and the client gives up on anything else.
    shouldRetry: () => true,
    retryWait: () => new Promise((resolve) => setTimeout(resolve, 50)),
  });

test('a stay is played over graphql-ws, and a restart loses nothing and doubles nothing', () =>
  playTheStory(server, open));

test('what may not be followed is refused as data', () => whatMayNotBeFollowedIsRefused(server, open));
