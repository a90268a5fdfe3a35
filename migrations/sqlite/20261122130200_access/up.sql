-- Who gets in and how that ends: members who are removed, sessions that are named and ended one by one,
-- keys that expire.

-- Since when somebody is no longer a member; the row stays, for the name of who did what.
ALTER TABLE team_member ADD COLUMN removed_at INTEGER;

-- How whoever uses the link was recognised: by having it, or by the clinic's identity provider.
ALTER TABLE sign_in ADD COLUMN method TEXT NOT NULL DEFAULT 'LINK'
    CHECK (method IN ('LINK', 'OPENID_CONNECT'));

-- Only a server writes sessions, and there is one at a time: no older one meets this table.
CREATE TABLE new_staff_session (
    token_hash TEXT NOT NULL PRIMARY KEY,
    -- Names the session to people; it opens nothing.
    id TEXT NOT NULL UNIQUE,
    clinic_id TEXT NOT NULL,
    member_id TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    opened_by TEXT NOT NULL CHECK (opened_by IN ('LINK', 'OPENID_CONNECT')),
    -- To the minute.
    last_used_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    -- Since when it opens nothing, before its time; the row stays until that, so that ending it again is
    -- no mistake.
    ended_at INTEGER,
    FOREIGN KEY (clinic_id, member_id) REFERENCES team_member (clinic_id, id)
) STRICT, WITHOUT ROWID;

-- Sessions had no names. They lasted 12 hours.
INSERT INTO new_staff_session
SELECT
    token_hash, 'session_' || substr(lower(hex(randomblob(13))), 1, 26), clinic_id, member_id,
    expires_at - 43200000, 'LINK', expires_at - 43200000, expires_at, NULL
FROM staff_session;
DROP TABLE staff_session;
ALTER TABLE new_staff_session RENAME TO staff_session;

CREATE INDEX staff_session_expires ON staff_session (expires_at);
CREATE INDEX staff_session_member ON staff_session (clinic_id, member_id);

CREATE TABLE new_api_key (
    id TEXT NOT NULL PRIMARY KEY,
    clinic_id TEXT NOT NULL REFERENCES clinic (id),
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('REPORTER', 'TEAM_MEMBER', 'CLINIC_ADMIN')),
    token_hash TEXT NOT NULL UNIQUE,
    added_at INTEGER NOT NULL,
    -- The member who added it; NULL where it was a command.
    added_by TEXT,
    -- To the minute; NULL until it is used.
    last_used_at INTEGER,
    -- NULL for one that does not expire.
    expires_at INTEGER,
    -- A revoked key opens nothing; the row stays, for the name of who did what.
    revoked_at INTEGER,
    FOREIGN KEY (clinic_id, added_by) REFERENCES team_member (clinic_id, id)
) STRICT;

INSERT INTO new_api_key
SELECT id, clinic_id, name, role, token_hash, added_at, NULL, NULL, NULL, revoked_at FROM api_key;
DROP TABLE api_key;
ALTER TABLE new_api_key RENAME TO api_key;

CREATE INDEX api_key_clinic ON api_key (clinic_id, added_at, id);
CREATE INDEX api_key_added_by ON api_key (clinic_id, added_by) WHERE added_by IS NOT NULL;
