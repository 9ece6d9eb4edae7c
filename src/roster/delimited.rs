//! CSV as it comes from Indonesian offices: comma, semicolon or tab, in whatever encoding a spreadsheet chose.

use std::borrow::Cow;
use std::ops::ControlFlow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::sheet::{Cell, MAX_CSV_ROWS, Meter, Row, SheetError, text_cell};

const DELIMITERS: [u8; 3] = [b';', b',', b'\t'];
/// How many records are looked at to tell the delimiter.
const SNIFFED_RECORDS: usize = 40;

/// A text with separators, decoded.
pub(super) struct Delimited<'a> {
    text: Cow<'a, str>,
    delimiter: u8,
    /// Where the records begin: after a byte-order mark and Excel's `sep=;` line.
    start: usize,
    /// Number of lines before `start`.
    lines_before: u32,
}

impl<'a> Delimited<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, SheetError> {
        let text = decode(bytes)?;
        refuse_markup(&text)?;
        let (start, named) = separator_line(&text);
        let delimiter = match named {
            Some(delimiter) => delimiter,
            None => sniff(&text[start..]).ok_or(SheetError::NotATable("a text without columns"))?,
        };
        Ok(Self { text, delimiter, start, lines_before: u32::from(start > 0) })
    }

    pub(super) fn rows(
        &self,
        wanted: impl Fn(usize) -> bool,
        mut visit: impl FnMut(Row) -> ControlFlow<()>,
    ) -> Result<(), SheetError> {
        let text = &self.text[self.start..];
        let mut reader = reader(text, self.delimiter);
        let mut record = csv::StringRecord::new();
        let mut meter = Meter::new(MAX_CSV_ROWS);
        let mut number = self.lines_before;
        let mut read_to = 0;
        while reader.read_record(&mut record).map_err(|_| SheetError::NotATable("a text that is no CSV"))? {
            let blank = blank_lines(&text.as_bytes()[read_to..], text.as_bytes()[..read_to].last() == Some(&b'\r'));
            read_to = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX).min(text.len());
            number = number.saturating_add(blank).saturating_add(1);
            let mut row = Row::new(number);
            for (column, field) in record.iter().enumerate() {
                let cell = text_cell(field);
                if cell == Cell::Empty {
                    continue;
                }
                meter.filled(column, number, field.len())?;
                if wanted(column) {
                    row.put(column, cell);
                }
            }
            if row.width() > 0 && visit(row).is_break() {
                break;
            }
        }
        Ok(())
    }
}

fn reader(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes())
}

/// Empty lines before the next record: the CSV reader passes over them, a spreadsheet gives each a row of its own.
/// A line feed that only ends a record's carriage return is none.
fn blank_lines(bytes: &[u8], after_return: bool) -> u32 {
    let mut blank = 0;
    let mut previous = if after_return { b'\r' } else { 0 };
    for &byte in bytes {
        match byte {
            b'\n' if previous == b'\r' => {}
            b'\n' | b'\r' => blank += 1,
            _ => break,
        }
        previous = byte;
    }
    blank
}

/// UTF-8 and UTF-16 if the bytes say so, else the likeliest of the old code pages (on Indonesian machines cp1252).
fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, SheetError> {
    let encoding = match Encoding::for_bom(bytes) {
        Some((encoding, _)) => encoding,
        None => wide_without_mark(bytes).unwrap_or_else(|| match std::str::from_utf8(bytes) {
            Ok(_) => UTF_8,
            Err(_) => {
                let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
                detector.feed(bytes, true);
                detector.guess(Some(b"id"), Utf8Detection::Deny)
            }
        }),
    };
    let (text, _, _) = encoding.decode(bytes);
    let controls = text.chars().filter(|c| c.is_control() && !matches!(c, '\t' | '\r' | '\n')).count();
    // A stray control character happens; a file full of them is no text.
    if text.contains('\0') || controls * 100 > text.len() {
        return Err(SheetError::NotATable("a file of unknown kind"));
    }
    Ok(text)
}

/// UTF-16 without a byte-order mark shows as a zero in every other byte.
fn wide_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(400) & !1];
    let zeros = |odd: usize| head.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    let most = head.len() * 2 / 5;
    match (zeros(0), zeros(1)) {
        (0, low) if low > most => Some(UTF_16LE),
        (high, 0) if high > most => Some(UTF_16BE),
        _ => None,
    }
}

/// Spreadsheet programs save tables as XML and web pages too, often under the name `.xls`.
fn refuse_markup(text: &str) -> Result<(), SheetError> {
    if !text.trim_start().starts_with('<') {
        return Ok(());
    }
    let head: String = text.chars().take(2000).collect::<String>().to_ascii_lowercase();
    Err(if head.contains("urn:schemas-microsoft-com:office:spreadsheet") || head.contains("<workbook") {
        SheetError::OtherFormat("an XML spreadsheet under the name of an Excel file")
    } else if head.contains("<html") || head.contains("<table") {
        SheetError::OtherFormat("a web page under the name of an Excel file")
    } else {
        SheetError::NotATable("an XML text")
    })
}

/// Excel's `sep=;` first line: where the text goes on after it, and the delimiter it names.
fn separator_line(text: &str) -> (usize, Option<u8>) {
    let first = text.split_inclusive('\n').next().unwrap_or_default();
    match first.trim_end().strip_prefix("sep=").map(str::as_bytes) {
        Some([delimiter]) if DELIMITERS.contains(delimiter) => (first.len(), Some(*delimiter)),
        _ => (0, None),
    }
}

/// The delimiter by which most records have the same, and the highest, number of fields; a decimal comma or a comma in
/// an address does not.
fn sniff(text: &str) -> Option<u8> {
    let score = |delimiter: u8| {
        let mut widths = std::collections::BTreeMap::<usize, usize>::new();
        for record in reader(text, delimiter).records().take(SNIFFED_RECORDS).flatten() {
            *widths.entry(record.len()).or_default() += 1;
        }
        widths.into_iter().map(|(width, records)| width.saturating_sub(1) * records).max().unwrap_or(0)
    };
    let (score, delimiter) = DELIMITERS.map(|delimiter| (score(delimiter), delimiter)).into_iter().max()?;
    (score > 0).then_some(delimiter)
}
