-- By its mark an entry proves, before it has a number, that whoever wrote it had the key. What was written before has none.
ALTER TABLE audit_entry ADD COLUMN mark BLOB;
