//! One update being answered: the chat, whom it belongs to, and what is to be done.

use uuid::Uuid;

use super::step::{At, Conversation, Step};
use crate::audit::Actor;
use crate::clock::Clock;
use crate::db::Tx;
use crate::desk::{Desk, Desks};
use crate::link::{self, Chat, ChatLink, LinkRole};
use crate::mailbox::{Act, MailboxError};
use crate::messages::Arg;
use crate::messenger::{Button, Outgoing, Tap};
use crate::notice::text::{Words, long_date};
use crate::office::{self, Office, OfficeId};
use crate::staff::{self, Right, Staff, StaffId};
use crate::student::{self, Student, StudentId};
use crate::telegram::inbox::InboxError;
use crate::vault::Purpose;

/// Longest text that Telegram takes, in its own count of characters.
const LONGEST: usize = 4096;

/// What a chat's update gives to do, with the chat it is to be done in.
pub(super) type Acts = Vec<(i64, Act)>;

pub(super) struct Talk<'a> {
    pub desks: &'a Desks,
    pub tx: &'a mut Tx,
    /// The chat's number.
    pub id: i64,
    pub chat: Chat,
    pub step: Option<Step>,
    /// Students about whose card the question was cancelled.
    cancelled: Vec<StudentId>,
    /// Whom the chat belongs to.
    pub links: Vec<ChatLink>,
    /// Every office, by code.
    pub offices: Vec<Office>,
    acts: Acts,
}

impl<'a> Talk<'a> {
    /// Reads the chat. Whoever writes can be reached again.
    pub async fn begin(desks: &'a Desks, tx: &'a mut Tx, id: i64) -> Result<Self, InboxError> {
        let mut chat = link::chat(tx, desks.clock(), desks.vault(), id).await?;
        if chat.unreachable.take().is_some() {
            desks.reach_in(tx, id, None).await?;
        }
        // A step that does not open or read any more is as good as none.
        let kept = chat
            .step_sealed
            .take()
            .and_then(|sealed| desks.vault().open_sealed(Purpose::Telegram, &sealed).ok())
            .map(|bytes| Conversation::read(&bytes))
            .unwrap_or_default();
        let step = kept.step.filter(|step| !step.is_over(desks.clock().now()));
        let links = link::subjects_of(tx, desks.vault(), id).await?;
        let offices = office::all(tx).await?;
        Ok(Self { desks, tx, id, chat, step, cancelled: kept.cancelled, links, offices, acts: Vec::new() })
    }

    /// Writes the chat back; gives everything to be done, `before` first.
    pub async fn end(mut self, before: Acts) -> Result<Acts, InboxError> {
        let kept = Conversation { step: self.step.take(), cancelled: std::mem::take(&mut self.cancelled) };
        let kept = Some(kept).filter(|kept| !kept.is_empty());
        let step = kept.as_ref().map(serde_json::to_vec).transpose().map_err(MailboxError::Form)?;
        self.chat.step_sealed = step.map(|bytes| self.desks.vault().seal(Purpose::Telegram, &bytes)).transpose()?;
        link::save_chat(self.tx, self.desks.clock(), self.desks.vault(), self.id, &self.chat).await?;
        Ok(before.into_iter().chain(self.acts).collect())
    }

    pub fn has_no_office(&self) -> bool {
        self.offices.is_empty()
    }

