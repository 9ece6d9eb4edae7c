//! Which notices should exist for a place's contact: pure functions of the visits, the ledger and the office's local date.

use chrono::{DateTime, NaiveDate, Utc};

use super::contact::{Asked, cancelled, is_of_a_pause, paused};
use crate::notice::Kind;
use crate::notice::rules::{Known, Stand, Wanted};
use crate::office::{Pause, PauseKind};
use crate::visit::VisitState;

/// School days after which a contact who has not answered is reminded.
pub const REMINDER_DAYS: usize = 3;

/// What should exist about one visit. `remind_from` gives the day from which whoever was told on a day is reminded, as far as
/// the calendar is known.
pub fn of_visit(
    now: DateTime<Utc>,
    today: NaiveDate,
    visit: &Asked,
    known: &[Known],
    remind_from: impl Fn(NaiveDate) -> Option<NaiveDate>,
    list: &mut Vec<Wanted>,
) {
    let occasion = visit.occasion();
    let of_this = format!("{}:", visit.id);
    let out = known.iter().filter(|one| one.occasion.starts_with(&of_this) && one.is_out());
    let told_of_this = out.clone().find(|one| one.occasion == occasion);
    let told_of_another = out.clone().any(|one| one.occasion != occasion && !is_of_a_pause(&one.occasion));
    let stand = if now >= visit.starts_at { Stand::Expire("visit_started") } else { Stand::Deliver };
    let mut want = |kind, variant, occasion: String, stand| {
        let wanted = Wanted::new(kind, occasion, stand);
        list.push(Wanted { variant, visit: Some(visit.id.0), ..wanted });
    };
    // The words stay what they were when they went out.
    let moved = told_of_this.map_or(told_of_another, |one| one.variant.is_some()).then_some("moved");
    match visit.state {
        VisitState::Announced => {
            want(Kind::VisitRequest, moved, occasion.clone(), stand.clone());
            let told_on = told_of_this.filter(|one| one.kind == Kind::VisitRequest).and_then(|one| one.out_on);
            let is_time = told_on.and_then(remind_from).is_some_and(|day| day <= today);
            // Whoever said that no day suits has answered, and is called.
            if is_time && !visit.unsuited {
                want(Kind::VisitRequestReminder, None, occasion, stand);
            }
        }
        VisitState::Confirmed if told_of_this.is_some_and(|one| one.kind == Kind::VisitRequest) => {}
        // They were asked about another day, and this one was settled without the chat.
        VisitState::Confirmed if told_of_another => want(Kind::VisitChanged, Some("moved"), occasion, stand),
        // Whoever waits for the team hears of it until the visit would have ended, and whoever agreed otherwise than in the chat,
        // too.
        VisitState::Cancelled if told_of_this.is_some() || told_of_another || visit.agreed => {
            let stand = if now >= visit.ends_at { Stand::Expire("visit_over") } else { Stand::Deliver };
            want(Kind::VisitChanged, Some("cancelled"), cancelled(visit.id), stand);
        }
        VisitState::Proposed | VisitState::Confirmed | VisitState::Done | VisitState::Cancelled => {}
    }
}

