-- The audit log: who of a clinic's staff looked at or did what. Ids only: no name and no number.

CREATE TABLE audit_entry (
    clinic_id TEXT NOT NULL REFERENCES clinic (id),
    -- Counts the entries of this clinic: what is done in another one shows in no number here.
    number INTEGER NOT NULL CHECK (number >= 1),
    at INTEGER NOT NULL,
    by_kind TEXT NOT NULL CHECK (by_kind IN ('CALLER', 'SYSTEM', 'TEAM_MEMBER', 'API_CLIENT')),
    by_id TEXT,
    deed TEXT NOT NULL,
    -- The id of what it is about, if it is about one thing.
    subject TEXT,
    PRIMARY KEY (clinic_id, number),
    CONSTRAINT staff_have_an_id CHECK ((by_id IS NULL) = (by_kind IN ('CALLER', 'SYSTEM')))
) STRICT, WITHOUT ROWID;

-- When somebody last looked at something: looks are recorded once in a while.
CREATE INDEX audit_entry_look ON audit_entry (clinic_id, by_id, deed, subject, at);
CREATE INDEX audit_entry_at ON audit_entry (at);
