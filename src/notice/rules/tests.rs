//! Single rules, where a year of chance would seldom lead.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::*;
use crate::clock::Clock;
use crate::notice::{NoticeId, State};
use crate::office::{Pause, PauseKind, Policies, PrintPolicy};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn id() -> Uuid {
    Clock::system().new_uuid()
}

/// Somebody who turns 17 on 1 December 2026, looked at on `today`.
fn case<'a>(policies: &'a Policies, today: &str) -> Case<'a> {
    Case {
        zone: chrono_tz::Asia::Makassar,
        today: day(today),
        now: at(&format!("{today}T02:00:00Z")),
        policies,
        pauses: &[],
        blanks_at: None,
        birthday_17: day("2026-12-01"),
        print_from: day("2026-12-01"),
        ever_married: false,
        recorded: Recorded::No,
        recorded_on: None,
        recording: None,
        closed: None,
        print_ready: false,
        printable: false,
        enrolment_failed_on: None,
        card: None,
        visits: Vec::new(),
        sessions: Vec::new(),
        known: Vec::new(),
    }
}

/// Went out on `on` at 09:00.
fn out(kind: Kind, occasion: &str, variant: Option<&str>, on: &str) -> Known {
    Known {
        id: NoticeId(id()),
        kind,
        occasion: occasion.to_owned(),
        variant: variant.map(str::to_owned),
        state: State::Sent,
        out_on: Some(day(on)),
        out_at: Some(at(&format!("{on}T01:00:00Z"))),
        card: None,
        point: None,
    }
}

fn of(case: &Case<'_>, kind: Kind) -> Vec<Wanted> {
    wanted(case).into_iter().filter(|wanted| wanted.kind == kind).collect()
}

#[test]
fn whoever_was_recorded_again_is_not_asked_to_come_for_it() {
    let policies = Policies::default();
    let mut case = case(&policies, "2026-11-20");
    case.enrolment_failed_on = Some(day("2026-11-10"));
    assert_eq!(of(&case, Kind::RecordAgain).len(), 1);
    case.recorded = Recorded::Yes;
    case.recorded_on = Some(day("2026-11-15"));
    assert!(of(&case, Kind::RecordAgain).is_empty());
}

#[test]
fn an_invitation_that_was_taken_back_is_made_again() {
    let policies = Policies::default();
    let mut case = case(&policies, "2026-12-01");
    let card =
        CardCase { id: id(), ready_on: Some(day("2026-09-01")), point: None, collected_on: None, collection: None };
    case.card = Some(card);
    let told = Known { card: Some(card.id), ..out(Kind::Turned17, "-", Some("collect"), "2026-11-01") };
    case.known = vec![told.clone()];
    assert!(of(&case, Kind::CardReady).is_empty(), "the birthday's words invited");
    case.known.push(out(Kind::Correction, &told.id.to_string(), None, "2026-11-05"));
    assert_eq!(of(&case, Kind::CardReady).len(), 1);
    assert!(of(&case, Kind::CollectReminder).is_empty());
    // Where the card itself had been announced, too, the invitation that follows is another.
    case.known.push(Known {
        card: Some(card.id),
        ..out(Kind::CardReady, &card.id.to_string(), Some("collect"), "2026-11-03")
    });
    let again = of(&case, Kind::CardReady);
    assert_eq!(again.len(), 1);
    assert_ne!(again[0].occasion, card.id.to_string());
    case.known
        .push(Known { card: Some(card.id), ..out(Kind::CardReady, &again[0].occasion, Some("collect"), "2026-12-01") });
    case.today = day("2026-12-09");
    assert_eq!(of(&case, Kind::CardReady).len(), 1, "and stays the only one");
    assert_eq!(of(&case, Kind::CollectReminder).len(), 1, "the ladder goes on from it");
}

