-- A student's place is one of the student's office. PostgreSQL looks at a reference row by row, which for a roster of a hundred
-- thousand takes as long as loading it into a plain table; so the same is said here of all rows of a statement at once. SQLite
-- keeps the reference of 0001. Numbers and keys that are only compared are compared byte by byte, whatever language the
-- server speaks.
ALTER TABLE student DROP CONSTRAINT student_place_id_office_id_fkey;
ALTER TABLE student ALTER COLUMN nisn TYPE TEXT COLLATE "C", ALTER COLUMN name_key TYPE TEXT COLLATE "C";

CREATE FUNCTION student_place_is_there() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT place_id, office_id FROM added WHERE place_id IS NOT NULL) a
        WHERE NOT EXISTS (SELECT FROM place p WHERE p.id = a.place_id AND p.office_id = a.office_id)
    ) THEN
        RAISE foreign_key_violation USING MESSAGE = 'a student''s place is none of the office';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER student_place_when_added AFTER INSERT ON student
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION student_place_is_there();

CREATE FUNCTION student_new_place_is_there() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM place p WHERE p.id = NEW.place_id AND p.office_id = NEW.office_id) THEN
        RAISE foreign_key_violation USING MESSAGE = 'a student''s new place is none of the office';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER student_place_when_changed AFTER UPDATE ON student FOR EACH ROW
    WHEN (NEW.place_id IS NOT NULL AND (NEW.place_id, NEW.office_id) IS DISTINCT FROM (OLD.place_id, OLD.office_id))
    EXECUTE FUNCTION student_new_place_is_there();

CREATE FUNCTION place_has_no_students() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM student s WHERE s.place_id = OLD.id) THEN
        RAISE foreign_key_violation USING MESSAGE = 'students still belong to the place';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER place_when_deleted BEFORE DELETE ON place FOR EACH ROW EXECUTE FUNCTION place_has_no_students();
CREATE TRIGGER place_when_renumbered AFTER UPDATE ON place FOR EACH ROW
    WHEN ((NEW.id, NEW.office_id) IS DISTINCT FROM (OLD.id, OLD.office_id)) EXECUTE FUNCTION place_has_no_students();