    pub fn clock(&self) -> &'a Clock {
        self.desks.clock()
    }

    pub fn words(&self) -> Words<'a> {
        Words { messages: self.desks.messages(), holidays: self.desks.holidays() }
    }

    /// A message of the catalogue in the chat's language.
    pub fn text(&self, id: &str, arguments: &[(&str, Arg)]) -> String {
        self.desks.messages().text(&self.chat.language, id, arguments)
    }

    pub fn date(&self, date: chrono::NaiveDate) -> String {
        long_date(self.desks.messages(), &self.chat.language, date)
    }

    pub fn say(&mut self, id: &str, arguments: &[(&str, Arg)]) {
        let text = self.text(id, arguments);
        self.say_text(text, Vec::new());
    }

    pub fn ask(&mut self, id: &str, arguments: &[(&str, Arg)], buttons: Vec<Vec<Button>>) {
        let text = self.text(id, arguments);
        self.say_text(text, buttons);
    }

    pub fn say_text(&mut self, text: String, buttons: Vec<Vec<Button>>) {
        self.acts.push((self.id, Act::Send(Outgoing { text: cut(text), buttons })));
    }

    /// Says something in another chat, in its language, if it can be reached.
    pub fn tell(&mut self, link: &ChatLink, id: &str, arguments: &[(&str, Arg)]) -> Result<(), InboxError> {
        if link.unreachable.is_none() {
            let text = self.desks.messages().text(&link.language, id, arguments);
            self.acts.push((link.chat_id(self.desks.vault())?, Act::Send(Outgoing::plain(cut(text)))));
        }
        Ok(())
    }

    /// The same with buttons below, each in a row of its own.
    pub fn ask_elsewhere(
        &mut self,
        link: &ChatLink,
        id: &str,
        arguments: &[(&str, Arg)],
        buttons: &[(&str, Tap)],
    ) -> Result<(), InboxError> {
        if link.unreachable.is_none() {
            let messages = self.desks.messages();
            let text = cut(messages.text(&link.language, id, arguments));
            let row =
                |(label, tap): &(&str, Tap)| vec![Button::new(messages.text(&link.language, label, &[]), tap.clone())];
            let buttons = buttons.iter().map(row).collect();
            self.acts.push((link.chat_id(self.desks.vault())?, Act::Send(Outgoing { text, buttons })));
        }
        Ok(())
    }

    /// Sends the day's numbers to this chat, as the account may read them.
    pub fn send_report(&mut self, account: StaffId) {
        self.acts.push((self.id, Act::SendReport { account, language: self.chat.language.clone() }));
    }

    pub fn delete(&mut self, message_id: i64) {
        self.acts.push((self.id, Act::Delete { message_id }));
    }

    pub fn stale(&mut self) {
        self.say("bot-stale", &[]);
    }

    /// A button with a label of the catalogue.
    pub fn button(&self, label: &str, tap: Tap) -> Button {
        Button::new(self.text(label, &[]), tap)
    }

    /// Says what can be said to whoever wrote something that is neither a code nor a command.
    pub async fn lost(&mut self) -> Result<(), InboxError> {
        if self.accounts().await?.iter().any(|account| account.role.may(Right::HandOut)) {
            self.say("bot-lost-counter", &[]);
        } else if self.links.is_empty() {
            self.say("bot-lost-unlinked", &[]);
        } else {
            self.say("bot-lost", &[]);
        }
        Ok(())
    }

    /// Goes to a step; gives its mark for the buttons that belong to it.
    pub fn go_to(&mut self, at: At) -> String {
        let step = Step::new(self.clock(), at);
        let mark = step.mark.clone();
        self.step = Some(step);
        mark
    }

    /// The question whether this student's card is handed out was cancelled, or is asked anew.
    pub fn note_card_question(&mut self, student: StudentId, is_cancelled: bool) {
        let mut kept = Conversation { step: None, cancelled: std::mem::take(&mut self.cancelled) };
        match is_cancelled {
            true => kept.cancel(student),
            false => kept.ask(student),
        }
        self.cancelled = kept.cancelled;
    }

    /// Whether the question about this student's card was cancelled, and none was asked since.
    pub fn is_card_question_cancelled(&self, student: StudentId) -> bool {
        self.cancelled.contains(&student)
    }

    /// The present step, if `mark` is its own.
    pub fn step_marked(&self, mark: &str) -> Option<At> {
        self.step.as_ref().filter(|step| step.mark == mark).map(|step| step.at.clone())
    }

    pub fn office(&self, id: OfficeId) -> Option<Office> {
        self.offices.iter().find(|office| office.id == id).cloned()
    }

    /// The office that speaks to this chat when nothing says which: that of its oldest link, or the only one there is.
    pub fn own_office(&self) -> Option<&Office> {
        let linked = self.links.first().and_then(|link| self.offices.iter().find(|office| office.id == link.office_id));
        linked.or_else(|| self.offices.first().filter(|_| self.offices.len() == 1))
    }

    /// The local date by which tries are counted and codes expire.
    pub fn today(&self) -> chrono::NaiveDate {
        let office = self.own_office().or_else(|| self.offices.first());
        office.map_or_else(|| self.clock().now().date_naive(), |office| self.clock().today(office.zone()))
    }

    /// The office's desk, for what the chat itself may change.
    pub fn desk(&self, office: &Office) -> Desk {
        self.desks.assemble(office.clone(), Actor::Daemon, None)
    }

    /// The office's desk for an account of this chat.
    pub fn desk_of(&self, office: Office, account: Staff) -> Desk {
        self.desks.assemble(office, Actor::Staff(account.name), Some(account.role))
    }

    /// The students whose chat this is, by the name that tells them apart.
    pub async fn students(&mut self) -> Result<Vec<Student>, InboxError> {
        let mut students: Vec<Student> = Vec::new();
        for link in &self.links {
            let known = students.iter().any(|student| student.id.0 == link.subject_id);
            if !matches!(link.role, LinkRole::Student | LinkRole::Guardian) || known {
                continue;
            }
            students.extend(student::load(self.tx, StudentId(link.subject_id)).await?);
        }
        students.sort_by_key(Student::first_name);
        Ok(students)
    }

    /// The name that a message to this chat begins with, which tells the student apart from the others who are spoken of here.
    pub async fn name_of(&mut self, student: &Student) -> Result<String, InboxError> {
        let others = self.students().await?;
        Ok(student::name_among(student, &others.iter().collect::<Vec<_>>()))
    }

    /// The open staff accounts whose chat this is.
    pub async fn accounts(&mut self) -> Result<Vec<Staff>, InboxError> {
        let mut accounts = Vec::new();
        for link in self.links.iter().filter(|link| link.role == LinkRole::Staff) {
            let account = staff::load(self.tx, StaffId(link.subject_id)).await?;
            accounts.extend(account.filter(|account| account.disabled_at.is_none()));
        }
        Ok(accounts)
    }

    /// The account with `right` at `office` whose chat this is.
    pub async fn account_with(&mut self, right: Right, office: OfficeId) -> Result<Option<Staff>, InboxError> {
        let accounts = self.accounts().await?;
        Ok(accounts.into_iter().find(|account| account.office_id == office && account.role.may(right)))
    }

    /// The student a command is for: the chosen one, or the only one. Otherwise asks, and gives none.
    pub async fn whom(
        &mut self,
        tap: impl Fn(Uuid) -> Tap,
        chosen: Option<Uuid>,
    ) -> Result<Option<Student>, InboxError> {
        let mut students = self.students().await?;
        if let Some(chosen) = chosen {
            let found = students.into_iter().find(|student| student.id.0 == chosen);
            if found.is_none() {
                self.stale();
            }
            return Ok(found);
        }
        match students.len() {
            0 => {
                let office = self.office_name();
                self.say("bot-not-linked", &[("office", office.into())]);
                Ok(None)
            }
            1 => Ok(students.pop()),
            _ => {
                let all: Vec<&Student> = students.iter().collect();
                let button = |one: &Student| Button::new(student::label_among(one, &all), tap(one.id.0));
                let rows = students.iter().map(|one| vec![button(one)]).collect();
                self.ask("bot-for-whom", &[], rows);
                Ok(None)
            }
        }
    }

    /// The office a command is about: the chosen one, or the only one that can be meant. Otherwise asks, and gives none.
    pub fn which_office(&mut self, tap: impl Fn(Uuid) -> Tap, chosen: Option<Uuid>) -> Option<Office> {
        if let Some(chosen) = chosen {
            let found = self.offices.iter().find(|office| office.id.0 == chosen).cloned();
            if found.is_none() {
                self.stale();
            }
            return found;
        }
        let linked = |office: &&Office| self.links.iter().any(|link| link.office_id == office.id);
        let mut meant: Vec<&Office> = self.offices.iter().filter(linked).collect();
        if meant.is_empty() {
            meant = self.offices.iter().collect();
        }
        if let [only] = meant[..] {
            return Some(only.clone());
        }
        let rows =
            meant.iter().map(|office| vec![Button::new(office.declaration.name.clone(), tap(office.id.0))]).collect();
        self.ask("bot-which-office", &[], rows);
        None
    }

    /// The office's name, or "the civil registry" where several can be meant.
    pub fn office_name(&self) -> String {
        self.own_office().map_or_else(|| self.text("bot-the-office", &[]), |office| office.declaration.name.clone())
    }
}

/// "SITI A., XI IPS 1".
pub(super) fn who(student: &Student) -> String {
    student.outward_name()
}

/// A text that Telegram takes: what is too long is cut, since a message refused says nothing at all.
fn cut(text: String) -> String {
    let mut length = 0;
    let end = text.char_indices().find(|(_, c)| {
        length += c.len_utf16();
        length > LONGEST
    });
    match end {
        Some((at, _)) => text.get(..at).unwrap_or_default().to_owned(),
        None => text,
    }
}
