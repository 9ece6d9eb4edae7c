-- An office whose ledger was brought up to date once.
INSERT INTO notice_sweep (office_id, read_at, mended)
SELECT id, '2026-11-20 01:00:00+00:00', 2 FROM office WHERE id NOT IN (SELECT office_id FROM notice_sweep);
