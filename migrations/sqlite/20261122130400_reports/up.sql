-- Figures of stays that have ended, for reports: what happened and how long it took, and nothing of who
-- it was. How texts ended is in text, which hears of it also after the stay.

CREATE TABLE stay_figures (
    clinic_id TEXT NOT NULL,
    caller_id TEXT NOT NULL,
    -- The day that a stay counts for is the day of this; a place taken back keeps the first arrival.
    arrived_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    began TEXT NOT NULL CHECK (began IN ('ARRIVED', 'RESUMED')),
    ending TEXT NOT NULL CHECK (ending IN ('COMPLETED', 'LEFT', 'LOST_CONTACT', 'CANCELLED')),
    -- From the arrival to the first join. All times are milliseconds.
    wait INTEGER CHECK (wait >= 0),
    -- Each time Offline, a list of numbers.
    offline TEXT NOT NULL CHECK (json_valid(offline)),
    recalls INTEGER NOT NULL CHECK (recalls >= 0),
    -- From each recall that was answered to the return, a list of numbers.
    returns TEXT NOT NULL CHECK (json_valid(returns)),
    -- Recalled, and ended without coming back.
    is_no_show INTEGER NOT NULL CHECK (is_no_show IN (0, 1)),
    codes_sent INTEGER NOT NULL CHECK (codes_sent >= 0),
    phones_verified INTEGER NOT NULL CHECK (phones_verified >= 0),
    PRIMARY KEY (clinic_id, caller_id),
    FOREIGN KEY (clinic_id, caller_id) REFERENCES caller (clinic_id, id),
    CONSTRAINT no_more_returns_than_recalls CHECK (json_array_length(returns) <= recalls),
    CONSTRAINT a_no_show_was_recalled CHECK (is_no_show = 0 OR recalls > json_array_length(returns))
) STRICT, WITHOUT ROWID;

CREATE INDEX stay_figures_of_clinic ON stay_figures (clinic_id, arrived_at);
CREATE INDEX stay_figures_arrived ON stay_figures (arrived_at);

-- When the figures of an ended stay were taken, so that its events need not be kept for them. Set also
-- for a stay whose events were forgotten before: it has no row in stay_figures.
ALTER TABLE caller ADD COLUMN figures_taken_at INTEGER CHECK (
    figures_taken_at IS NULL OR ended_at IS NOT NULL
);
CREATE INDEX caller_without_figures ON caller (ended_at)
    WHERE ended_at IS NOT NULL AND figures_taken_at IS NULL;
