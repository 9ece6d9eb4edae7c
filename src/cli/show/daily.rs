//! The daily report, in words and as a workbook.

use std::fmt::Write;

use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

use crate::cli::answer::Failure;
use crate::report::{Daily, Funnel};

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

/// The report in words.
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
pub fn workbook(daily: &Daily) -> Result<Vec<u8>, Failure> {
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
