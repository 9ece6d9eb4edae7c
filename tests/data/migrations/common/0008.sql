-- Imports and answers whose order in time is not that of their IDs.
INSERT INTO roster_import (id, office_id, place_id, file_name, file_hash, layout, state, report, actor, created_at)
    VALUES (X'0192a000000070007fffffffffffffff', X'0192a000000070008000000000000001', X'0192a000000070008000000000000002', 'b.csv', X'bb', 'csv', 'applied', '{}', 'os:contoh', '2026-11-10T01:00:00+00:00');
INSERT INTO roster_import (id, office_id, place_id, file_name, file_hash, layout, state, report, actor, created_at)
    VALUES (X'0192a000000070008000000000000032', X'0192a000000070008000000000000001', X'0192a000000070008000000000000002', 'c.csv', X'cc', 'csv', 'parked', '{}', 'os:contoh', '2026-11-09T01:00:00+00:00');
INSERT INTO telegram_reply (id, chat_index, sealed, created_at)
    VALUES (X'0192a000000070008000000000000034', X'06', X'09', '2026-11-10T01:00:00+00:00'), (X'0192a000000070008000000000000033', X'06', X'0a', '2026-11-10T01:00:01+00:00');
INSERT INTO telegram_upload (id, chat_index, sealed, tries, next_try_at, created_at)
    VALUES (X'0192a000000070008000000000000035', X'06', X'0b', 0, '2026-11-10T01:00:00+00:00', '2026-11-10T01:00:00+00:00');
INSERT INTO telegram_update (update_id, sealed, received_at) VALUES (7, X'0c', '2026-11-10T01:00:00+00:00');
