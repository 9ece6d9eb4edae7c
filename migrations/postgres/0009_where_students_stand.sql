-- What reports ask about each student, apart from the row with all that is sealed in it: read in the order of students, and
-- found for whoever has a card, a record or a notice.
CREATE UNIQUE INDEX student_standing ON student
    (id, office_id, merged_into, place_id, birth_date, ever_married, closed_reason, recorded, recorded_on);

-- Whoever asks for notices by state reads a page of it, or what is due: `notice_state_page` and `notice_queue` have both.
DROP INDEX notice_open;

-- How many notices there are of each kind and state is counted from this index alone.
DROP INDEX notice_state_page;
CREATE INDEX notice_state_page ON notice (office_id, state, id, kind);

-- A place is one office's: with the office before it, SQLite takes the index of all the office's visits instead.
DROP INDEX visit_place_page;
CREATE INDEX visit_place_page ON visit (place_id, visit_on, starts_at, id);

-- The newest attempt that may have reached somebody: a call that Telegram refused, or that found no way to it, says nothing of the time.
DROP INDEX attempt_started;
CREATE INDEX attempt_started ON attempt (started_at) WHERE outcome <> 'refused';
