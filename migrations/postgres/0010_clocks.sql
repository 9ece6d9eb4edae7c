-- notice_sweep: the latest moment by which single changes were settled since everybody was last looked at; once the clock says less,
-- it was ahead. And whether the ledger waits, because its clock lies far from its last reading and is compared with nothing.
ALTER TABLE notice_sweep ADD COLUMN settled_at TIMESTAMPTZ;
ALTER TABLE notice_sweep ADD COLUMN waits BOOLEAN NOT NULL DEFAULT FALSE;
