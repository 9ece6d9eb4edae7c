//! What a place's contact is told and asked: whether a visit suits ([`rules`], pure), in which words ([`text`]), and who has to
//! be written to or called by hand ([`calls`], pure). No answer is never agreement: it leads to a reminder, then to a call.

pub mod calls;
mod contact;
pub mod rules;
pub mod text;

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Days, Months, NaiveTime, Utc};
use uuid::Uuid;

pub use contact::{Asked, Contact, cancelled, is_of_a_pause, occasion, paused};

use super::case::{NoticeRow, Setting};
use super::rules::Wanted;
use super::{Kind, NoticeId, State};
use crate::calendar::Holidays;
use crate::clock::{Clock, local_instant};
use crate::db::{DbError, Tx};
use crate::link::ChatLink;
use crate::office::OfficeId;
use crate::place::{self, Place, PlaceId};
use crate::visit::open::Openness;
use crate::{execute, fetch_all};

/// The recipient's kind in the ledger.
pub const RECIPIENT: &str = "contact";
/// So long after its day a visit is still looked at, so that what stayed open about it is closed.
const LOOKED_BACK: Days = Days::new(7);
/// Visits are planned a year ahead; what was said earlier is about none that is still to come.
const REMEMBERED: Months = Months::new(14);

/// Reads the places that have visits or open questions, or only one of them.
pub async fn read(tx: &mut Tx, setting: &Setting<'_>, only: Option<PlaceId>) -> Result<Vec<Contact>, DbError> {
    match only {
        Some(place) => {
            let before = Uuid::from_u128(place.0.as_u128().saturating_sub(1));
            read_range(tx, setting, PlaceId(before), place).await
        }
        None => read_range(tx, setting, PlaceId(Uuid::nil()), PlaceId(Uuid::max())).await,
    }
}

/// The same of the places whose IDs lie after `after` and up to `upto`.
pub async fn read_range(
    tx: &mut Tx,
    setting: &Setting<'_>,
    after: PlaceId,
    upto: PlaceId,
) -> Result<Vec<Contact>, DbError> {
    let office = setting.office.id;
    let visits = fetch_all!(
        &mut *tx,
        Asked,
        "SELECT v.id, v.place_id, v.revision, v.visit_on, v.starts_at, v.ends_at, v.state, v.announced_at, t.name AS team,
             v.confirmed_at IS NOT NULL AS agreed,
             (SELECT COUNT(*) FROM visit_student l WHERE l.visit_id = v.id) AS students,
             EXISTS (SELECT 1 FROM visit_unsuited u WHERE u.visit_id = v.id AND u.revision = v.revision) AS unsuited
         FROM visit v JOIN team t ON t.id = v.team_id
         WHERE v.office_id = $1 AND v.state <> 'proposed' AND v.visit_on >= $2 AND v.place_id > $3 AND v.place_id <= $4
         ORDER BY v.starts_at, v.id",
        office,
        setting.today.checked_sub_days(LOOKED_BACK).unwrap_or(setting.today),
        after,
        upto,
    )?;
    let notices = fetch_all!(
        &mut *tx,
        NoticeRow,
        "SELECT n.id, n.recipient_id, n.kind, n.occasion, n.variant, n.state, n.reason, n.due_at, n.next_attempt_at,
             n.further_at, n.refusals, n.ever_lost, n.facts, n.sent_at, n.changed_at
         FROM notice n WHERE n.office_id = $1 AND n.recipient_kind = 'contact' AND n.created_at >= $2
             AND n.kind IN ('visit_request', 'visit_request_reminder', 'visit_changed')
             AND n.recipient_id > $3 AND n.recipient_id <= $4
         ORDER BY n.id",
        office,
        setting.now.checked_sub_months(REMEMBERED).unwrap_or(setting.now),
        after,
        upto,
    )?;
    let chats = fetch_all!(
        &mut *tx,
        ChatLink,
        "SELECT l.id, l.office_id, l.role, l.subject_id, l.chat_index, l.chat_sealed, l.linked_at, l.vouched_at,
             l.disputed_at, COALESCE(c.language, 'id') AS language, c.unreachable
         FROM chat_link l LEFT JOIN chat c ON c.chat_index = l.chat_index
         WHERE l.office_id = $1 AND l.role = 'contact' AND l.unlinked_at IS NULL AND l.subject_id > $2
             AND l.subject_id <= $3
         ORDER BY l.linked_at, l.id",
        office,
        after,
        upto,
    )?;
    let mut concerned: BTreeMap<Uuid, (Vec<Asked>, Vec<NoticeRow>)> = BTreeMap::new();
    for visit in visits {
        concerned.entry(visit.place_id.0).or_default().0.push(visit);
    }
    for notice in notices {
        concerned.entry(notice.recipient_id).or_default().1.push(notice);
    }
    let mut linked: HashMap<Uuid, Vec<ChatLink>> = HashMap::new();
    for chat in chats {
        linked.entry(chat.subject_id).or_default().push(chat);
    }
    let ids: Vec<PlaceId> = concerned.keys().copied().map(PlaceId).collect();
    let mut places: HashMap<PlaceId, Place> =
        place::some(tx, &ids).await?.into_iter().map(|place| (place.id, place)).collect();
    let contacts = concerned.into_iter().filter_map(|(id, (visits, notices))| {
        let place = places.remove(&PlaceId(id))?;
        Some(Contact { place, visits, notices, chats: linked.remove(&id).unwrap_or_default() })
    });
    Ok(contacts.collect())
}

