-- Pages and reports read what they show and nothing else.

-- card: whom a card can be printed for, in the order of the queue. It follows from the national record, the card and the
-- student, whoever writes them: triggers keep it, so that no writer can forget it. `day` orders those who are alike: the birth
-- date, or of whoever is or was married, and may have a card at any age, the day on which the record became print-ready.
CREATE TABLE print_queue (
    student_id UUID NOT NULL PRIMARY KEY REFERENCES student (id),
    office_id UUID NOT NULL,
    at_any_age BOOLEAN NOT NULL,
    day DATE NOT NULL
);
CREATE INDEX print_queue_page ON print_queue (office_id, at_any_age, day, student_id);
CREATE VIEW awaits_printing AS
    SELECT s.id AS student_id, s.office_id, s.ever_married AS at_any_age,
        CASE WHEN s.ever_married THEN r.print_ready_on ELSE s.birth_date END AS day
    FROM national_record r JOIN student s ON s.id = r.student_id
    WHERE r.print_ready_on IS NOT NULL AND r.status IN ('PRINT_READY_RECORD', 'SENT_FOR_CARD_PRINTING')
        AND s.closed_reason IS NULL
        AND NOT EXISTS (SELECT 1 FROM card c WHERE c.student_id = s.id AND c.spoiled_on IS NULL);
INSERT INTO print_queue (student_id, office_id, at_any_age, day)
    SELECT student_id, office_id, at_any_age, day FROM awaits_printing;

-- Blanks at each point: the sum of its movements.
CREATE TABLE blank_stock (
    point_id UUID NOT NULL PRIMARY KEY REFERENCES pickup_point (id),
    office_id UUID NOT NULL,
    blanks BIGINT NOT NULL
);
CREATE INDEX blank_stock_office ON blank_stock (office_id);
INSERT INTO blank_stock (point_id, office_id, blanks)
    SELECT point_id, office_id, SUM(amount) FROM blank_movement GROUP BY point_id, office_id;

-- What the report counts: read in the order of students, without the rows themselves. A column that only the condition names is
-- there since SQLite would otherwise look it up in the row.
CREATE INDEX national_record_ready ON national_record (student_id, print_ready_on) WHERE print_ready_on IS NOT NULL;
CREATE INDEX card_steps ON card (student_id, printed_on, ready_on, collected_on, spoiled_on) WHERE spoiled_on IS NULL;
CREATE INDEX card_waiting ON card (point_id, ready_on, student_id, collected_at, spoiled_on)
    WHERE collected_at IS NULL AND spoiled_on IS NULL;
CREATE INDEX notice_told ON notice (office_id, recipient_id, kind, state)
    WHERE kind IN ('turned_17', 'card_ready') AND state IN ('sent', 'told');
CREATE INDEX visit_student_ikd ON visit_student (student_id, visit_id, ikd) WHERE ikd IS NOT NULL;

-- Pages of lists.
CREATE INDEX notice_page ON notice (office_id, id);
CREATE INDEX notice_state_page ON notice (office_id, state, id);
CREATE INDEX notice_lost ON notice (office_id, id) WHERE ever_lost;
DROP INDEX visit_office;
CREATE INDEX visit_page ON visit (office_id, visit_on, starts_at, id);
CREATE INDEX visit_state_page ON visit (office_id, state, visit_on, starts_at, id);
CREATE INDEX visit_place_page ON visit (office_id, place_id, visit_on, starts_at, id);
CREATE INDEX visit_team ON visit (team_id, visit_on);
CREATE INDEX visit_order_page ON visit_order (office_id, id);
CREATE INDEX complaint_page ON complaint (office_id, id);
CREATE INDEX roster_import_place ON roster_import (place_id, created_at);

CREATE FUNCTION print_queue_again(who UUID) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- One at a time for each student: of two who write a card and a record at once neither would see the other's row.
    PERFORM FROM student WHERE id = who FOR NO KEY UPDATE;
    DELETE FROM print_queue WHERE student_id = who;
    INSERT INTO print_queue (student_id, office_id, at_any_age, day)
        SELECT student_id, office_id, at_any_age, day FROM awaits_printing WHERE student_id = who;
END $$;
CREATE FUNCTION print_queue_by_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM print_queue_again(OLD.student_id);
    END IF;
    IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND NEW.student_id <> OLD.student_id) THEN
        PERFORM print_queue_again(NEW.student_id);
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION print_queue_by_student() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM print_queue_again(NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER print_queue_record_written AFTER INSERT OR DELETE ON national_record
    FOR EACH ROW EXECUTE FUNCTION print_queue_by_owner();
CREATE TRIGGER print_queue_record_changed AFTER UPDATE ON national_record FOR EACH ROW
    WHEN ((OLD.student_id, OLD.status, OLD.print_ready_on) IS DISTINCT FROM (NEW.student_id, NEW.status, NEW.print_ready_on))
    EXECUTE FUNCTION print_queue_by_owner();
CREATE TRIGGER print_queue_card_written AFTER INSERT OR DELETE ON card
    FOR EACH ROW EXECUTE FUNCTION print_queue_by_owner();
CREATE TRIGGER print_queue_card_changed AFTER UPDATE ON card FOR EACH ROW
    WHEN ((OLD.student_id, OLD.spoiled_on) IS DISTINCT FROM (NEW.student_id, NEW.spoiled_on))
    EXECUTE FUNCTION print_queue_by_owner();
CREATE TRIGGER print_queue_student_changed AFTER UPDATE ON student FOR EACH ROW
    WHEN ((OLD.birth_date, OLD.ever_married, OLD.closed_reason)
        IS DISTINCT FROM (NEW.birth_date, NEW.ever_married, NEW.closed_reason))
    EXECUTE FUNCTION print_queue_by_student();
