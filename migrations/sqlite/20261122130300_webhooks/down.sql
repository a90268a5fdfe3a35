DROP TABLE webhook_delivery;
DROP TABLE webhook;
ALTER TABLE event DROP COLUMN sms_purpose;
