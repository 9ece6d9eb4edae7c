//! Answers in words, for people at a terminal.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};
use serde::Serialize;

use super::Failure;
use crate::desk::{Invitation, ListReport, Preview, Queued, Shown, StatusReport, Why};
use crate::notice::list::Listed;
use crate::office::{Applied, Office, OfficeId};
use crate::place::Place;
use crate::report::{Daily, Funnel};
use crate::staff::Staff;

/// Problems of one file that are listed; the rest is counted.
const MOST_PROBLEMS: usize = 40;

/// What `office apply` did.
#[must_use]
pub fn applied(applied: Applied) -> String {
    match applied {
        Applied::Created => "the office is declared and in hold: nothing leaves until `siap17 notice resume`",
        Applied::Changed => "the office is changed",
        Applied::Unchanged => "nothing changed",
    }
    .into()
}

/// One line of `office list`.
#[derive(Debug, Serialize)]
pub struct OfficeLine {
    pub id: OfficeId,
    code: String,
    name: String,
    region: String,
    zone: String,
    hold: Option<String>,
    teams: Vec<String>,
    pickup_points: Vec<String>,
}

impl OfficeLine {
    #[must_use]
    pub fn of(office: &Office) -> Self {
        Self {
            id: office.id,
            code: office.declaration.code.clone(),
            name: office.declaration.name.clone(),
            region: office.declaration.region.clone(),
            zone: office.zone().to_string(),
            hold: office.hold_reason.clone(),
            teams: office.teams.iter().map(|team| team.declared.name.clone()).collect(),
            pickup_points: office.points.iter().map(|point| point.declared.name.clone()).collect(),
        }
    }
}

