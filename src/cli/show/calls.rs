//! Whom to call or to write to about a visit, in words.

use std::fmt::Write;

use crate::desk::{ByHand, Unanswered};
use crate::notice::contacts::calls::{Todo, Why};

/// The call list in words.
pub fn calls(unanswered: &[Unanswered]) -> String {
    let mut text = String::new();
    for Unanswered { call, by_hand } in unanswered {
        let todo = if call.todo == Todo::Call { "call " } else { "write" };
        let why = match call.why {
            Why::NoDaySuits => "none of the days offered suits".to_owned(),
            Why::NoAnswer => format!("no answer since {}", call.since),
            Why::Soon => "no answer, and the day is near".to_owned(),
            Why::Cancelled => "cancelled, and not told yet".to_owned(),
            Why::NotTold => "not told yet: no chat of the place can be reached".to_owned(),
        };
        let name = call.contact_name.as_deref().unwrap_or("(no name)");
        let phone = by_hand.phone.as_deref().unwrap_or("(no number)");
        let _ = writeln!(
            text,
            "{todo}  {}  {} {}  {} students  {name} {phone}  {why}",
            call.date.format("%a %Y-%m-%d"),
            call.place,
            call.place_name,
            call.students
        );
        let _ = writeln!(text, "       {}", call.visit);
        if let Some(url) = &by_hand.url {
            let _ = writeln!(text, "       {url}");
        }
    }
    if text.is_empty() { "nobody has to be called or written to".into() } else { text }
}

/// The same below the day's report.
pub fn below_report(unanswered: &[Unanswered]) -> String {
    if unanswered.is_empty() { String::new() } else { format!("unanswered visits:\n{}", calls(unanswered)) }
}

/// A message that somebody sends by hand.
pub fn by_hand(words: &ByHand) -> String {
    let name = words.contact_name.as_deref().unwrap_or("(no name)");
    let phone = words.phone.as_deref().unwrap_or("(no number)");
    let url = words.url.as_ref().map_or_else(String::new, |url| format!("\n{url}"));
    format!("{name} {phone}\n\n{}\n{url}", words.text)
}
