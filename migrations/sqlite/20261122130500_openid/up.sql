-- Signing in with OpenID Connect.

-- Who a member is at the clinic's identity provider: its issuer, and its name for the person. A person is
-- found by the two together and by nothing else: names and addresses are given to others again.
ALTER TABLE team_member ADD COLUMN openid_issuer TEXT;
ALTER TABLE team_member ADD COLUMN openid_subject TEXT
    CONSTRAINT openid_whole CHECK ((openid_issuer IS NULL) = (openid_subject IS NULL));

-- A person is a member of a clinic once.
CREATE UNIQUE INDEX team_member_openid ON team_member (openid_issuer, openid_subject, clinic_id)
    WHERE openid_subject IS NOT NULL;

-- The states that came back from the provider, until they would no longer be believed: each counts once.
CREATE TABLE used_openid_state (
    state_hash TEXT NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX used_openid_state_expires ON used_openid_state (expires_at);
