//! A roster file read as a whole.

use std::ops::ControlFlow;

use super::check::{self, Checked, Rules};
use super::error::RosterError;
use super::field::Headings;
use super::file::RosterFile;
use super::layout::Layouts;
use super::problem::Problem;
use crate::roster::sheet::legacy::parent::Isolation;

/// A roster file, read and checked as a whole.
#[derive(Debug)]
pub struct Reading {
    pub layouts: Layouts,
    /// Every row below a header that is about somebody, in the file's order.
    pub rows: Vec<Checked>,
    /// What concerns a sheet as a whole, at its header row.
    pub problems: Vec<Problem>,
}

/// Reads a roster from a file's bytes. The content decides what the file is; `file_name` only helps to tell the school
/// and the day of the export. It blocks, for seconds if the file is large.
pub fn read(bytes: &[u8], file_name: &str, rules: &Rules) -> Result<Reading, RosterError> {
    gather(RosterFile::open(None, bytes, file_name, rules, &Headings::default())?)
}

/// Reads a roster from a file's bytes, old workbooks where `isolation` says.
pub fn read_in(isolation: &Isolation, bytes: &[u8], file_name: &str, rules: &Rules) -> Result<Reading, RosterError> {
    gather(RosterFile::open(Some(isolation), bytes, file_name, rules, &Headings::default())?)
}

fn gather(mut file: RosterFile<'_>) -> Result<Reading, RosterError> {
    let mut rows = Vec::with_capacity(file.totals().rows);
    file.rows(|checked| {
        rows.push(checked);
        ControlFlow::Continue(())
    })?;
    let layouts = file.layouts().clone();
    Ok(Reading { problems: check::check_sheets(&layouts), layouts, rows })
}