#[test]
fn whoever_is_invited_on_the_day_of_a_correction_is_not_invited_once_more() {
    let policies = Policies::default();
    let mut case = case(&policies, "2026-12-03");
    let card =
        CardCase { id: id(), ready_on: Some(day("2026-09-01")), point: None, collected_on: None, collection: None };
    case.card = Some(card);
    let told = Known { card: Some(card.id), ..out(Kind::Turned17, "-", Some("collect"), "2026-12-01") };
    let correction = out(Kind::Correction, &told.id.to_string(), None, "2026-12-02");
    // The date was put back at once, and the student invited the same day.
    let invited = Known {
        card: Some(card.id),
        out_at: Some(at("2026-12-02T03:00:00Z")),
        ..out(Kind::CardReady, &card.id.to_string(), Some("collect"), "2026-12-02")
    };
    case.known = vec![told, correction, invited];
    let wanted = of(&case, Kind::CardReady);
    assert_eq!((wanted.len(), wanted[0].occasion.clone()), (1, card.id.to_string()));
    case.today = day("2026-12-10");
    assert_eq!(of(&case, Kind::CollectReminder).len(), 1, "the ladder goes on from that day");
}

#[test]
fn a_correction_by_another_node_takes_back_what_went_out_before_it_whatever_the_ids_say() {
    let policies = Policies::default();
    let mut case = case(&policies, "2026-12-01");
    let card =
        CardCase { id: id(), ready_on: Some(day("2026-09-01")), point: None, collected_on: None, collection: None };
    case.card = Some(card);
    let told = Known {
        id: NoticeId(Uuid::from_u128(2)),
        card: Some(card.id),
        ..out(Kind::Turned17, "-", Some("collect"), "2026-12-01")
    };
    let occasion = told.id.to_string();
    let correction = Known { id: NoticeId(Uuid::from_u128(1)), ..out(Kind::Correction, &occasion, None, "2026-12-01") };
    // The one that has the smaller ID went out an hour later, or an hour earlier.
    for (instant, invitations) in [("2026-12-01T02:00:00Z", 1), ("2026-12-01T00:00:00Z", 0)] {
        let correction = Known { out_at: Some(at(instant)), ..correction.clone() };
        case.known = vec![told.clone(), correction];
        assert_eq!(of(&case, Kind::CardReady).len(), invitations, "corrected at {instant}");
    }
}

#[test]
fn whoever_was_asked_to_come_during_a_pause_is_not_told_to_stay_away_for_it() {
    let policies = Policies::default();
    let mut case = case(&policies, "2026-11-08");
    let pause = Pause {
        id: crate::office::PauseId(id()),
        kind: PauseKind::Counter,
        starts_on: day("2026-11-06"),
        until_on: day("2026-11-12"),
        reason: "listrik".to_owned(),
        resumed_on: None,
    };
    case.pauses = std::slice::from_ref(&pause);
    for (asked, told) in [("2026-11-07", 0), ("2026-11-05", 1), ("2026-11-06", 1)] {
        case.known = vec![out(Kind::Turned17, "-", Some("not_recorded"), asked)];
        assert_eq!(of(&case, Kind::CollectChanged).len(), told, "asked on {asked}");
    }
}

#[test]
fn a_moved_visit_is_told_once_and_tomorrow_is_never_today() {
    let policies = Policies::default();
    let mut case = case(&policies, "2026-11-23");
    let visit = VisitCase {
        id: id(),
        revision: 2,
        on: day("2026-11-24"),
        starts_at: at("2026-11-24T01:00:00Z"),
        evening_before: at("2026-11-23T08:00:00Z"),
        state: VisitState::Confirmed,
        result: None,
    };
    case.visits = vec![visit.clone()];
    let occasion = format!("{}:2", visit.id);
    case.known = vec![
        out(Kind::VisitAnnounced, &format!("{}:1", visit.id), None, "2026-11-20"),
        out(Kind::VisitChanged, &occasion, Some("moved"), "2026-11-22"),
    ];
    assert!(of(&case, Kind::VisitAnnounced).iter().all(|wanted| wanted.stand != Stand::Deliver));
    assert_eq!(of(&case, Kind::VisitTomorrow)[0].stand, Stand::Deliver);
    case.today = day("2026-11-24");
    case.now = at("2026-11-24T00:30:00Z");
    assert_eq!(of(&case, Kind::VisitTomorrow)[0].stand, Stand::Expire("visit_day"));
}

