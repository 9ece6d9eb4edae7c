//! `siap17 visit order …`: orders come in, are listed and answered.

use std::fmt::Write;

use chrono::NaiveDate;
use clap::Subcommand;
use serde_json::json;

use crate::cli::answer::{Answer, Outcome};
use crate::cli::show::list::lines;
use crate::cli::values::{Page, day, degrees, words};
use crate::desk::{Answered, Desk, OrderAnswer, OrderRequest, OrderShown};
use crate::visit::order::{OrderId, OrderState};

/// What can be done with orders.
#[derive(Debug, Subcommand)]
pub enum OrderCommand {
    /// Take an order; the next plan finds a day for it.
    Add(OrderAdd),
    /// Orders in the order they came.
    List(Page),
    /// Answer an order, once.
    #[command(group = clap::ArgGroup::new("answer").required(true))]
    Answer {
        order: OrderId,
        /// The team comes, on the day that the plan has found or the one that --on names.
        #[arg(long, group = "answer")]
        accept: bool,
        #[arg(long, value_parser = day, requires = "accept")]
        on: Option<NaiveDate>,
        /// Nobody comes; say why with --reason.
        #[arg(long, group = "answer", requires = "reason")]
        decline: bool,
        #[arg(long, value_parser = words, requires = "decline")]
        reason: Option<String>,
    },
}

/// What an order says.
#[derive(Debug, clap::Args)]
pub struct OrderAdd {
    /// The place's code; for a visit at home the student's own place otherwise.
    #[arg(long, value_name = "CODE")]
    pub place: Option<String>,
    /// How many people are expected.
    #[arg(long, value_name = "N", required_unless_present = "home")]
    pub expected: Option<i32>,
    /// The first wished day; tomorrow otherwise.
    #[arg(long, value_parser = day)]
    pub from: Option<NaiveDate>,
    /// The last wished day; thirty days later otherwise.
    #[arg(long, value_parser = day)]
    pub to: Option<NaiveDate>,
    /// Who asks.
    #[arg(long, value_parser = words)]
    pub by: String,
    #[arg(long, value_parser = words)]
    pub phone: Option<String>,
    /// Visit this student at home.
    #[arg(long, value_name = "STUDENT", conflicts_with = "expected")]
    pub home: Option<String>,
    /// Where the home is, in degrees; the student's place otherwise.
    #[arg(long, value_name = "LATITUDE,LONGITUDE", value_parser = degrees, requires = "home", allow_hyphen_values = true)]
    pub at: Option<(f64, f64)>,
    /// What keeps the student at home.
    #[arg(long, value_parser = words, requires = "home")]
    pub need: Option<String>,
}

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
            answer.give(&json!({"orders": orders, "next": next}), |_| lines(&orders, "", line))
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

fn answered(done: &Answered) -> String {
    let told = match (done.told, &done.order.phone) {
        (true, _) => "whoever asked reads it in Telegram".to_owned(),
        (false, Some(phone)) => format!("call {} at {phone}", done.order.by),
        (false, None) => format!("tell {} yourself: there is neither chat nor telephone", done.order.by),
    };
    format!("answered; {told}: {}", line(&done.order))
}
