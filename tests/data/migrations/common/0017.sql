-- Somebody merged before what a merge changes was kept.
UPDATE student SET merged_into = X'0192a000000070008000000000000003', closed_reason = 'duplicate', closed_on = '2026-11-20' WHERE id = X'0192a000000070008000000000000004';
