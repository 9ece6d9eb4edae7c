//! The sheet behind the roster: what to do, how much there is, and a list that leads to each marked cell. No row of it has
//! the titles of a roster.

use rust_xlsxwriter::{Format, FormatAlign, Url, Worksheet, XlsxError};

use super::looks::{RED, YELLOW, text_format};
use super::marks::{Mark, Marks};
use super::request::{Choices, Masking};
use super::words::{Words, quoted};
use crate::messages::Arg;
use crate::roster::parse::problem::{Code, Level};
use crate::roster::sheet::cell::address;

/// Most cells that the list leads to.
const MOST_LISTED: usize = 2_000;
/// How many sheets a line names.
const NAMED_SHEETS: usize = 5;
/// Columns of the list: row, cell, title, reason; and, apart from it, the places to choose from.
const WIDTHS: [f64; 7] = [8.0, 10.0, 24.0, 100.0, 4.0, 14.0, 44.0];
const CODES: u16 = 5;

/// The guide's sheet.
pub(super) struct Guide<'a> {
    /// The rosters' sheets by name, with what is marked on each.
    pub sheets: Vec<(&'a str, &'a Marks)>,
    /// Its own.
    pub name: &'a str,
    pub masking: Masking,
    /// What was noted and asks for nothing.
    pub notes: usize,
    pub choices: &'a Choices,
    pub words: &'a Words<'a>,
}

impl Guide<'_> {
    /// Where the codes of the places stand.
    pub(super) fn codes(&self) -> String {
        let first = self.head() + 1;
        let last = first + u32::try_from(self.choices.places.len()).unwrap_or_default().saturating_sub(1);
        format!("={}!$F${}:$F${}", quoted(self.name), first + 1, last + 1)
    }

    pub(super) fn write(&self, sheet: &mut Worksheet) -> Result<(), XlsxError> {
        let bold = Format::new().set_bold();
        sheet.set_name(self.name)?;
        for (column, width) in (0..).zip(WIDTHS) {
            sheet.set_column_width(column, width)?;
        }
        for (row, line) in (0..).zip(self.lines()) {
            if row == 0 {
                sheet.write_string_with_format(row, 0, line, &bold)?;
            } else {
                sheet.write_string(row, 0, line)?;
            }
        }
        for (column, title) in (0..).zip(["row", "cell", "header", "column"]) {
            let title = self.words.text(&format!("roster-answer-{title}"), &[]);
            sheet.write_string_with_format(self.head(), column, title, &bold)?;
        }
        self.list(sheet)?;
        self.places(sheet)?;
        sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
        // Whoever opens the file sees first what it is for.
        sheet.set_active(true);
        Ok(())
    }

    /// The lines above the list.
    fn lines(&self) -> Vec<String> {
        let text = |id, arguments: &[(&str, Arg)]| self.words.text(id, arguments);
        let (errors, flags) =
            self.sheets.iter().map(|(_, marks)| marks.rows()).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        let mut lines =
            vec![text("roster-answer-title", &[]), text("roster-answer-mend", &[("sheet", Arg::from(self.marked()))])];
        lines.push(text("roster-answer-again", &[]));
        if self.masking != Masking::None {
            lines.push(text("roster-answer-masked", &[]));
        }
        if self.masking == Masking::All {
            lines.push(text("roster-answer-crossed", &[]));
        }
        let counts = [("errors", Arg::from(count(errors))), ("flags", Arg::from(count(flags)))];
        lines.push(text("roster-answer-counts", &counts));
        if self.notes > 0 {
            lines.push(text("roster-answer-notes", &[("count", Arg::from(count(self.notes)))]));
        }
        lines
    }

    /// The sheets with something to mend, the first ones by name.
    fn marked(&self) -> String {
        let mut names: Vec<&str> =
            self.sheets.iter().filter(|(_, marks)| marks.rows() != (0, 0)).map(|one| one.0).collect();
        if names.is_empty() {
            names.extend(self.sheets.first().map(|one| one.0));
        }
        let more = if names.len() > NAMED_SHEETS { "\", …" } else { "" };
        names.truncate(NAMED_SHEETS);
        names.join("\", \"") + more
    }

    /// The marked cells of one level with their sheets.
    fn of(&self, level: Level) -> impl Iterator<Item = (&str, u32, usize, &Mark)> {
        self.sheets
            .iter()
            .flat_map(move |(sheet, marks)| marks.of(level).map(|(row, column, mark)| (*sheet, row, column, mark)))
    }

    /// The row (from 0) of the list's titles.
    fn head(&self) -> u32 {
        u32::try_from(self.lines().len()).unwrap_or_default() + 1
    }

    /// The marked cells, first those that keep a student out.
    fn list(&self, sheet: &mut Worksheet) -> Result<(), XlsxError> {
        let wrap = Format::new().set_text_wrap().set_align(FormatAlign::Top);
        let top = Format::new().set_align(FormatAlign::Top);
        let all = || self.of(Level::Error).chain(self.of(Level::Flag));
        let mut at = self.head();
        for (name, row, column, mark) in all().take(MOST_LISTED) {
            at += 1;
            let cell = address(column, row);
            let colour = if mark.level == Level::Error { RED } else { YELLOW };
            let link = Format::new().set_hyperlink().set_background_color(colour).set_align(FormatAlign::Top);
            let shown = if self.sheets.len() > 1 { format!("{name}!{cell}") } else { cell.clone() };
            let url = Url::new(format!("internal:{}!{cell}", quoted(name))).set_text(shown);
            sheet.write_number_with_format(at, 0, row, &top)?;
            sheet.write_url_with_format(at, 1, url, &link)?;
            sheet.write_string_with_format(at, 2, mark.title.as_deref().unwrap_or_default(), &wrap)?;
            sheet.write_string_with_format(at, 3, mark.reason(), &wrap)?;
        }
        let more = all().count().saturating_sub(MOST_LISTED);
        if more > 0 {
            let column = self.words.text("roster-answer-column", &[]);
            let arguments =
                [("count", Arg::from(count(more))), ("column", Arg::from(column)), ("sheet", Arg::from(self.marked()))];
            sheet.write_string(at + 1, 0, self.words.text("roster-answer-more", &arguments))?;
        }
        sheet.set_freeze_panes(self.head() + 1, 0)?;
        Ok(())
    }

    /// The places to choose from with their names, where a row names none of them.
    fn places(&self, sheet: &mut Worksheet) -> Result<(), XlsxError> {
        if !self.of(Level::Error).any(|(.., mark)| mark.codes.contains(&Code::PlaceUnknown)) {
            return Ok(());
        }
        let bold = Format::new().set_bold();
        let text = text_format();
        let head = self.head();
        if !self.choices.places.is_empty() {
            sheet.write_string_with_format(head, CODES, self.words.text("roster-answer-code", &[]), &bold)?;
            sheet.write_string_with_format(head, CODES + 1, self.words.text("roster-answer-place", &[]), &bold)?;
        }
        for (row, (code, name)) in (head + 1..).zip(&self.choices.places) {
            sheet.write_string_with_format(row, CODES, code, &text)?;
            sheet.write_string(row, CODES + 1, name)?;
        }
        Ok(())
    }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