#[test]
fn a_reminder_melts_into_the_news_that_the_counter_is_open_again_and_stays_so() {
    let policies = Policies::default();
    let mut case = case(&policies, "2027-01-10");
    let card =
        CardCase { id: id(), ready_on: Some(day("2026-09-01")), point: None, collected_on: None, collection: None };
    case.card = Some(card);
    let pause = Pause {
        id: crate::office::PauseId(id()),
        kind: PauseKind::Counter,
        starts_on: day("2027-01-06"),
        until_on: day("2027-01-09"),
        reason: "loket".into(),
        resumed_on: None,
    };
    let pauses = [pause.clone()];
    case.pauses = &pauses;
    case.known = vec![
        Known { card: Some(card.id), ..out(Kind::CardReady, &card.id.to_string(), Some("collect"), "2027-01-01") },
        out(Kind::CollectChanged, &format!("{}:closed", pause.id), Some("do_not_come"), "2027-01-06"),
    ];
    let reminder = |case: &Case<'_>| of(case, Kind::CollectReminder)[0].stand.clone();
    let news = format!("{}:open", pause.id);
    assert_eq!(reminder(&case), Stand::MergeInto(Kind::CollectChanged, news.clone()));
    case.known.push(out(Kind::CollectChanged, &news, Some("open_again"), "2027-01-10"));
    case.today = day("2027-01-12");
    assert_eq!(reminder(&case), Stand::MergeInto(Kind::CollectChanged, news), "also on the days after");
}

#[test]
fn an_extended_pause_ends_with_one_word_and_each_stop_names_its_own() {
    let policies = Policies::default();
    let mut case = case(&policies, "2027-01-08");
    let card =
        CardCase { id: id(), ready_on: Some(day("2026-09-01")), point: None, collected_on: None, collection: None };
    case.card = Some(card);
    let pause = |from: &str, until: &str| Pause {
        id: crate::office::PauseId(id()),
        kind: PauseKind::Counter,
        starts_on: day(from),
        until_on: day(until),
        reason: "loket".into(),
        resumed_on: None,
    };
    let pauses = [pause("2027-01-06", "2027-01-08"), pause("2027-01-07", "2027-01-11")];
    case.pauses = &pauses;
    let closed = |at: usize| format!("{}:closed", pauses[at].id);
    case.known = vec![Known {
        card: Some(card.id),
        ..out(Kind::CardReady, &card.id.to_string(), Some("collect"), "2027-01-01")
    }];
    let stops: Vec<String> = of(&case, Kind::CollectChanged).into_iter().map(|wanted| wanted.occasion).collect();
    assert_eq!(stops, [closed(0), closed(1)]);
    for at in 0..2 {
        case.known.push(out(Kind::CollectChanged, &closed(at), Some("do_not_come"), "2027-01-07"));
    }
    case.today = day("2027-01-09");
    assert!(of(&case, Kind::CollectChanged).iter().all(|wanted| wanted.variant == Some("do_not_come")));
    case.today = day("2027-01-12");
    let news = of(&case, Kind::CollectChanged);
    assert_eq!(news.iter().filter(|wanted| wanted.stand == Stand::Deliver).count(), 1, "{news:?}");
}

