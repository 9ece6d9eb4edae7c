//! What a recorder does with the day's spreadsheet: opens it, chooses results, saves it.

use std::collections::HashMap;
use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use rust_xlsxwriter::Workbook;

use super::summary::Failure;
use crate::messages::{LANGUAGES, Messages};

/// The sheet with a result for everybody: `results` by name, and `otherwise` for the rest. The words are those of its
/// drop-down.
pub fn filled(
    messages: &Messages,
    bytes: Vec<u8>,
    results: &HashMap<String, &str>,
    otherwise: &str,
) -> Result<Vec<u8>, Failure> {
    let word = |id: &str| messages.text(LANGUAGES[0], id, &[]);
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes))?;
    let range = book.worksheet_range_at(0).ok_or("the sheet is empty")??;
    let rows: Vec<Vec<String>> = range
        .rows()
        .map(|row| {
            row.iter().map(|cell| if let Data::Empty = cell { String::new() } else { cell.to_string() }).collect()
        })
        .collect();
    let (name, result) = (word("sheet-column-name"), word("sheet-column-result"));
    let titles = rows.iter().position(|row| row.contains(&result)).ok_or("the sheet has no titles")?;
    let column = |title: &str| rows[titles].iter().position(|cell| cell == title).ok_or("the sheet lacks a column");
    let (name, result) = (column(&name)?, column(&result)?);
    let mut copy = Workbook::new();
    let sheet = copy.add_worksheet();
    for (at, row) in rows.iter().enumerate() {
        let line = u32::try_from(at)?;
        for (place, cell) in row.iter().enumerate() {
            let chosen = at > titles && place == result && !row[name].is_empty();
            let chosen = chosen.then(|| {
                let code = results.get(&row[name]).copied().unwrap_or(otherwise);
                word(&format!("sheet-result-{code}"))
            });
            let text = chosen.as_deref().unwrap_or(cell);
            if !text.is_empty() {
                sheet.write_string(line, u16::try_from(place)?, text)?;
            }
        }
    }
    Ok(copy.save_to_buffer()?)
}
