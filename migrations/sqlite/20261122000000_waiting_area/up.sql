-- The waiting area: clinics, their staff, their callers, what happened and what is to be sent.
--
-- Ids are TEXT, times milliseconds since 1970, lists JSON. What a clinic owns bears its clinic_id, and
-- refers to other rows of the clinic by it, so that no row can point into another clinic. A CHECK
-- stands for each thing that must never be, whoever writes.

CREATE TABLE clinic (
    id TEXT NOT NULL PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    -- The number of changes so far; each has its row in event.
    version INTEGER NOT NULL CHECK (version >= 0),
    -- The place the next caller gets.
    next_arrival INTEGER NOT NULL CHECK (next_arrival >= 1),
    offline_queueing INTEGER NOT NULL CHECK (offline_queueing IN (0, 1)),
    show_queue_position INTEGER NOT NULL CHECK (show_queue_position IN (0, 1)),
    is_open INTEGER NOT NULL CHECK (is_open IN (0, 1)),
    default_country TEXT NOT NULL,
    allowed_countries TEXT NOT NULL CHECK (json_valid(allowed_countries)),
    room_url_template TEXT NOT NULL,
    -- Shared with the video service, to sign the rooms' tokens with.
    room_token_key TEXT,
    room_token_issuer TEXT CHECK (room_token_issuer IS NULL OR room_token_key IS NOT NULL),
    text_on_cancel INTEGER NOT NULL CHECK (text_on_cancel IN (0, 1)),
    consent_text TEXT,
    entry_fields TEXT NOT NULL CHECK (json_valid(entry_fields)),
    -- Milliseconds.
    lost_contact_grace INTEGER NOT NULL CHECK (lost_contact_grace >= 0)
) STRICT;

CREATE TABLE team_member (
    id TEXT NOT NULL PRIMARY KEY,
    clinic_id TEXT NOT NULL REFERENCES clinic (id),
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('REPORTER', 'TEAM_MEMBER', 'CLINIC_ADMIN')),
    added_at INTEGER NOT NULL,
    UNIQUE (clinic_id, id)
) STRICT;

CREATE TABLE api_key (
    id TEXT NOT NULL PRIMARY KEY,
    clinic_id TEXT NOT NULL REFERENCES clinic (id),
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('REPORTER', 'TEAM_MEMBER', 'CLINIC_ADMIN')),
    token_hash TEXT NOT NULL UNIQUE,
    added_at INTEGER NOT NULL,
    -- A revoked key opens nothing; the row stays, for the name of who did what.
    revoked_at INTEGER
) STRICT;

