//! Between two moments nothing changes, whatever the facts; and each limit is needed for that.

use chrono::TimeDelta;

use super::super::{CardCase, Case, Known, SessionCase, VisitCase, Wanted, wanted};
use super::*;
use crate::clock::Clock;
use crate::notice::{NoticeId, State};
use crate::office::{Pause, PauseId, PauseKind, Policies, PrintPolicy};
use crate::student::ClosedReason;
use crate::testing::Dice;
use crate::visit::{DayResult, VisitState};

const CASES: u64 = 20_000;
/// Days that are looked at after the present one: more than any rule looks ahead from the facts of a case.
const AHEAD: u64 = 160;
const ZONE: chrono_tz::Tz = chrono_tz::Asia::Makassar;

const ALL: [Limit; 20] = [
    Limit::Birthday,
    Limit::PrintFrom,
    Limit::Horizon,
    Limit::CardReady,
    Limit::CollectedNews,
    Limit::RecordedNews,
    Limit::Reminder,
    Limit::PauseStarts,
    Limit::PauseOver,
    Limit::PauseResumed,
    Limit::VisitEve,
    Limit::VisitEvening,
    Limit::VisitDay,
    Limit::VisitStarts,
    Limit::VisitOver,
    Limit::VisitNews,
    Limit::VisitList,
    Limit::SessionTold,
    Limit::SessionStarts,
    Limit::SessionForgotten,
];

struct World {
    clock: Clock,
    dice: Dice,
}

impl World {
    fn pick<T: Clone>(&mut self, list: &[T]) -> T {
        list[usize::try_from(self.dice.below(list.len() as u64)).unwrap()].clone()
    }

    /// A day around the middle of the time that is looked at.
    fn day(&mut self, spread: u64) -> NaiveDate {
        let middle = NaiveDate::from_ymd_opt(2026, 12, 1).unwrap();
        middle + Days::new(self.dice.below(2 * spread + 1)) - Days::new(spread)
    }

    fn some_day(&mut self, percent: u64, spread: u64) -> Option<NaiveDate> {
        self.dice.chance(percent).then(|| self.day(spread))
    }

    fn id(&self) -> uuid::Uuid {
        self.clock.new_uuid()
    }

    fn policies(&mut self) -> Policies {
        Policies {
            print: self.pick(&[PrintPolicy::Ahead, PrintPolicy::OnArrival]),
            horizon_days: self.pick(&[0, 5, 20, 90]),
            reminder_days: self.pick(&[vec![7, 30, 60], vec![3], vec![]]),
            ..Policies::default()
        }
    }

    fn pauses(&mut self) -> Vec<Pause> {
        (0..self.dice.below(3))
            .map(|_| {
                let starts_on = self.day(30);
                Pause {
                    id: PauseId(self.id()),
                    kind: self.pick(&[PauseKind::Counter, PauseKind::Printing, PauseKind::Recording]),
                    starts_on,
                    until_on: starts_on + Days::new(self.dice.below(20)),
                    reason: "x".into(),
                    resumed_on: self.dice.chance(30).then(|| starts_on + Days::new(self.dice.below(10))),
                }
            })
            .collect()
    }

    fn visit(&mut self) -> VisitCase {
        let on = self.day(30);
        let at = |day: NaiveDate, hour: i64| local_instant(day, NaiveTime::MIN, ZONE) + TimeDelta::hours(hour);
        // A broken device is rare, and what it limits lasts for a day only: by chance alone hardly anybody would meet it.
        let broken = self.dice.chance(25).then_some((VisitState::Done, Some(DayResult::DeviceFailed)));
        VisitCase {
            id: self.id(),
            revision: self.pick(&[1, 2]),
            on,
            starts_at: at(on, 8),
            evening_before: at(on.pred_opt().unwrap(), 16),
            state: broken.map(|(state, _)| state).unwrap_or_else(|| {
                self.pick(&[
                    VisitState::Announced,
                    VisitState::Confirmed,
                    VisitState::Confirmed,
                    VisitState::Done,
                    VisitState::Cancelled,
                ])
            }),
            result: broken.map(|(_, result)| result).unwrap_or_else(|| {
                self.pick(&[
                    None,
                    Some(DayResult::Absent),
                    Some(DayResult::Outsider),
                    Some(DayResult::DeviceFailed),
                    Some(DayResult::Recorded),
                ])
            }),
        }
    }

    fn session(&mut self) -> SessionCase {
        let on = self.day(40);
        SessionCase {
            id: self.id(),
            on,
            starts_at: local_instant(on, NaiveTime::MIN, ZONE) + TimeDelta::hours(16),
            cancelled: self.dice.chance(30),
            near: self.dice.chance(80),
            of_age: self.dice.chance(80),
        }
    }

    fn card(&mut self) -> CardCase {
        let collected_on = self.some_day(30, 30);
        CardCase {
            id: self.id(),
            ready_on: self.some_day(80, 30),
            point: Some(self.id()),
            collected_on,
            collection: collected_on.map(|_| self.id()),
        }
    }