/// What should exist about a visit on whose day the office does not record: that the team does not come, and that it does after
/// all. A cancelled or moved visit has its own words.
pub fn of_pauses(now: DateTime<Utc>, visit: &Asked, pauses: &[Pause], known: &[Known], list: &mut Vec<Wanted>) {
    let of_this = format!("{}:", visit.id);
    let mut out = known.iter().filter(|one| one.is_out());
    let is_awaited = match visit.state {
        VisitState::Confirmed => true,
        VisitState::Announced => out.clone().any(|one| one.occasion.starts_with(&of_this)),
        VisitState::Proposed | VisitState::Cancelled | VisitState::Done => false,
    };
    if !is_awaited {
        return;
    }
    let stand = if now >= visit.ends_at { Stand::Expire("visit_over") } else { Stand::Deliver };
    let mut want = |variant, occasion, stand| {
        let wanted = Wanted::new(Kind::VisitChanged, occasion, stand);
        list.push(Wanted { variant: Some(variant), visit: Some(visit.id.0), ..wanted });
    };
    let stops = |pause: &&Pause| pause.kind == PauseKind::Recording;
    let is_stopped = pauses.iter().filter(stops).any(|pause| pause.holds_on(visit.visit_on));
    let last = pauses
        .iter()
        .filter(stops)
        .filter(|pause| pause.starts_on <= visit.visit_on)
        .max_by_key(|pause| (pause.holds_on(visit.visit_on), pause.until_on, pause.id.0));
    let Some(pause) = last else { return };
    let [closed, open] = paused(visit.id, pause.id);
    if is_stopped {
        want("paused", closed, stand);
    } else if out.any(|one| one.occasion == closed) {
        want("on_again", open, stand);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::notice::{NoticeId, State};
    use crate::place::PlaceId;
    use crate::visit::VisitId;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn asked(state: VisitState, revision: i32) -> Asked {
        let clock = Clock::system();
        Asked {
            id: VisitId::new(&clock),
            place_id: PlaceId::new(&clock),
            revision,
            visit_on: day("2026-12-08"),
            starts_at: "2026-12-08T00:45:00Z".parse().unwrap(),
            ends_at: "2026-12-08T03:00:00Z".parse().unwrap(),
            state,
            announced_at: None,
            team: "Tim A".into(),
            students: 3,
            unsuited: false,
            agreed: false,
        }
    }

    fn out(visit: &Asked, kind: Kind, revision: i32, on: &str) -> Known {
        Known {
            id: NoticeId::new(&Clock::system()),
            kind,
            occasion: super::super::contact::occasion(visit.id, revision),
            variant: None,
            state: State::Sent,
            out_on: Some(day(on)),
            out_at: Some(format!("{on}T01:00:00Z").parse().unwrap()),
            card: None,
            point: None,
        }
    }

    /// Kind, variant and stand of what is wanted on `today`, where every day is a school day.
    fn of(visit: &Asked, known: &[Known], today: &str) -> Vec<(Kind, Option<&'static str>, Stand)> {
        let mut list = Vec::new();
        let now = format!("{today}T02:00:00Z").parse().unwrap();
        of_visit(now, day(today), visit, known, |told| told.checked_add_days(chrono::Days::new(3)), &mut list);
        list.into_iter().map(|wanted| (wanted.kind, wanted.variant, wanted.stand)).collect()
    }

    #[test]
    fn an_announced_visit_is_asked_about_once_and_reminded_of_after_three_days() {
        let mut visit = asked(VisitState::Announced, 1);
        let request = || (Kind::VisitRequest, None, Stand::Deliver);
        assert_eq!(of(&visit, &[], "2026-11-23"), [request()], "who was never told is not reminded");
        let told = [out(&visit, Kind::VisitRequest, 1, "2026-11-23")];
        assert_eq!(of(&visit, &told, "2026-11-25"), [request()]);
        let reminder = (Kind::VisitRequestReminder, None, Stand::Deliver);
        assert_eq!(of(&visit, &told, "2026-11-26"), [request(), reminder]);
        visit.unsuited = true;
        assert_eq!(of(&visit, &told, "2026-11-26"), [request()], "no day suits: that was an answer");
        assert!(of(&visit, &told, "2026-12-08").iter().all(|one| one.2 == Stand::Expire("visit_started")));
    }

    #[test]
    fn a_pause_on_the_day_is_told_at_once_until_the_visit_would_have_ended() {
        let mut visit = asked(VisitState::Confirmed, 1);
        let mut pause = Pause {
            id: crate::office::PauseId::new(&Clock::system()),
            kind: PauseKind::Recording,
            starts_on: day("2026-12-08"),
            until_on: day("2026-12-10"),
            reason: "server".into(),
            resumed_on: None,
        };
        let of = |visit: &Asked, pause: &Pause, known: &[Known], at: &str| {
            let mut list = Vec::new();
            of_pauses(at.parse().unwrap(), visit, std::slice::from_ref(pause), known, &mut list);
            list.into_iter().map(|wanted| (wanted.variant.unwrap(), wanted.stand)).collect::<Vec<_>>()
        };
        let (begun, over) = ("2026-12-08T01:00:00Z", "2026-12-08T03:00:00Z");
        assert_eq!(of(&visit, &pause, &[], begun), [("paused", Stand::Deliver)]);
        assert_eq!(of(&visit, &pause, &[], over), [("paused", Stand::Expire("visit_over"))]);
        let mut told = out(&visit, Kind::VisitChanged, 1, "2026-12-08");
        [told.occasion, _] = paused(visit.id, pause.id);
        pause.resumed_on = Some(day("2026-12-08"));
        assert_eq!(of(&visit, &pause, &[told.clone()], begun), [("on_again", Stand::Deliver)]);
        assert!(of(&visit, &pause, &[], begun).is_empty(), "who never heard of it hears nothing");
        let mut list = Vec::new();
        of_visit(begun.parse().unwrap(), day("2026-12-08"), &visit, &[told], |_| None, &mut list);
        assert!(list.is_empty(), "a pause is no other day: {list:?}");
        pause.resumed_on = None;
        visit.state = VisitState::Announced;
        assert!(of(&visit, &pause, &[], begun).is_empty(), "who was not asked waits for nobody");
        pause.kind = PauseKind::Counter;
        visit.state = VisitState::Confirmed;
        assert!(of(&visit, &pause, &[], begun).is_empty(), "a closed counter keeps no team at home");
    }

    #[test]
    fn a_visit_agreed_by_telephone_is_cancelled_in_the_chat_on_its_very_day() {
        let mut visit = asked(VisitState::Cancelled, 1);
        visit.agreed = true;
        assert_eq!(of(&visit, &[], "2026-12-08"), [(Kind::VisitChanged, Some("cancelled"), Stand::Deliver)]);
        assert_eq!(
            of(&visit, &[], "2026-12-09"),
            [(Kind::VisitChanged, Some("cancelled"), Stand::Expire("visit_over"))]
        );
    }

    #[test]
    fn another_day_is_asked_about_anew_and_says_so() {
        let visit = asked(VisitState::Announced, 2);
        let told = [out(&visit, Kind::VisitRequest, 1, "2026-11-23")];
        assert_eq!(of(&visit, &told, "2026-11-27"), [(Kind::VisitRequest, Some("moved"), Stand::Deliver)]);
    }

    #[test]
    fn whoever_was_asked_hears_of_a_cancelled_or_settled_visit_and_nobody_else() {
        let cancelled = asked(VisitState::Cancelled, 1);
        assert!(of(&cancelled, &[], "2026-11-23").is_empty());
        let told = [out(&cancelled, Kind::VisitRequest, 1, "2026-11-23")];
        assert_eq!(of(&cancelled, &told, "2026-11-24"), [(Kind::VisitChanged, Some("cancelled"), Stand::Deliver)]);
        let settled = asked(VisitState::Confirmed, 2);
        let told = [out(&settled, Kind::VisitRequest, 1, "2026-11-23")];
        assert_eq!(of(&settled, &told, "2026-11-24"), [(Kind::VisitChanged, Some("moved"), Stand::Deliver)]);
        let by_chat = [told[0].clone(), out(&settled, Kind::VisitRequest, 2, "2026-11-24")];
        assert!(of(&settled, &by_chat, "2026-11-24").is_empty(), "they chose the day themselves");
    }
}
