-- A notice that is due, and a second office that has nobody yet.
INSERT INTO notice (id, office_id, recipient_kind, recipient_id, kind, occasion, state, due_at, refusals, ever_lost, facts, created_at,
        changed_at)
    VALUES (X'0192a000000070008000000000000060', X'0192a000000070008000000000000001', 'student', X'0192a000000070008000000000000003',
        'turned_17', '-', 'due', '2026-11-30T00:00:00+00:00', 0, FALSE, '{}', '2026-11-30T00:00:00+00:00', '2026-11-30T00:00:00+00:00');
INSERT INTO office (id, code, declaration, hold_reason, created_at)
    SELECT X'0192a000000070008000000000000061', 'lain', REPLACE(declaration, '"contoh"', '"lain"'), 'new_office', created_at
    FROM office WHERE code = 'contoh';
