-- The first schema. Kept word for word the same for both engines but for the names of four types
-- (UUID and BYTEA are BLOB, TIMESTAMPTZ is DATETIME, BIGINT is INTEGER in SQLite); a test compares the two files.

CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- db: who may do what alone. Times are milliseconds of the database's own clock.
CREATE TABLE lease (
    name TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    token INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL
);

-- audit: appended in the operation's transaction, numbered and chained shortly after.
CREATE TABLE audit_entry (
    id BLOB NOT NULL PRIMARY KEY,
    office_id BLOB,
    at DATETIME NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    sequence INTEGER,
    hash BLOB
);
CREATE UNIQUE INDEX audit_entry_sequence ON audit_entry (sequence);
CREATE INDEX audit_entry_unsealed ON audit_entry (id) WHERE sequence IS NULL;

-- office
CREATE TABLE office (
    id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    declaration TEXT NOT NULL,
    hold_reason TEXT,
    created_at DATETIME NOT NULL
);
CREATE TABLE team (
    id BLOB NOT NULL PRIMARY KEY,
    office_id BLOB NOT NULL REFERENCES office (id),
    name TEXT NOT NULL,
    UNIQUE (office_id, name)
);
CREATE TABLE team_outage (
    id BLOB NOT NULL PRIMARY KEY,
    team_id BLOB NOT NULL REFERENCES team (id),
    starts_on DATE NOT NULL,
    until_on DATE NOT NULL,
    repaired_on DATE
);
CREATE TABLE pickup_point (
    id BLOB NOT NULL PRIMARY KEY,
    office_id BLOB NOT NULL REFERENCES office (id),
    name TEXT NOT NULL,
    UNIQUE (office_id, name)
);
CREATE TABLE pause (
    id BLOB NOT NULL PRIMARY KEY,
    office_id BLOB NOT NULL REFERENCES office (id),
    kind TEXT NOT NULL,
    starts_on DATE NOT NULL,
    until_on DATE NOT NULL,
    reason TEXT NOT NULL,
    resumed_on DATE
);
CREATE INDEX pause_office ON pause (office_id, kind);

-- staff
CREATE TABLE staff (
    id BLOB NOT NULL PRIMARY KEY,
    office_id BLOB NOT NULL REFERENCES office (id),
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    place_id BLOB,
    disabled_at DATETIME,
    created_at DATETIME NOT NULL,
    UNIQUE (office_id, name)
);

-- place: schools, villages, communities
CREATE TABLE place (
    id BLOB NOT NULL PRIMARY KEY,
    office_id BLOB NOT NULL REFERENCES office (id),
    code TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    level TEXT,
    kecamatan TEXT,
    latitude DOUBLE PRECISION,
    longitude DOUBLE PRECISION,
    working_days TEXT NOT NULL,
    last_day_grade_12 DATE,
    contact_name TEXT,
    contact_phone_sealed BLOB,
    UNIQUE (office_id, code),
    UNIQUE (id, office_id)
);

