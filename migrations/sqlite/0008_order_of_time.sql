-- What came after what is said by numbers that the database gives, since nodes' clocks differ.

-- The how-manieth import of all that was applied; null for what was parked or refused. Given while nobody else imports.
ALTER TABLE roster_import ADD COLUMN sequence INTEGER;
UPDATE roster_import SET sequence = applied.place FROM (
    SELECT id, ROW_NUMBER() OVER (ORDER BY created_at, id) AS place FROM roster_import WHERE state = 'applied'
) AS applied WHERE applied.id = roster_import.id;
CREATE UNIQUE INDEX roster_import_sequence ON roster_import (sequence);

-- The order in which answers, and files that were sent, are dealt with in each chat.
ALTER TABLE telegram_reply ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0;
UPDATE telegram_reply SET sequence = waiting.place FROM (
    SELECT id, ROW_NUMBER() OVER (ORDER BY created_at, id) AS place FROM telegram_reply
) AS waiting WHERE waiting.id = telegram_reply.id;
CREATE INDEX telegram_reply_sequence ON telegram_reply (sequence);
ALTER TABLE telegram_upload ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0;
UPDATE telegram_upload SET sequence = waiting.place FROM (
    SELECT id, ROW_NUMBER() OVER (ORDER BY created_at, id) AS place FROM telegram_upload
) AS waiting WHERE waiting.id = telegram_upload.id;
CREATE INDEX telegram_upload_sequence ON telegram_upload (sequence);

-- How often answering an update failed for a reason that may pass: one that always does keeps no others waiting.
ALTER TABLE telegram_update ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
