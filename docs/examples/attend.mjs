// Does with a caller what staff do. Node 20 or newer, nothing to install.
//
//   node attend.mjs caller_… join                      prints where to meet
//   node attend.mjs caller_… hold
//   node attend.mjs caller_… complete
//   node attend.mjs caller_… cancel 'Please come to the clinic'
//   node attend.mjs caller_… verified '0491 570 006'   once somebody was reached by phone at this number

const url = process.env.STANDBY_URL ?? 'http://127.0.0.1:8080';
const [callerId, what, words] = process.argv.slice(2);

const COMMANDS = {
  join: { name: 'joinCaller', brings: 'room { url }' },
  hold: { name: 'holdCaller' },
  complete: { name: 'completeCall' },
  cancel: { name: 'cancelCaller', input: { reason: words } },
  verified: { name: 'verifyCallerPhone', input: { phone: words } },
};
if (!callerId || !Object.hasOwn(COMMANDS, what)) {
  console.error(`node attend.mjs CALLER ${Object.keys(COMMANDS).join('|')}`);
  process.exit(2);
}
const { name, brings = '', input } = COMMANDS[what];

const type = `${name[0].toUpperCase()}${name.slice(1)}Input`;
const response = await fetch(`${url}/graphql`, {
  method: 'POST',
  headers: { 'content-type': 'application/json', authorization: `Bearer ${process.env.STANDBY_API_KEY}` },
  body: JSON.stringify({
    query: `mutation ($input: ${type}!) {
      ${name}(input: $input) { caller { status } ${brings} userErrors { message field } }
    }`,
    variables: { input: { callerId, ...input } },
  }),
});
const { data, errors } = await response.json();
if (errors) throw new Error(errors.map(({ message }) => message).join('; '));

const { caller, room, userErrors } = data[name];
for (const { message, field } of userErrors) console.error(field ? `${field.join('.')}: ${message}` : message);
if (userErrors.length > 0) {
  // Somebody else was first, perhaps: then this is where the caller is now.
  if (caller) console.error(`the caller is ${caller.status}`);
  process.exit(1);
}
console.log(room?.url ?? caller.status);