-- student
-- Written by the hundred thousand: references are looked at when a transaction ends, for otherwise SQLite keeps a copy of every
-- page that a statement touches, to be able to take back that statement alone.
CREATE TABLE student (
    id BLOB NOT NULL PRIMARY KEY,
    office_id BLOB NOT NULL,
    place_id BLOB,
    nisn TEXT,
    nik_sealed BLOB,
    nik_index BLOB,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    sex TEXT,
    birth_date DATE NOT NULL,
    birth_place TEXT,
    class_name TEXT,
    grade INTEGER,
    rt TEXT,
    rw TEXT,
    kelurahan TEXT,
    kecamatan TEXT,
    phone_sealed BLOB,
    ever_married BOOLEAN NOT NULL,
    recorded TEXT NOT NULL,
    recorded_on DATE,
    recording_id BLOB,
    left_school BOOLEAN NOT NULL,
    closed_reason TEXT,
    closed_on DATE,
    merged_into BLOB,
    import_id BLOB,
    import_row INTEGER,
    -- Of whoever that import added: whose list it was, and what the facts came to (see roster_change). Null once it is undone.
    import_place BLOB,
    import_hash BLOB,
    -- Which fields came from another import than the student did: a JSON object of field → import and row.
    sources TEXT,
    created_at DATETIME NOT NULL,
    -- Null until anything changes.
    updated_at DATETIME,
    -- A place belongs to one office, so that one look is enough for both.
    FOREIGN KEY (place_id, office_id) REFERENCES place (id, office_id) DEFERRABLE INITIALLY DEFERRED
);
-- The index of a NIK is the office's own, so that an office is not needed beside it.
CREATE UNIQUE INDEX student_nik ON student (nik_index) WHERE nik_index IS NOT NULL;
CREATE INDEX student_nisn ON student (nisn);
CREATE INDEX student_place ON student (place_id, birth_date);
CREATE INDEX student_name ON student (name_key);
CREATE INDEX student_merged ON student (merged_into) WHERE merged_into IS NOT NULL;
CREATE TABLE consent (
    id BLOB NOT NULL PRIMARY KEY,
    student_id BLOB NOT NULL REFERENCES student (id),
    given_by TEXT NOT NULL,
    evidence TEXT NOT NULL,
    given_at DATETIME NOT NULL,
    withdrawn_at DATETIME
);
CREATE INDEX consent_student ON consent (student_id);

-- Whom an undone import had added: keyed hashes of what a later roster would name them by, so that they get their ID back.
CREATE TABLE student_tombstone (
    key BLOB NOT NULL,
    student_id BLOB NOT NULL REFERENCES student (id),
    PRIMARY KEY (key, student_id)
);
CREATE INDEX student_tombstone_student ON student_tombstone (student_id);

-- link: codes that find someone, and the chats that belong to someone
CREATE TABLE link_code (
    id BLOB NOT NULL PRIMARY KEY,
    office_id BLOB NOT NULL REFERENCES office (id),
    code_index BLOB NOT NULL UNIQUE,
    code_sealed BLOB NOT NULL,
    role TEXT NOT NULL,
    subject_id BLOB NOT NULL,
    expires_on DATE NOT NULL,
    wrong_tries INTEGER NOT NULL,
    created_at DATETIME NOT NULL,
    voided_at DATETIME
);
CREATE INDEX link_code_subject ON link_code (subject_id, role);
CREATE TABLE chat_link (
    id BLOB NOT NULL PRIMARY KEY,
    office_id BLOB NOT NULL REFERENCES office (id),
    role TEXT NOT NULL,
    subject_id BLOB NOT NULL,
    chat_index BLOB NOT NULL,
    chat_sealed BLOB NOT NULL,
    linked_at DATETIME NOT NULL,
    unlinked_at DATETIME
);
CREATE UNIQUE INDEX chat_link_once ON chat_link (subject_id, role, chat_index) WHERE unlinked_at IS NULL;
CREATE INDEX chat_link_chat ON chat_link (chat_index);
-- One row for each chat that ever wrote: its language, whether it can be reached, where its conversation stands.
CREATE TABLE chat (
    chat_index BLOB NOT NULL PRIMARY KEY,
    chat_sealed BLOB NOT NULL,
    language TEXT NOT NULL,
    unreachable TEXT,
    wrong_tries INTEGER NOT NULL,
    wrong_on DATE,
    step_sealed BLOB,
    updated_at DATETIME NOT NULL
);

