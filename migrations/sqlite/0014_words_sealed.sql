-- What was said to people, and what was answered to a complaint, is sealed like what they said. The columns in clear stay empty
-- once the daemon has sealed what an earlier siap17 wrote there; the indexes find what is left of it.
ALTER TABLE notice ADD COLUMN text_sealed BLOB;
ALTER TABLE complaint ADD COLUMN answer_sealed BLOB;
CREATE INDEX notice_text_open ON notice (id) WHERE text IS NOT NULL;
CREATE INDEX complaint_answer_open ON complaint (id) WHERE answer IS NOT NULL;
