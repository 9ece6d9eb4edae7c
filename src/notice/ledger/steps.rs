//! What separates a recipient's rows from what should be true now: pure.

use std::collections::HashMap;

use chrono::{DateTime, Days, TimeDelta, Utc};
use uuid::Uuid;

use super::moment::{BEHIND, Moment};
use crate::calendar::Holidays;
use crate::clock::{Clock, local_instant};
use crate::link::ChatLink;
use crate::notice::case::{About, NoticeRow, Person, Setting};
use crate::notice::contacts::{self, Contact};
use crate::notice::further;
use crate::notice::rules::{self, Stand, Wanted};
use crate::notice::{Kind, NoticeId, State};
use crate::office::{ConsentPolicy, Office, UncertainPolicy};
use crate::student::{ClosedReason, GivenBy};

/// A row that changes may want others to change; more rounds than any chain of them is long.
const ROUNDS: usize = 5;
/// When whoever is not settled after so many is looked at again.
const AGAIN: TimeDelta = TimeDelta::minutes(1);

/// What everybody's verdict is judged by.
pub struct Look<'a> {
    pub clock: &'a Clock,
    pub setting: Setting<'a>,
    /// The kinds that a refused text has silenced.
    pub silenced: Vec<String>,
}

/// Whoever has rows in the ledger.
pub(super) trait Recipient {
    /// The recipient's kind as the ledger writes it.
    const KIND: &'static str;

    fn id(&self) -> Uuid;
    fn rows(&self) -> &[NoticeRow];
    fn rows_mut(&mut self) -> &mut Vec<NoticeRow>;
    /// Whether whoever has to agree to being written to has done so.
    fn consented(&self, office: &Office) -> bool;
    /// The chats whom a wanted notice is for.
    fn chats_for(&self, want: &Wanted) -> Vec<&ChatLink>;
    /// Whether a row that is out is owed to a further chat.
    fn owes(&self, office: &Office, want: &Wanted, row: &NoticeRow, wanted: &[Wanted]) -> bool;
    /// Why a notice that is no longer wanted is closed.
    fn closing(&self) -> &'static str;
    fn wanted(&self, setting: &Setting<'_>) -> Vec<Wanted>;
    /// When time alone may change that; `None` where it never does.
    fn next_moment(&self, setting: &Setting<'_>) -> Moment;
}

impl Recipient for Person {
    const KIND: &'static str = "student";

    fn id(&self) -> Uuid {
        self.student.id.0
    }

    fn rows(&self) -> &[NoticeRow] {
        &self.notices
    }

    fn rows_mut(&mut self) -> &mut Vec<NoticeRow> {
        &mut self.notices
    }

    fn consented(&self, office: &Office) -> bool {
        let any = office.policies().consent == ConsentPolicy::Student;
        self.consents.iter().any(|by| any || *by != GivenBy::Student)
    }

    fn chats_for(&self, want: &Wanted) -> Vec<&ChatLink> {
        further::meant(self, want.kind, &want.occasion)
    }

    fn owes(&self, office: &Office, want: &Wanted, row: &NoticeRow, wanted: &[Wanted]) -> bool {
        let resends = uncertain_policy(office, row.kind) == UncertainPolicy::Resend;
        further::is_of_use(want, row, wanted, &self.notices) && !further::owed(self, row, resends).is_empty()
    }

    fn closing(&self) -> &'static str {
        let undone = self.student.closed_reason == Some(ClosedReason::ImportUndone);
        if undone { "import_undone" } else { "no_longer_true" }
    }

    fn wanted(&self, setting: &Setting<'_>) -> Vec<Wanted> {
        rules::wanted(&self.case(setting))
    }

    fn next_moment(&self, setting: &Setting<'_>) -> Moment {
        // Whoever was merged is told as the one who is kept.
        if self.student.merged_into.is_some() { None } else { rules::next_moment(&self.case(setting)) }
    }
}

/// A place's contact and the calendar in which school days are counted.
pub(super) struct Reached<'a> {
    pub contact: Contact,
    pub holidays: &'a Holidays,
}

impl Recipient for Reached<'_> {
    const KIND: &'static str = contacts::RECIPIENT;

    fn id(&self) -> Uuid {
        self.contact.place.id.0
    }

    fn rows(&self) -> &[NoticeRow] {
        &self.contact.notices
    }

    fn rows_mut(&mut self) -> &mut Vec<NoticeRow> {
        &mut self.contact.notices
    }

    fn chats_for(&self, _: &Wanted) -> Vec<&ChatLink> {
        self.contact.chats.iter().collect()
    }

    /// A contact agreed by linking the chat.
    fn consented(&self, _: &Office) -> bool {
        true
    }

    /// The sender itself keeps a place's question open until every chat has it.
    fn owes(&self, _: &Office, _: &Wanted, _: &NoticeRow, _: &[Wanted]) -> bool {
        false
    }

    fn closing(&self) -> &'static str {
        "no_longer_true"
    }

    fn wanted(&self, setting: &Setting<'_>) -> Vec<Wanted> {
        contacts::wanted(setting, self.holidays, &self.contact)
    }

    fn next_moment(&self, setting: &Setting<'_>) -> Moment {
        contacts::next_moment(setting, &self.contact)
    }
}

