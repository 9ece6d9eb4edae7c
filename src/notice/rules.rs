//! Which notices should exist for one student, and how each stands: pure functions of the facts and the office's local date.

mod changes;
mod moments;
mod sessions;

use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

pub use moments::next_moment;
pub use sessions::SessionCase;

use super::{Kind, NoticeId, State};
use crate::office::{Pause, PauseKind, Policies, PrintPolicy};
use crate::student::{ClosedReason, Recorded};
use crate::visit::{DayResult, VisitState};

/// Ends the occasion of the invitation that follows a correction.
const AGAIN: &str = ":again";
/// Days after which thanking for a recording, or mentioning a missed visit, is no longer worth a message.
const NEWS_DAYS: i64 = 30;
/// Days after which telling that a card was handed out is no longer a safeguard.
const COLLECTED_DAYS: i64 = 14;

/// Everything the rules look at for one student, on one day.
#[derive(Debug, Clone)]
pub struct Case<'a> {
    /// The office's, in which its days begin.
    pub zone: Tz,
    pub today: NaiveDate,
    pub now: DateTime<Utc>,
    pub policies: &'a Policies,
    /// Pauses of the office, past ones too.
    pub pauses: &'a [Pause],
    /// A pickup point that has a blank card left.
    pub blanks_at: Option<Uuid>,
    pub birthday_17: NaiveDate,
    /// First day on which the national system prints a card.
    pub print_from: NaiveDate,
    pub ever_married: bool,
    pub recorded: Recorded,
    pub recorded_on: Option<NaiveDate>,
    pub recording: Option<Uuid>,
    pub closed: Option<ClosedReason>,
    /// The record was print-ready at some time.
    pub print_ready: bool,
    /// A card may be printed now; after the centre printed one itself it may not.
    pub printable: bool,
    /// Day of a national status that means that this recording gives no card.
    pub enrolment_failed_on: Option<NaiveDate>,
    pub card: Option<CardCase>,
    pub visits: Vec<VisitCase>,
    /// Sessions of the last weeks and the coming ones, whomever they are for.
    pub sessions: Vec<SessionCase>,
    /// The student's rows in the ledger.
    pub known: Vec<Known>,
}

/// The student's live card.
#[derive(Debug, Clone, Copy)]
pub struct CardCase {
    pub id: Uuid,
    /// From when on it waits at its point.
    pub ready_on: Option<NaiveDate>,
    pub point: Option<Uuid>,
    pub collected_on: Option<NaiveDate>,
    pub collection: Option<Uuid>,
}

/// A visit on whose list the student stands.
#[derive(Debug, Clone)]
pub struct VisitCase {
    pub id: Uuid,
    pub revision: i32,
    pub on: NaiveDate,
    pub starts_at: DateTime<Utc>,
    /// When tomorrow's visit is announced: the evening before.
    pub evening_before: DateTime<Utc>,
    pub state: VisitState,
    /// What became of the student on the day.
    pub result: Option<DayResult>,
}

/// A row of the ledger, as the rules see it.
#[derive(Debug, Clone)]
pub struct Known {
    pub id: NoticeId,
    pub kind: Kind,
    pub occasion: String,
    pub variant: Option<String>,
    pub state: State,
    /// Local date on which it was sent or told; for an uncertain one, of the attempt.
    pub out_on: Option<NaiveDate>,
    /// The card and the point that it named.
    pub card: Option<Uuid>,
    pub point: Option<Uuid>,
}

impl Known {
    /// Whether the person has, or may have, read it.
    pub(super) fn is_out(&self) -> bool {
        matches!(self.state, State::Sent | State::Told | State::Uncertain | State::Sending)
    }

    fn invites(&self) -> bool {
        match self.kind {
            Kind::CardReady => true,
            Kind::Turned17 => matches!(self.variant.as_deref(), Some("collect" | "print_on_arrival")),
            _ => false,
        }
    }
}

