// Follows a waiting area over a WebSocket, and prints how many callers stand where after each change.
//
//   npm install graphql graphql-ws ws

import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const url = process.env.STANDBY_URL ?? 'http://127.0.0.1:8080';

const client = createClient({
  url: `${url.replace(/^http/, 'ws')}/graphql/ws`,
  webSocketImpl: WebSocket, // browsers have their own
  connectionParams: { token: process.env.STANDBY_API_KEY },
  retryAttempts: Infinity,
  // A server that is not there for a moment is no reason to give up. What is final (4400, 4401, 4409, 4429) ends the
  // client all the same.
  shouldRetry: () => true,
});

/** Of the last event that was applied. */
let version = null;
const callers = new Map();

try {
  await follow();
} catch (cause) {
  // What is final is a close with its code, or errors of GraphQL.
  const errors = [cause].flat();
  console.error(errors.map(({ code, reason, message }) => (code ? `${code} ${reason}` : message)).join('; '));
  process.exit(1);
}

async function follow() {
  const who = await client.iterate({ query: '{ viewer { ... on ApiClient { clinic { id } } } }' }).next();
  const { clinic } = who.value.data.viewer;
  if (!clinic) throw new Error('STANDBY_API_KEY is no API key of this server');
  const changes = client.iterate({
    query: `subscription ($clinic: ID!, $after: Int) {
      waitingAreaChanged(clinicId: $clinic, afterVersion: $after) {
        __typename
        ... on WaitingAreaSnapshot { version callers { id version status } }
        ... on CallerArrived { version caller { id version status } }
        ... on CallerChanged { version caller { id version status } }
        ... on CallerEnded { version caller { id version status } }
      }
    }`,
    variables: {
      clinic: clinic.id,
      // Read anew whenever the client connects again: it goes on where it was cut off.
      get after() {
        return version;
      },
    },
  });
  for await (const { data, errors } of changes) {
    if (errors) throw errors;
    apply(data.waitingAreaChanged);
  }
}

function apply(event) {
  if (event.__typename === 'WaitingAreaSnapshot') {
    callers.clear();
    for (const caller of event.callers) callers.set(caller.id, caller);
  } else if (event.version <= version) {
    return; // seen already
  } else if (event.__typename === 'CallerEnded') {
    callers.delete(event.caller.id);
  } else if (!(callers.get(event.caller.id)?.version > event.caller.version)) {
    callers.set(event.caller.id, event.caller);
  }
  version = event.version;
  const count = (status) => [...callers.values()].filter((caller) => caller.status === status).length;
  console.log(`version ${version}: ${count('WAITING')} Waiting, ${count('OFFLINE')} Offline`);
}
