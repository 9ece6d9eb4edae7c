-- A name that a roster has otherwise was decided.
INSERT INTO roster_proposal (id, import_id, row_number, student_id, kind, old_name, new_name, state, decided_by, decided_at)
    VALUES (X'0192a000000070008000000000000028', X'0192a000000070008000000000000005', 2, X'0192a000000070008000000000000003', 'name', 'Siti', 'Siti Contoh', 'accepted', 'Bu Loket', '2026-11-06T01:00:00+00:00');
INSERT INTO roster_decision (proposal_id, student_id, before_facts, after_hash) VALUES (X'0192a000000070008000000000000028', X'0192a000000070008000000000000003', '{}', X'08');
