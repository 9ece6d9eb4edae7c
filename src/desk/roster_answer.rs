//! The answer to a roster: a workbook that names every problem with its row, for whoever sent the file.

use rust_xlsxwriter::{Format, Workbook, XlsxError};
use serde_json::Value;

use super::{Desk, DeskError, Done};
use crate::roster::import::ImportId;

/// Imports among which the one that is answered is looked for, the newest first.
const NEWEST: i64 = 1000;
/// A column of the answer: its key in the report, its head, its width.
const COLUMNS: [(&str, &str, f64); 4] =
    [("row", "Baris", 8.0), ("cell", "Sel", 8.0), ("column", "Kolom", 24.0), ("message", "Catatan", 90.0)];

impl Desk {
    /// The answer file of an import: its name and its bytes. No NIK stands in it.
    pub async fn roster_answer(&self, import: ImportId) -> Done<(String, Vec<u8>)> {
        let known = self.rosters(None, NEWEST).await?.into_iter().find(|one| one.id == import);
        let known =
            known.ok_or_else(|| DeskError::refused("import_unknown", format!("there is no import {import}")))?;
        let report: Value = serde_json::from_str(&known.report).unwrap_or_default();
        let problems = report["problems"].as_array().cloned().unwrap_or_default();
        let unwritten = |why: String| DeskError::refused("answer", why);
        // Thousands of rows take a while, and others wait on this thread.
        let written = tokio::task::spawn_blocking(move || written(&problems)).await;
        let written = written.map_err(|error| unwritten(error.to_string()))?;
        let bytes = written.map_err(|error| unwritten(error.to_string()))?;
        Ok((format!("jawaban-{}.xlsx", known.place.as_deref().unwrap_or("daftar")), bytes))
    }
}

fn written(problems: &[Value]) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let bold = Format::new().set_bold();
    for (at, (key, head, width)) in (0_u16..).zip(COLUMNS) {
        sheet.set_column_width(at, width)?;
        sheet.write_string_with_format(0, at, head, &bold)?;
        for (row, problem) in (1_u32..).zip(problems) {
            let value = &problem[key];
            // Always as text: what the sender's file says must not become a formula.
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            sheet.write_string(row, at, if value.is_null() { "" } else { &text })?;
        }
    }
    workbook.save_to_buffer()
}
