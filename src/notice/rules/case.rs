//! What the rules look at for one student, and what they give: facts, and the questions that several rules ask of them.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use crate::notice::{Kind, NoticeId, State};
use crate::office::{Pause, PauseKind, Policies, PrintPolicy};
use crate::student::{ClosedReason, Recorded};
use crate::visit::{DayResult, VisitState};

/// Ends the occasion of the invitation that follows a correction.
const AGAIN: &str = ":again";
/// Days after which thanking for a recording, or mentioning a missed visit, is no longer worth a message.
pub(super) const NEWS_DAYS: i64 = 30;
/// Days after which telling that a card was handed out is no longer a safeguard.
pub(super) const COLLECTED_DAYS: i64 = 14;

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

/// A session, as it concerns the student.
#[derive(Debug, Clone)]
pub struct SessionCase {
    pub id: Uuid,
    pub on: NaiveDate,
    pub starts_at: DateTime<Utc>,
    pub cancelled: bool,
    /// It is at the student's place, or in the kelurahan or kecamatan where the student lives.
    pub near: bool,
    /// Old enough by that day to be recorded.
    pub of_age: bool,
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
    /// The instant of the same.
    pub out_at: Option<DateTime<Utc>>,
    /// The card and the point that it named.
    pub card: Option<Uuid>,
    pub point: Option<Uuid>,
}

impl Known {
    /// Whether the person has, or may have, read it.
    pub(in crate::notice) fn is_out(&self) -> bool {
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
    pub(in crate::notice) fn new(kind: Kind, occasion: impl Into<String>, stand: Stand) -> Self {
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

    pub(super) fn collected(&self) -> bool {
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
    pub(super) fn invited(&self) -> Option<(&Known, NaiveDate)> {
        let card = self.card.map(|card| card.id);
        self.known
            .iter()
            .filter(|known| known.is_out() && known.invites() && (known.card.is_none() || known.card == card))
            .filter(|known| !self.is_taken_back(known))
            .filter_map(|known| Some((known, known.out_on?)))
            .max_by_key(|(_, on)| *on)
    }

    /// Whether a correction told the student not to come after all since `invitation` went out. Of one day, the instant tells:
    /// who was invited after the correction is not invited once more.
    fn is_taken_back(&self, invitation: &Known) -> bool {
        let corrections = self.known.iter().filter(|known| known.kind == Kind::Correction && known.is_out());
        // That a card was not handed out after all takes no invitation back.
        let corrections = corrections.filter(|known| known.variant.is_none());
        // IDs of several nodes stand in no order of time.
        let place = |known: &Known| (known.out_on, known.out_at);
        corrections.into_iter().any(|correction| place(invitation) < place(correction))
    }

    /// The occasion of an invitation to the present card. One that a correction took back was used up, so that another is made.
    pub(super) fn invitation_occasion(&self) -> String {
        let occasion = self.card_occasion();
        let first = self.known(Kind::CardReady, &occasion).filter(|known| known.is_out());
        if first.is_some_and(|known| self.is_taken_back(known)) { occasion + AGAIN } else { occasion }
    }

    pub(super) fn known(&self, kind: Kind, occasion: &str) -> Option<&Known> {
        self.known.iter().find(|known| known.kind == kind && known.occasion == occasion)
    }

    pub(super) fn days_since(&self, date: NaiveDate) -> i64 {
        (self.today - date).num_days()
    }

    /// The card's name in occasions; a card that is only printed on arrival has no identity yet.
    pub(super) fn card_occasion(&self) -> String {
        self.card.map_or_else(|| "arrival".to_owned(), |card| card.id.to_string())
    }

    pub(super) fn about_card(&self, mut wanted: Wanted) -> Wanted {
        wanted.card = self.card.map(|card| card.id);
        wanted.point = self.collect_at();
        wanted
    }

    /// The one point to which this person is sent, in a notice, in an answer and at the counter: where the card lies, else where it
    /// is printed.
    #[must_use]
    pub fn collect_at(&self) -> Option<Uuid> {
        let printed_at = self.blanks_at.filter(|_| self.policies.print == PrintPolicy::OnArrival);
        self.card.and_then(|card| card.point).or(printed_at)
    }
}
