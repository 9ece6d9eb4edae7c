//! `siap17 visit order …`: orders come in, are listed and answered.

use std::fmt::Write;

use serde_json::json;

use super::run::{Answer, Outcome};
use super::visit_command::{OrderAdd, OrderCommand};
use crate::desk::{Answered, Desk, OrderAnswer, OrderRequest, OrderShown};
use crate::visit::order::OrderState;

/// Runs one of the commands about orders.
pub async fn run(desk: &Desk, command: &OrderCommand, answer: Answer) -> Outcome {
    match command {
        OrderCommand::Add(order) => {
            let taken = desk.add_order(request(order)).await?;
            answer.give(&taken, |order| format!("taken; the next plan looks for a day: {}", line(order)))
        }
        OrderCommand::List(page) => {
            let orders = desk.orders(page.after()?, page.limit).await?;
            let next = page.next(&orders, |order| order.id);
            answer.give(&json!({"orders": orders, "next": next}), |_| lines(&orders))
        }
        OrderCommand::Answer { order, accept, on, reason, .. } => {
            let reply = match (accept, reason) {
                (true, _) => OrderAnswer::Accept(*on),
                (false, reason) => OrderAnswer::Decline(reason.clone().unwrap_or_default()),
            };
            answer.give(&desk.answer_order(*order, &reply).await?, answered)
        }
    }
}

fn request(order: &OrderAdd) -> OrderRequest {
    OrderRequest {
        place: order.place.clone(),
        expected: order.expected.unwrap_or(1),
        from: order.from,
        to: order.to,
        by: order.by.clone(),
        phone: order.phone.clone(),
        home: order.home.clone(),
        at: order.at,
        need: order.need.clone(),
        chat: None,
    }
}

fn line(order: &OrderShown) -> String {
    let state = match order.state {
        OrderState::Open => "open",
        OrderState::Accepted => "accepted",
        OrderState::Declined => "declined",
    };
    let mut line = format!(
        "{}  {}  {} {}  {} expected, {} to {}, asked by {}",
        order.id, order.number, order.place, order.place_name, order.expected, order.from, order.to, order.by
    );
    if let Some(phone) = &order.phone {
        let _ = write!(line, " ({phone})");
    }
    let _ = write!(line, "  {state}");
    if let Some(planned) = order.planned {
        let _ = write!(line, " for {planned}");
    }
    match (order.state, order.answer_due) {
        (OrderState::Open, Some(due)) if order.overdue => {
            let _ = write!(line, "; ANSWER OVERDUE since {due}");
        }
        (OrderState::Open, Some(due)) => {
            let _ = write!(line, "; answer until {due}");
        }
        _ => {}
    }
    if let Some(reason) = &order.reason {
        let _ = write!(line, " ({reason})");
    }
    line
}

fn lines(orders: &[OrderShown]) -> String {
    orders.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn answered(done: &Answered) -> String {
    let told = match (done.told, &done.order.phone) {
        (true, _) => "whoever asked reads it in Telegram".to_owned(),
        (false, Some(phone)) => format!("call {} at {phone}", done.order.by),
        (false, None) => format!("tell {} yourself: there is neither chat nor telephone", done.order.by),
    };
    format!("answered; {told}: {}", line(&done.order))
}
