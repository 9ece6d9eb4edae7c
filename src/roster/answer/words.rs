//! The answer's words, and what its sheets may be called.

use crate::messages::{Arg, LANGUAGES, Messages};
use crate::roster::parse::layout::Layout;

/// The answer speaks the language of the schools, whoever asks for it.
const LANGUAGE: &str = LANGUAGES[0];
/// How many characters a sheet's name may have.
const SHEET_NAME_LENGTH: usize = 31;

/// The catalogue in the answer's language.
pub(super) struct Words<'a>(pub &'a Messages);

impl Words<'_> {
    pub(super) fn text(&self, id: &str, arguments: &[(&str, Arg)]) -> String {
        self.0.text(LANGUAGE, id, arguments)
    }

    /// The title of the column of reasons in every language, by which one that we wrote before is known.
    pub(super) fn is_reasons_column(&self, title: &str) -> bool {
        LANGUAGES.iter().any(|language| self.0.text(language, "roster-answer-column", &[]) == title)
    }
}

/// The roster's sheet keeps its name; a text without sheets gets one.
pub(super) fn roster_name(layout: &Layout, words: &Words<'_>) -> String {
    let name = sheet_name(&layout.shown_sheet());
    if name.trim().is_empty() { sheet_name(&words.text("roster-answer-sheet", &[])) } else { name }
}

/// A name that none of the others is, as spreadsheets compare them.
pub(super) fn free_name<'a>(name: String, taken: impl Iterator<Item = &'a str>) -> String {
    let taken: Vec<String> = taken.map(str::to_lowercase).collect();
    let mut free = name.clone();
    let mut number = 2;
    while taken.contains(&free.to_lowercase()) {
        let ending = format!(" {number}");
        let mut head = name.clone();
        while head.encode_utf16().count() + ending.len() > SHEET_NAME_LENGTH {
            head.pop();
        }
        free = head + &ending;
        number += 1;
    }
    free
}

/// A name that a workbook's sheet may have; other formats allow more.
pub(super) fn sheet_name(name: &str) -> String {
    let allowed = |c: &char| !c.is_control() && !matches!(c, '[' | ']' | ':' | '*' | '?' | '/' | '\\');
    let mut units = 0;
    let fits = |c: &char| {
        units += c.len_utf16();
        units <= SHEET_NAME_LENGTH
    };
    let name: String = name.chars().filter(allowed).take_while(fits).collect();
    name.trim_matches('\'').to_owned()
}

/// A sheet's name as it stands in a reference to its cells.
pub(super) fn quoted(sheet: &str) -> String {
    format!("'{}'", sheet.replace('\'', "''"))
}
