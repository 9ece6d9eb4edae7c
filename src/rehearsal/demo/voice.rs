//! What the demonstration prints.

use std::collections::HashMap;

use chrono::NaiveDate;

/// Full texts that are shown of each kind of message; of later ones only whom they went to.
const SHOWN: usize = 2;
/// Width of a line of text.
const WIDTH: usize = 96;

/// Prints as the year goes by, unless it is to be quiet.
#[derive(Debug, Default)]
pub struct Voice {
    quiet: bool,
    day: Option<NaiveDate>,
    shown: HashMap<String, usize>,
}

impl Voice {
    /// `quiet` prints nothing at all.
    #[must_use]
    pub fn new(quiet: bool) -> Self {
        Self { quiet, ..Self::default() }
    }

    /// A chapter of the story.
    pub fn chapter(&mut self, title: &str) {
        self.say(&format!("\n━━ {title} {}", "━".repeat(WIDTH.saturating_sub(title.chars().count() + 4))));
        self.day = None;
    }

    /// Something that happens on `day`.
    pub fn event(&mut self, day: NaiveDate, text: &str) {
        if self.day != Some(day) {
            self.day = Some(day);
            self.say(&format!("\n{}", day.format("%a %-d %b %Y")));
        }
        self.say(&format!("  • {text}"));
    }

    /// Messages of one kind as people read them. Of each kind the first few are shown whole, of the rest who got them.
    pub fn messages(&mut self, day: NaiveDate, kind: &str, read: &[(String, String)]) {
        let shown = self.shown.entry(kind.to_owned()).or_default();
        let whole = SHOWN.saturating_sub(*shown).min(read.len());
        *shown += whole;
        let (first, rest) = read.split_at(whole);
        for (to, text) in first {
            self.event(day, &format!("{kind} → {to} reads:"));
            for line in wrapped(text, WIDTH - 8) {
                self.say(&format!("      │ {line}"));
            }
        }
        if !rest.is_empty() {
            let names: Vec<&str> = rest.iter().map(|(to, _)| to.as_str()).collect();
            for (at, line) in wrapped(&names.join(", "), WIDTH - 8).into_iter().enumerate() {
                if at == 0 {
                    self.event(day, &format!("{kind} → {line}"))
                } else {
                    self.say(&format!("      {line}"))
                }
            }
        }
    }

    /// One message as somebody reads it.
    pub fn message(&mut self, day: NaiveDate, kind: &str, to: &str, text: &str) {
        self.messages(day, kind, &[(to.to_owned(), text.to_owned())]);
    }

    /// A line of a table or of the summary.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            println!("{text}");
        }
    }
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}
