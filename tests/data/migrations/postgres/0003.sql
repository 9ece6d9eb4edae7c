-- A student at a place, which the trigger of 0002 looks at.
UPDATE student SET place_id = X'0192a000000070008000000000000002' WHERE id = X'0192a000000070008000000000000004';
