//! Students in words.

use std::fmt::Write;

use chrono_tz::Tz;

use super::list::lines;
use super::notice::notices;
use super::word::word;
use crate::desk::{Merged, Shown, Unmerged, Why};

/// Students, one a line.
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
    lines(students, "", line)
}

/// What is known of a student, one fact a line.
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
    line(
        "recorded",
        format!("{} {}", word(&one.recorded), one.recorded_on.map_or_else(String::new, |day| day.to_string())),
    );
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
    line("closed", one.closed.map_or_else(String::new, |reason| word(&reason)));
    let agreed: Vec<String> = one
        .consents
        .iter()
        .filter(|consent| consent.withdrawn_at.is_none())
        .map(|consent| format!("{} on {}", word(&consent.given_by), consent.given_at.date_naive()))
        .collect();
    line("agreement", if agreed.is_empty() { "none".into() } else { agreed.join(", ") });
    line("chats", one.chats.to_string());
    text
}

/// A student and the notices that did or did not go out.
pub fn why(why: &Why, zone: Tz) -> String {
    let next = why.next.as_ref().map_or_else(String::new, |next| {
        format!("\nstill to come: {} on {}; its row appears that day", next.kind, next.on)
    });
    let place = why.collect_at.as_ref().map_or_else(String::new, |point| format!("collect at    {point}\n"));
    format!("{}{place}\n{}{next}", student(&why.student), notices(&why.notices, zone).trim_end())
}

/// Two who are one now.
pub fn merged(one: &Merged) -> String {
    let mut text =
        format!("{} ({}) is merged into {} ({})", one.merged.name, one.merged.id, one.kept.name, one.kept.id);
    if one.chats_cut_off > 0 {
        let _ = write!(
            text,
            "\n{} linked to {} no longer hear anything, since name or birth date differ; print new slips of the one who is kept \
             (`siap17 link slips PLACE --student {}`)",
            format_args!("{} chats", one.chats_cut_off),
            one.merged.name,
            one.kept.id
        );
    }
    text
}

/// Two who were one.
pub fn unmerged(one: &Unmerged) -> String {
    let mut text = format!("{} ({}) is no longer merged into {} ({})", one.name, one.id, one.from_name, one.from);
    if !one.stays.is_empty() {
        let _ = write!(
            text,
            "\nsomebody has changed since, so that it stays as it is: {}; compare both with `siap17 student show`",
            one.stays.join(", ")
        );
    }
    text
}
