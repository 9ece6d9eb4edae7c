//! Where single facts of a student came from, where that is not where the student came from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{LockedStudent, Student};
use crate::db::{DbError, Tx};
use crate::execute;

/// Where a fact came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A row of an imported file, as the spreadsheet shows it; its sheet where the file has several.
    Import {
        import: Uuid,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sheet: Option<String>,
        row: i32,
    },
    /// Somebody in the office; the audit says who and why.
    Staff,
}

/// The sources of single fields, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sources(BTreeMap<String, Source>);

impl Sources {
    /// Those of a student.
    #[must_use]
    pub fn of(student: &Student) -> Self {
        student.sources.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    /// Notes where a field came from.
    pub fn set(&mut self, field: &str, source: Source) {
        self.0.insert(field.to_owned(), source);
    }

    /// As stored; nothing if there are none.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        if self.0.is_empty() { None } else { serde_json::to_string(self).ok() }
    }
}

/// Notes that somebody in the office said what a field holds.
pub async fn set_by_staff(tx: &mut Tx, student: &LockedStudent, field: &str) -> Result<(), DbError> {
    let mut sources = Sources::of(student);
    sources.set(field, Source::Staff);
    execute!(tx, "UPDATE student SET sources = $2 WHERE id = $1", student.id, sources.text())?;
    Ok(())
}
