//! What is sent about students: the facts of all who are looked at together are read in one batch.

use std::collections::HashMap;

use uuid::Uuid;

use super::SendError;
use super::plan::{Plan, is_free};
use super::queue::Candidate;
use super::sender::Sender;
use crate::db::Tx;
use crate::link::{self, ChatLink, LinkRole, NewCode, WantedCode};
use crate::messenger::Outgoing;
use crate::notice::attempt::{self, Intent, Recipient};
use crate::notice::case::{NoticeRow, Person, Setting};
use crate::notice::ledger::{self, Look};
use crate::notice::text::{self, Reader, Words};
use crate::notice::{AttemptId, AttemptOutcome, Kind, State, further};
use crate::office::UncertainPolicy;
use crate::student::StudentId;

/// A notice that goes out now, with where it goes.
struct Chosen {
    person: Person,
    notice: usize,
    targets: Vec<(ChatLink, i64)>,
    /// Something was tried for it before.
    tried: bool,
}

impl Chosen {
    fn notice(&self) -> &NoticeRow {
        &self.person.notices[self.notice]
    }
}

impl Sender {
    /// Brings the candidates' rows up to date and plans what goes out of them.
    pub(super) async fn claim_for_students(
        &self,
        tx: &mut Tx,
        look: &Look<'_>,
        candidates: &[&Candidate],
        plan: &mut Plan,
    ) -> Result<(), SendError> {
        if candidates.is_empty() {
            return Ok(());
        }
        let mut ids: Vec<StudentId> = candidates.iter().map(|one| StudentId(one.recipient_id)).collect();
        // Everybody asks for people in the same order, so that no two wait for each other.
        ids.sort_unstable();
        let setting = &look.setting;
        let (_, people) = ledger::reconcile_people(tx, look, &ids).await?;
        let mut people: HashMap<Uuid, Person> =
            people.into_iter().map(|person| (person.student.id.0, person)).collect();
        let mut chosen = Vec::new();
        for candidate in candidates {
            match people.remove(&candidate.recipient_id) {
                Some(person) => chosen.extend(self.choose(tx, look, candidate, person, plan).await?),
                None => plan.rests.push(candidate.recipient_id),
            }
        }
        self.intend_for(tx, setting, &chosen, plan).await?;
        // With the attempt under way other rows of the person may have to change, and none has to once it was accepted.
        let mut under_way = Vec::with_capacity(chosen.len());
        for Chosen { mut person, notice, targets, .. } in chosen {
            let row = &mut person.notices[notice];
            row.further_at = None;
            // What is out and goes to a further chat stays out.
            if row.state == State::Due {
                (row.state, row.reason, row.changed_at) = (State::Sending, None, setting.now);
            }
            let made = person.attempts.entry(row.id).or_default();
            made.extend(targets.into_iter().map(|(chat, _)| (chat.chat_index, AttemptOutcome::Started)));
            under_way.push(person);
        }
        ledger::agree_again(tx, look, &mut under_way).await?;
        Ok(())
    }

    /// Looks whether a candidate goes out now.
    async fn choose(
        &self,
        tx: &mut Tx,
        look: &Look<'_>,
        candidate: &Candidate,
        person: Person,
        plan: &mut Plan,
    ) -> Result<Option<Chosen>, SendError> {
        let goes_out =
            |row: &NoticeRow| row.state == State::Due || row.further_at.is_some_and(|from| from <= look.setting.now);
        let at = person.notices.iter().position(|row| row.id == candidate.id && goes_out(row));
        let Some(notice) = at else { return Ok(None) };
        let row = &person.notices[notice];
        let resends = ledger::uncertain_policy(look.setting.office, row.kind) == UncertainPolicy::Resend;
        let mut targets = Vec::new();
        for chat in further::owed(&person, row, resends) {
            targets.push((chat.clone(), chat.chat_id(&self.vault)?));
        }
        let attempts = person.attempts.get(&row.id);
        let tried = attempts.is_some();
        let is_reached =
            row.state == State::Due && attempts.is_some_and(|made| !attempt::reached_chats(made).is_empty());
        if targets.is_empty() && is_reached {
            // Whoever is left has gone since; it reached the others.
            attempt::reached(tx, look.setting.now, &[candidate.id]).await?;
            // From now on it counts as read.
            ledger::reconcile_people(tx, look, &[person.student.id]).await?;
            return Ok(None);
        }
        if targets.is_empty() {
            plan.rests.push(candidate.recipient_id);
            return Ok(None);
        }
        // A chat is written to by one call at a time; the notice waits for its turn as a whole.
        let busy =
            targets.iter().find(|(chat, id)| !is_free(self.messenger.as_ref(), &plan.busy, &chat.chat_index, *id));
        if let Some((chat, id)) = busy {
            plan.waits.push((chat.chat_index.clone(), *id, candidate.recipient_id));
            return Ok(None);
        }
        if !plan.has_room(targets.len()) {
            return Ok(None);
        }
        plan.take(targets.iter().map(|(chat, _)| &chat.chat_index));
        Ok(Some(Chosen { person, notice, targets, tried }))
    }

