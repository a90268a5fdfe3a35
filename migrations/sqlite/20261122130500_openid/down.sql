DROP TABLE used_openid_state;
DROP INDEX team_member_openid;
-- With its CHECK, which names the other column.
ALTER TABLE team_member DROP COLUMN openid_subject;
ALTER TABLE team_member DROP COLUMN openid_issuer;
