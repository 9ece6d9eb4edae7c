-- What came after what is said by numbers that the database gives, since nodes' clocks differ.

-- The how-manieth import of all that was applied; null for what was parked or refused. Given while nobody else imports.
ALTER TABLE roster_import ADD COLUMN sequence BIGINT;
UPDATE roster_import SET sequence = applied.place FROM (
    SELECT id, ROW_NUMBER() OVER (ORDER BY created_at, id) AS place FROM roster_import WHERE state = 'applied'
) AS applied WHERE applied.id = roster_import.id;
CREATE UNIQUE INDEX roster_import_sequence ON roster_import (sequence);

-- The order in which answers, and files that were sent, are dealt with in each chat.
ALTER TABLE telegram_reply ADD COLUMN sequence BIGINT NOT NULL DEFAULT 0;
UPDATE telegram_reply SET sequence = waiting.place FROM (
    SELECT id, ROW_NUMBER() OVER (ORDER BY created_at, id) AS place FROM telegram_reply
) AS waiting WHERE waiting.id = telegram_reply.id;
CREATE INDEX telegram_reply_sequence ON telegram_reply (sequence);
ALTER TABLE telegram_upload ADD COLUMN sequence BIGINT NOT NULL DEFAULT 0;
UPDATE telegram_upload SET sequence = waiting.place FROM (
    SELECT id, ROW_NUMBER() OVER (ORDER BY created_at, id) AS place FROM telegram_upload
) AS waiting WHERE waiting.id = telegram_upload.id;
CREATE INDEX telegram_upload_sequence ON telegram_upload (sequence);

-- How often answering an update failed for a reason that may pass: one that always does keeps no others waiting.
ALTER TABLE telegram_update ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;

-- PostgreSQL alone, which looks at a student's place by itself (see 0002): a place that is looked at is kept until the transaction
-- ends, for another transaction may be deleting it, or be about to, and neither would see the other.
CREATE OR REPLACE FUNCTION student_place_is_there() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM place p WHERE p.id IN (SELECT a.place_id FROM added a) ORDER BY p.id FOR KEY SHARE;
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT place_id, office_id FROM added WHERE place_id IS NOT NULL) a
        WHERE NOT EXISTS (SELECT FROM place p WHERE p.id = a.place_id AND p.office_id = a.office_id)
    ) THEN
        RAISE foreign_key_violation USING MESSAGE = 'a student''s place is none of the office';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION student_new_place_is_there() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM place p WHERE p.id = NEW.place_id FOR KEY SHARE;
    IF NOT EXISTS (SELECT FROM place p WHERE p.id = NEW.place_id AND p.office_id = NEW.office_id) THEN
        RAISE foreign_key_violation USING MESSAGE = 'a student''s new place is none of the office';
    END IF;
    RETURN NULL;
END $$;
