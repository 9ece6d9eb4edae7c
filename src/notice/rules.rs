//! Which notices should exist for one student, and how each stands: pure functions of the facts and the office's local date.

mod case;
mod changes;
mod moments;
mod sessions;

use chrono::{Days, NaiveDate};

use case::{COLLECTED_DAYS, NEWS_DAYS};
pub use case::{CardCase, Case, Collectable, Known, SessionCase, Stand, VisitCase, Wanted};
pub use moments::next_moment;

use super::Kind;
use crate::student::{ClosedReason, Recorded};
use crate::visit::{DayResult, VisitState};

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
    not_collected(case, &mut list);
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

/// Whoever was told that the card was handed out hears it when that was taken back. A card has one handing-out at a time, so one
/// that is no longer the card's was taken back.
fn not_collected(case: &Case<'_>, list: &mut Vec<Wanted>) {
    let Some(card) = case.card else { return };
    let collection = card.collection.map(|id| id.to_string());
    let told = case.known.iter().filter(|known| known.kind == Kind::Collected && known.is_out());
    for told in told.filter(|told| told.card == Some(card.id) && Some(&told.occasion) != collection.as_ref()) {
        let stand = if card.collected_on.is_some() { Stand::Expire("true_again") } else { Stand::Deliver };
        let wanted = Wanted::new(Kind::Correction, told.id.to_string(), stand);
        list.push(case.about_card(Wanted { variant: Some("not_collected"), ..wanted }));
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