/// How a wanted notice stands as far as its content goes; whether the person can be reached comes after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stand {
    Deliver,
    Suppress(&'static str),
    Expire(&'static str),
    /// Told in one with another: its kind and occasion.
    MergeInto(Kind, String),
}

/// A notice that should exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub kind: Kind,
    pub occasion: String,
    pub variant: Option<&'static str>,
    pub stand: Stand,
    /// Not before this instant, whatever the delivery hours.
    pub not_before: Option<DateTime<Utc>>,
    pub card: Option<Uuid>,
    pub point: Option<Uuid>,
    pub visit: Option<Uuid>,
}

impl Wanted {
    pub(super) fn new(kind: Kind, occasion: impl Into<String>, stand: Stand) -> Self {
        Self {
            kind,
            occasion: occasion.into(),
            variant: None,
            stand,
            not_before: None,
            card: None,
            point: None,
            visit: None,
        }
    }
}

/// Whether, and how, the card can be had today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Collectable {
    /// It waits at a point.
    Ready,
    /// It is printed while the person waits.
    OnArrival,
    No,
}

impl Case<'_> {
    fn pause(&self, kind: PauseKind) -> Option<&Pause> {
        self.pauses.iter().find(|pause| pause.kind == kind && pause.holds_on(self.today))
    }

    fn collected(&self) -> bool {
        self.card.is_some_and(|card| card.collected_on.is_some())
    }

    /// Whether the card may be printed for this person today by law.
    fn entitled(&self) -> bool {
        self.ever_married || self.today >= self.print_from
    }

    /// Invariant 3: the only place that decides whether "come and collect" may be said.
    #[must_use]
    pub fn collectable(&self) -> Collectable {
        if self.closed.is_some() || self.collected() || !self.entitled() || self.pause(PauseKind::Counter).is_some() {
            return Collectable::No;
        }
        if self.has_ready_card() {
            return Collectable::Ready;
        }
        let on_arrival = self.policies.print == PrintPolicy::OnArrival
            && self.card.is_none()
            && self.printable
            && self.blanks_at.is_some()
            && self.pause(PauseKind::Printing).is_none();
        if on_arrival { Collectable::OnArrival } else { Collectable::No }
    }

    /// Whether the card waits at its point today.
    #[must_use]
    pub fn has_ready_card(&self) -> bool {
        self.card.and_then(|card| card.ready_on).is_some_and(|on| on <= self.today)
    }

    /// The invitation that went out for the present card, and when. One that a correction took back is none.
    fn invited(&self) -> Option<(&Known, NaiveDate)> {
        let card = self.card.map(|card| card.id);
        self.known
            .iter()
            .filter(|known| known.is_out() && known.invites() && (known.card.is_none() || known.card == card))
            .filter(|known| !self.is_taken_back(known))
            .filter_map(|known| Some((known, known.out_on?)))
            .max_by_key(|(_, on)| *on)
    }

    /// Whether a correction told the student not to come after all since `invitation` went out. Of one day, the rows' order
    /// tells: who was invited after the correction is not invited once more.
    fn is_taken_back(&self, invitation: &Known) -> bool {
        let corrections = self.known.iter().filter(|known| known.kind == Kind::Correction && known.is_out());
        let place = |known: &Known| (known.out_on, known.id);
        corrections.into_iter().any(|correction| place(invitation) < place(correction))
    }

    /// The occasion of an invitation to the present card. One that a correction took back was used up, so that another is made.
    fn invitation_occasion(&self) -> String {
        let occasion = self.card_occasion();
        let first = self.known(Kind::CardReady, &occasion).filter(|known| known.is_out());
        if first.is_some_and(|known| self.is_taken_back(known)) { occasion + AGAIN } else { occasion }
    }

    fn known(&self, kind: Kind, occasion: &str) -> Option<&Known> {
        self.known.iter().find(|known| known.kind == kind && known.occasion == occasion)
    }

    fn days_since(&self, date: NaiveDate) -> i64 {
        (self.today - date).num_days()
    }

    /// The card's name in occasions; a card that is only printed on arrival has no identity yet.
    fn card_occasion(&self) -> String {
        self.card.map_or_else(|| "arrival".to_owned(), |card| card.id.to_string())
    }

    fn about_card(&self, mut wanted: Wanted) -> Wanted {
        wanted.card = self.card.map(|card| card.id);
        // Who has no card yet gets it where there is a blank to print it on.
        wanted.point = self.card.map_or(self.blanks_at, |card| card.point);
        wanted
    }
}