#[test]
fn whoever_was_asked_to_be_recorded_hears_of_a_block_and_of_its_end() {
    let policies = Policies::default();
    let mut case = case(&policies, "2026-12-05");
    let pauses = [Pause {
        id: crate::office::PauseId(id()),
        kind: PauseKind::Recording,
        starts_on: day("2026-12-04"),
        until_on: day("2026-12-10"),
        reason: "server".into(),
        resumed_on: None,
    }];
    case.pauses = &pauses;
    assert!(of(&case, Kind::CollectChanged).is_empty(), "nobody asked");
    case.known = vec![out(Kind::Turned17, "-", Some("not_recorded"), "2026-12-01")];
    let stop = of(&case, Kind::CollectChanged);
    assert_eq!(stop.iter().map(|wanted| wanted.variant).collect::<Vec<_>>(), [Some("no_recording")]);
    case.known.push(out(Kind::CollectChanged, &stop[0].occasion, Some("no_recording"), "2026-12-05"));
    case.today = day("2026-12-11");
    assert_eq!(of(&case, Kind::CollectChanged)[0].variant, Some("recording_again"));
    case.recorded = Recorded::Yes;
    assert!(of(&case, Kind::CollectChanged).is_empty());
}

#[test]
fn nothing_is_printed_on_arrival_that_the_centre_has_printed_or_without_a_blank() {
    let policies = Policies { print: PrintPolicy::OnArrival, ..Policies::default() };
    let mut case = case(&policies, "2026-12-01");
    case.print_ready = true;
    case.blanks_at = Some(id());
    assert_eq!(case.collectable(), Collectable::No, "the centre printed it");
    case.printable = true;
    assert_eq!(case.collectable(), Collectable::OnArrival);
    assert_eq!(of(&case, Kind::Turned17)[0].point, case.blanks_at, "where there is a blank");
    case.blanks_at = None;
    assert_eq!(case.collectable(), Collectable::No);
}

#[test]
fn a_visit_agreed_the_evening_before_is_told_once() {
    let policies = Policies::default();
    let mut case = case(&policies, "2026-11-23");
    let visit = VisitCase {
        id: id(),
        revision: 1,
        on: day("2026-11-24"),
        starts_at: at("2026-11-24T00:45:00Z"),
        evening_before: at("2026-11-23T08:00:00Z"),
        state: VisitState::Confirmed,
        result: None,
    };
    let occasion = format!("{}:1", visit.id);
    case.visits = vec![visit];
    let stand = |case: &Case<'_>| of(case, Kind::VisitAnnounced).remove(0).stand;
    assert_eq!(stand(&case), Stand::Deliver, "in the morning");
    case.now = at("2026-11-23T09:00:00Z");
    assert_eq!(stand(&case), Stand::MergeInto(Kind::VisitTomorrow, occasion.clone()));
    assert_eq!(of(&case, Kind::VisitTomorrow)[0].stand, Stand::Deliver);
    // The morning after it is not told again, whichever of the two went out.
    case.known = vec![out(Kind::VisitTomorrow, &occasion, None, "2026-11-23")];
    (case.today, case.now) = (day("2026-11-24"), at("2026-11-24T00:10:00Z"));
    assert_eq!(stand(&case), Stand::Suppress("told_by_visit_tomorrow"));
    // Told in the morning before, it stays told.
    case.known.push(out(Kind::VisitAnnounced, &occasion, None, "2026-11-20"));
    assert_eq!(stand(&case), Stand::Deliver);
}