/// A row that differs from what the database has.
pub(super) struct Changed {
    pub row: NoticeRow,
    /// The state that the database knows; `None` for a row that it does not have.
    pub was: Option<State>,
}

/// What a recipient's rows came to.
pub(super) struct Agreed {
    pub changed: Vec<Changed>,
    pub moment: Moment,
}

/// Brings a recipient's rows up to date in memory, as the database is to have them.
pub(super) fn agree(look: &Look<'_>, recipient: &mut impl Recipient) -> Agreed {
    let mut was: HashMap<NoticeId, Option<State>> = HashMap::new();
    let mut settled = false;
    for _ in 0..ROUNDS {
        let steps = steps(look, &*recipient);
        settled = steps.is_empty();
        if settled {
            break;
        }
        for step in steps {
            let rows = recipient.rows_mut();
            match step {
                Step::Insert(row) => {
                    was.insert(row.id, None);
                    rows.push(row);
                }
                Step::Update(at, target) => {
                    let row = &mut rows[at];
                    was.entry(row.id).or_insert(Some(row.state));
                    target.write(row, look.setting.now);
                }
                Step::Further(at, from) => {
                    let row = &mut rows[at];
                    was.entry(row.id).or_insert(Some(row.state));
                    row.further_at = from;
                }
            }
        }
    }
    let changed = recipient.rows().iter().filter_map(|row| {
        let was = *was.get(&row.id)?;
        Some(Changed { row: row.clone(), was })
    });
    let changed = changed.collect();
    let moment = recipient.next_moment(&look.setting);
    // Whoever is not settled yet is looked at once more.
    Agreed { changed, moment: if settled { moment } else { Some(look.setting.now + AGAIN) } }
}

/// One change that the ledger needs.
enum Step {
    Insert(NoticeRow),
    /// Of the row at this place.
    Update(usize, Target),
    /// From when on the row at this place is owed to a further chat, if it is.
    Further(usize, Option<DateTime<Utc>>),
}

/// What a row should say.
struct Target {
    state: State,
    reason: Option<String>,
    variant: Option<String>,
    about: About,
    due_at: DateTime<Utc>,
}

impl Target {
    fn write(self, row: &mut NoticeRow, now: DateTime<Utc>) {
        row.state = self.state;
        row.reason = self.reason;
        row.variant = self.variant;
        row.facts = json(&self.about);
        row.due_at = self.due_at;
        row.further_at = None;
        row.changed_at = now;
    }
}

fn steps(look: &Look<'_>, recipient: &impl Recipient) -> Vec<Step> {
    let wanted = recipient.wanted(&look.setting);
    let rows = recipient.rows();
    let known: HashMap<(Kind, &str), usize> =
        rows.iter().enumerate().map(|(at, row)| ((row.kind, row.occasion.as_str()), at)).collect();
    let ids: HashMap<(Kind, &str), NoticeId> = wanted
        .iter()
        .map(|want| (want.kind, want.occasion.as_str()))
        .map(|key| (key, known.get(&key).map_or_else(|| NoticeId::new(look.clock), |at| rows[*at].id)))
        .collect();
    let mut steps = Vec::new();
    for want in &wanted {
        let key = (want.kind, want.occasion.as_str());
        let (state, reason) = verdict(look, recipient, want, &ids);
        let about = About { card: want.card, point: want.point, visit: want.visit, text: None };
        let due_at = first_moment(&look.setting, want.not_before.unwrap_or(look.setting.now));
        let mut target = Target { state, reason, variant: want.variant.map(str::to_owned), about, due_at };
        match known.get(&key) {
            None => steps.push(Step::Insert(new_row(&look.setting, recipient.id(), ids[&key], want, target))),
            Some(at) => {
                let row = &rows[*at];
                // A moment follows its facts; without one in them it was when the row was made, unless by a clock that was far ahead:
                // those of two nodes differ by seconds.
                if want.not_before.is_none() || !is_open(state) {
                    target.due_at = if row.due_at <= due_at + BEHIND { row.due_at } else { due_at };
                }
                let same = row.state == state
                    && row.reason == target.reason
                    && row.variant == target.variant
                    && row.about() == target.about
                    && (row.due_at == target.due_at || !is_open(state));
                if may_change(look.setting.office, row, state) {
                    if !same || row.further_at.is_some() {
                        steps.push(Step::Update(*at, target));
                    }
                } else {
                    let may_go = further::is_out(row.state) && state == State::Due;
                    let is_owed = may_go && recipient.owes(look.setting.office, want, row, &wanted);
                    let from = is_owed
                        .then(|| row.further_at.unwrap_or_else(|| first_moment(&look.setting, look.setting.now)));
                    if from != row.further_at {
                        steps.push(Step::Further(*at, from));
                    }
                }
            }
        }
    }
    for (at, row) in rows.iter().enumerate() {
        let is_wanted = ids.contains_key(&(row.kind, row.occasion.as_str()));
        if !is_open(row.state) && !is_wanted && row.further_at.is_some() {
            steps.push(Step::Further(at, None));
        }
        if is_open(row.state) && !is_wanted {
            let reason = Some(recipient.closing().to_owned());
            let (variant, about, due_at) = (row.variant.clone(), row.about(), row.due_at);
            let target = Target { state: State::Suppressed, reason, variant, about, due_at };
            steps.push(Step::Update(at, target));
        }
    }
    steps
}