    /// Renders what goes out.
    async fn intend_for(
        &self,
        tx: &mut Tx,
        setting: &Setting<'_>,
        chosen: &[Chosen],
        plan: &mut Plan,
    ) -> Result<(), SendError> {
        let codes = self.pickup_codes(tx, setting, chosen).await?;
        let words = Words { messages: &self.messages, holidays: &self.holidays };
        let chats: Vec<&[u8]> =
            chosen.iter().flat_map(|one| &one.targets).map(|(chat, _)| chat.chat_index.as_slice()).collect();
        let students = link::students_in(tx, &chats).await?;
        for one in chosen {
            let (person, notice) = (&one.person, one.notice());
            let subject = person.student.id.0;
            let code = if shows_code(notice) { codes.get(&subject).map(String::as_str) } else { None };
            for (chat, id) in &one.targets {
                // Whoever has half a slip and a birth date does not thereby fetch the card.
                let code = code.filter(|_| link::may_read_code(&person.chats, &chat.chat_index, setting.now));
                let made = person.attempts.get(&notice.id).map(Vec::as_slice).unwrap_or_default();
                let is_lost = |chat: &[u8]| made.iter().any(|(to, made)| to == chat && *made == AttemptOutcome::Lost);
                // Where no call is known to be lost, the whole notice is in doubt, as after a copy was put back.
                let is_any = made.iter().any(|(_, made)| *made == AttemptOutcome::Lost);
                let lost = notice.ever_lost && (!is_any || is_lost(&chat.chat_index));
                // Whoever certainly never got it is not told that it may be a repeat.
                let notice = &NoticeRow { ever_lost: lost, ..notice.clone() };
                let students = students.get(&chat.chat_index).map(Vec::as_slice).unwrap_or_default();
                let reader = Reader { role: chat.role, language: &chat.language, students };
                let text = text::render(words, setting, person, notice, reader, code);
                plan.intents.push(Intent {
                    attempt: AttemptId::new(&self.clock),
                    notice: notice.id,
                    recipient: Recipient { id: subject, looked_at: Some((setting.today, setting.office.zone())) },
                    chat_index: chat.chat_index.clone(),
                    chat: *id,
                    kind: notice.kind,
                    office: setting.office.id,
                    is_only: one.targets.len() == 1 && !one.tried,
                    message: Outgoing::plain(text),
                });
            }
        }
        Ok(())
    }

    /// The codes that find the cards at the counter, made when they are first needed.
    async fn pickup_codes(
        &self,
        tx: &mut Tx,
        setting: &Setting<'_>,
        chosen: &[Chosen],
    ) -> Result<HashMap<Uuid, String>, SendError> {
        let with_code = chosen.iter().filter(|one| shows_code(one.notice()));
        let subjects: Vec<Uuid> = with_code.map(|one| one.person.student.id.0).collect();
        if subjects.is_empty() {
            return Ok(HashMap::new());
        }
        let standing = link::standing_codes(tx, &self.vault, LinkRole::Pickup, &subjects, setting.today).await?;
        let missing: Vec<Uuid> = subjects.into_iter().filter(|subject| !standing.contains_key(subject)).collect();
        let expires_on = setting.today.checked_add_months(chrono::Months::new(12)).unwrap_or(setting.today);
        let mut new = Vec::with_capacity(missing.len());
        for subject in missing {
            new.push((
                subject,
                link::new_code(&self.vault, WantedCode { role: LinkRole::Pickup, subject, expires_on })?,
            ));
        }
        let (subjects, new): (Vec<Uuid>, Vec<NewCode>) = new.into_iter().unzip();
        link::keep_codes(tx, &self.clock, setting.office.id, LinkRole::Pickup, &new).await?;
        let mut codes: HashMap<Uuid, String> = subjects.into_iter().zip(new.into_iter().map(|one| one.code)).collect();
        codes.extend(standing.into_iter().map(|(subject, code)| (subject, code.to_string())));
        Ok(codes)
    }
}

/// Whether a notice names the code that finds the card.
fn shows_code(notice: &NoticeRow) -> bool {
    matches!(notice.kind, Kind::CardReady | Kind::CollectReminder | Kind::CollectChanged)
        || matches!(notice.variant.as_deref(), Some("collect" | "print_on_arrival"))
}
