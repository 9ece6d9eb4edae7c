//! `/pesan`: a village's or a school's account asks the office to come. How many are expected, when it would suit, and the answer
//! comes back to this chat.

use chrono::Days;
use uuid::Uuid;

use super::step::At;
use super::talk::Talk;
use crate::desk::{DeskError, OrderRequest};
use crate::messenger::{Button, Tap, Wish};
use crate::place::{self, PlaceId};
use crate::staff::{Right, Staff};
use crate::telegram::inbox::InboxError;

/// First and last wished day, counted from today, for each of the answers that are offered.
fn wished_days(wish: Wish) -> (Days, Days) {
    let (first, last) = match wish {
        Wish::Soon => (1, 14),
        Wish::Month => (15, 45),
        Wish::Any => (1, 90),
    };
    (Days::new(first), Days::new(last))
}

/// The accounts of this chat that may order for a place of their own.
async fn accounts(talk: &mut Talk<'_>) -> Result<Vec<Staff>, InboxError> {
    let mut accounts = talk.accounts().await?;
    accounts.retain(|account| account.place_id.is_some() && account.role.may(Right::Order));
    Ok(accounts)
}

/// Whether somebody here may order, so that the help tells of it.
pub(super) async fn is_offered(talk: &mut Talk<'_>) -> Result<bool, InboxError> {
    Ok(!accounts(talk).await?.is_empty())
}

/// `/pesan`, or the account was tapped.
pub(super) async fn command(talk: &mut Talk<'_>, chosen: Option<Uuid>) -> Result<(), InboxError> {
    let mut accounts = accounts(talk).await?;
    if let Some(chosen) = chosen {
        accounts.retain(|account| account.id.0 == chosen);
    }
    match &accounts[..] {
        [] => talk.say("bot-order-nobody", &[]),
        [account] => {
            let place = place_name(talk, account).await?;
            talk.go_to(At::OrderCount { account: account.id });
            let rows = vec![vec![talk.button("bot-button-cancel", Tap::Cancel)]];
            talk.ask("bot-order-count", &[("place", place.into())], rows);
        }
        several => {
            let mut rows = Vec::with_capacity(several.len());
            for account in several {
                rows.push(vec![Button::new(place_name(talk, account).await?, Tap::Order { account: account.id.0 })]);
            }
            talk.ask("bot-order-where", &[], rows);
        }
    }
    Ok(())
}

async fn place_name(talk: &mut Talk<'_>, account: &Staff) -> Result<String, InboxError> {
    let Some(id) = account.place_id else { return Ok(String::new()) };
    Ok(place::load(talk.tx, PlaceId(id)).await?.map(|place| place.name).unwrap_or_default())
}

/// Whether the next text is the number of people.
pub(super) fn is_awaited(talk: &Talk<'_>) -> bool {
    talk.step.as_ref().is_some_and(|step| matches!(step.at, At::OrderCount { .. }))
}

/// The number of people.
pub(super) fn counted(talk: &mut Talk<'_>, text: &str) {
    let Some(At::OrderCount { account }) = talk.step.as_ref().map(|step| step.at.clone()) else { return };
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let Some(expected) = digits.parse::<i32>().ok().filter(|expected| (1..=2000).contains(expected)) else {
        talk.say("bot-order-count-wrong", &[]);
        return;
    };
    let mark = talk.go_to(At::OrderWhen { account, expected });
    let wish =
        |wish: Wish| talk.button(&format!("bot-order-{}", wish.word()), Tap::Wished { mark: mark.clone(), wish });
    let mut rows: Vec<_> = Wish::ALL.iter().map(|one| vec![wish(*one)]).collect();
    rows.push(vec![talk.button("bot-button-cancel", Tap::Cancel)]);
    talk.ask("bot-order-when", &[("expected", i64::from(expected).into())], rows);
}

/// When it would suit was tapped: the order is taken.
pub(super) async fn wished(talk: &mut Talk<'_>, mark: &str, wish: Wish) -> Result<(), InboxError> {
    let Some(At::OrderWhen { account, expected }) = talk.step_marked(mark) else {
        talk.stale();
        return Ok(());
    };
    talk.step = None;
    let account = accounts(talk).await?.into_iter().find(|known: &Staff| known.id == account);
    let desk = account.and_then(|account| Some((talk.office(account.office_id)?, account)));
    let Some((office, account)) = desk else {
        talk.say("bot-not-allowed", &[]);
        return Ok(());
    };
    let by = account.name.clone();
    let desk = talk.desk_of(office, account);
    let today = desk.today();
    let (first, last) = wished_days(wish);
    let request = OrderRequest {
        expected,
        from: Some(today + first),
        to: Some(today + last),
        by,
        chat: Some(talk.id),
        ..OrderRequest::default()
    };
    match desk.add_order_in(talk.tx, request).await {
        Ok(id) => {
            let due = desk.order_due_in(talk.tx, id).await?;
            let until = due.map_or_else(String::new, |due| talk.date(due));
            talk.say("bot-order-taken", &[("number", id.number().into()), ("until", until.into())]);
        }
        Err(DeskError::Db(error)) => return Err(error.into()),
        Err(error) => talk.say("bot-order-refused", &[("reason", error.to_string().into())]),
    }
    Ok(())
}
