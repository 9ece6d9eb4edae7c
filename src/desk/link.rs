//! What a chat with the bot changes: linking, stopping, being reached again. Each runs inside the transaction that also
//! settles the chat's update, so that no update counts twice.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::context::{Desk, Done};
use super::opening::Desks;
use super::refusal::LinkRefusal;
use crate::audit::Actor;
use crate::db::{DbError, Tx};
use crate::link::{self, ChatLink, LinkCode, LinkError, LinkRole};
use crate::messages::LANGUAGES;
use crate::notice::ledger;
use crate::office::{self, ConsentPolicy, OfficeId};
use crate::place::PlaceId;
use crate::staff::Staff;
use crate::student::{self, GivenBy, Student, StudentId};

/// More students than this in one chat is more than a family: somebody may be collecting slips.
const FAMILY: usize = 5;
/// What an agreement in the bot rests on.
const EVIDENCE: &str = "own tap in the bot, birth day and month given";

/// What ending a link did.
pub(crate) struct Stopped {
    /// Whether the agreement went with it, so that nothing is sent to any chat any more.
    pub agreement_ended: bool,
    /// The chats that stay linked.
    pub others: Vec<ChatLink>,
}

/// What linking a chat did.
pub(crate) struct Linked {
    pub link: ChatLink,
    /// The other chats, which were linked before.
    pub others: Vec<ChatLink>,
    /// Whether these are asked if the chat is the family's.
    pub asks: bool,
}

impl Desk {
    /// Links `chat` to what `code` stands for and ends the code. `subject` is the code's, or the student that one was merged
    /// into. A student's or a guardian's tap is written down as their agreement.
    pub(crate) async fn link_in(&self, tx: &mut Tx, code: &LinkCode, subject: Uuid, chat: i64) -> Done<Linked> {
        let index = link::chat_index(&self.vault, chat);
        let given_by = given_by(code.role);
        if given_by.is_some() {
            student::lock_one(tx, StudentId(subject)).await?;
        }
        if !link::use_code(tx, &self.clock, code.id).await? {
            return Err(LinkRefusal::UsedMeanwhile.into());
        }
        let (own, others): (Vec<ChatLink>, Vec<ChatLink>) =
            link::chats_of(tx, subject).await?.into_iter().partition(|known| known.chat_index == index);
        let is_known = given_by.is_none() || others.is_empty() || link::may_read_code(&own, &index, self.clock.now());
        link::link_chat(tx, &self.clock, &self.vault, self.office.id, code.role, subject, chat).await?;
        if !is_known {
            link::await_family(tx, subject, &index).await?;
        }
        let (kind, role) = match code.role {
            LinkRole::Student => ("student", "student"),
            LinkRole::Guardian => ("student", "guardian"),
            LinkRole::Contact => ("place", "contact"),
            LinkRole::Staff => ("staff", "staff"),
            LinkRole::Pickup => return Err(LinkRefusal::PickupCode.into()),
        };
        self.audit(tx, "chat.link", &format!("{kind}:{subject}"), role).await?;
        if let Some(by) = given_by {
            let student = StudentId(subject);
            student::agree_in_chat(tx, &self.clock, student, by, EVIDENCE, &index).await?;
            self.watch_for_crowd(tx, chat, &index).await?;
            self.settle(tx, student).await?;
        }
        if code.role == LinkRole::Contact {
            self.settle_contact(tx, PlaceId(subject)).await?;
        }
        let mut now = link::chats_of(tx, subject).await?;
        now.retain(|known| known.chat_index == index && known.role == code.role);
        let link = now.pop().ok_or(LinkError::Db(DbError::Interrupted))?;
        let asks = given_by.is_some() && own.is_empty() && !others.is_empty();
        Ok(Linked { link, others, asks })
    }

    /// Takes back what was agreed in one chat. Returns whether no agreement is left where there was one.
    async fn take_own_word_back(
        &self,
        tx: &mut Tx,
        student: StudentId,
        roles: &[LinkRole],
        index: &[u8],
    ) -> Done<bool> {
        let policy = self.office.policies().consent;
        let had = student::has_consent(tx, student, policy).await?;
        for by in roles.iter().filter_map(|role| given_by(*role)) {
            student::withdraw_of_chat(tx, &self.clock, student, by, index, false).await?;
        }
        Ok(had && !student::has_consent(tx, student, policy).await?)
    }

    /// Tells the office's head and administrators, once a day, that a slip which linked a chat is in other hands, too.
    pub(crate) async fn code_used_again_in(&self, tx: &mut Tx, code: &LinkCode, student: &Student) -> Done<()> {
        let occasion = format!("code_used_again:{}:{}", code.id, self.today());
        self.alarm_about_slip(tx, code, student, "bot-alarm-slip-again", &occasion).await
    }

    /// Tells them that a slip was given up, since its birth date was guessed in many chats.
    pub(crate) async fn code_burnt_in(&self, tx: &mut Tx, code: &LinkCode, student: &Student) -> Done<()> {
        let occasion = format!("code_burnt:{}", code.id);
        self.alarm_about_slip(tx, code, student, "bot-alarm-slip-burnt", &occasion).await
    }

    async fn alarm_about_slip(
        &self,
        tx: &mut Tx,
        code: &LinkCode,
        student: &Student,
        id: &str,
        occasion: &str,
    ) -> Done<()> {
        let arguments = [("who", student.outward_name().into()), ("half", half(code.role).into())];
        let text = self.messages.text(LANGUAGES[0], id, &arguments);
        Ok(ledger::raise_alarm(tx, &self.clock, &self.office, occasion, &text).await?)
    }