-- roster
CREATE TABLE roster_import (
    id BLOB NOT NULL PRIMARY KEY,
    office_id BLOB NOT NULL REFERENCES office (id),
    place_id BLOB REFERENCES place (id),
    file_name TEXT NOT NULL,
    file_hash BLOB NOT NULL,
    layout TEXT,
    state TEXT NOT NULL,
    report TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_at DATETIME NOT NULL,
    undone_at DATETIME,
    -- The first and the last ID that it gave; of whoever is between them, import_id says whether they came with it.
    first_student BLOB,
    last_student BLOB
);
CREATE INDEX roster_import_office ON roster_import (office_id, created_at);
-- What the rows of an import did. Most are about somebody new, whose own row says it all; they are written here only when the
-- import is undone, for then nothing else of them is left.
CREATE TABLE roster_change (
    import_id BLOB NOT NULL REFERENCES roster_import (id) DEFERRABLE INITIALLY DEFERRED,
    row_number INTEGER NOT NULL,
    -- Which place's list the row is from.
    place_id BLOB NOT NULL REFERENCES place (id) DEFERRABLE INITIALLY DEFERRED,
    student_id BLOB,
    change TEXT NOT NULL,
    -- By what the student was found, and which fields changed.
    matched_by TEXT,
    fields TEXT,
    before_facts TEXT,
    -- What the student's facts came to; if they differ now, somebody changed them since.
    after_hash BLOB,
    PRIMARY KEY (import_id, row_number)
);
CREATE INDEX roster_change_student ON roster_change (student_id);
-- What waits for a person: a known student's other NIK or birth date, a NIK that somebody else holds, a student no longer listed.
CREATE TABLE roster_proposal (
    id BLOB NOT NULL PRIMARY KEY,
    import_id BLOB NOT NULL REFERENCES roster_import (id),
    -- As the spreadsheet shows it; 0 for whoever is not in it.
    row_number INTEGER NOT NULL,
    student_id BLOB NOT NULL REFERENCES student (id),
    kind TEXT NOT NULL,
    -- What the student had when it was proposed; if it differs now, the proposal is out of date.
    old_nik_index BLOB,
    old_birth_date DATE,
    new_nik_sealed BLOB,
    new_nik_index BLOB,
    new_birth_date DATE,
    state TEXT NOT NULL,
    decided_by TEXT,
    decided_at DATETIME
);
CREATE INDEX roster_proposal_import ON roster_proposal (import_id, row_number);
CREATE INDEX roster_proposal_student ON roster_proposal (student_id);
-- The files that were sent, sealed piece by piece, until the retention period is over.
CREATE TABLE roster_upload (
    import_id BLOB NOT NULL REFERENCES roster_import (id),
    piece INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    uploaded_at DATETIME NOT NULL,
    PRIMARY KEY (import_id, piece)
);
CREATE INDEX roster_upload_at ON roster_upload (uploaded_at);
-- Odd headers, by place: which of our columns a header means, as somebody said once.
CREATE TABLE roster_heading (
    place_id BLOB NOT NULL REFERENCES place (id),
    title TEXT NOT NULL,
    field TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_at DATETIME NOT NULL,
    PRIMARY KEY (place_id, title)
);