    /// A row of the ledger about something that the case knows.
    fn known(&mut self, case: &Case<'_>) -> Known {
        let mut about = vec![
            (Kind::Turned17, "-".to_owned()),
            (Kind::Turned17, "-".to_owned()),
            (Kind::CardReady, "arrival".to_owned()),
            (Kind::CollectReminder, "arrival:7".to_owned()),
            (Kind::RecordAgain, "x".to_owned()),
        ];
        about.extend(case.card.map(|card| (Kind::CardReady, card.id.to_string())));
        about.extend(case.card.map(|card| (Kind::CollectReminder, format!("{}:7", card.id))));
        for visit in &case.visits {
            let kinds = [Kind::VisitAnnounced, Kind::VisitTomorrow, Kind::VisitChanged, Kind::MissedVisit];
            about.extend(kinds.map(|kind| (kind, format!("{}:1", visit.id))));
        }
        about.extend(case.sessions.iter().map(|one| (Kind::SessionOpen, one.id.to_string())));
        about.extend(case.pauses.iter().map(|one| (Kind::CollectChanged, format!("{}:closed", one.id))));
        about.extend(case.known.iter().map(|one| (Kind::Correction, one.id.to_string())));
        let (kind, occasion) = self.pick(&about);
        let variants = ["collect", "print_on_arrival", "not_recorded", "do_you_have_it", "moved", "do_not_come"];
        let mut known = Known {
            id: NoticeId(self.id()),
            kind,
            occasion,
            variant: Some(self.pick(&variants).to_owned()),
            state: self.pick(&[State::Sent, State::Sent, State::Waiting, State::Due, State::Uncertain, State::Told]),
            out_on: self.some_day(90, 30),
            out_at: None,
            card: if self.dice.chance(50) { case.card.map(|card| card.id) } else { None },
            point: self.dice.chance(30).then(|| self.id()),
        };
        // Of one day, row after row: a correction comes now after an invitation, now before it.
        let hours = TimeDelta::hours(i64::try_from(case.known.len()).unwrap());
        known.out_at = known.out_on.map(|on| local_instant(on, NaiveTime::MIN, ZONE) + hours);
        known
    }

    fn case<'a>(&mut self, policies: &'a Policies, pauses: &'a [Pause]) -> Case<'a> {
        let today = self.day(45);
        let birthday_17 = self.day(60);
        let mut case = Case {
            zone: ZONE,
            today,
            now: local_instant(today, NaiveTime::MIN, ZONE),
            policies,
            pauses,
            blanks_at: self.dice.chance(70).then(|| self.id()),
            birthday_17,
            print_from: birthday_17 + Days::new(self.dice.below(3)),
            ever_married: self.dice.chance(20),
            recorded: self.pick(&[Recorded::Yes, Recorded::No, Recorded::No, Recorded::Unknown]),
            recorded_on: self.some_day(70, 30),
            recording: self.dice.chance(90).then(|| self.id()),
            closed: if self.dice.chance(15) { Some(ClosedReason::HasCard) } else { None },
            print_ready: self.dice.chance(50),
            printable: self.dice.chance(50),
            enrolment_failed_on: self.some_day(20, 30),
            card: if self.dice.chance(50) { Some(self.card()) } else { None },
            visits: (0..self.dice.below(3)).map(|_| self.visit()).collect(),
            sessions: (0..self.dice.below(3)).map(|_| self.session()).collect(),
            known: Vec::new(),
        };
        for _ in 0..self.dice.below(6) {
            let known = self.known(&case);
            if case.known.iter().all(|one| (one.kind, &one.occasion) != (known.kind, &known.occasion)) {
                case.known.push(known);
            }
        }
        let now = case.now + TimeDelta::minutes(i64::try_from(self.dice.below(24 * 60)).unwrap());
        at(&case, now)
    }
}

/// The same facts at another time.
fn at<'a>(case: &Case<'a>, now: DateTime<Utc>) -> Case<'a> {
    let mut case = case.clone();
    case.now = now;
    case.today = now.with_timezone(&ZONE).date_naive();
    case.sessions.retain(|one| one.starts_at > now - session::PAST);
    case
}

/// The first instant, of those that rules could draw a limit at, at which something else is wanted.
fn changes_at(case: &Case<'_>) -> Option<DateTime<Utc>> {
    let mut instants: Vec<DateTime<Utc>> =
        (0..AHEAD).map(|day| local_instant(case.today + Days::new(day), NaiveTime::MIN, ZONE)).collect();
    instants.extend(case.visits.iter().flat_map(|visit| [visit.starts_at, visit.evening_before]));
    instants.extend(case.sessions.iter().flat_map(|one| [one.starts_at, one.starts_at + session::PAST]));
    instants.retain(|instant| *instant > case.now);
    instants.sort_unstable();
    let present: Vec<Wanted> = wanted(case);
    instants.into_iter().find(|instant| wanted(&at(case, *instant)) != present)
}

#[test]
fn nothing_changes_before_the_next_moment_and_each_limit_is_needed_for_that() {
    let mut world = World { clock: Clock::system(), dice: Dice::new(17) };
    let mut missed_without = [0; ALL.len()];
    for number in 0..CASES {
        let (policies, pauses) = (world.policies(), world.pauses());
        let case = world.case(&policies, &pauses);
        let Some(changes) = changes_at(&case) else { continue };
        let limits = limits(&case);
        let first = |without: Option<Limit>| {
            let others = limits.iter().filter(|(limit, at)| Some(*limit) != without && *at > case.now);
            others.map(|(_, at)| *at).min()
        };
        assert_eq!(first(None), next_moment(&case));
        assert!(first(None).is_some_and(|at| at <= changes), "case {number} changes at {changes}: {case:#?}");
        for (limit, missed) in ALL.iter().zip(&mut missed_without) {
            *missed += u32::from(first(Some(*limit)).is_none_or(|at| at > changes));
        }
    }
    let needless: Vec<_> = ALL.iter().zip(missed_without).filter(|(_, missed)| *missed == 0).collect();
    assert!(needless.is_empty(), "without these nobody would be told late: {needless:?}");
}
