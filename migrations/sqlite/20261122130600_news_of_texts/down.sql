DROP INDEX text_to_ask_about;
ALTER TABLE text DROP COLUMN ask_at;
