// Recalls whoever has been Offline for longest. Node 20 or newer, nothing to install.

const url = process.env.STANDBY_URL ?? 'http://127.0.0.1:8080';

/** Sends one operation and returns its data. A request that was too often is sent again when it may be. */
async function ask(query, variables) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json',
      authorization: `Bearer ${process.env.STANDBY_API_KEY}`,
    },
    body: JSON.stringify({ query, variables }),
  });
  if (response.status === 429 || response.status === 503) {
    const seconds = Number(response.headers.get('retry-after') ?? 1);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    return await ask(query, variables);
  }
  const { data, errors } = await response.json();
  // Faults and mistakes in the request. What the product refuses is in userErrors.
  if (errors) throw new Error(errors.map(({ message }) => message).join('; '));
  return data;
}

const { viewer } = await ask(`{
  viewer {
    ... on ApiClient {
      clinic { waitingArea { callers(statuses: [OFFLINE], first: 500) { nodes { id statusSince } } } }
    }
  }
}`);
if (!viewer.clinic) {
  console.error('STANDBY_API_KEY is no API key of this server');
  process.exit(1);
}
const offline = viewer.clinic.waitingArea.callers.nodes;
const [longest] = offline.sort((one, other) => one.statusSince.localeCompare(other.statusSince));
if (!longest) {
  console.log('nobody is Offline');
} else {
  const { recallCaller } = await ask(
    `mutation ($input: RecallCallerInput!) {
      recallCaller(input: $input) {
        caller { status }
        recall { requestedAt sms { state } }
        userErrors { __typename code message ... on RateLimitedError { retryAt } }
      }
    }`,
    { input: { callerId: longest.id } },
  );
  const [refusal] = recallCaller.userErrors;
  switch (refusal?.code) {
    case undefined:
      console.log(`recalled; the text is ${recallCaller.recall.sms.state}`);
      break;
    case 'WRONG_STATUS':
      console.log(`not necessary any more: the caller is ${recallCaller.caller.status}`);
      break;
    case 'RATE_LIMITED':
      console.log(`recalled a moment ago; again from ${refusal.retryAt} on`);
      break;
    default:
      // Also for codes that are newer than this program: the message is written for a person.
      console.log(refusal.message);
  }
}
