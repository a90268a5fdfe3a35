// Asking the server as a third party's tool would.

/** Sends one operation and returns its data; a fault is thrown. `bearer` is a caller's token, a session or a key. */
export async function graphql(server, bearer, query, variables = {}) {
  const response = await fetch(`${server.origin}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json, application/json',
      ...(bearer && { authorization: `Bearer ${bearer}` }),
    },
    body: JSON.stringify({ query, variables }),
  });
  const answer = await response.json();
  if (answer.errors) throw new Error(`GraphQL: ${JSON.stringify(answer.errors)}`);
  return answer.data;
}

const WAITING_AREA = `
  query WaitingArea {
    clinic(slug: "demo") {
      id
      waitingArea {
        callers(first: 100) {
          nodes {
            id name status version
            phone { number isVerified }
            position { place aheadOffline }
            presence { isViewing notResponding }
            recall { id openedAt returnedAt sms { state } }
            activity(first: 100) { kind }
          }
        }
      }
    }
  }`;

/** Everyone in the waiting area of `demo`, by name. */
export async function callers(server, key) {
  const { clinic } = await graphql(server, key, WAITING_AREA);
  return Object.fromEntries(clinic.waitingArea.callers.nodes.map((caller) => [caller.name, caller]));
}

/** What happened to a caller, newest first. */
export async function activityOf(server, key, name) {
  return (await callers(server, key))[name].activity.map((activity) => activity.kind);
}
