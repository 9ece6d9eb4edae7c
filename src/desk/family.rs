//! What a student's chats say of each other: *our family*, or *not*. A code alone makes nobody the family (invariant 12).

use uuid::Uuid;

use super::context::{Desk, Done};
use super::link::{given_by, half, is_persons};
use crate::db::Tx;
use crate::link::{self, ChatLink, LinkRole};
use crate::messages::LANGUAGES;
use crate::notice::ledger;
use crate::student::{self, Student, StudentId};

/// How long a pickup code is good.
const PICKUP_MONTHS: chrono::Months = chrono::Months::new(12);

/// What an answer about a chat came to.
pub(crate) enum FamilyAnswer {
    /// The chat is the family's.
    Vouched { student: Student, chat: ChatLink },
    /// The chat is linked no longer.
    Cut { student: Student, chat: ChatLink },
    /// A chat that came later says it of earlier ones: nobody gets a code until the office has found out.
    Disputed { student: Student, chats: Vec<ChatLink> },
    /// Nothing had to change.
    Noted,
    /// Whoever answers is not known to be the family's either.
    NotKnown,
    /// The chat that was asked about is not linked any more, or whoever answers has nothing to do with it.
    Gone,
}

impl Desk {
    /// A chat of a student answers whether another one, whose link is `asked`, is the family's. About its own link it says that
    /// of those that were linked before.
    pub(crate) async fn family_answers_in(
        &self,
        tx: &mut Tx,
        asked: &ChatLink,
        answering: &[u8],
        is_ours: bool,
    ) -> Done<FamilyAnswer> {
        let student = StudentId(asked.subject_id);
        let Some(locked) = student::lock_one(tx, student).await? else { return Ok(FamilyAnswer::Gone) };
        let chats: Vec<ChatLink> =
            link::chats_of(tx, asked.subject_id).await?.into_iter().filter(|chat| is_persons(chat.role)).collect();
        let stands = |id: Uuid| chats.iter().any(|chat| chat.id == id);
        let before = |chat: &&ChatLink| (chat.linked_at, chat.id) < (asked.linked_at, asked.id);
        let speaks = |chat: &&ChatLink| chat.chat_index == answering;
        if !stands(asked.id) || !chats.iter().any(|chat| speaks(&chat)) {
            return Ok(FamilyAnswer::Gone);
        }
        let student = Student::from(locked);
        if asked.chat_index == answering {
            let earlier = chats.iter().filter(before).filter(|chat| !speaks(chat)).cloned().collect();
            return if is_ours { Ok(FamilyAnswer::Noted) } else { self.dispute(tx, student, asked, earlier).await };
        }
        // Who came later has no say about who was there, but by their own question.
        if !chats.iter().filter(before).any(|chat| speaks(&chat)) {
            return Ok(FamilyAnswer::Gone);
        }
        if !is_ours {
            return self.cut(tx, student, asked, &chats).await;
        }
        let now = self.clock.now();
        if !link::may_read_code(&chats, answering, now) {
            return Ok(FamilyAnswer::NotKnown);
        }
        match link::standing(&chats, &asked.chat_index, now) {
            Some(link::Standing::Asked(_)) => {}
            Some(link::Standing::Disputed) => return Ok(FamilyAnswer::NotKnown),
            _ => return Ok(FamilyAnswer::Noted),
        }
        link::vouch(tx, &self.clock, student.id.0, &asked.chat_index).await?;
        self.audit(tx, "chat.vouch", &format!("student:{}", student.id), half(asked.role)).await?;
        Ok(FamilyAnswer::Vouched { student, chat: asked.clone() })
    }

    /// Ends the link of a chat of which one that was linked before says that it is not the family's, with what was agreed there.
    async fn cut(&self, tx: &mut Tx, student: Student, asked: &ChatLink, chats: &[ChatLink]) -> Done<FamilyAnswer> {
        let knew_code = link::may_read_code(chats, &asked.chat_index, self.clock.now());
        self.take_agreement_back(tx, student.id, asked, chats, false).await?;
        link::unlink_chat(tx, &self.clock, student.id.0, &asked.chat_index).await?;
        if knew_code {
            self.replace_pickup_code(tx, student.id).await?;
        }
        self.audit(tx, "chat.cut", &format!("student:{}", student.id), half(asked.role)).await?;
        self.alarm_about_family(tx, "bot-alarm-family-cut", "chat_cut", asked, &student).await?;
        self.settle(tx, student.id).await?;
        Ok(FamilyAnswer::Cut { student, chat: asked.clone() })
    }

    /// Keeps the code from everybody until the office knows who is who: the chat that came later may be the thief's as well.
    async fn dispute(
        &self,
        tx: &mut Tx,
        student: Student,
        asked: &ChatLink,
        earlier: Vec<ChatLink>,
    ) -> Done<FamilyAnswer> {
        if earlier.is_empty() || asked.disputed_at.is_some() {
            return Ok(FamilyAnswer::Noted);
        }
        for chat in &earlier {
            self.take_agreement_back(tx, student.id, chat, &earlier, true).await?;
            link::dispute(tx, &self.clock, student.id.0, &chat.chat_index).await?;
        }
        link::dispute(tx, &self.clock, student.id.0, &asked.chat_index).await?;
        self.replace_pickup_code(tx, student.id).await?;
        self.audit(tx, "chat.dispute", &format!("student:{}", student.id), half(asked.role)).await?;
        self.alarm_about_family(tx, "bot-alarm-family-disputed", "chat_disputed", asked, &student).await?;
        self.settle(tx, student.id).await?;
        Ok(FamilyAnswer::Disputed { student, chats: earlier })
    }

    /// Takes back what was agreed in a chat, in each role in which it is linked; with `or_unknown` also where nobody wrote down
    /// in which.
    async fn take_agreement_back(
        &self,
        tx: &mut Tx,
        student: StudentId,
        of: &ChatLink,
        chats: &[ChatLink],
        or_unknown: bool,
    ) -> Done<()> {
        for chat in chats.iter().filter(|chat| chat.chat_index == of.chat_index) {
            if let Some(by) = given_by(chat.role) {
                student::withdraw_of_chat(tx, &self.clock, student, by, &chat.chat_index, or_unknown).await?;
            }
        }
        Ok(())
    }

    /// What a stranger may have read finds no card any more.
    async fn replace_pickup_code(&self, tx: &mut Tx, student: StudentId) -> Done<()> {
        let today = self.today();
        let role = LinkRole::Pickup;
        if link::standing_code(tx, &self.vault, role, student.0, today).await?.is_some() {
            let until = today.checked_add_months(PICKUP_MONTHS).unwrap_or(today);
            link::issue_code(tx, &self.clock, &self.vault, self.office.id, role, student.0, until).await?;
        }
        Ok(())
    }

    async fn alarm_about_family(
        &self,
        tx: &mut Tx,
        id: &str,
        occasion: &str,
        asked: &ChatLink,
        student: &Student,
    ) -> Done<()> {
        let arguments = [("who", student.outward_name().into()), ("half", half(asked.role).into())];
        let text = self.messages.text(LANGUAGES[0], id, &arguments);
        let occasion = format!("{occasion}:{}", asked.id);
        Ok(ledger::raise_alarm(tx, &self.clock, &self.office, &occasion, &text).await?)
    }
}
