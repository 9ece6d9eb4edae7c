//! Rows as they stand in the sheet → rows in which each of our columns holds its whole value: a name of two cells, a date of three,
//! a class whose cell is merged over its students, a class beside its grade.

use super::field::Field;
use super::header::Made;
use super::layout::Layout;
use super::values::{grade, is_missing, text};
use crate::roster::sheet::cell::{Cell, Row};

/// Goes down one layout's rows.
pub(super) struct Composer<'a> {
    layout: &'a Layout,
    is_idle: bool,
    /// The class of the merged cell that was met last, and down to which row it holds.
    merged: Option<(u32, Cell)>,
}

impl<'a> Composer<'a> {
    pub fn new(layout: &'a Layout) -> Self {
        let is_made = |made: &Made| matches!(made, Made::Words(_) | Made::Date { .. } | Made::Ticks { .. });
        let is_idle = layout.class_merges.is_empty()
            && !layout.columns.contains_key(&Field::Grade)
            && !layout.columns.values().any(|column| is_made(&column.made));
        Self { layout, is_idle, merged: None }
    }

    /// The row with whole values.
    pub fn whole(&mut self, mut row: Row) -> Row {
        if self.is_idle {
            return row;
        }
        self.fill_class(&mut row);
        for column in self.layout.columns.values() {
            let shown = |index: usize| text(row.cell(index)).unwrap_or_default();
            let made = match &column.made {
                Made::Cell | Made::PlaceAndDate => continue,
                Made::Words(columns) => {
                    let words: Vec<String> = columns.iter().map(|index| shown(*index)).collect();
                    words.join(" ").trim().to_owned()
                }
                Made::Date { day, month, year } => match (shown(*year), shown(*month), shown(*day)) {
                    (year, month, day) if [&year, &month, &day].iter().all(|part| part.is_empty()) => String::new(),
                    // The year first: then day and month cannot be taken for each other.
                    (year, month, day) => format!("{year}-{month}-{day}"),
                },
                Made::Ticks { male, female } => match (is_ticked(row.cell(*male)), is_ticked(row.cell(*female))) {
                    (true, false) => "L".to_owned(),
                    (false, true) => "P".to_owned(),
                    (false, false) => String::new(),
                    (true, true) => "L P".to_owned(),
                },
            };
            row.put(column.index, if made.is_empty() { Cell::Empty } else { Cell::Text(made) });
        }
        self.join_grade(&mut row);
        row
    }

    /// A class cell that is merged over several rows holds for each of them.
    fn fill_class(&mut self, row: &mut Row) {
        let Some(column) = self.layout.columns.get(&Field::ClassName) else { return };
        let merge = self.layout.class_merges.iter().find(|rows| rows.contains(&row.number));
        let Some(merge) = merge else { return };
        if *merge.start() == row.number {
            self.merged = Some((*merge.end(), row.cell(column.index).clone()));
        } else if let Some((last, class)) = &self.merged
            && row.number <= *last
            && *row.cell(column.index) == Cell::Empty
        {
            row.put(column.index, class.clone());
        }
    }

    /// `XI` beside `IPA 2` is the class `XI IPA 2`.
    fn join_grade(&self, row: &mut Row) {
        let index = |field| self.layout.columns.get(&field).map(|column| column.index);
        let (Some(beside), Some(class)) = (index(Field::Grade), index(Field::ClassName)) else { return };
        let Some(said) = text(row.cell(beside)).filter(|said| grade(said).is_some()) else { return };
        let name = text(row.cell(class)).unwrap_or_default();
        // `2` beside `XI` is its second class; a class that says another grade than the column beside it stays as it is.
        let is_ordinal = name.len() <= 2 && name.bytes().all(|byte| byte.is_ascii_digit());
        if is_missing(&name) {
            row.put(class, Cell::Text(said));
        } else if grade(&name).is_none() || (is_ordinal && grade(&name) != grade(&said)) {
            row.put(class, Cell::Text(format!("{said} {name}")));
        }
    }
}

/// Whether a cell under *L* or *P* is ticked: anything but nothing and zero.
fn is_ticked(cell: &Cell) -> bool {
    match cell {
        Cell::Empty | Cell::Unread(_) | Cell::Bool(false) => false,
        Cell::Number(number) => *number != 0.0,
        Cell::Text(text) => !is_missing(text),
        Cell::Bool(true) | Cell::Date(_) => true,
    }
}
