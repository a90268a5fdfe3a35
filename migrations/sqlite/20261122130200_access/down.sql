CREATE TABLE old_api_key (
    id TEXT NOT NULL PRIMARY KEY,
    clinic_id TEXT NOT NULL REFERENCES clinic (id),
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('REPORTER', 'TEAM_MEMBER', 'CLINIC_ADMIN')),
    token_hash TEXT NOT NULL UNIQUE,
    added_at INTEGER NOT NULL,
    -- A revoked key opens nothing; the row stays, for the name of who did what.
    revoked_at INTEGER
) STRICT;

-- The version before knows no expiry: a key that has expired would open again.
INSERT INTO old_api_key
SELECT
    id, clinic_id, name, role, token_hash, added_at,
    CASE
        WHEN revoked_at IS NULL AND expires_at <= unixepoch() * 1000 THEN expires_at
        ELSE revoked_at
    END
FROM api_key;
DROP TABLE api_key;
ALTER TABLE old_api_key RENAME TO api_key;

CREATE TABLE old_staff_session (
    token_hash TEXT NOT NULL PRIMARY KEY,
    clinic_id TEXT NOT NULL,
    member_id TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    FOREIGN KEY (clinic_id, member_id) REFERENCES team_member (clinic_id, id)
) STRICT, WITHOUT ROWID;

INSERT INTO old_staff_session
SELECT token_hash, clinic_id, member_id, expires_at FROM staff_session WHERE ended_at IS NULL;
DROP TABLE staff_session;
ALTER TABLE old_staff_session RENAME TO staff_session;

CREATE INDEX staff_session_expires ON staff_session (expires_at);
CREATE INDEX staff_session_member ON staff_session (clinic_id, member_id);

ALTER TABLE sign_in DROP COLUMN method;
ALTER TABLE team_member DROP COLUMN removed_at;
