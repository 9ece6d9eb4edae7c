-- One of each that an office has, as the first schema keeps it.
INSERT INTO meta (name, value) VALUES ('bot_name', 'contoh_bot');
INSERT INTO lease (name, holder, token, expires_ms) VALUES ('telegram', 'node', 3, 0);
INSERT INTO audit_entry (id, office_id, at, actor, action, subject, detail)
    VALUES (X'0192a000000070008000000000000012', X'0192a000000070008000000000000001', '2026-11-01T01:00:00+00:00', 'os:contoh', 'office.apply', 'office', '');
INSERT INTO office (id, code, declaration, hold_reason, created_at)
    VALUES (X'0192a000000070008000000000000001', 'contoh', '{"region": "52.71", "zone": "Asia/Makassar", "address": "Jl. Contoh No. 1, Mataram", "opening_hours": {"monday": "08:00-15:30", "tuesday": "08:00-15:30", "wednesday": "08:00-15:30", "thursday": "08:00-15:30", "friday": "08:00-11:00"}, "code": "contoh", "name": "Dinas Contoh"}', NULL, '2026-11-01T01:00:00+00:00');
INSERT INTO team (id, office_id, name) VALUES (X'0192a000000070008000000000000009', X'0192a000000070008000000000000001', 'Tim A');
INSERT INTO pickup_point (id, office_id, name) VALUES (X'0192a00000007000800000000000000a', X'0192a000000070008000000000000001', 'Loket');
INSERT INTO staff (id, office_id, name, role, created_at)
    VALUES (X'0192a00000007000800000000000000c', X'0192a000000070008000000000000001', 'Bu Loket', 'counter', '2026-11-01T01:00:00+00:00');
INSERT INTO place (id, office_id, code, kind, name, working_days)
    VALUES (X'0192a000000070008000000000000002', X'0192a000000070008000000000000001', '50200001', 'school', 'SMAN Contoh', '1,2,3,4,5');
INSERT INTO roster_import (id, office_id, place_id, file_name, file_hash, layout, state, report, actor, created_at)
    VALUES (X'0192a000000070008000000000000005', X'0192a000000070008000000000000001', X'0192a000000070008000000000000002', 'a.csv', X'aa', 'csv', 'applied', '{}', 'os:contoh', '2026-11-02T01:00:00+00:00');
INSERT INTO student (id, office_id, place_id, nisn, nik_sealed, nik_index, name, name_key, sex, birth_date, ever_married, recorded,
        left_school, import_id, import_row, import_place, import_hash, created_at)
    VALUES (X'0192a000000070008000000000000003', X'0192a000000070008000000000000001', X'0192a000000070008000000000000002', '0091234567', X'01', X'02', 'Siti Contoh', 'siti contoh', 'female', '2009-11-30', FALSE, 'no',
        FALSE, X'0192a000000070008000000000000005', 2, X'0192a000000070008000000000000002', X'03', '2026-11-02T01:00:00+00:00'),
        (X'0192a000000070008000000000000004', X'0192a000000070008000000000000001', NULL, NULL, NULL, NULL, 'Budi Contoh', 'budi contoh', 'male', '2009-12-24', FALSE, 'unknown',
        TRUE, NULL, NULL, NULL, NULL, '2026-11-03T01:00:00+00:00');
INSERT INTO consent (id, student_id, given_by, evidence, given_at)
    VALUES (X'0192a00000007000800000000000001e', X'0192a000000070008000000000000003', 'guardian', 'tap', '2026-11-04T01:00:00+00:00');
INSERT INTO link_code (id, office_id, code_index, code_sealed, role, subject_id, expires_on, wrong_tries, created_at)
    VALUES (X'0192a00000007000800000000000000d', X'0192a000000070008000000000000001', X'04', X'05', 'student', X'0192a000000070008000000000000003', '2027-12-31', 0, '2026-11-04T01:00:00+00:00');
INSERT INTO chat_link (id, office_id, role, subject_id, chat_index, chat_sealed, linked_at)
    VALUES (X'0192a00000007000800000000000000e', X'0192a000000070008000000000000001', 'student', X'0192a000000070008000000000000003', X'06', X'07', '2026-11-04T01:00:00+00:00');
INSERT INTO chat (chat_index, chat_sealed, language, wrong_tries, updated_at)
    VALUES (X'06', X'07', 'id', 0, '2026-11-04T00:00:00+00:00');
INSERT INTO roster_proposal (id, import_id, row_number, student_id, kind, old_birth_date, new_birth_date, state)
    VALUES (X'0192a00000007000800000000000000f', X'0192a000000070008000000000000005', 2, X'0192a000000070008000000000000003', 'birth_date', '2009-11-30', '2009-11-29', 'open');
INSERT INTO visit (id, office_id, team_id, place_id, visit_on, day_order, starts_at, ends_at, state, revision, created_at, updated_at)
    VALUES (X'0192a000000070008000000000000008', X'0192a000000070008000000000000001', X'0192a000000070008000000000000009', X'0192a000000070008000000000000002', '2026-11-20', 1, '2026-11-20T00:00:00+00:00', '2026-11-20T02:00:00+00:00', 'done', 1,
        '2026-11-05T01:00:00+00:00', '2026-11-20T03:00:00+00:00');
INSERT INTO visit_student (visit_id, student_id, result, resulted_at)
    VALUES (X'0192a000000070008000000000000008', X'0192a000000070008000000000000003', 'recorded', '2026-11-20T02:00:00+00:00');
INSERT INTO national_record (student_id, status, as_of) VALUES (X'0192a000000070008000000000000003', 'PROCESSING', '2026-11-21');
INSERT INTO card (id, student_id, printed_on) VALUES (X'0192a00000007000800000000000000b', X'0192a000000070008000000000000003', '2026-11-22');
INSERT INTO notice (id, office_id, recipient_kind, recipient_id, kind, occasion, state, due_at, refusals, ever_lost, facts, created_at,
        changed_at)
    VALUES (X'0192a000000070008000000000000010', X'0192a000000070008000000000000001', 'student', X'0192a000000070008000000000000003', 'recorded', '-', 'sent', '2026-11-20T02:00:00+00:00', 0, FALSE, '{}',
        '2026-11-20T02:00:00+00:00', '2026-11-20T02:01:00+00:00');
INSERT INTO attempt (id, notice_id, chat_index, lease_token, started_at, outcome, finished_at)
    VALUES (X'0192a000000070008000000000000011', X'0192a000000070008000000000000010', X'06', 3, '2026-11-20T02:00:30+00:00', 'accepted', '2026-11-20T02:01:00+00:00');
INSERT INTO job_run (office_id, job, slot, node, started_at)
    VALUES (X'0192a000000070008000000000000001', 'plan', '2026-11-20T17:30:00+00:00', 'node', '2026-11-20T17:30:00+00:00');
