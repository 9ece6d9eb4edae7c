-- Somebody whose card can be printed, at last; blanks that came and went; a place's second visit.
UPDATE national_record SET status = 'PRINT_READY_RECORD', print_ready_on = '2026-11-22'
    WHERE student_id = X'0192a000000070008000000000000003';
INSERT INTO national_record (student_id, status, as_of, print_ready_on)
    VALUES (X'0192a000000070008000000000000004', 'PRINT_READY_RECORD', '2026-11-22', '2026-11-22');
INSERT INTO blank_movement (id, office_id, point_id, kind, amount, moved_on, actor, created_at)
    SELECT X'0192a000000070008000000000000070', office_id, id, 'received', 10, '2026-11-01', 'os:contoh', '2026-11-01T01:00:00+00:00'
    FROM pickup_point;
INSERT INTO visit (id, office_id, team_id, place_id, visit_on, day_order, starts_at, ends_at, state, revision, created_at, updated_at)
    SELECT X'0192a000000070008000000000000071', office_id, team_id, place_id, '2026-12-01', 1, '2026-12-01T00:00:00+00:00',
        '2026-12-01T02:00:00+00:00', 'announced', 1, created_at, updated_at
    FROM visit;
