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
    token BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL
);

-- audit: appended in the operation's transaction, numbered and chained shortly after.
CREATE TABLE audit_entry (
    id UUID NOT NULL PRIMARY KEY,
    office_id UUID,
    at TIMESTAMPTZ NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    sequence BIGINT,
    hash BYTEA
);
CREATE UNIQUE INDEX audit_entry_sequence ON audit_entry (sequence);
CREATE INDEX audit_entry_unsealed ON audit_entry (id) WHERE sequence IS NULL;

-- office
CREATE TABLE office (
    id UUID NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    declaration TEXT NOT NULL,
    hold_reason TEXT,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE TABLE team (
    id UUID NOT NULL PRIMARY KEY,
    office_id UUID NOT NULL REFERENCES office (id),
    name TEXT NOT NULL,
    UNIQUE (office_id, name)
);
CREATE TABLE team_outage (
    id UUID NOT NULL PRIMARY KEY,
    team_id UUID NOT NULL REFERENCES team (id),
    starts_on DATE NOT NULL,
    until_on DATE NOT NULL,
    repaired_on DATE
);
CREATE TABLE pickup_point (
    id UUID NOT NULL PRIMARY KEY,
    office_id UUID NOT NULL REFERENCES office (id),
    name TEXT NOT NULL,
    UNIQUE (office_id, name)
);
CREATE TABLE pause (
    id UUID NOT NULL PRIMARY KEY,
    office_id UUID NOT NULL REFERENCES office (id),
    kind TEXT NOT NULL,
    starts_on DATE NOT NULL,
    until_on DATE NOT NULL,
    reason TEXT NOT NULL,
    resumed_on DATE
);
CREATE INDEX pause_office ON pause (office_id, kind);

-- staff
CREATE TABLE staff (
    id UUID NOT NULL PRIMARY KEY,
    office_id UUID NOT NULL REFERENCES office (id),
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    place_id UUID,
    disabled_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    UNIQUE (office_id, name)
);

-- place: schools, villages, communities
CREATE TABLE place (
    id UUID NOT NULL PRIMARY KEY,
    office_id UUID NOT NULL REFERENCES office (id),
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
    contact_phone_sealed BYTEA,
    UNIQUE (office_id, code),
    UNIQUE (id, office_id)
);

-- student
-- Written by the hundred thousand: references are looked at when a transaction ends, for otherwise SQLite keeps a copy of every
-- page that a statement touches, to be able to take back that statement alone.
CREATE TABLE student (
    id UUID NOT NULL PRIMARY KEY,
    office_id UUID NOT NULL,
    place_id UUID,
    nisn TEXT,
    nik_sealed BYTEA,
    nik_index BYTEA,
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
    phone_sealed BYTEA,
    ever_married BOOLEAN NOT NULL,
    recorded TEXT NOT NULL,
    recorded_on DATE,
    recording_id UUID,
    left_school BOOLEAN NOT NULL,
    closed_reason TEXT,
    closed_on DATE,
    merged_into UUID,
    import_id UUID,
    import_row INTEGER,
    -- Of whoever that import added: whose list it was, and what the facts came to (see roster_change). Null once it is undone.
    import_place UUID,
    import_hash BYTEA,
    -- Which fields came from another import than the student did: a JSON object of field → import and row.
    sources TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    -- Null until anything changes.
    updated_at TIMESTAMPTZ,
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
    id UUID NOT NULL PRIMARY KEY,
    student_id UUID NOT NULL REFERENCES student (id),
    given_by TEXT NOT NULL,
    evidence TEXT NOT NULL,
    given_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ
);
CREATE INDEX consent_student ON consent (student_id);

-- Whom an undone import had added: keyed hashes of what a later roster would name them by, so that they get their ID back.
CREATE TABLE student_tombstone (
    key BYTEA NOT NULL,
    student_id UUID NOT NULL REFERENCES student (id),
    PRIMARY KEY (key, student_id)
);
CREATE INDEX student_tombstone_student ON student_tombstone (student_id);

-- link: codes that find someone, and the chats that belong to someone
CREATE TABLE link_code (
    id UUID NOT NULL PRIMARY KEY,
    office_id UUID NOT NULL REFERENCES office (id),
    code_index BYTEA NOT NULL UNIQUE,
    code_sealed BYTEA NOT NULL,
    role TEXT NOT NULL,
    subject_id UUID NOT NULL,
    expires_on DATE NOT NULL,
    wrong_tries INTEGER NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    voided_at TIMESTAMPTZ
);
CREATE INDEX link_code_subject ON link_code (subject_id, role);
CREATE TABLE chat_link (
    id UUID NOT NULL PRIMARY KEY,
    office_id UUID NOT NULL REFERENCES office (id),
    role TEXT NOT NULL,
    subject_id UUID NOT NULL,
    chat_index BYTEA NOT NULL,
    chat_sealed BYTEA NOT NULL,
    linked_at TIMESTAMPTZ NOT NULL,
    unlinked_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX chat_link_once ON chat_link (subject_id, role, chat_index) WHERE unlinked_at IS NULL;
CREATE INDEX chat_link_chat ON chat_link (chat_index);
-- One row for each chat that ever wrote: its language, whether it can be reached, where its conversation stands.
CREATE TABLE chat (
    chat_index BYTEA NOT NULL PRIMARY KEY,
    chat_sealed BYTEA NOT NULL,
    language TEXT NOT NULL,
    unreachable TEXT,
    wrong_tries INTEGER NOT NULL,
    wrong_on DATE,
    step_sealed BYTEA,
    updated_at TIMESTAMPTZ NOT NULL
);

-- roster
CREATE TABLE roster_import (
    id UUID NOT NULL PRIMARY KEY,
    office_id UUID NOT NULL REFERENCES office (id),
    place_id UUID REFERENCES place (id),
    file_name TEXT NOT NULL,
    file_hash BYTEA NOT NULL,
    layout TEXT,
    state TEXT NOT NULL,
    report TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    undone_at TIMESTAMPTZ,
    -- The first and the last ID that it gave; of whoever is between them, import_id says whether they came with it.
    first_student UUID,
    last_student UUID
);
CREATE INDEX roster_import_office ON roster_import (office_id, created_at);
-- What the rows of an import did. Most are about somebody new, whose own row says it all; they are written here only when the
-- import is undone, for then nothing else of them is left.
CREATE TABLE roster_change (
    import_id UUID NOT NULL REFERENCES roster_import (id) DEFERRABLE INITIALLY DEFERRED,
    row_number INTEGER NOT NULL,
    -- Which place's list the row is from.
    place_id UUID NOT NULL REFERENCES place (id) DEFERRABLE INITIALLY DEFERRED,
    student_id UUID,
    change TEXT NOT NULL,
    -- By what the student was found, and which fields changed.
    matched_by TEXT,
    fields TEXT,
    before_facts TEXT,
    -- What the student's facts came to; if they differ now, somebody changed them since.
    after_hash BYTEA,
    PRIMARY KEY (import_id, row_number)
);
CREATE INDEX roster_change_student ON roster_change (student_id);
-- What waits for a person: a known student's other NIK or birth date, a NIK that somebody else holds, a student no longer listed.
CREATE TABLE roster_proposal (
    id UUID NOT NULL PRIMARY KEY,
    import_id UUID NOT NULL REFERENCES roster_import (id),
    -- As the spreadsheet shows it; 0 for whoever is not in it.
    row_number INTEGER NOT NULL,
    student_id UUID NOT NULL REFERENCES student (id),
    kind TEXT NOT NULL,
    -- What the student had when it was proposed; if it differs now, the proposal is out of date.
    old_nik_index BYTEA,
    old_birth_date DATE,
    new_nik_sealed BYTEA,
    new_nik_index BYTEA,
    new_birth_date DATE,
    state TEXT NOT NULL,
    decided_by TEXT,
    decided_at TIMESTAMPTZ
);
CREATE INDEX roster_proposal_import ON roster_proposal (import_id, row_number);
CREATE INDEX roster_proposal_student ON roster_proposal (student_id);
-- The files that were sent, sealed piece by piece, until the retention period is over.
CREATE TABLE roster_upload (
    import_id UUID NOT NULL REFERENCES roster_import (id),
    piece INTEGER NOT NULL,
    sealed BYTEA NOT NULL,
    uploaded_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (import_id, piece)
);
CREATE INDEX roster_upload_at ON roster_upload (uploaded_at);
-- Odd headers, by place: which of our columns a header means, as somebody said once.
CREATE TABLE roster_heading (
    place_id UUID NOT NULL REFERENCES place (id),
    title TEXT NOT NULL,
    field TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (place_id, title)
);

-- visit
CREATE TABLE visit (
    id UUID NOT NULL PRIMARY KEY,
    office_id UUID NOT NULL REFERENCES office (id),
    team_id UUID NOT NULL REFERENCES team (id),
    place_id UUID NOT NULL REFERENCES place (id),
    visit_on DATE NOT NULL,
    day_order INTEGER NOT NULL,
    starts_at TIMESTAMPTZ NOT NULL,
    ends_at TIMESTAMPTZ NOT NULL,
    state TEXT NOT NULL,
    revision INTEGER NOT NULL,
    cancel_reason TEXT,
    announced_at TIMESTAMPTZ,
    confirmed_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX visit_office ON visit (office_id, visit_on);
CREATE TABLE visit_student (
    visit_id UUID NOT NULL REFERENCES visit (id),
    student_id UUID NOT NULL REFERENCES student (id),
    result TEXT,
    reason TEXT,
    resulted_at TIMESTAMPTZ,
    presumed BOOLEAN NOT NULL DEFAULT FALSE,
    walk_in BOOLEAN NOT NULL DEFAULT FALSE,
    ikd TEXT,
    PRIMARY KEY (visit_id, student_id)
);
CREATE INDEX visit_student_student ON visit_student (student_id);
-- A village, a community or a school asks for a visit, or somebody who cannot come.
CREATE TABLE visit_order (
    id UUID NOT NULL PRIMARY KEY,
    office_id UUID NOT NULL REFERENCES office (id),
    place_id UUID NOT NULL REFERENCES place (id),
    student_id UUID REFERENCES student (id),
    expected INTEGER NOT NULL,
    from_on DATE NOT NULL,
    to_on DATE NOT NULL,
    asked_by TEXT NOT NULL,
    phone_sealed BYTEA,
    need_sealed BYTEA,
    chat_sealed BYTEA,
    state TEXT NOT NULL,
    visit_id UUID REFERENCES visit (id),
    reason TEXT,
    answered_at TIMESTAMPTZ,
    created_on DATE NOT NULL
);
CREATE INDEX visit_order_office ON visit_order (office_id, state);
-- A place's contact has said that no day offered in place of this one suits: somebody calls.
CREATE TABLE visit_unsuited (
    visit_id UUID NOT NULL REFERENCES visit (id),
    revision INTEGER NOT NULL,
    said_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (visit_id, revision)
);
-- The letters that were printed: one number and one date for each day that a visit was announced for.
CREATE TABLE visit_letter (
    visit_id UUID NOT NULL REFERENCES visit (id),
    revision INTEGER NOT NULL,
    office_id UUID NOT NULL REFERENCES office (id),
    year INTEGER NOT NULL,
    number INTEGER NOT NULL,
    issued_on DATE NOT NULL,
    PRIMARY KEY (visit_id, revision),
    UNIQUE (office_id, year, number)
);
-- Calendars that somebody subscribes to by a secret link, of which only a keyed hash is kept.
CREATE TABLE calendar_feed (
    id UUID NOT NULL PRIMARY KEY,
    office_id UUID NOT NULL REFERENCES office (id),
    kind TEXT NOT NULL,
    subject_id UUID NOT NULL,
    secret_index BYTEA NOT NULL UNIQUE,
    created_at TIMESTAMPTZ NOT NULL,
    revoked_at TIMESTAMPTZ
);

-- Evening, weekend and village sessions, open to everybody.
CREATE TABLE session (
    id UUID NOT NULL PRIMARY KEY,
    office_id UUID NOT NULL REFERENCES office (id),
    place_id UUID NOT NULL REFERENCES place (id),
    team_id UUID REFERENCES team (id),
    held_on DATE NOT NULL,
    starts_at TIMESTAMPTZ NOT NULL,
    ends_at TIMESTAMPTZ NOT NULL,
    title TEXT,
    state TEXT NOT NULL,
    cancel_reason TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX session_office ON session (office_id, starts_at);

-- card
CREATE TABLE national_record (
    student_id UUID NOT NULL PRIMARY KEY REFERENCES student (id),
    status TEXT NOT NULL,
    as_of DATE NOT NULL,
    print_ready_on DATE
);
CREATE TABLE card (
    id UUID NOT NULL PRIMARY KEY,
    student_id UUID NOT NULL REFERENCES student (id),
    printed_on DATE NOT NULL,
    ready_on DATE,
    point_id UUID REFERENCES pickup_point (id),
    collection_id UUID,
    collected_at TIMESTAMPTZ,
    collected_on DATE,
    collected_by TEXT,
    relation TEXT,
    handed_by TEXT,
    spoiled_on DATE
);
CREATE UNIQUE INDEX card_live ON card (student_id) WHERE spoiled_on IS NULL;
CREATE TABLE blank_movement (
    id UUID NOT NULL PRIMARY KEY,
    office_id UUID NOT NULL REFERENCES office (id),
    point_id UUID NOT NULL REFERENCES pickup_point (id),
    kind TEXT NOT NULL,
    amount BIGINT NOT NULL,
    moved_on DATE NOT NULL,
    actor TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX blank_movement_point ON blank_movement (point_id);

-- notice
CREATE TABLE notice (
    id UUID NOT NULL PRIMARY KEY,
    office_id UUID NOT NULL REFERENCES office (id),
    recipient_kind TEXT NOT NULL,
    recipient_id UUID NOT NULL,
    kind TEXT NOT NULL,
    occasion TEXT NOT NULL,
    variant TEXT,
    state TEXT NOT NULL,
    reason TEXT,
    due_at TIMESTAMPTZ NOT NULL,
    next_attempt_at TIMESTAMPTZ,
    refusals INTEGER NOT NULL,
    ever_lost BOOLEAN NOT NULL,
    facts TEXT NOT NULL,
    sent_at TIMESTAMPTZ,
    told_by TEXT,
    text TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL,
    UNIQUE (recipient_kind, recipient_id, kind, occasion)
);
CREATE INDEX notice_open ON notice (office_id, state, due_at);
CREATE TABLE attempt (
    id UUID NOT NULL PRIMARY KEY,
    notice_id UUID NOT NULL REFERENCES notice (id),
    chat_index BYTEA NOT NULL,
    lease_token BIGINT NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    outcome TEXT NOT NULL,
    finished_at TIMESTAMPTZ,
    error TEXT,
    message_id BIGINT
);
CREATE INDEX attempt_notice ON attempt (notice_id);
CREATE INDEX attempt_open ON attempt (outcome) WHERE outcome = 'started';
CREATE INDEX attempt_started ON attempt (started_at);
-- What keeps the sender, one kind of notice, or everything silent, until when and why.
CREATE TABLE silence (
    scope TEXT NOT NULL PRIMARY KEY,
    until_at TIMESTAMPTZ,
    reason TEXT NOT NULL,
    since TIMESTAMPTZ NOT NULL
);

-- telegram: updates and answers live only until handled; the ID stays, so that none is handled twice.
CREATE TABLE telegram_update (
    update_id BIGINT NOT NULL PRIMARY KEY,
    sealed BYTEA,
    received_at TIMESTAMPTZ NOT NULL,
    handled_at TIMESTAMPTZ
);
CREATE TABLE telegram_reply (
    id UUID NOT NULL PRIMARY KEY,
    chat_index BYTEA NOT NULL,
    sealed BYTEA NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
-- A file that was sent, until it was fetched and read; its content is never kept.
CREATE TABLE telegram_upload (
    id UUID NOT NULL PRIMARY KEY,
    chat_index BYTEA NOT NULL,
    sealed BYTEA NOT NULL,
    tries INTEGER NOT NULL,
    next_try_at TIMESTAMPTZ NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
-- A message that does not stay in its chat: it is taken out when its time is over, if nobody did so before.
CREATE TABLE telegram_lent (
    chat_index BYTEA NOT NULL,
    message_id BIGINT NOT NULL,
    chat_sealed BYTEA NOT NULL,
    since TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (chat_index, message_id)
);
CREATE INDEX telegram_lent_since ON telegram_lent (since);

-- privacy
CREATE TABLE complaint (
    id UUID NOT NULL PRIMARY KEY,
    office_id UUID NOT NULL REFERENCES office (id),
    student_id UUID,
    chat_sealed BYTEA,
    text_sealed BYTEA NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    answer TEXT,
    answered_by TEXT,
    answered_at TIMESTAMPTZ
);
CREATE INDEX complaint_office ON complaint (office_id, created_at);

-- jobs
CREATE TABLE job_run (
    office_id UUID NOT NULL REFERENCES office (id),
    job TEXT NOT NULL,
    slot TIMESTAMPTZ NOT NULL,
    node TEXT NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ,
    outcome TEXT,
    PRIMARY KEY (office_id, job, slot)
);