-- visit
CREATE TABLE visit (
    id BLOB NOT NULL PRIMARY KEY,
    office_id BLOB NOT NULL REFERENCES office (id),
    team_id BLOB NOT NULL REFERENCES team (id),
    place_id BLOB NOT NULL REFERENCES place (id),
    visit_on DATE NOT NULL,
    day_order INTEGER NOT NULL,
    starts_at DATETIME NOT NULL,
    ends_at DATETIME NOT NULL,
    state TEXT NOT NULL,
    revision INTEGER NOT NULL,
    cancel_reason TEXT,
    announced_at DATETIME,
    confirmed_at DATETIME,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL
);
CREATE INDEX visit_office ON visit (office_id, visit_on);
CREATE TABLE visit_student (
    visit_id BLOB NOT NULL REFERENCES visit (id),
    student_id BLOB NOT NULL REFERENCES student (id),
    result TEXT,
    reason TEXT,
    resulted_at DATETIME,
    presumed BOOLEAN NOT NULL DEFAULT FALSE,
    walk_in BOOLEAN NOT NULL DEFAULT FALSE,
    ikd TEXT,
    PRIMARY KEY (visit_id, student_id)
);
CREATE INDEX visit_student_student ON visit_student (student_id);
-- A village, a community or a school asks for a visit, or somebody who cannot come.
CREATE TABLE visit_order (
    id BLOB NOT NULL PRIMARY KEY,
    office_id BLOB NOT NULL REFERENCES office (id),
    place_id BLOB NOT NULL REFERENCES place (id),
    student_id BLOB REFERENCES student (id),
    expected INTEGER NOT NULL,
    from_on DATE NOT NULL,
    to_on DATE NOT NULL,
    asked_by TEXT NOT NULL,
    phone_sealed BLOB,
    need_sealed BLOB,
    chat_sealed BLOB,
    state TEXT NOT NULL,
    visit_id BLOB REFERENCES visit (id),
    reason TEXT,
    answered_at DATETIME,
    created_on DATE NOT NULL
);
CREATE INDEX visit_order_office ON visit_order (office_id, state);
-- A place's contact has said that no day offered in place of this one suits: somebody calls.
CREATE TABLE visit_unsuited (
    visit_id BLOB NOT NULL REFERENCES visit (id),
    revision INTEGER NOT NULL,
    said_at DATETIME NOT NULL,
    PRIMARY KEY (visit_id, revision)
);
-- The letters that were printed: one number and one date for each day that a visit was announced for.
CREATE TABLE visit_letter (
    visit_id BLOB NOT NULL REFERENCES visit (id),
    revision INTEGER NOT NULL,
    office_id BLOB NOT NULL REFERENCES office (id),
    year INTEGER NOT NULL,
    number INTEGER NOT NULL,
    issued_on DATE NOT NULL,
    PRIMARY KEY (visit_id, revision),
    UNIQUE (office_id, year, number)
);
-- Calendars that somebody subscribes to by a secret link, of which only a keyed hash is kept.
CREATE TABLE calendar_feed (
    id BLOB NOT NULL PRIMARY KEY,
    office_id BLOB NOT NULL REFERENCES office (id),
    kind TEXT NOT NULL,
    subject_id BLOB NOT NULL,
    secret_index BLOB NOT NULL UNIQUE,
    created_at DATETIME NOT NULL,
    revoked_at DATETIME
);

-- Evening, weekend and village sessions, open to everybody.
CREATE TABLE session (
    id BLOB NOT NULL PRIMARY KEY,
    office_id BLOB NOT NULL REFERENCES office (id),
    place_id BLOB NOT NULL REFERENCES place (id),
    team_id BLOB REFERENCES team (id),
    held_on DATE NOT NULL,
    starts_at DATETIME NOT NULL,
    ends_at DATETIME NOT NULL,
    title TEXT,
    state TEXT NOT NULL,
    cancel_reason TEXT,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL
);
CREATE INDEX session_office ON session (office_id, starts_at);

-- card
CREATE TABLE national_record (
    student_id BLOB NOT NULL PRIMARY KEY REFERENCES student (id),
    status TEXT NOT NULL,
    as_of DATE NOT NULL,
    print_ready_on DATE
);
CREATE TABLE card (
    id BLOB NOT NULL PRIMARY KEY,
    student_id BLOB NOT NULL REFERENCES student (id),
    printed_on DATE NOT NULL,
    ready_on DATE,
    point_id BLOB REFERENCES pickup_point (id),
    collection_id BLOB,
    collected_at DATETIME,
    collected_on DATE,
    collected_by TEXT,
    relation TEXT,
    handed_by TEXT,
    spoiled_on DATE
);
CREATE UNIQUE INDEX card_live ON card (student_id) WHERE spoiled_on IS NULL;
CREATE TABLE blank_movement (
    id BLOB NOT NULL PRIMARY KEY,
    office_id BLOB NOT NULL REFERENCES office (id),
    point_id BLOB NOT NULL REFERENCES pickup_point (id),
    kind TEXT NOT NULL,
    amount INTEGER NOT NULL,
    moved_on DATE NOT NULL,
    actor TEXT NOT NULL,
    created_at DATETIME NOT NULL
);
CREATE INDEX blank_movement_point ON blank_movement (point_id);