/// Every notice that should exist for a contact today.
#[must_use]
pub fn wanted(setting: &Setting<'_>, holidays: &Holidays, contact: &Contact) -> Vec<Wanted> {
    let openness = Openness { office: setting.office, holidays, pauses: &setting.pauses };
    let zone = setting.office.zone();
    let known: Vec<_> = contact.notices.iter().map(|row| row.known(zone)).collect();
    let remind_from = |told_on| openness.school_day_after(&contact.place, told_on, rules::REMINDER_DAYS);
    let mut list = Vec::new();
    for visit in &contact.visits {
        rules::of_visit(setting.now, setting.today, visit, &known, remind_from, &mut list);
        rules::of_pauses(setting.now, visit, &setting.pauses, &known, &mut list);
    }
    list
}

/// When time alone may change what a contact is told: visits begin, and days are counted in the calendars of the place and of the
/// office, which lie partly in a file, so that each new day is looked at. `None` while there is no visit.
#[must_use]
pub fn next_moment(setting: &Setting<'_>, contact: &Contact) -> Option<DateTime<Utc>> {
    contact.visits.first()?;
    let tomorrow = setting.today.succ_opt()?;
    let limits = contact.visits.iter().flat_map(|visit| [visit.starts_at, visit.ends_at]);
    let limits = limits.filter(|at| *at > setting.now);
    limits.chain([local_instant(tomorrow, NaiveTime::MIN, setting.office.zone())]).min()
}

/// Writes down that a contact knows what a notice would say, because it was settled with them in the chat, or told by hand.
pub async fn told(
    tx: &mut Tx,
    clock: &Clock,
    office: OfficeId,
    place: PlaceId,
    kind: Kind,
    occasion: &str,
    by: &str,
) -> Result<(), DbError> {
    execute!(
        tx,
        "INSERT INTO notice (id, office_id, recipient_kind, recipient_id, kind, occasion, state, due_at, refusals, ever_lost,
             facts, sent_at, told_by, created_at, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, FALSE, '{}', $8, $9, $8, $8)
         ON CONFLICT (recipient_kind, recipient_id, kind, occasion) DO UPDATE SET
             state = excluded.state, reason = NULL, sent_at = excluded.sent_at, told_by = excluded.told_by,
             changed_at = excluded.changed_at
         WHERE notice.state NOT IN ('sent', 'sending', 'told')",
        NoticeId::new(clock),
        office,
        RECIPIENT,
        place,
        kind,
        occasion,
        State::Told,
        clock.now(),
        by,
    )?;
    Ok(())
}