#[must_use]
pub fn offices(lines: &[OfficeLine]) -> String {
    let line = |office: &OfficeLine| {
        let hold = office.hold.as_ref().map_or_else(String::new, |reason| format!("  HOLD ({reason})"));
        format!("{}  {}  {}  {}{hold}", office.code, office.name, office.region, office.zone)
    };
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[must_use]
pub fn places(places: &[Place]) -> String {
    let line = |place: &Place| {
        format!(
            "{:<10} {:<10?} {}  {}",
            place.code,
            place.kind,
            place.name,
            place.kecamatan.clone().unwrap_or_default()
        )
    };
    places.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[must_use]
pub fn accounts(accounts: &[Staff]) -> String {
    let line = |one: &Staff| {
        let closed = if one.disabled_at.is_some() { "  (disabled)" } else { "" };
        format!("{:<20} {:?}{closed}", one.name, one.role)
    };
    accounts.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[must_use]
pub fn invitation(invitation: &Invitation) -> String {
    let Invitation { code, url, expires_at } = invitation;
    let link =
        url.as_ref().map_or_else(|| "send it to the bot".into(), |url| format!("open {url}, or send it to the bot"));
    format!("{code}: {link}; good until {expires_at}")
}

#[must_use]
pub fn students(students: &[Shown]) -> String {
    let line = |one: &Shown| {
        format!(
            "{}  {}  born {}  {}  {}",
            one.id,
            one.name,
            one.birth_date,
            one.place.clone().unwrap_or_default(),
            one.class.clone().unwrap_or_default()
        )
    };
    students.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[must_use]
pub fn student(one: &Shown) -> String {
    let mut text = String::new();
    let mut line = |what: &str, value: String| {
        if !value.is_empty() {
            let _ = writeln!(text, "{what:<14}{value}");
        }
    };
    let some = |value: &Option<String>| value.clone().unwrap_or_default();
    line("id", one.id.to_string());
    line("name", one.name.clone());
    line("born", format!("{} {}", one.birth_date, some(&one.birth_place)));
    line("turns 17", one.birthday_17.to_string());
    line("NISN", some(&one.nisn));
    line(
        "NIK",
        one.nik
            .clone()
            .unwrap_or_else(|| if one.has_nik { "known (--with-nik shows it)".into() } else { "missing".into() }),
    );
    line("place", format!("{} {}", some(&one.place), some(&one.class)));
    line("lives in", format!("{} {}", some(&one.kelurahan), some(&one.kecamatan)));
    line("phone", some(&one.phone));
    line("recorded", format!("{:?} {}", one.recorded, one.recorded_on.map_or_else(String::new, |day| day.to_string())));
    if let Some(record) = &one.cards.national {
        line("national", format!("{} of {}", record.status, record.as_of));
    }
    match &one.cards.card {
        None => line("card", "not printed".into()),
        Some(card) => {
            let ready = card.ready_on.map_or_else(String::new, |day| format!(", ready since {day}"));
            let taken = card.collected_on.map_or_else(String::new, |day| format!(", collected on {day}"));
            line("card", format!("printed on {}{ready}{taken}", card.printed_on));
        }
    }
    line("married", if one.ever_married { "yes".into() } else { String::new() });
    line("left school", if one.left_school { "yes".into() } else { String::new() });
    line("closed", one.closed.map_or_else(String::new, |reason| format!("{reason:?}")));
    let agreed: Vec<String> = one
        .consents
        .iter()
        .filter(|consent| consent.withdrawn_at.is_none())
        .map(|consent| format!("{:?} on {}", consent.given_by, consent.given_at.date_naive()))
        .collect();
    line("agreement", if agreed.is_empty() { "none".into() } else { agreed.join(", ") });
    line("chats", one.chats.to_string());
    text
}

#[must_use]
pub fn why(why: &Why, zone: Tz) -> String {
    let next = why.next.as_ref().map_or_else(String::new, |next| {
        format!("\nstill to come: {} on {}; its row appears that day", next.kind, next.on)
    });
    format!("{}\n{}{next}", student(&why.student), notices(&why.notices, zone).trim_end())
}

fn local(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()
}

#[must_use]
pub fn notices(notices: &[Listed], zone: Tz) -> String {
    let mut text = String::new();
    for Listed { notice, attempts } in notices {
        let variant = notice.variant.as_ref().map_or_else(String::new, |variant| format!("/{variant}"));
        let reason = notice.reason.as_ref().map_or_else(String::new, |reason| format!(" ({reason})"));
        let when = notice.sent_at.unwrap_or(notice.due_at);
        let _ = writeln!(
            text,
            "{}  {}  {}{variant}  {}{reason}",
            notice.id,
            local(when, zone),
            notice.kind.name(),
            notice.state.name()
        );
        for attempt in attempts {
            let error = attempt.error.clone().unwrap_or_default();
            let _ = writeln!(text, "    attempt {}  {:?} {error}", local(attempt.at, zone), attempt.outcome);
        }
        if let Some(words) = &notice.text {
            let _ = writeln!(text, "    “{words}”");
        }
    }
    if text.is_empty() { "no notices".into() } else { text }
}

#[must_use]
pub fn previews(previews: &[Preview], zone: Tz) -> String {
    let mut text = String::new();
    for one in previews {
        let reason = one.reason.as_ref().map_or_else(String::new, |reason| format!(" ({reason})"));
        let _ = writeln!(
            text,
            "{}  {}  {}  {}{reason}",
            local(one.due_at, zone),
            one.name,
            one.kind.name(),
            one.state.name()
        );
        let _ = writeln!(text, "    “{}”", one.text);
    }
    if text.is_empty() { "nothing would stand open".into() } else { text }
}

#[must_use]
pub fn status(report: &StatusReport) -> String {
    let mut text = format!(
        "{} rows: {} changed, {} unchanged, {} older than what is known\n",
        report.rows, report.changed, report.unchanged, report.older
    );
    for (status, count) in &report.by_status {
        let _ = writeln!(text, "  {status}: {count}");
    }
    if !report.unknown.is_empty() {
        let rows: Vec<String> = report.unknown.iter().take(MOST_PROBLEMS).map(ToString::to_string).collect();
        let _ =
            writeln!(text, "  {} rows are about nobody of this office: rows {}", report.unknown.len(), rows.join(", "));
    }
    for problem in report.problems.iter().take(MOST_PROBLEMS) {
        let _ = writeln!(text, "  look  {}", problem.message);
    }
    text
}

#[must_use]
pub fn queue(queue: &[Queued]) -> String {
    let line = |one: &Queued| {
        let number = one.nik.clone().or_else(|| one.nisn.clone()).unwrap_or_default();
        format!("{}  {number}  {}  printable from {}", one.student, one.name, one.print_from)
    };
    if queue.is_empty() {
        "nobody waits for printing".into()
    } else {
        queue.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

#[must_use]
pub fn list(report: &ListReport, what: &str) -> String {
    let mut text = format!("{} {what}, {} were already\n", report.done, report.unchanged);
    for problem in &report.problems {
        let _ = writeln!(text, "  look  {}", problem.message);
    }
    text
}

fn funnel(funnel: &Funnel) -> [(&'static str, usize); 7] {
    [
        ("to be recorded", funnel.eligible),
        ("recorded", funnel.recorded),
        ("print-ready", funnel.print_ready),
        ("printed", funnel.printed),
        ("ready at a counter", funnel.ready),
        ("told", funnel.notified),
        ("collected", funnel.collected),
    ]
}

#[must_use]
pub fn daily(daily: &Daily) -> String {
    let mut text = format!("{}  {}\n", daily.date, daily.office);
    let today = &daily.today;
    let _ =
        writeln!(text, "today: {} recorded, {} printed, {} collected", today.recorded, today.printed, today.collected);
    for (what, count) in funnel(&daily.funnel) {
        let _ = writeln!(text, "  {what:<20}{count:>7}");
    }
    if daily.orders.open > 0 {
        let _ = writeln!(text, "orders without an answer: {}, overdue: {}", daily.orders.open, daily.orders.overdue);
    }
    for broken in &daily.devices.broken {
        let _ = writeln!(
            text,
            "broken: {} since {} ({} days), until {}",
            broken.team, broken.since, broken.days, broken.until
        );
    }
    for (point, blanks) in &daily.stock {
        let _ = writeln!(text, "blanks at {point}: {blanks}");
    }
    for waiting in daily.uncollected_by_age.iter().filter(|waiting| waiting.cards > 0) {
        let _ = writeln!(text, "{} cards lie uncollected since {} days", waiting.cards, waiting.days);
    }
    text
}

/// The report as a workbook: the office's funnel, then one line a place.
pub fn daily_workbook(daily: &Daily) -> Result<Vec<u8>, Failure> {
    let mut book = Workbook::new();
    fill(book.add_worksheet(), daily)
        .and_then(|()| book.save_to_buffer())
        .map_err(|error| Failure::new("workbook", error.to_string()))
}

/// Text goes through `write_string`, so that nothing a school typed can become a formula.
fn fill(sheet: &mut Worksheet, daily: &Daily) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    sheet.write_string_with_format(0, 0, format!("{} {}", daily.office, daily.date), &bold)?;
    let titles = ["place", "name", "kecamatan"].into_iter().chain(funnel(&daily.funnel).map(|(what, _)| what));
    for (column, title) in (0u16..).zip(titles) {
        sheet.write_string_with_format(2, column, title, &bold)?;
    }
    let office = ("", "", "", &daily.funnel);
    let places = daily.places.iter().map(|place| {
        (place.code.as_str(), place.name.as_str(), place.kecamatan.as_deref().unwrap_or(""), &place.funnel)
    });
    for (row, (code, name, kecamatan, counts)) in (3u32..).zip(std::iter::once(office).chain(places)) {
        for (column, text) in (0u16..).zip([code, name, kecamatan]) {
            sheet.write_string(row, column, text)?;
        }
        for (column, (_, count)) in (3u16..).zip(funnel(counts)) {
            sheet.write_number(row, column, f64::from(u32::try_from(count).unwrap_or(u32::MAX)))?;
        }
    }
    sheet.autofit();
    Ok(())
}
