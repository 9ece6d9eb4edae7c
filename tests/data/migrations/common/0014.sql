-- A notice whose text, and a complaint whose answer, still stands in clear.
UPDATE notice SET text = 'Kode K7QM2-XPD4N' WHERE id = X'0192a000000070008000000000000010';
INSERT INTO complaint (id, office_id, text_sealed, created_at, answer, answered_by, answered_at)
    VALUES (X'0192a000000070008000000000000080', X'0192a000000070008000000000000001', X'0d', '2026-11-25T01:00:00+00:00', 'Sudah diperbaiki.',
        'os:contoh', '2026-11-26T01:00:00+00:00');
