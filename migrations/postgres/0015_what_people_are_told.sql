-- From when on a notice that is out may go to a further chat of the same person; null where nobody else is owed it.
ALTER TABLE notice ADD COLUMN further_at TIMESTAMPTZ;
CREATE INDEX notice_further ON notice (office_id, further_at, id) WHERE further_at IS NOT NULL;

-- How often nobody knew whether an answer arrived, and whether it waits until its chat writes again.
ALTER TABLE telegram_reply ADD COLUMN lost INTEGER NOT NULL DEFAULT 0;
ALTER TABLE telegram_reply ADD COLUMN aside BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX telegram_reply_aside ON telegram_reply (chat_index) WHERE aside;

-- When the answer to a complaint arrived. Of those answered so far nobody kept account.
ALTER TABLE complaint ADD COLUMN delivered_at TIMESTAMPTZ;
UPDATE complaint SET delivered_at = answered_at WHERE chat_sealed IS NOT NULL;

-- Whoever has two chats may be owed what only one of them has got.
INSERT INTO notice_request (id, office_id, requested_at)
SELECT id, id, created_at FROM office
WHERE NOT EXISTS (SELECT 1 FROM notice_request r WHERE r.id = office.id);
