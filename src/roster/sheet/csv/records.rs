//! A delimited text cut into records, as spreadsheet programs cut it. Forgiving where a CSV library is not: a quote that is
//! never closed, or that only a later row's quote would close, is taken as an ordinary character, so that one slip of the
//! pen costs one cell and not the rows below it.

use std::ops::Range;

use crate::roster::sheet::bounds::{MAX_CELL_BYTES, MAX_RECORD_BYTES, MAX_RECORD_FIELDS};
use crate::roster::sheet::cell::SheetError;

/// How far the end of a quoted field is looked for, in bytes: far above the longest text that a cell may hold.
const QUOTED_WITHIN: usize = 32 << 10;
/// From this many columns on, two whole records within one quoted field are told from a text of two lines.
const TELLING_WIDTH: usize = 3;

/// The records of a text, one after the other.
pub(super) struct Records<'a> {
    text: &'a str,
    delimiter: u8,
    /// Number of columns that most records have; not known yet while the delimiter is looked for.
    width: Option<usize>,
    at: usize,
    /// Number of records read so far; an empty line is one too.
    number: u32,
}

/// One record: its fields without their quotes.
#[derive(Default)]
pub(super) struct Record {
    /// From 1; empty lines count, and a record over several lines counts once, as a spreadsheet gives it one row.
    pub number: u32,
    text: String,
    ends: Vec<usize>,
}

impl Record {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.text[start..*end])
    }
}

impl<'a> Records<'a> {
    pub(super) fn new(text: &'a str, delimiter: u8, width: Option<usize>) -> Self {
        Self { text, delimiter, width: width.filter(|width| *width >= TELLING_WIDTH), at: 0, number: 0 }
    }

    /// Reads the next record into `record`; false at the end of the text.
    pub(super) fn read(&mut self, record: &mut Record) -> Result<bool, SheetError> {
        record.text.clear();
        record.ends.clear();
        if self.at >= self.text.len() {
            return Ok(false);
        }
        self.number = self.number.saturating_add(1);
        record.number = self.number;
        let is_quoted = self.text.as_bytes()[self.at] == b'"';
        self.fields(record)?;
        if is_quoted && record.ends.len() == 1 {
            self.cut_again(record)?;
        }
        self.line_end();
        Ok(true)
    }

    /// A line that stands in quotes as a whole, as a program writes it that takes every line for one text, is cut like any other.
    fn cut_again(&self, record: &mut Record) -> Result<(), SheetError> {
        let delimiters = record.text.bytes().filter(|byte| *byte == self.delimiter).count();
        if delimiters == 0 || self.width.is_some_and(|width| delimiters + 1 < width) {
            return Ok(());
        }
        let line = std::mem::take(&mut record.text);
        record.ends.clear();
        let mut inner = Records { text: &line, delimiter: self.delimiter, width: self.width, at: 0, number: 0 };
        inner.fields(record)?;
        // What goes on over a line's end was one text after all.
        if inner.at < line.len() {
            record.text = line;
            record.ends = vec![record.text.len()];
        }
        Ok(())
    }

    fn fields(&mut self, record: &mut Record) -> Result<(), SheetError> {
        loop {
            self.field(&mut record.text)?;
            if record.ends.len() == MAX_RECORD_FIELDS {
                return Err(SheetError::TooMuch { what: "columns in one row", limit: MAX_RECORD_FIELDS as u64 });
            }
            record.ends.push(record.text.len());
            match self.text.as_bytes().get(self.at) {
                Some(byte) if *byte == self.delimiter => self.at += 1,
                _ => return Ok(()),
            }
        }
    }

