//! Whoever was told to come and is hit by a pause is told not to, and again when it is over; and when the card moved.

use chrono::NaiveDate;

use super::case::{Case, Collectable, Known, Stand, Wanted};
use crate::notice::Kind;
use crate::office::{Pause, PauseKind};
use crate::student::Recorded;

/// Invitations to collect a card.
pub(super) fn of_invitations(case: &Case<'_>, list: &mut Vec<Wanted>) {
    let (Some((invitation, invited_on)), false) = (case.invited(), case.collected()) else { return };
    let on_arrival = case.card.is_none();
    let hits = |kind| kind == PauseKind::Counter || (kind == PauseKind::Printing && on_arrival);
    let can_come = case.collectable() != Collectable::No;
    pauses(case, list, invited_on, hits, can_come, ["do_not_come", "open_again"]);
    let told_point = case
        .known
        .iter()
        .filter(|known| known.is_out() && known.point.is_some() && known.out_on >= Some(invited_on))
        .max_by_key(|known| known.out_on)
        .map_or(invitation.point, |known| known.point);
    let point = case.card.filter(|_| case.has_ready_card()).and_then(|card| card.point);
    if let (Some(told), Some(point)) = (told_point, point) {
        let occasion = format!("point:{point}");
        let repeated = case.known(Kind::CollectChanged, &occasion).is_some_and(Known::is_out);
        if told != point && !repeated && case.collectable() == Collectable::Ready {
            let wanted = Wanted::new(Kind::CollectChanged, occasion, Stand::Deliver);
            list.push(case.about_card(Wanted { variant: Some("other_place"), ..wanted }));
        }
    }
}

/// Invitations to be recorded at the office.
pub(super) fn of_recordings(case: &Case<'_>, list: &mut Vec<Wanted>) {
    let asks = |known: &&Known| {
        let birthday = matches!(known.variant.as_deref(), Some("not_recorded" | "do_you_have_it"));
        let asks = match known.kind {
            Kind::Turned17 => birthday,
            Kind::RecordAgain | Kind::MissedVisit => true,
            _ => false,
        };
        asks && known.is_out()
    };
    let asked_on = case.known.iter().filter(asks).filter_map(|known| known.out_on).max();
    let waits = case.recorded != Recorded::Yes && case.card.is_none() && case.closed.is_none();
    let Some(asked_on) = asked_on.filter(|_| waits && case.invited().is_none()) else { return };
    let hits = |kind| matches!(kind, PauseKind::Recording | PauseKind::Counter);
    let can_come = !case.pauses.iter().any(|pause| hits(pause.kind) && pause.holds_on(case.today));
    pauses(case, list, asked_on, hits, can_come, ["no_recording", "recording_again"]);
}

/// One "do not come" for each pause that holds, and one word, for the last of them, when all are over. Whoever was asked to
/// come while a pause held was told a day after it.
fn pauses(
    case: &Case<'_>,
    list: &mut Vec<Wanted>,
    asked_on: NaiveDate,
    hits: impl Fn(PauseKind) -> bool,
    can_come: bool,
    [stop, go]: [&'static str; 2],
) {
    let closed = |pause: &Pause| format!("{}:closed", pause.id);
    let hit: Vec<&Pause> = case.pauses.iter().filter(|pause| hits(pause.kind)).collect();
    for pause in hit.iter().filter(|pause| pause.holds_on(case.today) && asked_on <= pause.starts_on) {
        let wanted = Wanted::new(Kind::CollectChanged, closed(pause), Stand::Deliver);
        list.push(Wanted { variant: Some(stop), ..wanted });
    }
    let told: Vec<&&Pause> = hit
        .iter()
        .filter(|pause| !pause.holds_on(case.today))
        .filter(|pause| case.known(Kind::CollectChanged, &closed(pause)).is_some_and(Known::is_out))
        .collect();
    let Some(last) = told.iter().max_by_key(|pause| (pause.until_on, pause.id.0)).filter(|_| can_come) else { return };
    let open = |pause: &Pause| format!("{}:open", pause.id);
    for pause in &told {
        let stand = match pause.id == last.id {
            true => Stand::Deliver,
            false => Stand::MergeInto(Kind::CollectChanged, open(last)),
        };
        let wanted = Wanted { variant: Some(go), ..Wanted::new(Kind::CollectChanged, open(pause), stand) };
        list.push(case.about_card(wanted));
    }
}
