//! CSV as it comes from Indonesian offices: comma, semicolon or tab, with or without Excel's `sep=` line.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::records::{Record, Records};
use crate::roster::sheet::bounds::MAX_CSV_ROWS;
use crate::roster::sheet::cell::{Row, SheetError, Wanted, is_blank, text_cell};
use crate::roster::sheet::meter::{Deadline, Meter};

const DELIMITERS: [u8; 3] = [b';', b',', b'\t'];
/// How many records are looked at to tell the delimiter.
const SNIFFED_RECORDS: usize = 40;

/// A text with separators.
pub(in crate::roster::sheet) struct Delimited<'a> {
    text: Cow<'a, str>,
    delimiter: u8,
    /// Number of columns that most records have.
    width: usize,
    /// Where the records begin: after Excel's `sep=;` line.
    start: usize,
    /// Number of lines before `start`.
    lines_before: u32,
}

impl<'a> Delimited<'a> {
    pub(in crate::roster::sheet) fn open(text: Cow<'a, str>) -> Result<Self, SheetError> {
        let (start, named) = separator_line(&text);
        let records = &text[start..];
        let (delimiter, width) = match named {
            Some(delimiter) => (delimiter, usual_width(records, delimiter)?.0),
            None => sniff(records)?.ok_or(SheetError::NotATable("a text without columns"))?,
        };
        Ok(Self { text, delimiter, width, start, lines_before: u32::from(start > 0) })
    }

    pub(in crate::roster::sheet) fn rows(
        &self,
        deadline: Deadline,
        wanted: &Wanted,
        mut visit: impl FnMut(Row) -> ControlFlow<()>,
    ) -> Result<(), SheetError> {
        let mut records = Records::new(&self.text[self.start..], self.delimiter, Some(self.width));
        let mut record = Record::default();
        let mut meter = Meter::new(MAX_CSV_ROWS, deadline);
        let mut width = 0;
        while records.read(&mut record)? {
            let number = record.number.saturating_add(self.lines_before);
            let mut row = Row::with_room(number, width);
            meter.step()?;
            for (column, field) in record.fields().enumerate() {
                if is_blank(field) {
                    continue;
                }
                meter.filled(column, number, field.len())?;
                if wanted.has(column) {
                    row.put(column, text_cell(field));
                }
            }
            width = row.width().max(width);
            if row.width() > 0 && visit(row).is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// Excel's `sep=;` first line: where the text goes on after it, and the delimiter it names.
fn separator_line(text: &str) -> (usize, Option<u8>) {
    let first = text.split_inclusive('\n').next().unwrap_or_default();
    match first.trim_end().strip_prefix("sep=").map(str::as_bytes) {
        Some([delimiter]) if DELIMITERS.contains(delimiter) => (first.len(), Some(*delimiter)),
        _ => (0, None),
    }
}

/// The delimiter by which most records have the same, and the highest, number of fields, and that number; a decimal comma
/// or a comma in an address does not.
fn sniff(text: &str) -> Result<Option<(u8, usize)>, SheetError> {
    let mut best = None;
    for delimiter in DELIMITERS {
        let (width, score) = usual_width(text, delimiter)?;
        best = best.max((score > 0).then_some((score, delimiter, width)));
    }
    Ok(best.map(|(_, delimiter, width)| (delimiter, width)))
}

/// The number of fields that speaks most for `delimiter`, and how much it does.
fn usual_width(text: &str, delimiter: u8) -> Result<(usize, usize), SheetError> {
    let mut widths = BTreeMap::<usize, usize>::new();
    let mut records = Records::new(text, delimiter, None);
    let mut record = Record::default();
    let mut seen = 0;
    while seen < SNIFFED_RECORDS && records.read(&mut record)? {
        // Empty lines say nothing.
        if record.len() > 1 || record.fields().any(|field| !field.is_empty()) {
            *widths.entry(record.len()).or_default() += 1;
            seen += 1;
        }
    }
    let score = |(width, records): (usize, usize)| (width, width.saturating_sub(1) * records);
    Ok(widths.into_iter().map(score).max_by_key(|(_, score)| *score).unwrap_or_default())
}
