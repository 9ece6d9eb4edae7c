-- A notice whose next attempt comes later, and an alarm that goes out at any hour.
INSERT INTO notice (id, office_id, recipient_kind, recipient_id, kind, occasion, state, due_at, next_attempt_at, refusals, ever_lost,
        facts, created_at, changed_at)
    VALUES (X'0192a000000070008000000000000065', X'0192a000000070008000000000000001', 'student', X'0192a000000070008000000000000004',
        'turned_17', '-', 'due', '2026-11-30T00:00:00+00:00', '2026-11-30T00:15:00+00:00', 1, FALSE, '{}',
        '2026-11-30T00:00:00+00:00', '2026-11-30T00:00:00+00:00'),
    (X'0192a000000070008000000000000066', X'0192a000000070008000000000000001', 'staff', X'0192a000000070008000000000000003',
        'alarm', 'token', 'due', '2026-11-30T00:00:00+00:00', NULL, 0, FALSE, '{}', '2026-11-30T00:00:00+00:00',
        '2026-11-30T00:00:00+00:00');
