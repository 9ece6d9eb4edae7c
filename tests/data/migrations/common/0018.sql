-- A list that waits as a whole, as all did before one place's rows could.
INSERT INTO roster_import (id, office_id, place_id, file_name, file_hash, layout, state, report, actor, created_at)
    VALUES (X'0192a000000070008000000000000051', X'0192a000000070008000000000000001', X'0192a000000070008000000000000002', 'd.csv', X'dd', 'csv', 'parked', '{}', 'os:contoh', '2026-11-20T01:00:00+00:00');
