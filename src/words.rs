//! What people write into files and fields, looked at before it is kept in clear: one line that can be seen, short enough for where
//! it will stand, and without anything like a NIK (invariant 8). And which known word somebody meant.

use crate::nik::looks_like_nik;
use crate::written;

/// How alike two words must be for one to be taken for the other mistyped; 1 is the same word.
const ALIKE: f64 = 0.8;

/// Why a text is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextFault {
    #[error("is empty")]
    Empty,
    #[error("is longer than {longest} characters")]
    TooLong { longest: usize },
    #[error("holds a line end or another character that cannot be seen; write it on one line")]
    Unseen,
    #[error("holds 16 digits, which may be a NIK; leave them out, since this is kept and shown in clear")]
    HoldsNik,
}

/// Whether a character is obeyed rather than seen: control characters, line ends of every kind, and marks that say nothing.
#[must_use]
pub fn is_unseen(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') || written::is_unseen(c)
}

/// Looks at a text that may be at most `longest` characters long.
///
/// # Errors
/// The first thing because of which it is not kept. An empty text is none.
pub fn one_line(text: &str, longest: usize) -> Result<(), TextFault> {
    // Bytes first: of a text of megabytes nothing is counted.
    if text.len() > longest.saturating_mul(4) || text.chars().count() > longest {
        Err(TextFault::TooLong { longest })
    } else if text.chars().any(is_unseen) {
        Err(TextFault::Unseen)
    } else if looks_like_nik(text) {
        Err(TextFault::HoldsNik)
    } else {
        Ok(())
    }
}

/// The same of a text that must say something.
///
/// # Errors
/// It is blank, or not to be kept.
pub fn something(text: &str, longest: usize) -> Result<(), TextFault> {
    if text.trim().is_empty() { Err(TextFault::Empty) } else { one_line(text, longest) }
}

/// A text that somebody typed, cut so that a sentence about it stays one, and with the digits of a NIK starred.
#[must_use]
pub fn quoted(text: &str) -> String {
    const MOST: usize = 40;
    let seen: String = text.chars().filter(|c| !is_unseen(*c)).take(MOST + 1).collect();
    let cut = match seen.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &seen[..end]),
        None => seen,
    };
    crate::nik::without_niks(&cut)
}

/// Of the `known` words the one that is most like `wrong`.
pub fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wrong = wrong.to_lowercase();
    let likeness = |word: &str| strsim::jaro_winkler(&word.to_lowercase(), &wrong);
    known.into_iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
}

/// Whether one word may be the other mistyped.
#[must_use]
pub fn are_alike(one: &str, other: &str) -> bool {
    strsim::jaro_winkler(&one.to_lowercase(), &other.to_lowercase()) >= ALIKE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_can_be_seen_is_kept_and_nothing_else() {
        assert_eq!(something("Libur semester – SMA/SMK, 2027", 40), Ok(()));
        assert_eq!(one_line("", 40), Ok(()));
        assert_eq!(something(" ", 40), Err(TextFault::Empty));
        assert_eq!(one_line(&"a".repeat(41), 40), Err(TextFault::TooLong { longest: 40 }));
        assert_eq!(one_line(&"a".repeat(200_000), 40), Err(TextFault::TooLong { longest: 40 }));
        assert_eq!(one_line("é–é–", 4), Ok(()), "characters are counted, not bytes");
        for unseen in ["a\nb", "a\0b", "a\u{1b}[31mb", "a\u{202e}b", "a\u{2028}b", "a\u{85}b", "a\u{feff}b"] {
            assert_eq!(one_line(unseen, 40), Err(TextFault::Unseen), "{unseen:?}");
        }
        assert_eq!(one_line("NIK 5271 0115 0809 0001", 40), Err(TextFault::HoldsNik));
    }

    #[test]
    fn what_is_repeated_to_people_is_short_and_holds_no_nik() {
        assert_eq!(quoted("Ampenan"), "Ampenan");
        assert_eq!(quoted(&"a".repeat(200_000)).chars().count(), 41);
        assert!(!quoted("5271011508090001").contains("0115"));
    }

    #[test]
    fn the_nearest_known_word_is_named() {
        assert_eq!(nearest("skools", ["office", "all", "schools"]), Some("schools"));
        assert_eq!(nearest("AMPENNAN", ["Mataram", "Ampenan"]), Some("Ampenan"));
        assert!(are_alike("school", "schools") && !are_alike("Ampenan", "schools"));
    }
}
