-- Why a code is not good any more: `used`, `replaced` by a newer one, called back (`reset`). Of those that ended earlier only
-- a replacement can be told, since the newer code was made at the same instant.
ALTER TABLE link_code ADD COLUMN void_reason TEXT;
UPDATE link_code SET void_reason = 'replaced' WHERE voided_at IS NOT NULL AND EXISTS (
    SELECT 1 FROM link_code newer WHERE newer.subject_id = link_code.subject_id AND newer.role = link_code.role
        AND newer.created_at = link_code.voided_at);

-- Since when a chat is known to be the family's, and since when somebody of the student's chats says that it is not. Whoever
-- was linked before this was asked goes on as they were.
ALTER TABLE chat_link ADD COLUMN vouched_at DATETIME;
ALTER TABLE chat_link ADD COLUMN disputed_at DATETIME;
UPDATE chat_link SET vouched_at = linked_at;

-- The chat in which an agreement was tapped, so that it goes with the chat.
ALTER TABLE consent ADD COLUMN chat_index BLOB;

UPDATE consent SET chat_index = (SELECT l.chat_index FROM chat_link l
    WHERE l.subject_id = consent.student_id AND l.role = consent.given_by AND l.linked_at <= consent.given_at
    ORDER BY l.linked_at DESC LIMIT 1);

-- What whoever came for somebody else's card showed.
ALTER TABLE card ADD COLUMN document TEXT;