CREATE TABLE sign_in (
    token_hash TEXT NOT NULL PRIMARY KEY,
    clinic_id TEXT NOT NULL,
    member_id TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    FOREIGN KEY (clinic_id, member_id) REFERENCES team_member (clinic_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX sign_in_expires ON sign_in (expires_at);
CREATE INDEX sign_in_member ON sign_in (clinic_id, member_id);

CREATE TABLE staff_session (
    token_hash TEXT NOT NULL PRIMARY KEY,
    clinic_id TEXT NOT NULL,
    member_id TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    FOREIGN KEY (clinic_id, member_id) REFERENCES team_member (clinic_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX staff_session_expires ON staff_session (expires_at);
CREATE INDEX staff_session_member ON staff_session (clinic_id, member_id);

CREATE TABLE caller (
    clinic_id TEXT NOT NULL REFERENCES clinic (id),
    id TEXT NOT NULL,
    arrival INTEGER NOT NULL CHECK (arrival >= 1),
    arrived_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    answers TEXT NOT NULL CHECK (json_valid(answers)),
    arrived_with_offline_queueing INTEGER NOT NULL CHECK (arrived_with_offline_queueing IN (0, 1)),
    version INTEGER NOT NULL CHECK (version >= 1),
    status TEXT NOT NULL CHECK (
        status IN ('WAITING', 'OFFLINE', 'BEING_SEEN', 'ON_HOLD', 'COMPLETED', 'LEFT', 'CANCELLED')
    ),
    status_since INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    -- How many recalls this stay has had; the latest is in recall.
    recalls INTEGER NOT NULL CHECK (recalls >= 0),
    -- The proven number when verified_at is set, else the one typed.
    phone TEXT,
    verified_at INTEGER,
    -- The code that proved the number, and until when entering it again succeeds.
    used_code_hash TEXT,
    used_code_expires_at INTEGER,
    room_id TEXT,
    -- During a consultation; in any other status it follows from the rest.
    is_viewing INTEGER CHECK (is_viewing IN (0, 1)),
    not_responding_since INTEGER,
    ended_at INTEGER,
    end_reason TEXT,
    lost_contact INTEGER NOT NULL CHECK (lost_contact IN (0, 1)),
    -- Whether another stay has taken this lost one's place.
    is_resumed INTEGER NOT NULL CHECK (is_resumed IN (0, 1)),
    PRIMARY KEY (clinic_id, id),
    CONSTRAINT verified_with_a_number CHECK (verified_at IS NULL OR phone IS NOT NULL),
    CONSTRAINT offline_only_verified CHECK (status <> 'OFFLINE' OR verified_at IS NOT NULL),
    CONSTRAINT used_code_whole CHECK ((used_code_hash IS NULL) = (used_code_expires_at IS NULL)),
    CONSTRAINT used_code_only_verified CHECK (used_code_hash IS NULL OR verified_at IS NOT NULL),
    CONSTRAINT room_in_a_consultation CHECK (
        (room_id IS NOT NULL) = (status IN ('BEING_SEEN', 'ON_HOLD', 'COMPLETED'))
    ),
    CONSTRAINT viewing_in_a_consultation CHECK (
        (is_viewing IS NOT NULL) = (status IN ('BEING_SEEN', 'ON_HOLD'))
    ),
    CONSTRAINT not_responding_only_unverified_waiting CHECK (
        not_responding_since IS NULL OR (status = 'WAITING' AND verified_at IS NULL)
    ),
    CONSTRAINT ended_is_final CHECK (
        (ended_at IS NOT NULL) = (status IN ('COMPLETED', 'LEFT', 'CANCELLED'))
    ),
    CONSTRAINT reason_of_an_end CHECK (end_reason IS NULL OR status IN ('LEFT', 'CANCELLED')),
    CONSTRAINT lost_contact_has_left CHECK (
        lost_contact = 0 OR (status = 'LEFT' AND end_reason IS NULL)
    ),
    CONSTRAINT resumed_was_lost CHECK (is_resumed = 0 OR lost_contact = 1)
) STRICT;

-- The waiting area in order; and no two callers in it share a place.
CREATE UNIQUE INDEX caller_live ON caller (clinic_id, arrival) WHERE ended_at IS NULL;
CREATE INDEX caller_in_order ON caller (clinic_id, arrival, id);
CREATE INDEX caller_by_status ON caller (clinic_id, status, arrival, id);
CREATE INDEX caller_not_responding ON caller (not_responding_since)
    WHERE not_responding_since IS NOT NULL;

-- The code on its way to a caller: one at a time.
CREATE TABLE secure_code (
    clinic_id TEXT NOT NULL,
    caller_id TEXT NOT NULL,
    phone TEXT NOT NULL,
    code_hash TEXT NOT NULL,
    sent_at INTEGER NOT NULL,
    attempts_left INTEGER NOT NULL CHECK (attempts_left BETWEEN 0 AND 255),
    text_id TEXT NOT NULL,
    delivery TEXT NOT NULL CHECK (
        delivery IN ('QUEUED', 'SENDING', 'UNKNOWN', 'SENT', 'FAILED', 'DELIVERED')
    ),
    delivery_failure TEXT CHECK (
        delivery_failure IN (
            'INVALID_NUMBER', 'LANDLINE', 'UNREACHABLE', 'OPTED_OUT', 'BLOCKED',
            'PROVIDER_UNAVAILABLE', 'OTHER'
        )
    ),
    delivery_at INTEGER NOT NULL,
    PRIMARY KEY (clinic_id, caller_id),
    FOREIGN KEY (clinic_id, caller_id) REFERENCES caller (clinic_id, id),
    CONSTRAINT failure_only_when_failed CHECK (delivery_failure IS NULL OR delivery = 'FAILED')
) STRICT, WITHOUT ROWID;

-- The latest recall of a caller; those before it are in event.
CREATE TABLE recall (
    clinic_id TEXT NOT NULL,
    caller_id TEXT NOT NULL,
    id TEXT NOT NULL,
    requested_at INTEGER NOT NULL,
    by_kind TEXT NOT NULL CHECK (by_kind IN ('CALLER', 'SYSTEM', 'TEAM_MEMBER', 'API_CLIENT')),
    by_id TEXT,
    text_id TEXT NOT NULL,
    delivery TEXT NOT NULL CHECK (
        delivery IN ('QUEUED', 'SENDING', 'UNKNOWN', 'SENT', 'FAILED', 'DELIVERED')
    ),
    delivery_failure TEXT CHECK (
        delivery_failure IN (
            'INVALID_NUMBER', 'LANDLINE', 'UNREACHABLE', 'OPTED_OUT', 'BLOCKED',
            'PROVIDER_UNAVAILABLE', 'OTHER'
        )
    ),
    delivery_at INTEGER NOT NULL,
    opened_at INTEGER,
    returned_at INTEGER,
    PRIMARY KEY (clinic_id, caller_id),
    FOREIGN KEY (clinic_id, caller_id) REFERENCES caller (clinic_id, id),
    CONSTRAINT staff_have_an_id CHECK ((by_id IS NULL) = (by_kind IN ('CALLER', 'SYSTEM'))),
    CONSTRAINT failure_only_when_failed CHECK (delivery_failure IS NULL OR delivery = 'FAILED')
) STRICT, WITHOUT ROWID;

-- What opens a stay: the clinic link's answer, and the link in each recall's text.
CREATE TABLE caller_token (
    token_hash TEXT NOT NULL PRIMARY KEY,
    clinic_id TEXT NOT NULL,
    caller_id TEXT NOT NULL,
    recall_id TEXT,
    FOREIGN KEY (clinic_id, caller_id) REFERENCES caller (clinic_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX caller_token_caller ON caller_token (clinic_id, caller_id);

-- The screens of a caller, as each last reported.
CREATE TABLE screen (
    clinic_id TEXT NOT NULL,
    caller_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    counter INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('FOREGROUND', 'BACKGROUND')),
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (clinic_id, caller_id, device_id),
    FOREIGN KEY (clinic_id, caller_id) REFERENCES caller (clinic_id, id)
) STRICT, WITHOUT ROWID;

-- What made each version of a waiting area.
CREATE TABLE event (
    clinic_id TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version >= 1),
    caller_id TEXT NOT NULL,
    -- What it is to those who follow the waiting area.
    kind TEXT NOT NULL CHECK (kind IN ('ARRIVED', 'CHANGED', 'ENDED')),
    what TEXT NOT NULL,
    sms_state TEXT,
    sms_failure TEXT,
    by_kind TEXT NOT NULL CHECK (by_kind IN ('CALLER', 'SYSTEM', 'TEAM_MEMBER', 'API_CLIENT')),
    by_id TEXT,
    at INTEGER NOT NULL,
    PRIMARY KEY (clinic_id, version),
    FOREIGN KEY (clinic_id, caller_id) REFERENCES caller (clinic_id, id),
    CONSTRAINT staff_have_an_id CHECK ((by_id IS NULL) = (by_kind IN ('CALLER', 'SYSTEM'))),
    CONSTRAINT progress_has_a_state CHECK ((sms_state IS NOT NULL) = (what = 'SMS_PROGRESS')),
    CONSTRAINT failure_has_a_state CHECK (sms_failure IS NULL OR sms_state IS NOT NULL)
) STRICT, WITHOUT ROWID;

CREATE INDEX event_caller ON event (clinic_id, caller_id, version);

-- The outbox: each text from the decision to send it to its delivery.
CREATE TABLE text (
    id TEXT NOT NULL PRIMARY KEY,
    clinic_id TEXT NOT NULL,
    caller_id TEXT NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('CODE', 'RECALL', 'CANCELLED')),
    phone TEXT NOT NULL,
    -- Erased once nothing will send it again: codes and links are in it.
    body TEXT,
    -- WITHDRAWN: its turn came when nobody should get it any more.
    state TEXT NOT NULL CHECK (
        state IN ('QUEUED', 'SENDING', 'WITHDRAWN', 'UNKNOWN', 'SENT', 'FAILED', 'DELIVERED')
    ),
    failure TEXT CHECK (
        failure IN (
            'INVALID_NUMBER', 'LANDLINE', 'UNREACHABLE', 'OPTED_OUT', 'BLOCKED',
            'PROVIDER_UNAVAILABLE', 'OTHER'
        )
    ),
    tries INTEGER NOT NULL CHECK (tries >= 0),
    -- While QUEUED, when it is to be sent.
    next_try_at INTEGER,
    -- While SENDING, until when it is one worker's.
    claimed_until INTEGER,
    -- The provider's name for it.
    provider_id TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    FOREIGN KEY (clinic_id, caller_id) REFERENCES caller (clinic_id, id),
    CONSTRAINT failure_only_when_failed CHECK (failure IS NULL OR state = 'FAILED'),
    CONSTRAINT a_time_while_queued CHECK ((next_try_at IS NOT NULL) = (state = 'QUEUED')),
    CONSTRAINT a_claim_while_sending CHECK ((claimed_until IS NOT NULL) = (state = 'SENDING')),
    CONSTRAINT a_body_while_it_may_be_sent CHECK (
        (body IS NOT NULL) = (state IN ('QUEUED', 'SENDING'))
    )
) STRICT;

CREATE INDEX text_queued ON text (next_try_at) WHERE next_try_at IS NOT NULL;
CREATE INDEX text_claimed ON text (claimed_until) WHERE claimed_until IS NOT NULL;
CREATE INDEX text_caller ON text (clinic_id, caller_id);

-- Which caller a key brought in, so that a repeated arrival is the same arrival.
CREATE TABLE idempotency_key (
    clinic_id TEXT NOT NULL,
    key_hash TEXT NOT NULL,
    input_hash TEXT NOT NULL,
    caller_id TEXT NOT NULL,
    used_at INTEGER NOT NULL,
    PRIMARY KEY (clinic_id, key_hash),
    FOREIGN KEY (clinic_id, caller_id) REFERENCES caller (clinic_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_key_used ON idempotency_key (used_at);
CREATE INDEX idempotency_key_caller ON idempotency_key (clinic_id, caller_id);

-- What limits count: subjects are keyed hashes of numbers, addresses and clinics.
CREATE TABLE limit_use (
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    at INTEGER NOT NULL,
    -- How often in this one millisecond.
    times INTEGER NOT NULL CHECK (times >= 1),
    PRIMARY KEY (kind, subject, at)
) STRICT, WITHOUT ROWID;

CREATE INDEX limit_use_at ON limit_use (kind, at);
