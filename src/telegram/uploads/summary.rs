//! What became of a roster, in a few lines: its numbers, the commonest problems, and what to do about them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::messages::{Arg, Messages};
use crate::roster::ids::State;
use crate::roster::import::report::FileReport;
use crate::roster::{Code, Level, Problem};

/// Kinds of problems that are named; the answer file has all.
const KINDS: usize = 4;

/// The summary for whoever sent the file. It names no student.
pub(super) fn text(messages: &Messages, language: &str, place: &str, report: &FileReport) -> String {
    let say = |id: &str, arguments: &[(&str, Arg)]| messages.text(language, id, arguments);
    let number = |count: usize| Arg::Number(i64::try_from(count).unwrap_or(i64::MAX));
    let place = ("place", Arg::from(place));
    let head = match report.state {
        State::Applied | State::DryRun => "bot-roster-applied",
        State::Parked => "bot-roster-parked",
        State::Refused => "bot-roster-refused",
    };
    let mut lines = vec![say(head, &[place])];
    let numbers = [
        ("rows", number(report.rows)),
        ("new", number(report.new)),
        ("changed", number(report.changed)),
        ("unchanged", number(report.unchanged)),
        ("rejected", number(report.rejected)),
    ];
    match report.state {
        State::Applied | State::DryRun => lines.push(say("bot-roster-numbers", &numbers)),
        State::Parked | State::Refused => lines.push(say("bot-roster-numbers-short", &numbers)),
    }
    if report.missing > 0 {
        lines.push(say("bot-roster-missing", &[("count", number(report.missing))]));
    }
    let kinds = commonest(&report.problems);
    if !kinds.is_empty() {
        lines.push(say("bot-roster-problems", &[]));
    }
    for (code, count) in kinds.iter().take(KINDS) {
        let advice = advice(messages, language, *code);
        lines.push(say("bot-roster-problem-line", &[("count", number(*count)), ("advice", advice.into())]));
    }
    if kinds.len() > KINDS {
        lines.push(say("bot-roster-problems-more", &[("count", number(kinds.len() - KINDS))]));
    }
    lines.extend(report.notes.iter().map(|note| say(&format!("bot-note-{}", note.name()), &[])));
    lines.push(say("bot-roster-deleted", &[]));
    lines.join("\n")
}

/// How often each problem occurs: those that kept rows out come first, then the commonest.
fn commonest(problems: &[Problem]) -> Vec<(Code, usize)> {
    let mut counts: BTreeMap<Code, usize> = BTreeMap::new();
    for problem in problems {
        *counts.entry(problem.code).or_default() += 1;
    }
    let mut kinds: Vec<_> = counts.into_iter().collect();
    kinds.sort_by_key(|(code, count)| (code.level() != Level::Error, std::cmp::Reverse(*count)));
    kinds
}

/// What to do about a kind of problem; one that the catalogue does not know yet has a sentence of its own, too.
fn advice(messages: &Messages, language: &str, code: Code) -> String {
    let name = match serde_json::to_value(code) {
        Ok(Value::String(name)) => name,
        _ => String::new(),
    };
    let id = format!("bot-problem-{name}");
    let text = messages.text(language, &id, &[]);
    if text == id { messages.text(language, "bot-problem-other", &[]) } else { text }
}
