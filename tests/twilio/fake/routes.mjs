// What of Twilio's API the fake knows, and what the control port calls it.

const ROUTES = [
  ['api', 'POST', '/2010-04-01/Accounts/{AccountSid}/Messages.json', 'messages'],
  ['api', 'GET', '/2010-04-01/Accounts/{AccountSid}/Messages.json', 'list'],
  ['api', 'GET', '/2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json', 'message'],
  ['verify', 'POST', '/v2/Services/{ServiceSid}/Verifications', 'verify'],
  ['verify', 'GET', '/v2/Services/{ServiceSid}/Verifications/{Sid}', 'verification'],
  ['verify', 'POST', '/v2/Services/{ServiceSid}/Verifications/{Sid}', 'update'],
  ['verify', 'POST', '/v2/Services/{ServiceSid}/VerificationCheck', 'check'],
  ['lookups', 'GET', '/v2/PhoneNumbers/{PhoneNumber}', 'lookup'],
].map(([service, method, template, api]) => ({ service, method, template, api, pattern: pattern(template) }));

/** The names of all that can be asked. */
export const APIS = ROUTES.map(({ api }) => api);

/** By service, the paths as Twilio's description has them. */
export const TEMPLATES = {};
for (const { service, template } of ROUTES) (TEMPLATES[service] ??= new Set()).add(template);

/** Which one a request means, and the variable parts of its path; none when it is not Twilio's. */
export function route(service, method, path) {
  for (const known of ROUTES) {
    const found = service === known.service && method === known.method && path.match(known.pattern);
    if (!found) continue;
    try {
      return { api: known.api, parts: found.slice(1).map(decodeURIComponent) };
    } catch {
      return undefined;
    }
  }
  return undefined;
}

/** Whether it is a phone number in E.164. */
export function isNumber(text) {
  return typeof text === 'string' && /^\+[1-9]\d{6,14}$/.test(text);
}

function pattern(template) {
  return new RegExp(`^${template.replaceAll('.', '\\.').replace(/\{\w+\}/g, '([^/]+)')}$`);
}
