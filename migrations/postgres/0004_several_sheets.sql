-- The names of a file's sheets, where several hold a roster: a JSON list in the file's order. Which of them a stored row number
-- is of, its upper bits say (see `roster::line`).
ALTER TABLE roster_import ADD COLUMN sheets TEXT;
