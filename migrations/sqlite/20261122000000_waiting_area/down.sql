-- What refers goes before what it refers to.
DROP TABLE limit_use;
DROP TABLE idempotency_key;
DROP TABLE text;
DROP TABLE event;
DROP TABLE screen;
DROP TABLE caller_token;
DROP TABLE recall;
DROP TABLE secure_code;
DROP TABLE caller;
DROP TABLE staff_session;
DROP TABLE sign_in;
DROP TABLE api_key;
DROP TABLE team_member;
DROP TABLE clinic;
