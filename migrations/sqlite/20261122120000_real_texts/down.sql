-- A code that the provider made cannot be entered in the version before: it is forgotten, and another
-- can be asked for. So is its text, where it has not gone out.
DELETE FROM secure_code WHERE code_hash IS NULL;
DELETE FROM text WHERE body IS NULL AND state IN ('QUEUED', 'SENDING');

CREATE TABLE old_text (
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

INSERT INTO old_text
SELECT
    id, clinic_id, caller_id, purpose, phone, body, state, failure, tries, next_try_at,
    claimed_until, provider_id, created_at, updated_at
FROM text;
DROP TABLE text;
ALTER TABLE old_text RENAME TO text;

CREATE INDEX text_queued ON text (next_try_at) WHERE next_try_at IS NOT NULL;
CREATE INDEX text_claimed ON text (claimed_until) WHERE claimed_until IS NOT NULL;
CREATE INDEX text_caller ON text (clinic_id, caller_id);

CREATE TABLE old_secure_code (
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

INSERT INTO old_secure_code
SELECT
    clinic_id, caller_id, phone, code_hash, sent_at, attempts_left, text_id, delivery,
    delivery_failure, delivery_at
FROM secure_code;
DROP TABLE secure_code;
ALTER TABLE old_secure_code RENAME TO secure_code;

DROP TABLE stopped_number;
ALTER TABLE recall DROP COLUMN replied_at;
ALTER TABLE recall DROP COLUMN reply;
DROP INDEX caller_by_phone;
ALTER TABLE caller DROP COLUMN texts_stopped_at;
ALTER TABLE clinic DROP COLUMN reply_leaving;
ALTER TABLE clinic DROP COLUMN reply_later;
ALTER TABLE clinic DROP COLUMN reply_coming;
ALTER TABLE clinic DROP COLUMN recall_words;
