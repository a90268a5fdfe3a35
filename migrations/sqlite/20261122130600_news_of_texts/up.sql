-- News of a text that comes while no server hears it comes once or twice and never again: so the provider is
-- asked about a text that it has taken and has told nothing more of.

-- While SENT, when the provider is asked how far it is.
ALTER TABLE text ADD COLUMN ask_at INTEGER CONSTRAINT asked_about_while_sent CHECK (
    ask_at IS NULL OR state = 'SENT'
);

-- Of those before this: whose stay is not erased, which are the latest.
UPDATE text SET ask_at = updated_at
WHERE state = 'SENT' AND provider_id IS NOT NULL AND purpose IN ('CODE', 'RECALL');

CREATE INDEX text_to_ask_about ON text (ask_at) WHERE ask_at IS NOT NULL;