#[test]
fn a_session_is_told_to_whom_it_is_for_and_to_nobody_else() {
    let policies = Policies::default();
    let mut case = case(&policies, "2026-11-23");
    let session = SessionCase {
        id: id(),
        on: day("2026-11-29"),
        starts_at: at("2026-11-29T08:00:00Z"),
        cancelled: false,
        near: true,
        of_age: true,
    };
    let told = |case: &Case<'_>| of(case, Kind::SessionOpen);
    case.sessions = vec![session.clone()];
    assert_eq!(told(&case)[0].stand, Stand::Deliver);
    assert_eq!(told(&case)[0].occasion, session.id.to_string());
    // Nobody gets a row who is not meant.
    case.sessions[0].near = false;
    assert!(told(&case).is_empty());
    case.sessions[0] = SessionCase { of_age: false, ..session.clone() };
    assert!(told(&case).is_empty());
    case.sessions[0] = SessionCase { on: day("2026-12-08"), starts_at: at("2026-12-08T08:00:00Z"), ..session.clone() };
    assert!(told(&case).is_empty(), "told of two weeks before, not earlier");
    case.sessions[0] = session.clone();
    case.closed = Some(ClosedReason::Moved);
    assert!(told(&case).is_empty());
    case.closed = None;
    case.recorded = Recorded::Yes;
    assert!(told(&case).is_empty());
    case.recorded = Recorded::Unknown;
    assert_eq!(told(&case).len(), 1, "who may be unrecorded is asked to come too");
    // A visit before the session meets the student; one after it does not, nor one whose list never came back.
    let visit = VisitCase {
        id: id(),
        revision: 1,
        on: day("2026-11-26"),
        starts_at: at("2026-11-26T01:00:00Z"),
        evening_before: at("2026-11-25T08:00:00Z"),
        state: VisitState::Announced,
        result: None,
    };
    case.visits = vec![visit.clone()];
    assert!(told(&case).is_empty());
    case.visits = vec![VisitCase { starts_at: at("2026-11-30T01:00:00Z"), on: day("2026-11-30"), ..visit.clone() }];
    assert_eq!(told(&case).len(), 1);
    case.visits = vec![VisitCase { starts_at: at("2026-11-10T01:00:00Z"), on: day("2026-11-10"), ..visit.clone() }];
    assert_eq!(told(&case).len(), 1);
    case.visits = vec![VisitCase { state: VisitState::Cancelled, ..visit }];
    assert_eq!(told(&case).len(), 1);
}

#[test]
fn a_row_about_a_session_keeps_a_verdict_and_a_cancelled_one_is_told_to_those_who_were_told() {
    let policies = Policies::default();
    let mut case = case(&policies, "2026-11-23");
    let session = SessionCase {
        id: id(),
        on: day("2026-11-29"),
        starts_at: at("2026-11-29T08:00:00Z"),
        cancelled: false,
        near: true,
        of_age: true,
    };
    let occasion = session.id.to_string();
    case.sessions = vec![session.clone()];
    let waiting = Known { state: State::Waiting, ..out(Kind::SessionOpen, &occasion, None, "2026-11-23") };
    case.known = vec![waiting.clone()];
    case.recorded = Recorded::Yes;
    assert_eq!(of(&case, Kind::SessionOpen)[0].stand, Stand::Suppress("already_recorded"));
    case.recorded = Recorded::No;
    case.now = at("2026-11-29T08:00:00Z");
    assert_eq!(of(&case, Kind::SessionOpen)[0].stand, Stand::Expire("session_started"));
    case.now = at("2026-11-24T08:00:00Z");
    case.sessions[0].cancelled = true;
    assert_eq!(of(&case, Kind::SessionOpen)[0].stand, Stand::Suppress("session_cancelled"));
    assert!(of(&case, Kind::VisitChanged).is_empty(), "nobody was told");
    // Told, and since moved away from there: the cancellation still has to arrive.
    case.known = vec![Known { state: State::Sent, ..waiting }];
    case.sessions[0].near = false;
    let changed = of(&case, Kind::VisitChanged);
    assert_eq!((changed[0].variant, &changed[0].stand), (Some("session_cancelled"), &Stand::Deliver));
    assert_eq!(changed[0].occasion, format!("{occasion}:cancelled"));
    case.now = at("2026-11-29T08:30:00Z");
    assert_eq!(of(&case, Kind::VisitChanged)[0].stand, Stand::Expire("session_started"));
}
