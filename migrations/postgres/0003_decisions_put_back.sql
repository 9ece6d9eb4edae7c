-- Quite another name for somebody known waits for a second person, as another NIK or birth date does.
ALTER TABLE roster_proposal ADD COLUMN old_name TEXT;
ALTER TABLE roster_proposal ADD COLUMN new_name TEXT;

-- Whom an accepted proposal changed: the facts before, and what they came to, so that undoing the import takes it back.
CREATE TABLE roster_decision (
    proposal_id UUID NOT NULL REFERENCES roster_proposal (id),
    student_id UUID NOT NULL REFERENCES student (id),
    before_facts TEXT NOT NULL,
    after_hash BYTEA NOT NULL,
    PRIMARY KEY (proposal_id, student_id)
);
