-- An entry that was sealed, with the head of its time, and one that waits.
INSERT INTO audit_entry (id, office_id, at, actor, action, subject, detail, sequence, hash)
    VALUES (X'0192a000000070008000000000000061', X'0192a000000070008000000000000001', '2026-11-10T01:00:00+00:00', 'os:contoh', 'student.seen', 'student:1', '', 1, X'0d0d');
INSERT INTO audit_entry (id, office_id, at, actor, action, subject, detail)
    VALUES (X'0192a000000070008000000000000062', X'0192a000000070008000000000000001', '2026-11-10T01:00:01+00:00', 'os:contoh', 'student.seen', 'student:1', '');
INSERT INTO meta (name, value) VALUES ('audit_head', '1:0e0e');
