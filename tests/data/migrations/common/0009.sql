-- A student with everything that reports ask for, and a married one.
UPDATE student SET recorded = 'yes', recorded_on = '2026-11-20' WHERE id = X'0192a000000070008000000000000003';
UPDATE student SET ever_married = TRUE WHERE id = X'0192a000000070008000000000000004';
