//! *Is this your family?* – about a chat that was linked for the same student.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::code::where_to_ask;
use super::talk::Talk;
use crate::desk::{FamilyAnswer, Linked};
use crate::link::{self, ChatLink, LinkRole, Standing};
use crate::messages::Arg;
use crate::messenger::Tap;
use crate::office::Office;
use crate::student::Student;
use crate::telegram::inbox::InboxError;

/// The two answers about a link.
fn answers(link: Uuid) -> [(&'static str, Tap); 2] {
    [("bot-button-ours", Tap::Kin { link, is_ours: true }), ("bot-button-not-ours", Tap::Kin { link, is_ours: false })]
}

/// Whose half of the slip linked a chat, as the catalogue chooses its words.
pub(super) fn half(role: LinkRole) -> Arg {
    if role == LinkRole::Guardian { "guardian" } else { "student" }.into()
}

/// Asks the chats that were linked before about a new one; a chat that was linked twice is asked once.
pub(super) fn ask_others(talk: &mut Talk<'_>, linked: &Linked, student: &Student) -> Result<(), InboxError> {
    let mut asked: Vec<&[u8]> = Vec::new();
    for other in &linked.others {
        if !asked.contains(&other.chat_index.as_slice()) {
            asked.push(&other.chat_index);
            let arguments = [("name", student.first_name().into()), ("half", half(linked.link.role))];
            talk.ask_elsewhere(other, "bot-new-chat", &arguments, &answers(linked.link.id))?;
        }
    }
    Ok(())
}

/// What the new chat is told of the others, with the question whether these are the family's.
pub(super) fn ask_newcomer(talk: &mut Talk<'_>, linked: &Linked, office: &Office, said: &str) {
    let mut others: Vec<String> = Vec::new();
    for other in &linked.others {
        let line = since(talk, office, other);
        if !others.contains(&line) {
            others.push(line);
        }
    }
    let asked = talk.text("bot-linked-asks", &[("others", others.join("; ").into())]);
    let row = answers(linked.link.id).map(|(label, tap)| talk.button(label, tap)).to_vec();
    talk.say_text(format!("{said}\n\n{asked}"), vec![row]);
}

/// "chat siswa sejak Senin, 23 November 2026".
pub(super) fn since(talk: &Talk<'_>, office: &Office, chat: &ChatLink) -> String {
    let day = talk.date(chat.linked_at.with_timezone(&office.zone()).date_naive());
    talk.text("bot-family-chat", &[("half", half(chat.role)), ("day", day.into())])
}

/// The chat that came after this one and about which nobody has answered yet.
pub(super) fn open_question<'c>(chats: &'c [ChatLink], own: &[u8], now: DateTime<Utc>) -> Option<&'c ChatLink> {
    let since = chats.iter().filter(|chat| chat.chat_index == own).map(|chat| (chat.linked_at, chat.id)).min()?;
    chats.iter().find(|chat| {
        (chat.linked_at, chat.id) > since
            && chat.chat_index != own
            && matches!(link::standing(chats, &chat.chat_index, now), Some(Standing::Asked(_)))
    })
}

/// Asks once more about a chat, below something else that is said.
pub(super) fn ask_again(talk: &mut Talk<'_>, said: String, chat: &ChatLink, student: &Student) {
    let arguments = [("name", student.first_name().into()), ("half", half(chat.role))];
    let question = talk.text("bot-new-chat", &arguments);
    let row = answers(chat.id).map(|(label, tap)| talk.button(label, tap)).to_vec();
    talk.say_text(format!("{said}\n\n{question}"), vec![row]);
}

/// *Our family* or *not* was tapped.
pub(super) async fn answered(talk: &mut Talk<'_>, id: Uuid, is_ours: bool) -> Result<(), InboxError> {
    let asked = link::living_link(talk.tx, id).await?;
    let office = asked.as_ref().and_then(|asked| talk.office(asked.office_id));
    let (Some(asked), Some(office)) = (asked, office) else {
        talk.say("bot-family-gone", &[]);
        return Ok(());
    };
    let own = link::chat_index(talk.desks.vault(), talk.id);
    let answer = talk.desk(&office).family_answers_in(talk.tx, &asked, &own, is_ours).await?;
    let ask: Arg = where_to_ask(talk, Some(&office)).into();
    match answer {
        FamilyAnswer::Vouched { student, chat } => {
            let name = || [("name", student.first_name().into())];
            talk.say("bot-family-vouched", &name());
            talk.tell(&chat, "bot-family-you-are", &name())?;
        }
        FamilyAnswer::Cut { student, chat } => {
            let arguments = || [("name", student.first_name().into()), ("ask", ask.clone())];
            talk.say("bot-family-cut", &arguments());
            talk.tell(&chat, "bot-family-you-are-cut", &arguments())?;
        }
        FamilyAnswer::Disputed { student, chats } => {
            let arguments = || [("name", student.first_name().into()), ("ask", ask.clone())];
            talk.say("bot-family-disputed", &arguments());
            for chat in &chats {
                talk.tell(chat, "bot-family-you-are-disputed", &arguments())?;
            }
        }
        FamilyAnswer::Noted => talk.say("bot-family-noted", &[]),
        FamilyAnswer::NotKnown => talk.say("bot-family-not-known", &[("ask", ask)]),
        FamilyAnswer::Gone => talk.say("bot-family-gone", &[]),
    }
    Ok(())
}
