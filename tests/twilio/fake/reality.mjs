// Where Twilio's real answers are not as its own description, read strictly, has them: addresses of pages without a
// host, and nulls where an object should be. The examples in that same description show both. The gate makes the
// answers so after they have been checked, because who asks must be able to read them.

const LOOKUP_NULLS = [
  'caller_name', 'sim_swap', 'call_forwarding', 'line_status', 'line_type_intelligence', 'identity_match',
  'reassigned_number', 'sms_pumping_risk', 'phone_number_quality_score', 'pre_fill',
];
const LINE_NULLS = ['error_code', 'mobile_country_code', 'mobile_network_code', 'carrier_name', 'type'];
const LIST_ADDRESSES = ['first_page_uri', 'next_page_uri', 'previous_page_uri', 'uri'];

/** A checked answer as Twilio really gives it. */
export function asTwilioReallyAnswers(api, body) {
  if (api === 'list') {
    const addresses = LIST_ADDRESSES.filter((name) => typeof body[name] === 'string');
    const paths = addresses.map((name) => [name, body[name].replace('https://api.twilio.com', '')]);
    return { ...body, ...Object.fromEntries(paths) };
  }
  if (api === 'lookup') {
    const line = body.line_type_intelligence;
    return {
      ...nulls(LOOKUP_NULLS),
      ...body,
      ...(line && { line_type_intelligence: { ...nulls(LINE_NULLS), ...line } }),
      ...(body.valid && { validation_errors: null }),
    };
  }
  return body;
}

function nulls(names) {
  return Object.fromEntries(names.map((name) => [name, null]));
}
