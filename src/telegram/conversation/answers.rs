//! The office's answer to a complaint, into the chat it came from.

use crate::desk::Desk;
use crate::link;
use crate::messenger::Outgoing;
use crate::privacy::ComplaintId;
use crate::telegram::Act;
use crate::telegram::inbox::{self, InboxError};

/// Writes an answer down and, unless the complaint was nameless, puts it on its way, both or neither; gives the complaint's
/// ID and whether anybody will read it.
pub async fn answer_complaint(desk: &Desk, complaint: &str, text: &str) -> Result<(ComplaintId, bool), InboxError> {
    let mut tx = desk.db.write().await?;
    let (id, chat) = desk.answer_complaint_in(&mut tx, complaint, text).await?;
    if let Some(chat) = chat {
        let language = link::chat(&mut tx, &desk.clock, &desk.vault, chat).await?.language;
        let arguments = [
            ("office", desk.office.declaration.name.clone().into()),
            ("number", id.number().into()),
            ("text", text.trim().into()),
        ];
        let message = Outgoing::plain(desk.messages.text(&language, "bot-complaint-answer", &arguments));
        inbox::reply(&mut tx, &desk.clock, &desk.vault, chat, Act::Send(message)).await?;
    }
    tx.commit().await?;
    Ok((id, chat.is_some()))
}
