//! Makes the ledger agree with the rules: inserts what is missing, moves what no longer holds. Level-triggered: it asks only
//! what should be true now, so a missed run, a long outage, a late roster or a corrected date all heal in the same code.

use std::collections::HashMap;

use chrono::{DateTime, Days, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::case::{self, About, NoticeRow, Person, Scope, Setting};
use super::contacts::{self, Contact};
use super::rules::{self, Stand, Wanted};
use super::{Kind, NoticeId, State, silence};
use crate::calendar::Holidays;
use crate::clock::{Clock, local_instant};
use crate::db::{Db, DbError, Tx};
use crate::link::ChatLink;
use crate::office::{ConsentPolicy, Office, OfficeId, UncertainPolicy};
use crate::place::PlaceId;
use crate::staff::{self, Role};
use crate::student::{ClosedReason, GivenBy, StudentId};
use crate::{execute, fetch_all};

/// Students who are looked at together, and who are changed in one transaction.
const PAGE: i64 = 2000;
const FEW: usize = 100;

/// What a run changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    pub created: usize,
    pub changed: usize,
}

/// Brings the ledger up to date for everyone in `scope`.
pub async fn reconcile(tx: &mut Tx, clock: &Clock, office: &Office, scope: Scope) -> Result<Summary, DbError> {
    let setting = case::setting(tx, office, clock.now()).await?;
    let silenced = silence::silenced_kinds(tx, office.id).await?;
    let mut summary = Summary::default();
    for person in &case::people(tx, &setting, scope).await? {
        let recipient = Recipient::of_person(office, person);
        let wanted = rules::wanted(&person.case(&setting));
        take(tx, &setting, &recipient, steps(clock, &setting, &silenced, &recipient, &wanted), &mut summary).await?;
    }
    Ok(summary)
}

/// The same for the contacts of places.
pub async fn reconcile_contacts(
    tx: &mut Tx,
    clock: &Clock,
    office: &Office,
    holidays: &Holidays,
    only: Option<PlaceId>,
) -> Result<Summary, DbError> {
    let setting = case::setting(tx, office, clock.now()).await?;
    let silenced = silence::silenced_kinds(tx, office.id).await?;
    let mut summary = Summary::default();
    for contact in &contacts::read(tx, &setting, only).await? {
        let recipient = Recipient::of_contact(contact);
        let wanted = contacts::wanted(&setting, holidays, contact);
        take(tx, &setting, &recipient, steps(clock, &setting, &silenced, &recipient, &wanted), &mut summary).await?;
    }
    Ok(summary)
}

/// The same beside everybody else's work: takes the write lock only where something must change.
pub async fn reconcile_all_contacts(
    db: &Db,
    clock: &Clock,
    office: &Office,
    holidays: &Holidays,
) -> Result<Summary, DbError> {
    let mut tx = db.read().await?;
    let setting = case::setting(&mut tx, office, clock.now()).await?;
    let silenced = silence::silenced_kinds(&mut tx, office.id).await?;
    let all = contacts::read(&mut tx, &setting, None).await?;
    drop(tx);
    let mut summary = Summary::default();
    for contact in &all {
        let wanted = contacts::wanted(&setting, holidays, contact);
        if steps(clock, &setting, &silenced, &Recipient::of_contact(contact), &wanted).is_empty() {
            continue;
        }
        let mut tx = db.write().await?;
        let done = reconcile_contacts(&mut tx, clock, office, holidays, Some(contact.place.id)).await?;
        tx.commit().await?;
        summary.created += done.created;
        summary.changed += done.changed;
    }
    Ok(summary)
}

/// Makes the changes of one recipient.
async fn take(
    tx: &mut Tx,
    setting: &Setting<'_>,
    recipient: &Recipient<'_>,
    steps: Vec<Step<'_>>,
    summary: &mut Summary,
) -> Result<(), DbError> {
    for step in steps {
        match step {
            Step::Insert(new) => {
                insert(tx, setting, recipient, &new).await?;
                summary.created += 1;
            }
            Step::Update(row, target) => {
                update(tx, setting, row, &target).await?;
                summary.changed += 1;
            }
        }
    }
    Ok(())
}

