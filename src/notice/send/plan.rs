//! What goes out now, while it is being looked for.

use std::collections::HashSet;

use uuid::Uuid;

use super::queue::Candidate;
use super::sender::Sender;
use crate::messenger::{Messenger, Outgoing};
use crate::notice::AttemptId;
use crate::notice::attempt::{Intent, Recipient};
use crate::notice::case::Setting;

/// What goes out now, as far as it has been found.
pub(super) struct Plan {
    pub intents: Vec<Intent>,
    /// Chats that are written to by a call under way or planned.
    pub busy: HashSet<Vec<u8>>,
    /// Who waits for which chat.
    pub waits: Vec<(Vec<u8>, i64, Uuid)>,
    /// Who has nothing that can go out.
    pub rests: Vec<Uuid>,
    most: usize,
    planned: usize,
}

impl Plan {
    pub fn new(most: usize, busy: HashSet<Vec<u8>>) -> Self {
        Self { intents: Vec::new(), busy, waits: Vec::new(), rests: Vec::new(), most, planned: 0 }
    }

    pub fn room(&self) -> usize {
        self.most.saturating_sub(self.planned)
    }

    /// Whether so many calls have room. What goes to several chats at once has it even where there are fewer turns, if it comes
    /// first: the calls that have none wait for theirs.
    pub fn has_room(&self, calls: usize) -> bool {
        calls <= self.room() || self.planned == 0
    }

    /// Plans a call to each of these chats.
    pub fn take<'c>(&mut self, chats: impl Iterator<Item = &'c Vec<u8>>) {
        for chat in chats {
            self.planned += 1;
            self.busy.insert(chat.clone());
        }
    }
}

/// Whether nobody writes to a chat now, and its last message is long enough ago.
pub(super) fn is_free(messenger: &dyn Messenger, busy: &HashSet<Vec<u8>>, index: &[u8], chat: i64) -> bool {
    !busy.contains(index) && messenger.is_free(chat)
}

impl Sender {
    /// An intent about somebody other than a student.
    pub(super) fn intent(
        &self,
        setting: &Setting<'_>,
        candidate: &Candidate,
        chat_index: Vec<u8>,
        chat: i64,
        message: Outgoing,
    ) -> Intent {
        Intent {
            attempt: AttemptId::new(&self.clock),
            notice: candidate.id,
            recipient: Recipient { id: candidate.recipient_id, looked_at: None },
            chat_index,
            chat,
            kind: candidate.kind,
            office: setting.office.id,
            is_only: false,
            message,
        }
    }
}