    /// Appends one field to `into` and stops at what ends it.
    fn field(&mut self, into: &mut String) -> Result<(), SheetError> {
        let head = self.text.as_bytes().get(self.at).copied();
        if head == Some(b' ') {
            // Blanks before a quote are the writer's habit, and no part of the field.
            let blanks = self.text[self.at..].bytes().take_while(|byte| *byte == b' ').count();
            if self.text[self.at + blanks..].starts_with('"') {
                self.at += blanks;
            }
        }
        match self.text.as_bytes().get(self.at) {
            Some(b'"') => {
                if let Some(inner) = self.quoted() {
                    self.at = inner.end + 1;
                    let inner = &self.text[inner];
                    if inner.contains('"') {
                        into.push_str(&inner.replace("\"\"", "\""));
                    } else {
                        into.push_str(inner);
                    }
                }
            }
            Some(b'=' | 0xe2) => {
                if let Some((inner, end)) = self.wrapped() {
                    into.push_str(&self.text[inner]);
                    self.at = end;
                }
            }
            _ => {}
        }
        // What stands behind a closing quote belongs to the field too.
        let rest = &self.text[self.at..];
        let length = rest.bytes().position(|byte| byte == self.delimiter || matches!(byte, b'\r' | b'\n'));
        let length = length.unwrap_or(rest.len());
        if into.len() + length > MAX_RECORD_BYTES {
            return Err(SheetError::TooMuch { what: "bytes in one row", limit: MAX_RECORD_BYTES as u64 });
        }
        into.push_str(&rest[..length]);
        self.at += length;
        Ok(())
    }

    /// What the quote at the cursor encloses, or nothing if it is no quote but a slip.
    fn quoted(&self) -> Option<Range<usize>> {
        let start = self.at + 1;
        let bytes = self.text.as_bytes();
        let limit = bytes.len().min(start + QUOTED_WITHIN);
        let mut at = start;
        let mut first_break = None;
        while at < limit {
            match bytes[at] {
                b'"' if bytes.get(at + 1) == Some(&b'"') => at += 1,
                b'"' => {
                    let swallows = first_break.is_some_and(|line_end| self.are_two_records(line_end));
                    return (!swallows).then_some(start..at);
                }
                b'\r' | b'\n' if first_break.is_none() => first_break = Some(at),
                _ => {}
            }
            at += 1;
        }
        None
    }

    /// What `="…"` or curly quotes at the cursor enclose, and where the field goes on, if they enclose all of a field within one
    /// line.
    fn wrapped(&self) -> Option<(Range<usize>, usize)> {
        const CURLY: (&str, &str) = ("\u{201c}", "\u{201d}");
        let rest = &self.text[self.at..];
        let (open, close) = if rest.starts_with(CURLY.0) { CURLY } else { ("=\"", "\"") };
        let inner = rest.strip_prefix(open)?;
        let within = &inner[..inner.floor_char_boundary(MAX_CELL_BYTES)];
        let within = &within[..within.find(['\r', '\n']).unwrap_or(within.len())];
        let length = within.find(close).filter(|length| !within[..*length].contains(CURLY.0))?;
        let after = &inner.as_bytes()[length + close.len()..];
        let is_all = after.first().is_none_or(|byte| *byte == self.delimiter || matches!(byte, b'\r' | b'\n'));
        let start = self.at + open.len();
        is_all.then_some((start..start + length, start + length + close.len()))
    }

    /// Whether the line with the cursor, which ends at `line_end`, and the line after it are each as wide as a record.
    fn are_two_records(&self, line_end: usize) -> bool {
        let Some(width) = self.width else { return false };
        let bytes = self.text.as_bytes();
        let is_break = |byte: &u8| matches!(byte, b'\r' | b'\n');
        let start = bytes[..self.at].iter().rposition(is_break).map_or(0, |at| at + 1);
        let below = &bytes[line_end..];
        let below = &below[below.iter().position(|byte| !is_break(byte)).unwrap_or(below.len())..];
        let below = &below[..below.iter().position(is_break).unwrap_or(below.len())];
        let is_wide = |line: &[u8]| line.iter().filter(|byte| **byte == self.delimiter).count() + 1 >= width;
        is_wide(&bytes[start..line_end]) && is_wide(below)
    }

