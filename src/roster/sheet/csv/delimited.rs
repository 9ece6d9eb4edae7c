//! CSV as it comes from Indonesian offices: comma, semicolon, tab or bar, with or without Excel's `sep=` line.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::records::{Record, Records};
use crate::roster::sheet::bounds::MAX_CSV_ROWS;
use crate::roster::sheet::cell::{Row, SheetError, Wanted, is_blank, text_cell};
use crate::roster::sheet::meter::{Deadline, Meter};

/// Of two that tell as much the first is taken.
const DELIMITERS: [u8; 4] = [b';', b',', b'\t', b'|'];
/// How many records are looked at to tell the delimiter.
const SNIFFED_RECORDS: usize = 40;

/// A text with separators.
pub(in crate::roster::sheet) struct Delimited<'a> {
    text: Cow<'a, str>,
    delimiter: u8,
    /// Number of columns that most records have.
    width: usize,
    /// The first header, and whether most records have as many fields.
    header: Header,
    is_even: bool,
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
        let (header, is_even) = Header::find(records, delimiter, width)?;
        Ok(Self { text, delimiter, width, header, is_even, start, lines_before: u32::from(start > 0) })
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
        let (mut width, mut header) = (0, self.header);
        while records.read(&mut record)? {
            let number = record.number.saturating_add(self.lines_before);
            let mut row = Row::with_room(number, width);
            let mut last = 0;
            meter.step()?;
            for (column, field) in record.fields().enumerate() {
                if is_blank(field) {
                    continue;
                }
                meter.filled(column, number)?;
                last = column;
                if wanted.has(column) {
                    row.put(column, text_cell(field));
                }
            }
            if record.len() != header.fields {
                let again = Header::of(&record).filter(|again| again.is_one_for(self.header.filled));
                header = again.unwrap_or(header);
                row.set_surplus(self.surplus(header, record.len(), last + 1));
            }
            width = row.width().max(width);
            if row.width() > 0 && visit(row).is_break() {
                return Ok(());
            }
        }
        meter.finish()
    }

    /// How many fields more or fewer than the header a record has, of which the last one filled is number `filled`. What stands
    /// far beyond the header was put there, and pushed nothing.
    fn surplus(&self, header: Header, fields: usize, filled: usize) -> i32 {
        let difference = |more: usize, less: usize| i32::try_from(more - less).unwrap_or_default();
        if (header.fields + 1..=header.fields * 2).contains(&filled) {
            difference(filled, header.fields)
        } else if self.is_even && fields < header.filled {
            -difference(header.filled, fields)
        } else {
            0
        }
    }
}

/// How many fields a header has, and which number the last one filled has.
#[derive(Clone, Copy)]
struct Header {
    fields: usize,
    filled: usize,
}

impl Header {
    /// A record looks like a header if every field, at least three, is filled up to the last, and has no digit in it.
    fn of(record: &Record) -> Option<Self> {
        let filled = record.fields().take_while(|field| !is_blank(field)).count();
        let has_digit = |field: &str| field.bytes().any(|byte| byte.is_ascii_digit());
        let is_all = record.fields().skip(filled).all(is_blank) && !record.fields().any(has_digit);
        (filled >= 3 && is_all).then(|| Self { fields: record.len(), filled })
    }

    /// Whether a table about so wide may have it: a line of a title may look like a narrow one.
    fn is_one_for(self, width: usize) -> bool {
        self.filled * 3 >= width * 2
    }

    /// The first header of a text, or what most records have if none looks like one; and whether most records have as many
    /// fields, as they do if a program wrote them.
    fn find(text: &str, delimiter: u8, usual: usize) -> Result<(Self, bool), SheetError> {
        let mut records = Records::new(text, delimiter, Some(usual));
        let mut record = Record::default();
        let mut header = None;
        let mut widths = Vec::new();
        while widths.len() < SNIFFED_RECORDS && records.read(&mut record)? {
            if record.len() > 1 {
                widths.push(record.len());
                header = header.or_else(|| Self::of(&record).filter(|header| header.is_one_for(usual)));
            }
        }
        let header = header.unwrap_or(Self { fields: usual, filled: usual });
        Ok((header, widths.iter().filter(|width| **width >= header.filled).count() * 2 > widths.len()))
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
    let mut highest = 0;
    for delimiter in DELIMITERS {
        let (width, score) = usual_width(text, delimiter)?;
        if score > highest {
            (best, highest) = (Some((delimiter, width)), score);
        }
    }
    Ok(best)
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
