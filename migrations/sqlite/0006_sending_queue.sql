-- What may go out, by the moment from which it may: the sender reads the first of them, however many there are behind.
CREATE INDEX notice_queue ON notice (office_id, (CASE WHEN next_attempt_at > due_at THEN next_attempt_at ELSE due_at END), id)
    WHERE state = 'due';
-- The same of what goes out at any hour.
CREATE INDEX notice_queue_alarm ON notice (office_id, (CASE WHEN next_attempt_at > due_at THEN next_attempt_at ELSE due_at END), id)
    WHERE state = 'due' AND kind = 'alarm';