/// Whether a notice may still go out.
fn is_open(state: State) -> bool {
    matches!(state, State::Waiting | State::Due | State::Failed)
}

fn new_row(setting: &Setting<'_>, recipient: Uuid, id: NoticeId, want: &Wanted, target: Target) -> NoticeRow {
    NoticeRow {
        id,
        recipient_id: recipient,
        kind: want.kind,
        occasion: want.occasion.clone(),
        variant: target.variant,
        state: target.state,
        reason: target.reason,
        due_at: target.due_at,
        next_attempt_at: None,
        further_at: None,
        refusals: 0,
        ever_lost: false,
        facts: json(&target.about),
        sent_at: None,
        changed_at: setting.now,
    }
}

/// Where a wanted notice stands: its content first, then whether the person can be reached, then whether the office speaks.
fn verdict(
    look: &Look<'_>,
    recipient: &impl Recipient,
    want: &Wanted,
    ids: &HashMap<(Kind, &str), NoticeId>,
) -> (State, Option<String>) {
    match &want.stand {
        Stand::Suppress(reason) => return (State::Suppressed, Some((*reason).to_owned())),
        Stand::Expire(reason) => return (State::Expired, Some((*reason).to_owned())),
        Stand::MergeInto(kind, occasion) => {
            let into = ids.get(&(*kind, occasion.as_str())).map(ToString::to_string).unwrap_or_default();
            return (State::Suppressed, Some(format!("merged:{into}")));
        }
        Stand::Deliver => {}
    }
    let waiting = |reason: &str| (State::Waiting, Some(reason.to_owned()));
    let chats = recipient.chats_for(want);
    if chats.is_empty() {
        return waiting("no_chat");
    }
    if !recipient.consented(look.setting.office) {
        return waiting("consent");
    }
    if chats.iter().all(|chat| chat.unreachable.is_some()) {
        return (State::Failed, chats.iter().find_map(|chat| chat.unreachable.clone()));
    }
    if look.setting.office.hold_reason.is_some() {
        return waiting("hold");
    }
    if look.silenced.iter().any(|kind| kind == want.kind.name()) {
        return waiting("message_refused");
    }
    (State::Due, None)
}

/// What is out stays out; what is under way belongs to the sender; what is uncertain follows the office's policy.
fn may_change(office: &Office, row: &NoticeRow, to: State) -> bool {
    match row.state {
        State::Sent | State::Told | State::Sending => false,
        State::Uncertain => to == State::Due && uncertain_policy(office, row.kind) == UncertainPolicy::Resend,
        _ => true,
    }
}

/// Invariant 2: what happens to a notice whose answer was lost.
#[must_use]
pub fn uncertain_policy(office: &Office, kind: Kind) -> UncertainPolicy {
    office.policies().uncertain.get(kind.name()).copied().unwrap_or(match kind {
        Kind::Turned17 | Kind::CardReady => UncertainPolicy::Resend,
        _ => UncertainPolicy::Ask,
    })
}

/// `from`, or the next moment after it that lies in the office's delivery hours (invariant 5).
#[must_use]
pub fn first_moment(setting: &Setting<'_>, from: DateTime<Utc>) -> DateTime<Utc> {
    let (zone, hours) = (setting.office.zone(), setting.office.declaration.delivery_hours);
    let local = from.with_timezone(&zone);
    if hours.contains(local.time()) {
        return from;
    }
    let today = local.date_naive();
    let day = if local.time() < hours.from { today } else { today.checked_add_days(Days::new(1)).unwrap_or(today) };
    local_instant(day, hours.from, zone)
}

pub(super) fn json(about: &About) -> String {
    serde_json::to_string(about).unwrap_or_else(|_| "{}".to_owned())
}
