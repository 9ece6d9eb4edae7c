//! Calendars as others subscribe to them (RFC 5545). Pure; the same facts always give the same bytes.

use std::fmt::Write;

use chrono::{DateTime, Utc};

/// Longest line in octets, its end not counted (RFC 5545, 3.1).
const LINE: usize = 75;

/// How firm an appointment is (RFC 5545, 3.8.1.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Tentative,
    Confirmed,
    Cancelled,
}

/// An appointment.
#[derive(Debug, Clone)]
pub struct Event {
    /// Stays the same for the appointment's whole life.
    pub uid: String,
    /// Grows with every change that people are told of.
    pub sequence: i32,
    /// When the appointment came to be as it is.
    pub changed_at: DateTime<Utc>,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub status: Status,
    pub summary: String,
    pub location: String,
    /// Latitude and longitude in degrees.
    pub at: Option<(f64, f64)>,
    pub description: String,
}

/// The calendar called `name`.
#[must_use]
pub fn write(name: &str, events: &[Event]) -> String {
    let mut text = String::new();
    let mut line = |content: &str| fold(&mut text, content);
    line("BEGIN:VCALENDAR");
    line("VERSION:2.0");
    line("PRODID:-//siap17//Jadwal perekaman KTP-el//ID");
    line("CALSCALE:GREGORIAN");
    line("METHOD:PUBLISH");
    line(&format!("NAME:{}", escaped(name)));
    line(&format!("X-WR-CALNAME:{}", escaped(name)));
    line("REFRESH-INTERVAL;VALUE=DURATION:PT1H");
    line("X-PUBLISHED-TTL:PT1H");
    for event in events {
        line("BEGIN:VEVENT");
        line(&format!("UID:{}", escaped(&event.uid)));
        line(&format!("DTSTAMP:{}", instant(event.changed_at)));
        line(&format!("LAST-MODIFIED:{}", instant(event.changed_at)));
        line(&format!("SEQUENCE:{}", event.sequence));
        line(&format!("DTSTART:{}", instant(event.starts_at)));
        line(&format!("DTEND:{}", instant(event.ends_at)));
        line(match event.status {
            Status::Tentative => "STATUS:TENTATIVE",
            Status::Confirmed => "STATUS:CONFIRMED",
            Status::Cancelled => "STATUS:CANCELLED",
        });
        line(&format!("SUMMARY:{}", escaped(&event.summary)));
        line(&format!("LOCATION:{}", escaped(&event.location)));
        if let Some((latitude, longitude)) = event.at {
            line(&format!("GEO:{latitude:.6};{longitude:.6}"));
        }
        line(&format!("DESCRIPTION:{}", escaped(&event.description)));
        line("END:VEVENT");
    }
    line("END:VCALENDAR");
    text
}

fn instant(at: DateTime<Utc>) -> String {
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

/// A text as a value (3.3.11): backslash, semicolon, comma and line ends escaped, other control characters dropped.
fn escaped(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    for c in text.replace("\r\n", "\n").chars() {
        match c {
            '\\' | ';' | ',' => {
                value.push('\\');
                value.push(c);
            }
            '\n' | '\r' => value.push_str("\\n"),
            '\t' => value.push(' '),
            c if c.is_control() => {}
            c => value.push(c),
        }
    }
    value
}

/// Writes a line in pieces of at most 75 octets, each further one begun by a space (3.1); no character is cut in two.
fn fold(text: &mut String, content: &str) {
    let mut rest = content;
    let mut room = LINE;
    while rest.len() > room {
        let (head, tail) = rest.split_at(rest.floor_char_boundary(room));
        let _ = write!(text, "{head}\r\n ");
        rest = tail;
        room = LINE - 1;
    }
    let _ = write!(text, "{rest}\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event(summary: &str) -> Event {
        Event {
            uid: "1@siap17".into(),
            sequence: 2,
            changed_at: "2026-11-23T00:30:00.123456Z".parse().unwrap(),
            starts_at: "2026-11-24T00:56:00Z".parse().unwrap(),
            ends_at: "2026-11-24T01:05:00Z".parse().unwrap(),
            status: Status::Cancelled,
            summary: summary.into(),
            location: "SMA CONTOH, Ampenan".into(),
            at: Some((-8.57, 116.08)),
            description: "baris satu\nbaris; dua".into(),
        }
    }

    /// The lines as a reader sees them: folds undone.
    fn lines(text: &str) -> Vec<String> {
        text.replace("\r\n ", "").split_terminator("\r\n").map(str::to_owned).collect()
    }

    #[test]
    fn an_appointment_is_written_as_the_standard_wants_it() {
        let text = write("Jadwal", &[event("Perekaman")]);
        let lines = lines(&text);
        for wanted in [
            "UID:1@siap17",
            "DTSTAMP:20261123T003000Z",
            "SEQUENCE:2",
            "DTSTART:20261124T005600Z",
            "DTEND:20261124T010500Z",
            "STATUS:CANCELLED",
            "LOCATION:SMA CONTOH\\, Ampenan",
            "GEO:-8.570000;116.080000",
            "DESCRIPTION:baris satu\\nbaris\\; dua",
        ] {
            assert!(lines.iter().any(|line| line == wanted), "{wanted}: {lines:#?}");
        }
        assert_eq!((lines[0].as_str(), lines.last().map(String::as_str)), ("BEGIN:VCALENDAR", Some("END:VCALENDAR")));
    }

    proptest! {
        #[test]
        fn no_line_is_too_long_and_no_text_breaks_out(summary in "\\PC{0,200}|[\\r\\n:;,\\\\ é語]{0,200}") {
            let text = write("x", &[event(&summary)]);
            for line in text.split_terminator("\r\n") {
                prop_assert!(line.len() <= LINE && !line.contains(['\r', '\n']), "{line:?}");
            }
            let lines = lines(&text);
            prop_assert_eq!(lines.iter().filter(|line| line.starts_with("BEGIN:VEVENT")).count(), 1);
            let value = lines.iter().find_map(|line| line.strip_prefix("SUMMARY:")).unwrap();
            let escaped = escaped(&summary);
            prop_assert_eq!(value, escaped.as_str());
        }
    }
}