/// Every notice that should exist for the student today.
#[must_use]
pub fn wanted(case: &Case<'_>) -> Vec<Wanted> {
    let mut list = Vec::new();
    list.extend(turned_17(case));
    list.extend(card_ready(case));
    changes::of_invitations(case, &mut list);
    changes::of_recordings(case, &mut list);
    reminders(case, &mut list);
    list.extend(collected(case));
    list.extend(recorded(case));
    list.extend(record_again(case));
    visits(case, &mut list);
    sessions::open(case, &mut list);
    list.extend(correction(case));
    if let Some(reason) = case.closed {
        for wanted in &mut list {
            // Telling that a card was handed out is a safeguard, also when the case is closed as "has a card".
            if wanted.kind != Kind::Collected || matches!(reason, ClosedReason::Died | ClosedReason::ImportUndone) {
                wanted.stand = Stand::Suppress(closed_reason(reason));
            }
        }
    }
    list
}

fn closed_reason(reason: ClosedReason) -> &'static str {
    match reason {
        ClosedReason::Died => "died",
        ClosedReason::Moved => "moved",
        ClosedReason::HasCard => "has_card",
        ClosedReason::Duplicate => "duplicate",
        ClosedReason::ImportUndone => "import_undone",
    }
}

/// Invariant 1: from the 17th birthday on there is one verdict, for everybody and for ever.
fn turned_17(case: &Case<'_>) -> Option<Wanted> {
    if case.today < case.birthday_17 {
        return None;
    }
    let stand = if case.collected() {
        Stand::Suppress("already_collected")
    } else if case.days_since(case.birthday_17) > i64::from(case.policies.horizon_days) {
        Stand::Expire("horizon")
    } else if case.known.iter().any(|known| known.kind == Kind::CardReady && known.is_out()) {
        // Married before 17 and invited then.
        Stand::Suppress("already_invited")
    } else {
        Stand::Deliver
    };
    let variant = match (case.collectable(), case.recorded) {
        (Collectable::Ready, _) => "collect",
        (Collectable::OnArrival, _) => "print_on_arrival",
        (Collectable::No, _) if case.card.is_some() || case.print_ready => "not_ready_yet",
        (Collectable::No, Recorded::Yes) => "not_ready_yet",
        (Collectable::No, Recorded::No) => "not_recorded",
        (Collectable::No, Recorded::Unknown) => "do_you_have_it",
    };
    let wanted = Wanted { variant: Some(variant), ..Wanted::new(Kind::Turned17, "-", stand) };
    Some(if case.collectable() == Collectable::No { wanted } else { case.about_card(wanted) })
}

/// Whoever has a collectable card and was never invited (invariant 5).
fn card_ready(case: &Case<'_>) -> Option<Wanted> {
    let occasion = case.invitation_occasion();
    let variant = match case.collectable() {
        Collectable::Ready => "collect",
        Collectable::OnArrival => "print_on_arrival",
        Collectable::No => return None,
    };
    let birthday_says_it = case.today >= case.birthday_17
        && case.days_since(case.birthday_17) <= i64::from(case.policies.horizon_days)
        && !case.known(Kind::Turned17, "-").is_some_and(Known::is_out);
    let own = case.known(Kind::CardReady, &occasion).is_some_and(Known::is_out);
    if !own && (birthday_says_it || case.invited().is_some()) {
        return None;
    }
    let wanted = Wanted { variant: Some(variant), ..Wanted::new(Kind::CardReady, occasion, Stand::Deliver) };
    Some(case.about_card(wanted))
}

