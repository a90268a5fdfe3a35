-- The version before wants a number of every text: the empty one stands for none. What was erased stays
-- erased.
CREATE TABLE old_text (
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

INSERT INTO old_text
SELECT
    id, clinic_id, caller_id, purpose, coalesce(phone, ''), body, state, failure, tries,
    next_try_at, claimed_until, in_doubt_since, provider_id, created_at, updated_at
FROM text;
DROP TABLE text;
ALTER TABLE old_text RENAME TO text;

CREATE INDEX text_queued ON text (next_try_at) WHERE next_try_at IS NOT NULL;
CREATE INDEX text_claimed ON text (claimed_until) WHERE claimed_until IS NOT NULL;
CREATE INDEX text_caller ON text (clinic_id, caller_id);

DROP INDEX caller_to_erase;
ALTER TABLE caller DROP COLUMN erased_at;
ALTER TABLE clinic DROP COLUMN time_zone;
ALTER TABLE clinic DROP COLUMN erase_after;