/// Whose rows are looked at.
struct Recipient<'a> {
    /// As the ledger writes it.
    kind: &'static str,
    id: Uuid,
    notices: &'a [NoticeRow],
    chats: &'a [ChatLink],
    /// Whether whoever has to agree to being written to has done so; a contact did by linking the chat.
    consented: bool,
    /// Why a notice that is no longer wanted is closed.
    closing: &'static str,
}

impl<'a> Recipient<'a> {
    fn of_person(office: &Office, person: &'a Person) -> Self {
        let undone = person.student.closed_reason == Some(ClosedReason::ImportUndone);
        Self {
            kind: "student",
            id: person.student.id.0,
            notices: &person.notices,
            chats: &person.chats,
            consented: consented(office, &person.consents),
            closing: if undone { "import_undone" } else { "no_longer_true" },
        }
    }

    fn of_contact(contact: &'a Contact) -> Self {
        Self {
            kind: contacts::RECIPIENT,
            id: contact.place.id.0,
            notices: &contact.notices,
            chats: &contact.chats,
            consented: true,
            closing: "no_longer_true",
        }
    }
}

/// The same for a whole office of any size: looks page by page beside everybody else's work, and takes the write lock only
/// for those whose rows must change, a few at a time.
pub async fn reconcile_office(db: &Db, clock: &Clock, office: &Office) -> Result<Summary, DbError> {
    let mut summary = Summary::default();
    let mut after = None;
    loop {
        let mut tx = db.read().await?;
        let setting = case::setting(&mut tx, office, clock.now()).await?;
        let Some(page @ Scope::Page(_, last)) = case::page(&mut tx, &setting, after, PAGE).await? else {
            return Ok(summary);
        };
        let silenced = silence::silenced_kinds(&mut tx, office.id).await?;
        let people = case::people(&mut tx, &setting, page).await?;
        drop(tx);
        let stale: Vec<StudentId> = people
            .iter()
            .filter(|person| {
                let wanted = rules::wanted(&person.case(&setting));
                !steps(clock, &setting, &silenced, &Recipient::of_person(office, person), &wanted).is_empty()
            })
            .map(|person| person.student.id)
            .collect();
        for few in stale.chunks(FEW) {
            let mut tx = db.write().await?;
            for student in few {
                let done = reconcile(&mut tx, clock, office, Scope::Student(*student)).await?;
                summary.created += done.created;
                summary.changed += done.changed;
            }
            tx.commit().await?;
        }
        after = Some(last);
    }
}

/// One change that the ledger needs.
enum Step<'a> {
    Insert(New),
    Update(&'a NoticeRow, Target),
}

/// A row to be made.
struct New {
    id: NoticeId,
    kind: Kind,
    occasion: String,
    due_at: DateTime<Utc>,
    target: Target,
}

/// What a row should say.
struct Target {
    state: State,
    reason: Option<String>,
    variant: Option<String>,
    about: About,
}

/// What separates a recipient's rows from what should be true now.
fn steps<'a>(
    clock: &Clock,
    setting: &Setting<'_>,
    silenced: &[String],
    recipient: &Recipient<'a>,
    wanted: &[Wanted],
) -> Vec<Step<'a>> {
    let known: HashMap<(Kind, &str), &NoticeRow> =
        recipient.notices.iter().map(|row| ((row.kind, row.occasion.as_str()), row)).collect();
    let ids: HashMap<(Kind, &str), NoticeId> = wanted
        .iter()
        .map(|w| (w.kind, w.occasion.as_str()))
        .map(|key| (key, known.get(&key).map_or_else(|| NoticeId::new(clock), |row| row.id)))
        .collect();
    let mut steps = Vec::new();
    for want in wanted {
        let key = (want.kind, want.occasion.as_str());
        let (state, reason) = verdict(setting, silenced, recipient, want, &ids);
        let about = About { card: want.card, point: want.point, visit: want.visit, text: None };
        let target = Target { state, reason, variant: want.variant.map(str::to_owned), about };
        match known.get(&key) {
            None => {
                let due_at = first_moment(setting, want.not_before.unwrap_or(setting.now));
                let occasion = want.occasion.clone();
                steps.push(Step::Insert(New { id: ids[&key], kind: want.kind, occasion, due_at, target }));
            }
            Some(row) => {
                let same = row.state == state
                    && row.reason == target.reason
                    && row.variant == target.variant
                    && row.about() == target.about;
                if !same && may_change(setting.office, row, state) {
                    steps.push(Step::Update(row, target));
                }
            }
        }
    }
    for row in recipient.notices {
        let open = matches!(row.state, State::Waiting | State::Due | State::Failed);
        if open && !ids.contains_key(&(row.kind, row.occasion.as_str())) {
            let reason = Some(recipient.closing.to_owned());
            let target = Target { state: State::Suppressed, reason, variant: row.variant.clone(), about: row.about() };
            steps.push(Step::Update(row, target));
        }
    }
    steps
}