    fn line_end(&mut self) {
        let rest = &self.text[self.at..];
        self.at += if rest.starts_with("\r\n") { 2 } else { usize::from(!rest.is_empty()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str, width: usize) -> Vec<(u32, Vec<String>)> {
        let mut records = Records::new(text, b';', Some(width));
        let mut record = Record::default();
        let mut all = Vec::new();
        while records.read(&mut record).unwrap() {
            all.push((record.number, record.fields().map(str::to_owned).collect()));
        }
        all
    }

    fn fields(text: &str) -> Vec<String> {
        all(text, 4).remove(0).1
    }

    #[test]
    fn fields_and_quotes() {
        assert_eq!(fields("a;b;;\"c;d\""), ["a", "b", "", "c;d"]);
        assert_eq!(fields("\"a \"\"b\"\" c\";\"\""), ["a \"b\" c", ""]);
        assert_eq!(fields("\"Budi\" Santoso;x"), ["Budi Santoso", "x"]);
        assert_eq!(fields("Nur\"aini;5\" x"), ["Nur\"aini", "5\" x"]);
        assert_eq!(fields("a;"), ["a", ""]);
    }

    #[test]
    fn fields_wrapped_in_other_ways() {
        assert_eq!(fields("\"a\"; \"b;c\" ;  \"d\"\"e\";  f"), ["a", "b;c ", "d\"e", "  f"]);
        assert_eq!(fields("=\"0091\";=\"a;b\";=\"a\"&b;=c"), ["0091", "a;b", "=\"a\"&b", "=c"]);
        assert_eq!(fields("\u{201c}a;b\u{201d};\u{201c}c\u{201d}"), ["a;b", "c"]);
        let slip = "\u{201c}a;\u{201c}b\u{201d};\u{201c}c\u{201d} d;\u{201c}";
        assert_eq!(fields(slip), ["\u{201c}a", "b", "\u{201c}c\u{201d} d", "\u{201c}"]);
        assert_eq!(fields("\u{2013}a;\u{201c}b\nc\u{201d}"), ["\u{2013}a", "\u{201c}b"]);
    }

    #[test]
    fn a_line_quoted_as_a_whole_is_cut_like_any_other() {
        let records = all("\"a;b;c;d\"\n\"1;\"\"x;y\"\";\"\"z\"\";2\"\n\"a; b\"\n\"a;b;c\nd;e;f\"\n", 4);
        let fields: Vec<_> = records.into_iter().map(|(_, fields)| fields).collect();
        assert_eq!(fields, [vec!["a", "b", "c", "d"], vec!["1", "x;y", "z", "2"], vec!["a; b"], vec!["a;b;c\nd;e;f"]]);
    }

    #[test]
    fn every_kind_of_line_end_and_empty_lines_count() {
        for newline in ["\n", "\r\n", "\r"] {
            let text = ["a;b", "", "\"c", "d\";e", ""].join(newline);
            let records = all(&text, 2);
            assert_eq!(records.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [1, 2, 3], "{newline:?}");
            assert_eq!(records[2].1, [format!("c{newline}d"), "e".into()]);
        }
    }

    #[test]
    fn a_quote_never_closed_costs_one_cell() {
        let records = all("1;\"a;b;c\n2;d;e;f\n", 4);
        assert_eq!(records[0].1, ["1", "\"a", "b", "c"]);
        assert_eq!(records[1].1, ["2", "d", "e", "f"]);
    }

    #[test]
    fn a_quote_that_only_a_later_row_would_close_costs_one_cell() {
        let records = all("1;\"a;b;c\n2;\"d\";e;f\n3;\"g\nh\";i;j\n", 4);
        assert_eq!(records[0].1, ["1", "\"a", "b", "c"]);
        assert_eq!(records[1].1, ["2", "d", "e", "f"]);
        assert_eq!(records[2].1, ["3", "g\nh", "i", "j"]);
    }
}