/// The ladder of reminders. Of several overdue steps only the last is told, and none beside the news that the card can be had
/// again or elsewhere, which reminds by itself.
fn reminders(case: &Case<'_>, list: &mut Vec<Wanted>) {
    let (Some((_, invited_on)), true) = (case.invited(), case.collectable() != Collectable::No) else { return };
    let card = case.card_occasion();
    let mut steps: Vec<u16> = case.policies.reminder_days.clone();
    steps.sort_unstable();
    steps.retain(|step| invited_on.checked_add_days(Days::new((*step).into())).is_some_and(|day| day <= case.today));
    let last = steps.last().copied();
    for step in steps {
        let occasion = format!("{card}:{step}");
        let due_on = invited_on.checked_add_days(Days::new(step.into())).unwrap_or(case.today);
        // Good news that went out since the step was due, or goes out now.
        let news = list.iter().find(|wanted| {
            let good = matches!(wanted.variant, Some("open_again" | "other_place")) && wanted.stand == Stand::Deliver;
            let known = case.known(wanted.kind, &wanted.occasion).filter(|known| known.is_out());
            good && known.is_none_or(|known| known.out_on >= Some(due_on))
        });
        let is_out = case.known(Kind::CollectReminder, &occasion).is_some_and(Known::is_out);
        let stand = match (last, news) {
            (Some(last), _) if last != step => Stand::MergeInto(Kind::CollectReminder, format!("{card}:{last}")),
            (_, Some(news)) if !is_out => Stand::MergeInto(Kind::CollectChanged, news.occasion.clone()),
            _ => Stand::Deliver,
        };
        list.push(case.about_card(Wanted::new(Kind::CollectReminder, occasion, stand)));
    }
}

fn collected(case: &Case<'_>) -> Option<Wanted> {
    let card = case.card?;
    let (on, collection) = (card.collected_on?, card.collection?);
    let stand = if case.days_since(on) > COLLECTED_DAYS { Stand::Expire("horizon") } else { Stand::Deliver };
    Some(case.about_card(Wanted::new(Kind::Collected, collection.to_string(), stand)))
}

fn recorded(case: &Case<'_>) -> Option<Wanted> {
    let (Recorded::Yes, Some(on), Some(recording)) = (case.recorded, case.recorded_on, case.recording) else {
        return None;
    };
    let stand = if case.collected() {
        Stand::Suppress("already_collected")
    } else if case.days_since(on) > NEWS_DAYS {
        Stand::Expire("horizon")
    } else if case.today >= case.birthday_17 {
        // At 17 the birthday's own words say where the card stands.
        Stand::Suppress("told_by_turned_17")
    } else {
        Stand::Deliver
    };
    Some(Wanted::new(Kind::Recorded, recording.to_string(), stand))
}

fn record_again(case: &Case<'_>) -> Option<Wanted> {
    // Whoever was recorded again since has done what this asks for.
    let again = |on: &NaiveDate| case.recorded == Recorded::Yes && case.recorded_on.is_some_and(|day| day > *on);
    let on = case.enrolment_failed_on.filter(|on| !again(on))?;
    let stand = if case.card.is_some() { Stand::Suppress("has_card") } else { Stand::Deliver };
    Some(Wanted::new(Kind::RecordAgain, on.to_string(), stand))
}