/// Where a wanted notice stands: its content first, then whether the person can be reached, then whether the office speaks.
fn verdict(
    setting: &Setting<'_>,
    silenced: &[String],
    recipient: &Recipient<'_>,
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
    if recipient.chats.is_empty() {
        return waiting("no_chat");
    }
    if !recipient.consented {
        return waiting("consent");
    }
    if recipient.chats.iter().all(|chat| chat.unreachable.is_some()) {
        return (State::Failed, recipient.chats.iter().find_map(|chat| chat.unreachable.clone()));
    }
    if setting.office.hold_reason.is_some() {
        return waiting("hold");
    }
    if silenced.iter().any(|kind| kind == want.kind.name()) {
        return waiting("message_refused");
    }
    (State::Due, None)
}

/// Whether the agreements given satisfy the office's policy.
fn consented(office: &Office, given: &[GivenBy]) -> bool {
    given.iter().any(|by| *by != GivenBy::Student || office.policies().consent == ConsentPolicy::Student)
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

async fn insert(tx: &mut Tx, setting: &Setting<'_>, recipient: &Recipient<'_>, new: &New) -> Result<(), DbError> {
    execute!(
        tx,
        "INSERT INTO notice (id, office_id, recipient_kind, recipient_id, kind, occasion, variant, state, reason, due_at,
             refusals, ever_lost, facts, created_at, changed_at)
         VALUES ($1, $2, $12, $3, $4, $5, $6, $7, $8, $9, 0, FALSE, $10, $11, $11)
         ON CONFLICT (recipient_kind, recipient_id, kind, occasion) DO NOTHING",
        new.id,
        setting.office.id,
        recipient.id,
        new.kind,
        &new.occasion,
        &new.target.variant,
        new.target.state,
        &new.target.reason,
        new.due_at,
        json(&new.target.about),
        setting.now,
        recipient.kind,
    )?;
    Ok(())
}

async fn update(tx: &mut Tx, setting: &Setting<'_>, row: &NoticeRow, target: &Target) -> Result<(), DbError> {
    execute!(
        tx,
        "UPDATE notice SET state = $3, reason = $4, variant = $5, facts = $6, changed_at = $7 WHERE id = $1 AND state = $2",
        row.id,
        row.state,
        target.state,
        &target.reason,
        &target.variant,
        json(&target.about),
        setting.now,
    )?;
    Ok(())
}

fn json(about: &About) -> String {
    serde_json::to_string(about).unwrap_or_else(|_| "{}".to_owned())
}

/// Tells the office's head and administrators that something needs a person. One occasion is told once.
pub async fn raise_alarm(
    tx: &mut Tx,
    clock: &Clock,
    office: &Office,
    occasion: &str,
    text: &str,
) -> Result<(), DbError> {
    tell_staff(tx, clock, office, Kind::Alarm, occasion, text, &[Role::Admin, Role::Head]).await
}

/// Puts a message for every active account with one of `roles` into the ledger.
pub async fn tell_staff(
    tx: &mut Tx,
    clock: &Clock,
    office: &Office,
    kind: Kind,
    occasion: &str,
    text: &str,
    roles: &[Role],
) -> Result<(), DbError> {
    let about = json(&About { text: Some(text.to_owned()), ..About::default() });
    for account in staff::all(tx, office.id).await? {
        if account.disabled_at.is_some() || !roles.contains(&account.role) {
            continue;
        }
        execute!(
            tx,
            "INSERT INTO notice (id, office_id, recipient_kind, recipient_id, kind, occasion, state, due_at, refusals,
                 ever_lost, facts, created_at, changed_at)
             VALUES ($1, $2, 'staff', $3, $4, $5, $6, $7, 0, FALSE, $8, $7, $7)
             ON CONFLICT (recipient_kind, recipient_id, kind, occasion) DO NOTHING",
            NoticeId::new(clock),
            office.id,
            account.id,
            kind,
            occasion,
            State::Due,
            clock.now(),
            &about,
        )?;
    }
    Ok(())
}