    /// Tells the office's head and administrators that a chat now acts for an account.
    pub(crate) async fn account_linked_in(&self, tx: &mut Tx, account: &Staff) -> Done<()> {
        let arguments = [("account", account.name.clone().into())];
        let text = self.messages.text(LANGUAGES[0], "bot-alarm-staff-chat", &arguments);
        let occasion = format!("staff_chat:{}:{}", account.id, self.clock.now().timestamp());
        Ok(ledger::raise_alarm(tx, &self.clock, &self.office, &occasion, &text).await?)
    }

    /// Raises an alarm when one chat holds more students than a family has; again with every few more.
    async fn watch_for_crowd(&self, tx: &mut Tx, chat: i64, index: &[u8]) -> Done<()> {
        let links = link::subjects_of(tx, &self.vault, chat).await?;
        let students: BTreeSet<Uuid> =
            links.iter().filter(|link| is_persons(link.role)).map(|l| l.subject_id).collect();
        if students.len() <= FAMILY {
            return Ok(());
        }
        let mut names = Vec::new();
        for id in students.iter().take(2 * FAMILY) {
            // Another office's students are counted, not named.
            let known = student::load(tx, StudentId(*id)).await?;
            names.extend(known.filter(|one| one.office_id == self.office.id).map(|one| one.short_name()));
        }
        let count = i64::try_from(students.len()).unwrap_or(i64::MAX);
        let arguments = [("count", count.into()), ("names", names.join(", ").into())];
        let text = self.messages.text(LANGUAGES[0], "bot-alarm-crowd", &arguments);
        // The blind index names the chat to nobody, but tells two chats apart.
        let mark = hex::encode(index.get(..4).unwrap_or_default());
        let occasion = format!("crowded_chat:{mark}:{}", students.len() / FAMILY);
        ledger::raise_alarm(tx, &self.clock, &self.office, &occasion, &text).await?;
        Ok(())
    }

    /// Ends what links `chat` to `subject`. The agreement goes too if it rests on whoever leaves, or if no chat is left.
    pub(crate) async fn stop_in(&self, tx: &mut Tx, subject: Uuid, chat: i64) -> Done<Stopped> {
        let index = link::chat_index(&self.vault, chat);
        let chats = link::chats_of(tx, subject).await?;
        let is_known = link::may_read_code(&chats, &index, self.clock.now());
        let own = chats.iter().filter(|link| link.chat_index == index);
        let roles: Vec<LinkRole> = own.map(|link| link.role).collect();
        link::unlink_chat(tx, &self.clock, subject, &index).await?;
        let others = link::chats_of(tx, subject).await?;
        if !roles.iter().any(|role| is_persons(*role)) {
            self.audit(tx, "chat.unlink", &format!("subject:{subject}"), "by the chat itself").await?;
            if roles.contains(&LinkRole::Contact) {
                self.settle_contact(tx, PlaceId(subject)).await?;
            }
            return Ok(Stopped { agreement_ended: false, others });
        }
        let decides = match self.office.policies().consent {
            ConsentPolicy::Guardian => LinkRole::Guardian,
            ConsentPolicy::Student => LinkRole::Student,
        };
        let student = StudentId(subject);
        // Whoever is not known to be the family takes back what was agreed in their own chat, and nobody else's word.
        let decides = others.is_empty() || (is_known && roles.contains(&decides));
        let agreement_ended = if decides {
            student::withdraw_consent(tx, &self.clock, student).await?;
            true
        } else if is_known {
            false
        } else {
            self.take_own_word_back(tx, student, &roles, &index).await?
        };
        let detail = if agreement_ended { "by the chat itself; agreement taken back" } else { "by the chat itself" };
        self.audit(tx, "chat.unlink", &format!("student:{subject}"), detail).await?;
        self.settle(tx, student).await?;
        Ok(Stopped { agreement_ended, others })
    }
}

impl Desks {
    /// Says whether `chat` can be reached (`Some(reason)` if not) and brings the notices of everyone in it up to date.
    pub(crate) async fn reach_in(&self, tx: &mut Tx, chat: i64, unreachable: Option<&str>) -> Done<()> {
        link::set_unreachable(tx, &link::chat_index(&self.vault, chat), unreachable).await?;
        let mut students: BTreeMap<OfficeId, BTreeSet<StudentId>> = BTreeMap::new();
        for link in link::subjects_of(tx, &self.vault, chat).await? {
            if link.role == LinkRole::Contact {
                let desk = self.assemble(office::load(tx, link.office_id).await?, Actor::Daemon, None);
                desk.settle_contact(tx, PlaceId(link.subject_id)).await?;
            }
            if is_persons(link.role) {
                students.entry(link.office_id).or_default().insert(StudentId(link.subject_id));
            }
        }
        for (office, students) in students {
            let desk = self.assemble(office::load(tx, office).await?, Actor::Daemon, None);
            desk.settle_all(tx, &students.into_iter().collect::<Vec<_>>()).await?;
        }
        Ok(())
    }
}

/// Who agrees by linking a chat in this role; `None` where nobody has to.
pub(super) fn given_by(role: LinkRole) -> Option<GivenBy> {
    match role {
        LinkRole::Student => Some(GivenBy::Student),
        LinkRole::Guardian => Some(GivenBy::Guardian),
        LinkRole::Contact | LinkRole::Staff | LinkRole::Pickup => None,
    }
}

/// Whose half of a slip it is, as the catalogue chooses its words.
pub(super) fn half(role: LinkRole) -> &'static str {
    if role == LinkRole::Guardian { "guardian" } else { "student" }
}

/// Whether the link is one of a student's chats.
pub(super) fn is_persons(role: LinkRole) -> bool {
    matches!(role, LinkRole::Student | LinkRole::Guardian)
}
