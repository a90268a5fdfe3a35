-- Webhooks: a clinic has events sent to an address.

-- Of which text news is, so that a recall's delivery can be told from a code's. NULL for events from
-- before.
ALTER TABLE event ADD COLUMN sms_purpose TEXT CHECK (
    sms_purpose IS NULL
    OR (sms_state IS NOT NULL AND sms_purpose IN ('CODE', 'RECALL', 'CANCELLED'))
);

CREATE TABLE webhook (
    clinic_id TEXT NOT NULL REFERENCES clinic (id),
    id TEXT NOT NULL,
    url TEXT NOT NULL,
    -- JSON: a list of words.
    events TEXT NOT NULL CHECK (json_valid(events)),
    is_enabled INTEGER NOT NULL CHECK (is_enabled IN (0, 1)),
    disabled_because TEXT CHECK (disabled_because IN ('BY_STAFF', 'FAILING', 'GONE')),
    -- Since when there was nothing but failures.
    failing_since INTEGER,
    -- The secret is made from this, the id and the server's key, which is not in here.
    secret_seed TEXT NOT NULL,
    old_secret_seed TEXT,
    old_secret_until INTEGER,
    -- Every event up to this version was delivered, given up or not wanted.
    delivered_version INTEGER NOT NULL CHECK (delivered_version >= 0),
    added_at INTEGER NOT NULL,
    PRIMARY KEY (clinic_id, id),
    CONSTRAINT disabled_for_a_reason CHECK ((disabled_because IS NULL) = (is_enabled = 1)),
    CONSTRAINT failing_while_enabled CHECK (failing_since IS NULL OR is_enabled = 1),
    CONSTRAINT old_secret_whole CHECK ((old_secret_seed IS NULL) = (old_secret_until IS NULL))
) STRICT, WITHOUT ROWID;

-- One event for one webhook: ids and times, and nothing of what was sent.
CREATE TABLE webhook_delivery (
    id TEXT NOT NULL PRIMARY KEY,
    clinic_id TEXT NOT NULL,
    webhook_id TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version >= 1),
    event TEXT NOT NULL CHECK (
        event IN ('CALLER_ARRIVED', 'CALLER_CHANGED', 'CALLER_ENDED', 'RECALL_DELIVERED')
    ),
    caller_id TEXT NOT NULL,
    happened_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('PENDING', 'DELIVERED', 'FAILED')),
    -- While PENDING.
    next_attempt_at INTEGER,
    attempts INTEGER NOT NULL CHECK (attempts >= 0),
    last_attempt_at INTEGER,
    give_up_at INTEGER NOT NULL,
    response_status INTEGER CHECK (response_status BETWEEN 100 AND 999),
    problem TEXT CHECK (
        problem IN (
            'NO_SUCH_HOST', 'PRIVATE_ADDRESS', 'CANNOT_BE_REACHED', 'BROKEN', 'TIMED_OUT',
            'REDIRECTED', 'NOT_TAKEN', 'GONE', 'OUR_OWN', 'NOTHING_TO_TELL', 'DISABLED'
        )
    ),
    -- When it became DELIVERED or FAILED.
    over_at INTEGER,
    FOREIGN KEY (clinic_id, webhook_id) REFERENCES webhook (clinic_id, id),
    FOREIGN KEY (clinic_id, caller_id) REFERENCES caller (clinic_id, id),
    CONSTRAINT a_time_while_pending CHECK ((next_attempt_at IS NOT NULL) = (state = 'PENDING')),
    CONSTRAINT over_when_not_pending CHECK ((over_at IS NULL) = (state = 'PENDING')),
    CONSTRAINT no_problem_when_delivered CHECK (problem IS NULL OR state <> 'DELIVERED')
) STRICT;

-- A version is told once.
CREATE UNIQUE INDEX webhook_delivery_version ON webhook_delivery (clinic_id, webhook_id, version);
-- What is due, or waits, of one webhook.
CREATE INDEX webhook_delivery_pending ON webhook_delivery (clinic_id, webhook_id, version)
    WHERE next_attempt_at IS NOT NULL;
CREATE INDEX webhook_delivery_due ON webhook_delivery (next_attempt_at)
    WHERE next_attempt_at IS NOT NULL;
CREATE INDEX webhook_delivery_over ON webhook_delivery (over_at) WHERE over_at IS NOT NULL;
CREATE INDEX webhook_delivery_caller ON webhook_delivery (clinic_id, caller_id);
