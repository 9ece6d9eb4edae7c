-- Two students made one: asked for by one person where something speaks against it, done, and perhaps taken back. What the merge
-- changed stands here, so that it can be taken back.
CREATE TABLE student_merge (
    id UUID NOT NULL PRIMARY KEY,
    kept_id UUID NOT NULL REFERENCES student (id),
    merged_id UUID NOT NULL REFERENCES student (id),
    asked_by TEXT NOT NULL,
    asked_at TIMESTAMPTZ NOT NULL,
    reason TEXT NOT NULL,
    -- Both as they were when it was asked for or done, sealed values still sealed.
    kept_before TEXT NOT NULL,
    merged_before TEXT NOT NULL,
    -- Null while a second person is waited for.
    merged_by TEXT,
    merged_at TIMESTAMPTZ,
    kept_after TEXT,
    -- What went from one to the other: chats, codes, agreements, card, notices.
    moved TEXT,
    taken_back_at TIMESTAMPTZ
);
CREATE INDEX student_merge_merged ON student_merge (merged_id);
CREATE INDEX student_merge_kept ON student_merge (kept_id);
