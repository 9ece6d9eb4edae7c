//! `/rusak`: a recorder's device is broken. One tap says how long; the rest of today's lists is planned again.

use chrono::Days;
use uuid::Uuid;

use super::talk::Talk;
use crate::desk::{Desk, OutToday};
use crate::messenger::{Button, Tap};
use crate::staff::Right;
use crate::telegram::inbox::InboxError;

/// For how many days more, after today, a team may stay at home.
const MORE_DAYS: [u64; 3] = [0, 2, 6];

/// The teams that are out today, each with the desk of the account that may say that it broke.
async fn out_today(talk: &mut Talk<'_>) -> Result<Vec<(Desk, OutToday)>, InboxError> {
    let mut out = Vec::new();
    for account in talk.accounts().await?.into_iter().filter(|account| account.role.may(Right::Record)) {
        let Some(office) = talk.office(account.office_id) else { continue };
        let desk = talk.desk_of(office, account);
        for team in desk.teams_out_in(talk.tx).await? {
            out.push((desk.clone(), team));
        }
    }
    out.sort_by(|(_, a), (_, b)| (&a.name, a.team).cmp(&(&b.name, b.team)));
    out.dedup_by_key(|(_, team)| team.team);
    Ok(out)
}

/// `/rusak`.
pub(super) async fn command(talk: &mut Talk<'_>) -> Result<(), InboxError> {
    let accounts = talk.accounts().await?;
    if accounts.is_empty() {
        return talk.lost().await;
    }
    if !accounts.iter().any(|account| account.role.may(Right::Record)) {
        talk.say("bot-not-allowed", &[]);
        return Ok(());
    }
    match &out_today(talk).await?[..] {
        [] => talk.say("bot-broken-none", &[]),
        [(_, only)] => confirm(talk, only),
        several => {
            let mut rows: Vec<_> = several
                .iter()
                .map(|(_, team)| vec![Button::new(team.name.clone(), Tap::Broken { team: team.team.0, more: None })])
                .collect();
            rows.push(vec![talk.button("bot-button-cancel", Tap::Cancel)]);
            talk.ask("bot-broken-which", &[], rows);
        }
    }
    Ok(())
}

fn confirm(talk: &mut Talk<'_>, team: &OutToday) {
    let mut rows = Vec::new();
    for more in MORE_DAYS {
        let days = i64::try_from(more + 1).unwrap_or(i64::MAX);
        let label = match more {
            0 => talk.text("bot-broken-today", &[]),
            _ => talk.text("bot-broken-days", &[("days", days.into())]),
        };
        rows.push(vec![Button::new(label, Tap::Broken { team: team.team.0, more: Some(more) })]);
    }
    rows.push(vec![talk.button("bot-button-cancel", Tap::Cancel)]);
    talk.ask("bot-broken-sure", &[("team", team.name.clone().into()), ("open", team.open.into())], rows);
}

/// One of several teams was tapped.
pub(super) async fn chosen(talk: &mut Talk<'_>, id: Uuid) -> Result<(), InboxError> {
    match out_today(talk).await?.iter().find(|(_, team)| team.team.0 == id) {
        Some((_, team)) => confirm(talk, team),
        None => talk.stale(),
    }
    Ok(())
}

/// How long was tapped. A second tap finds no open visit, and changes nothing.
pub(super) async fn confirmed(talk: &mut Talk<'_>, id: Uuid, more: u64) -> Result<(), InboxError> {
    let more = MORE_DAYS.into_iter().find(|days| *days == more);
    let out = out_today(talk).await?;
    let (Some(more), Some((desk, team))) = (more, out.iter().find(|(_, team)| team.team.0 == id)) else {
        talk.stale();
        return Ok(());
    };
    let today = desk.today();
    let until = today.checked_add_days(Days::new(more)).unwrap_or(today);
    let broken = desk.team_broken_in(talk.tx, team.team, until).await?;
    let count = i64::try_from(broken.device_failed).unwrap_or(i64::MAX);
    let arguments = [("team", team.name.clone().into()), ("until", talk.date(until).into()), ("count", count.into())];
    talk.say("bot-broken-done", &arguments);
    Ok(())
}
