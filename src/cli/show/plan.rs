//! A plan in words.

use std::collections::BTreeMap;
use std::fmt::Write;

use chrono_tz::Tz;

use super::visit::{difference, lines};
use crate::desk::PlanReport;
use crate::visit::plan::Reason;

/// Lines of one kind that are shown of a plan; the rest is counted.
const MOST_LINES: usize = 30;

/// How many students are not met, by reason.
pub fn by_reason(reasons: impl Iterator<Item = Reason>) -> String {
    let mut counts = BTreeMap::<Reason, usize>::new();
    for reason in reasons {
        *counts.entry(reason).or_default() += 1;
    }
    counts.into_iter().fold(String::new(), |mut text, (reason, count)| {
        let _ = writeln!(text, "  not met: {count} {}", reason.word());
        text
    })
}

/// A plan: its visits, its sums, who is not met, and what it changes.
pub fn planned(report: &PlanReport, zone: Tz) -> String {
    let mut text = lines(&report.visits, zone);
    if !text.is_empty() {
        text.push('\n');
    }
    let s = &report.summary;
    let _ = writeln!(
        text,
        "{} to {}: {} due, {} of them on time; {} at 17 or later; {} team-days, {} stops, {} minutes on the road",
        report.from, report.to, s.due, s.on_time, s.late, s.team_days, s.stops, s.travel_minutes
    );
    text.push_str(&by_reason(report.unplaced.iter().map(|one| one.reason)));
    if let Some(help) = &s.help {
        let _ = writeln!(
            text,
            "  would help most: {} more device for {} from {} to {}: {} more on time",
            help.devices, help.team, help.from, help.to, help.on_time
        );
    }
    for day in report.small_days.iter().take(MOST_LINES) {
        let _ = writeln!(
            text,
            "  hardly worth a drive: {} on {} meets {} student{} ({}); called in, they would save the day",
            day.team,
            day.date,
            day.students,
            if day.students == 1 { "" } else { "s" },
            day.places.join(", ")
        );
    }
    for day in &report.village_days {
        let order = day.order.as_ref().map_or_else(|| "not ordered".to_owned(), |order| format!("order {order}"));
        let _ = writeln!(
            text,
            "  village day: {} {} {} {} ({order}), {} students known",
            day.date, day.team, day.place, day.place_name, day.students
        );
    }
    text.push_str(&difference(&report.difference));
    if report.unknown > 0 {
        let _ = writeln!(
            text,
            "  not planned: {} over 17 of whom nobody has said whether they are recorded (card status, or student set … recorded no)",
            report.unknown
        );
    }
    match report.changes {
        None => text.push_str("dry run: nothing was kept"),
        Some(c) if !c.any() => text.push_str("the plan is as it was"),
        Some(c) => {
            let _ = write!(
                text,
                "{} visits added, {} changed, {} removed, {} as before",
                c.added, c.changed, c.removed, c.unchanged
            );
        }
    }
    text
}
