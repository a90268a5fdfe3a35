-- The audit log: who of a clinic's staff looked at or did what. Ids only: no name and no number.

CREATE TABLE audit_entry (
    -- Numbers the entries of all clinics; grows.
    number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    clinic_id TEXT NOT NULL REFERENCES clinic (id),
    at INTEGER NOT NULL,
    by_kind TEXT NOT NULL CHECK (by_kind IN ('CALLER', 'SYSTEM', 'TEAM_MEMBER', 'API_CLIENT')),
    by_id TEXT,
    deed TEXT NOT NULL,
    -- The id of what it is about, if it is about one thing.
    subject TEXT,
    CONSTRAINT staff_have_an_id CHECK ((by_id IS NULL) = (by_kind IN ('CALLER', 'SYSTEM')))
) STRICT;

CREATE INDEX audit_entry_of_clinic ON audit_entry (clinic_id, number);
CREATE INDEX audit_entry_at ON audit_entry (at);