fn visits(case: &Case<'_>, list: &mut Vec<Wanted>) {
    for visit in &case.visits {
        let occasion = format!("{}:{}", visit.id, visit.revision);
        let about = |wanted: Wanted| Wanted { visit: Some(visit.id), ..wanted };
        let told = case.known.iter().find(|known| {
            matches!(known.kind, Kind::VisitAnnounced | Kind::VisitTomorrow | Kind::VisitChanged)
                && known.is_out()
                && known.occasion.starts_with(&visit.id.to_string())
        });
        let told_earlier_revision = told.is_some_and(|known| known.occasion != occasion)
            && !case.known.iter().any(|known| known.is_out() && known.occasion == occasion);
        let stand = if case.now >= visit.starts_at {
            Stand::Expire("visit_started")
        } else if case.recorded == Recorded::Yes {
            Stand::Suppress("already_recorded")
        } else {
            Stand::Deliver
        };
        match visit.state {
            VisitState::Confirmed if told_earlier_revision => {
                let wanted = Wanted::new(Kind::VisitChanged, occasion.clone(), stand.clone());
                list.push(about(Wanted { variant: Some("moved"), ..wanted }));
            }
            VisitState::Confirmed => {
                let moved = case
                    .known(Kind::VisitChanged, &occasion)
                    .is_some_and(|known| known.is_out() && known.variant.as_deref() == Some("moved"));
                // Whoever is told this evening of tomorrow is not told twice.
                let tomorrow = case.known(Kind::VisitTomorrow, &occasion).is_some_and(Known::is_out);
                let is_eve = case.now >= visit.evening_before && case.today < visit.on;
                let own = case.known(Kind::VisitAnnounced, &occasion).is_some_and(Known::is_out);
                let stand = match stand {
                    _ if moved => Stand::Suppress("told_by_visit_changed"),
                    Stand::Deliver if tomorrow && !own => Stand::Suppress("told_by_visit_tomorrow"),
                    Stand::Deliver if is_eve && !own => Stand::MergeInto(Kind::VisitTomorrow, occasion.clone()),
                    ref stand => stand.clone(),
                };
                list.push(about(Wanted::new(Kind::VisitAnnounced, occasion.clone(), stand)));
            }
            // The place has not agreed, so students are told nothing yet.
            VisitState::Proposed | VisitState::Announced if told_earlier_revision => {
                let wanted = Wanted::new(Kind::VisitChanged, occasion.clone(), stand.clone());
                list.push(about(Wanted { variant: Some("postponed"), ..wanted }));
            }
            VisitState::Cancelled if told.is_some() => {
                let wanted = Wanted::new(Kind::VisitChanged, format!("{}:cancelled", visit.id), stand.clone());
                list.push(about(Wanted { variant: Some("cancelled"), ..wanted }));
            }
            // Nobody was to blame but us: only who was told of the visit is told that it is put off.
            VisitState::Done
                if visit.result == Some(DayResult::DeviceFailed)
                    && told.is_some()
                    && case.recorded != Recorded::Yes =>
            {
                let stand = if case.today > visit.on { Stand::Expire("visit_day") } else { Stand::Deliver };
                let wanted = Wanted::new(Kind::VisitChanged, format!("{}:device", visit.id), stand);
                list.push(about(Wanted { variant: Some("postponed"), ..wanted }));
            }
            VisitState::Done
                if matches!(visit.result, Some(DayResult::Absent | DayResult::Outsider))
                    && case.recorded != Recorded::Yes =>
            {
                let stand =
                    if case.days_since(visit.on) > NEWS_DAYS { Stand::Expire("horizon") } else { Stand::Deliver };
                let variant = (visit.result == Some(DayResult::Outsider)).then_some("outsider");
                list.push(about(Wanted { variant, ..Wanted::new(Kind::MissedVisit, occasion.clone(), stand) }));
            }
            _ => {}
        }
        if visit.state == VisitState::Confirmed && visit.on.pred_opt().is_some_and(|eve| eve <= case.today) {
            let not_before = Some(visit.evening_before);
            // On the day itself it would speak of tomorrow.
            let stand = if case.today >= visit.on { Stand::Expire("visit_day") } else { stand };
            list.push(about(Wanted { not_before, ..Wanted::new(Kind::VisitTomorrow, occasion, stand) }));
        }
    }
}

/// A birthday notice that turned out to be too early: the birth date was corrected afterwards.
fn correction(case: &Case<'_>) -> Option<Wanted> {
    let sent = case.known(Kind::Turned17, "-").filter(|known| known.is_out())?;
    let already = case.known(Kind::Correction, &sent.id.to_string()).is_some();
    (already || case.today < case.birthday_17).then(|| {
        let stand = if case.today < case.birthday_17 { Stand::Deliver } else { Stand::Expire("true_again") };
        Wanted::new(Kind::Correction, sent.id.to_string(), stand)
    })
}

#[cfg(test)]
mod tests;