-- notice
CREATE TABLE notice (
    id BLOB NOT NULL PRIMARY KEY,
    office_id BLOB NOT NULL REFERENCES office (id),
    recipient_kind TEXT NOT NULL,
    recipient_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    occasion TEXT NOT NULL,
    variant TEXT,
    state TEXT NOT NULL,
    reason TEXT,
    due_at DATETIME NOT NULL,
    next_attempt_at DATETIME,
    refusals INTEGER NOT NULL,
    ever_lost BOOLEAN NOT NULL,
    facts TEXT NOT NULL,
    sent_at DATETIME,
    told_by TEXT,
    text TEXT,
    created_at DATETIME NOT NULL,
    changed_at DATETIME NOT NULL,
    UNIQUE (recipient_kind, recipient_id, kind, occasion)
);
CREATE INDEX notice_open ON notice (office_id, state, due_at);
CREATE TABLE attempt (
    id BLOB NOT NULL PRIMARY KEY,
    notice_id BLOB NOT NULL REFERENCES notice (id),
    chat_index BLOB NOT NULL,
    lease_token INTEGER NOT NULL,
    started_at DATETIME NOT NULL,
    outcome TEXT NOT NULL,
    finished_at DATETIME,
    error TEXT,
    message_id INTEGER
);
CREATE INDEX attempt_notice ON attempt (notice_id);
CREATE INDEX attempt_open ON attempt (outcome) WHERE outcome = 'started';
CREATE INDEX attempt_started ON attempt (started_at);
-- What keeps the sender, one kind of notice, or everything silent, until when and why.
CREATE TABLE silence (
    scope TEXT NOT NULL PRIMARY KEY,
    until_at DATETIME,
    reason TEXT NOT NULL,
    since DATETIME NOT NULL
);

-- telegram: updates and answers live only until handled; the ID stays, so that none is handled twice.
CREATE TABLE telegram_update (
    update_id INTEGER NOT NULL PRIMARY KEY,
    sealed BLOB,
    received_at DATETIME NOT NULL,
    handled_at DATETIME
);
CREATE TABLE telegram_reply (
    id BLOB NOT NULL PRIMARY KEY,
    chat_index BLOB NOT NULL,
    sealed BLOB NOT NULL,
    created_at DATETIME NOT NULL
);
-- A file that was sent, until it was fetched and read; its content is never kept.
CREATE TABLE telegram_upload (
    id BLOB NOT NULL PRIMARY KEY,
    chat_index BLOB NOT NULL,
    sealed BLOB NOT NULL,
    tries INTEGER NOT NULL,
    next_try_at DATETIME NOT NULL,
    created_at DATETIME NOT NULL
);
-- A message that does not stay in its chat: it is taken out when its time is over, if nobody did so before.
CREATE TABLE telegram_lent (
    chat_index BLOB NOT NULL,
    message_id INTEGER NOT NULL,
    chat_sealed BLOB NOT NULL,
    since DATETIME NOT NULL,
    PRIMARY KEY (chat_index, message_id)
);
CREATE INDEX telegram_lent_since ON telegram_lent (since);

-- privacy
CREATE TABLE complaint (
    id BLOB NOT NULL PRIMARY KEY,
    office_id BLOB NOT NULL REFERENCES office (id),
    student_id BLOB,
    chat_sealed BLOB,
    text_sealed BLOB NOT NULL,
    created_at DATETIME NOT NULL,
    answer TEXT,
    answered_by TEXT,
    answered_at DATETIME
);
CREATE INDEX complaint_office ON complaint (office_id, created_at);

-- jobs
CREATE TABLE job_run (
    office_id BLOB NOT NULL REFERENCES office (id),
    job TEXT NOT NULL,
    slot DATETIME NOT NULL,
    node TEXT NOT NULL,
    started_at DATETIME NOT NULL,
    finished_at DATETIME,
    outcome TEXT,
    PRIMARY KEY (office_id, job, slot)
);
