-- Erasing: of a stay that has ended, who it was is kept for as long as the clinic says, and no longer.

-- Milliseconds.
ALTER TABLE clinic ADD COLUMN erase_after INTEGER NOT NULL DEFAULT 900000
    CHECK (erase_after BETWEEN 0 AND 86400000);
-- By the IANA database: what a day is in the clinic's reports.
ALTER TABLE clinic ADD COLUMN time_zone TEXT NOT NULL DEFAULT 'UTC' CHECK (time_zone <> '');

-- When nothing was known of the person any more. Nobody is erased who has not ended, and of whoever is
-- erased nothing is left; the empty name stands for none, as the version before wants one.
ALTER TABLE caller ADD COLUMN erased_at INTEGER CONSTRAINT erased_whole CHECK (
    erased_at IS NULL
    OR (
        ended_at IS NOT NULL AND name = '' AND answers = '[]' AND phone IS NULL
        AND verified_at IS NULL AND used_code_hash IS NULL AND end_reason IS NULL
        AND texts_stopped_at IS NULL
    )
);

-- What is to be erased next.
CREATE INDEX caller_to_erase ON caller (clinic_id, ended_at, id)
    WHERE ended_at IS NOT NULL AND erased_at IS NULL;

CREATE TABLE new_text (
    id TEXT NOT NULL PRIMARY KEY,
    clinic_id TEXT NOT NULL,
    caller_id TEXT NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('CODE', 'RECALL', 'CANCELLED')),
    -- NULL once erased with the caller.
    phone TEXT,
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
    -- The provider's name for it: by it the number is found at the provider's. NULL once erased.
    provider_id TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    FOREIGN KEY (clinic_id, caller_id) REFERENCES caller (clinic_id, id),
    CONSTRAINT failure_only_when_failed CHECK (failure IS NULL OR state = 'FAILED'),
    CONSTRAINT a_time_while_queued CHECK ((next_try_at IS NOT NULL) = (state = 'QUEUED')),
    CONSTRAINT a_claim_while_sending CHECK ((claimed_until IS NOT NULL) = (state = 'SENDING')),
    CONSTRAINT doubt_while_sending CHECK (in_doubt_since IS NULL OR state = 'SENDING'),
    CONSTRAINT a_number_while_it_may_be_sent CHECK (
        phone IS NOT NULL OR state NOT IN ('QUEUED', 'SENDING')
    ),
    CONSTRAINT erased_whole CHECK (phone IS NOT NULL OR (body IS NULL AND provider_id IS NULL)),
    CONSTRAINT a_body_while_it_may_be_sent CHECK (
        (body IS NULL OR state IN ('QUEUED', 'SENDING'))
        AND (body IS NOT NULL OR purpose = 'CODE' OR state NOT IN ('QUEUED', 'SENDING'))
    )
) STRICT;

INSERT INTO new_text
SELECT
    id, clinic_id, caller_id, purpose, nullif(phone, ''), body, state, failure, tries, next_try_at,
    claimed_until, in_doubt_since, provider_id, created_at, updated_at
FROM text;
DROP TABLE text;
ALTER TABLE new_text RENAME TO text;

CREATE INDEX text_queued ON text (next_try_at) WHERE next_try_at IS NOT NULL;
CREATE INDEX text_claimed ON text (claimed_until) WHERE claimed_until IS NOT NULL;
CREATE INDEX text_caller ON text (clinic_id, caller_id);
