-- Of a list of many schools only the doubtful school's rows wait: a parked import of its own, for one place. Which import took the
-- rest of the file, and keeps the file.
ALTER TABLE roster_import ADD COLUMN part_of UUID REFERENCES roster_import (id);
CREATE INDEX roster_import_part ON roster_import (part_of) WHERE part_of IS NOT NULL;

-- Thousands are called by one name, few of them born on one day.
DROP INDEX student_name;
CREATE INDEX student_name ON student (name_key, birth_date);