/// Hands what is out of a merged student's notices over to the one who is kept, so that nobody is told again what that
/// person has read. Where both have a row for the same thing, the one that is out goes to the kept one.
pub async fn take_over(tx: &mut Tx, kept: StudentId, duplicate: StudentId) -> Result<(), DbError> {
    let rows = fetch_all!(
        &mut *tx,
        (NoticeId, Option<NoticeId>, Option<State>),
        "SELECT d.id, k.id, k.state FROM notice d
             LEFT JOIN notice k ON k.recipient_kind = d.recipient_kind AND k.recipient_id = $1 AND k.kind = d.kind
                 AND k.occasion = d.occasion
         WHERE d.recipient_kind = 'student' AND d.recipient_id = $2
             AND d.state IN ('sent', 'told', 'uncertain', 'sending')",
        kept,
        duplicate,
    )?;
    for (out, known, state) in rows {
        if state.is_some_and(|state| matches!(state, State::Sent | State::Told | State::Uncertain | State::Sending)) {
            continue;
        }
        if let Some(known) = known {
            // The two rows change places; a row stands under its own ID meanwhile, since no two may stand under one.
            give(tx, known, known.0).await?;
            give(tx, out, kept.0).await?;
            give(tx, known, duplicate.0).await?;
        } else {
            give(tx, out, kept.0).await?;
        }
    }
    Ok(())
}

async fn give(tx: &mut Tx, notice: NoticeId, recipient: Uuid) -> Result<(), DbError> {
    execute!(tx, "UPDATE notice SET recipient_id = $2 WHERE id = $1", notice, recipient)?;
    Ok(())
}

/// Settles a notice by hand: told in person.
pub async fn told(tx: &mut Tx, clock: &Clock, id: NoticeId, by: &str) -> Result<bool, DbError> {
    let changed = execute!(
        tx,
        "UPDATE notice SET state = $2, told_by = $3, sent_at = $4, changed_at = $4
         WHERE id = $1 AND state NOT IN ($5, $6, $2)",
        id,
        State::Told,
        by,
        clock.now(),
        State::Sent,
        State::Sending,
    )?;
    Ok(changed > 0)
}

/// Lets a failed or uncertain notice go out again, because a person said so. Of every other state the facts decide.
pub async fn retry(tx: &mut Tx, clock: &Clock, id: NoticeId) -> Result<bool, DbError> {
    let changed = execute!(
        tx,
        "UPDATE notice SET state = $2, reason = NULL, next_attempt_at = NULL, changed_at = $3
         WHERE id = $1 AND state IN ($4, $5)",
        id,
        State::Due,
        clock.now(),
        State::Failed,
        State::Uncertain,
    )?;
    Ok(changed > 0)
}

/// The office a notice belongs to.
pub async fn office_of(tx: &mut Tx, id: NoticeId) -> Result<Option<OfficeId>, DbError> {
    let row = crate::fetch_optional!(tx, (OfficeId,), "SELECT office_id FROM notice WHERE id = $1", id)?;
    Ok(row.map(|row| row.0))
}

/// The student a notice is for, if it is for one.
pub async fn student_of(tx: &mut Tx, id: NoticeId) -> Result<Option<Uuid>, DbError> {
    let row = crate::fetch_optional!(
        tx,
        (Uuid,),
        "SELECT recipient_id FROM notice WHERE id = $1 AND recipient_kind = 'student'",
        id,
    )?;
    Ok(row.map(|row| row.0))
}

/// The place whose contact a notice is for, if it is for one.
pub async fn place_of(tx: &mut Tx, id: NoticeId) -> Result<Option<PlaceId>, DbError> {
    let sql = "SELECT recipient_id FROM notice WHERE id = $1 AND recipient_kind = 'contact'";
    let row = crate::fetch_optional!(tx, (PlaceId,), sql, id)?;
    Ok(row.map(|row| row.0))
}
