-- A complaint that was answered, a nameless one, and one that waits for its answer; and an answer on its way.
INSERT INTO complaint (id, office_id, chat_sealed, text_sealed, created_at, answer, answered_by, answered_at)
    VALUES (X'0192a000000070008000000000000151', X'0192a000000070008000000000000001', X'0d', X'0e', '2026-11-10T01:00:00+00:00', 'Sudah.', 'os:contoh', '2026-11-11T01:00:00+00:00');
INSERT INTO complaint (id, office_id, text_sealed, created_at)
    VALUES (X'0192a000000070008000000000000152', X'0192a000000070008000000000000001', X'0f', '2026-11-10T01:00:00+00:00');
INSERT INTO telegram_reply (id, chat_index, sealed, created_at, sequence)
    VALUES (X'0192a000000070008000000000000153', X'07', X'09', '2026-12-10T01:00:00+00:00', 3);
