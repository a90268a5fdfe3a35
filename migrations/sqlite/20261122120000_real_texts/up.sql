-- Texts by a provider: what is in doubt is looked for, codes may be the provider's own, callers reply,
-- and a clinic words its recall.

ALTER TABLE clinic ADD COLUMN recall_words TEXT;
ALTER TABLE clinic ADD COLUMN reply_coming TEXT NOT NULL DEFAULT '1' CHECK (reply_coming <> '');
ALTER TABLE clinic ADD COLUMN reply_later TEXT NOT NULL DEFAULT '2' CHECK (reply_later <> '');
ALTER TABLE clinic ADD COLUMN reply_leaving TEXT NOT NULL DEFAULT '3' CHECK (reply_leaving <> '');

-- Since when the number of this caller asks for no texts.
ALTER TABLE caller ADD COLUMN texts_stopped_at INTEGER;

-- Whom a reply is from.
CREATE INDEX caller_by_phone ON caller (phone) WHERE ended_at IS NULL AND verified_at IS NOT NULL;

ALTER TABLE recall ADD COLUMN reply TEXT CHECK (reply IN ('COMING', 'LATER', 'LEAVING'));
ALTER TABLE recall ADD COLUMN replied_at INTEGER CHECK ((replied_at IS NULL) = (reply IS NULL));

-- Numbers whose holders have asked for no texts, as keyed hashes.
CREATE TABLE stopped_number (
    number_hash TEXT NOT NULL PRIMARY KEY,
    stopped_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE new_secure_code (
    clinic_id TEXT NOT NULL,
    caller_id TEXT NOT NULL,
    phone TEXT NOT NULL,
    -- NULL for a code that the provider made: it alone knows it.
    code_hash TEXT,
    sent_at INTEGER NOT NULL,
    -- From when another may be asked for.
    resend_at INTEGER NOT NULL DEFAULT 0,
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

INSERT INTO new_secure_code
SELECT
    clinic_id, caller_id, phone, code_hash, sent_at, sent_at + 30000, attempts_left, text_id,
    delivery, delivery_failure, delivery_at
FROM secure_code;
DROP TABLE secure_code;
ALTER TABLE new_secure_code RENAME TO secure_code;

CREATE TABLE new_text (
    id TEXT NOT NULL PRIMARY KEY,
    clinic_id TEXT NOT NULL,
    caller_id TEXT NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('CODE', 'RECALL', 'CANCELLED')),
    phone TEXT NOT NULL,
    -- Erased once nothing will send it again: codes and links are in it. A code that the provider makes
    -- has none.
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
    -- While SENDING, until when it is one worker's; after that it is looked for.
    claimed_until INTEGER,
    -- While SENDING, since when nobody knows whether it was taken.
    in_doubt_since INTEGER,
    -- The provider's name for it.
    provider_id TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    FOREIGN KEY (clinic_id, caller_id) REFERENCES caller (clinic_id, id),
    CONSTRAINT failure_only_when_failed CHECK (failure IS NULL OR state = 'FAILED'),
    CONSTRAINT a_time_while_queued CHECK ((next_try_at IS NOT NULL) = (state = 'QUEUED')),
    CONSTRAINT a_claim_while_sending CHECK ((claimed_until IS NOT NULL) = (state = 'SENDING')),
    CONSTRAINT doubt_while_sending CHECK (in_doubt_since IS NULL OR state = 'SENDING'),
    CONSTRAINT a_body_while_it_may_be_sent CHECK (
        (body IS NULL OR state IN ('QUEUED', 'SENDING'))
        AND (body IS NOT NULL OR purpose = 'CODE' OR state NOT IN ('QUEUED', 'SENDING'))
    )
) STRICT;

INSERT INTO new_text
SELECT
    id, clinic_id, caller_id, purpose, phone, body, state, failure, tries, next_try_at,
    claimed_until, NULL, provider_id, created_at, updated_at
FROM text;
DROP TABLE text;
ALTER TABLE new_text RENAME TO text;

CREATE INDEX text_queued ON text (next_try_at) WHERE next_try_at IS NOT NULL;
CREATE INDEX text_claimed ON text (claimed_until) WHERE claimed_until IS NOT NULL;
CREATE INDEX text_caller ON text (clinic_id, caller_id);
