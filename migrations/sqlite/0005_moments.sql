-- notice: when a recipient is to be looked at although no fact has changed since the last look.
CREATE TABLE notice_moment (
    recipient_kind TEXT NOT NULL,
    recipient_id BLOB NOT NULL,
    office_id BLOB NOT NULL REFERENCES office (id),
    -- Null where time alone changes nothing any more.
    look_at DATETIME,
    PRIMARY KEY (recipient_kind, recipient_id)
);
CREATE INDEX notice_moment_due ON notice_moment (office_id, recipient_kind, look_at);
-- Students who are to be looked at page by page, because something changed that concerns all of them: those whose IDs lie after
-- one and up to another. Null stands for the first and for the last; from the first to the last, contacts are looked at, too.
CREATE TABLE notice_request (
    id BLOB NOT NULL PRIMARY KEY,
    office_id BLOB NOT NULL REFERENCES office (id),
    after_id BLOB,
    upto_id BLOB,
    requested_at DATETIME NOT NULL
);
CREATE INDEX notice_request_office ON notice_request (office_id, requested_at);
-- What the clock said when an office was last looked at, and what sweeps had to mend that nothing explains.
CREATE TABLE notice_sweep (
    office_id BLOB NOT NULL PRIMARY KEY REFERENCES office (id),
    read_at DATETIME NOT NULL,
    mended INTEGER NOT NULL
);
-- Nobody's moment is known yet.
INSERT INTO notice_request (id, office_id, requested_at)
SELECT id, id, created_at FROM office;
