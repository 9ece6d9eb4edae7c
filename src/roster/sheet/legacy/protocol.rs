//! What the daemon and its import worker say to each other: on the worker's input an [`Opening`] as one line, the file's bytes,
//! then one [`Request`] a line; on its output [`Answer`]s, one a line.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::roster::sheet::cell::Cell;
use crate::roster::sheet::merges::Merge;

/// The command by which siap17 starts itself as a worker.
pub const COMMAND: &str = "import-worker";
/// The exit code of a worker that could not set its own limits.
pub(super) const UNLIMITED: u8 = 3;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::roster::sheet) enum Format {
    Xls,
    Ods,
}

/// What kind of file comes, and how long it is.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Opening {
    pub kind: Format,
    pub bytes: usize,
}

/// What is wanted of the open file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Request {
    Rows(RowsOf),
    /// The merged cells of the sheet of this name.
    Merges(String),
}

/// The rows of `sheet` below row `after`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RowsOf {
    pub sheet: String,
    pub after: u32,
    /// The columns that are wanted of them, from 0, in their order. A cell beyond the last column is sent, too.
    pub columns: Vec<usize>,
}

/// What the worker says.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    /// The file is open. Its sheets that a person sees, and those that nobody does.
    Sheets(Vec<String>, Vec<String>),
    Row(u32, Vec<(usize, Value)>),
    /// The end of the rows sent at once; whether there are more.
    Done {
        more: bool,
    },
    Merges(Vec<Merge>),
    Password,
    TooLarge,
    Damaged,
}

/// A filled cell on the wire. Whole numbers go as such, for they must arrive exactly.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Value {
    Bool(bool),
    Whole(i64),
    Number(f64),
    Date { date: NaiveDate },
    Text(String),
}

impl From<Cell> for Value {
    fn from(cell: Cell) -> Self {
        match cell {
            Cell::Text(text) => Self::Text(text),
            // Up to 2^53 a whole number is exact.
            Cell::Number(number) if number.fract() == 0.0 && number.abs() <= 9.007e15 => Self::Whole(number as i64),
            Cell::Number(number) if number.is_finite() => Self::Number(number),
            Cell::Date(date) => Self::Date { date },
            Cell::Bool(value) => Self::Bool(value),
            Cell::Empty | Cell::Number(_) | Cell::Unread(_) => Self::Text(String::new()),
        }
    }
}

impl From<Value> for Cell {
    fn from(value: Value) -> Self {
        match value {
            Value::Bool(value) => Self::Bool(value),
            Value::Whole(number) => Self::Number(number as f64),
            Value::Number(number) => Self::Number(number),
            Value::Date { date } => Self::Date(date),
            Value::Text(text) => Self::Text(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_over_the_wire_comes_back() {
        let day = NaiveDate::from_ymd_opt(2009, 2, 1).unwrap();
        for cell in [
            Cell::Text("2009-02-01".into()),
            Cell::Text("1".into()),
            Cell::Number(5_271_010_101_099_801.0),
            Cell::Number(0.1),
            Cell::Number(-1.5e300),
            Cell::Date(day),
            Cell::Bool(true),
        ] {
            let line = serde_json::to_string(&Value::from(cell.clone())).unwrap();
            assert_eq!(Cell::from(serde_json::from_str::<Value>(&line).unwrap()), cell, "{line}");
        }
        assert_eq!(Cell::from(Value::from(Cell::Number(f64::NAN))), Cell::Text(String::new()));
    }
}
