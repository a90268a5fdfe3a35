// Twilio's error bodies. Codes and words: https://www.twilio.com/docs/api/errors

const ERRORS = {
  20003: [401, 'Authenticate'],
  20404: [404, 'The requested resource was not found'],
  20429: [429, 'Too Many Requests'],
  20500: [500, 'An internal server error has occurred'],
  20503: [503, 'Service unavailable'],
  21211: [400, "Invalid 'To' Phone Number"],
  21408: [400, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number"],
  21602: [400, 'Message body is required.'],
  21603: [400, "A 'From' phone number is required."],
  21604: [400, "A 'To' phone number is required."],
  21606: [400, "The 'From' phone number is not a valid, SMS-capable inbound phone number for your account."],
  21609: [400, "The 'StatusCallback' URL is not a valid URL."],
  21610: [400, 'Attempt to send to unsubscribed recipient'],
  21614: [400, "'To' number is not a valid mobile number"],
  21617: [400, 'The concatenated message body exceeds the 1600 character limit.'],
  21635: [400, "'To' number cannot be a landline"],
  21701: [400, 'The Messaging Service does not exist'],
  60200: [400, 'Invalid parameter'],
  60202: [429, 'Max check attempts reached'],
  60203: [429, 'Max send attempts reached'],
  60205: [400, 'SMS is not supported by landline phone number'],
  60410: [403, 'The destination phone number has been temporarily blocked by Twilio due to fraudulent activities'],
};

/** A refusal with this code, as `{status, body}`; `status` and `message` where they differ from the usual. */
export function twilioError(code, { status, message } = {}) {
  const [usualStatus, usualMessage] = ERRORS[code] ?? [400, 'Refused'];
  const answered = status ?? usualStatus;
  return {
    status: answered,
    body: {
      code,
      message: message ?? usualMessage,
      more_info: `https://www.twilio.com/docs/errors/${code}`,
      status: answered,
    },
  };
}
