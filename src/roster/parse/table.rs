//! A sheet as a sequence of lists: header and heading are read again wherever they come again, below one another or side by side, and
//! a row that is nothing but a class's name holds for the rows below it.

use std::collections::{BTreeMap, VecDeque};
use std::ops::{ControlFlow, Range};

use chrono::NaiveDate;

use super::field::{Field, Headings, normalised};
use super::habits::Habits;
use super::header::{Column, Header, List, same, same_columns};
use super::layout::{HEADER_WITHIN, Layout, LayoutError, LayoutKind, Layouts, MOST_LISTS, Part, Unread, Why};
use super::person::is_person;
use super::preamble::{Preamble, class_in_title, class_named, class_of};
use super::values::{self, DateReading, DateRules};
use crate::nik::{Nik, without_niks};
use crate::roster::sheet::book::Book;
use crate::roster::sheet::bounds::LAST_ROW;
use crate::roster::sheet::cell::{Cell, Row, SheetError};
use crate::roster::sheet::merges::Merge;

/// So many rows that begin nothing new show that nothing new begins any more: no school has as many students.
const QUIET_ROWS: usize = 5_000;
/// A header has at most so many rows, so many are looked at together.
const AHEAD: usize = 3;
/// So many rows above a header are looked at for the class that it heads.
const ABOVE: usize = 40;
/// A sheet without a header goes on from the sheet before if at least this share of its rows, in percent, are people by that
/// sheet's columns.
const GOES_ON: usize = 60;

impl Layouts {
    /// Finds the lists in a book. `file_name` only helps with what the rows above the header do not say.
    pub fn find(book: &mut Book<'_>, file_name: &str, headings: &Headings) -> Result<Self, LayoutError> {
        let found = self::find(book, file_name, headings)?;
        if found.layouts.len() > MOST_LISTS {
            return Err(LayoutError::TooMany { limit: MOST_LISTS });
        }
        match Self::several(found.layouts, found.unread) {
            Some(layouts) => Ok(layouts),
            None => Err(found.refusal),
        }
    }
}

/// What a book holds.
struct Found {
    layouts: Vec<Layout>,
    unread: Vec<Unread>,
    /// What to say if there is no list at all.
    refusal: LayoutError,
}

/// Finds the lists of every sheet that a person sees.
fn find(book: &mut Book<'_>, file_name: &str, headings: &Headings) -> Result<Found, LayoutError> {
    let mut layouts: Vec<Layout> = Vec::new();
    let mut unread = Vec::new();
    let mut empty: Vec<Layout> = Vec::new();
    let mut closest = Header::default();
    let mut of_staff = None;
    for sheet in book.sheets() {
        let scanned = scan(book, &sheet, file_name, headings)?;
        if let Some(title) = scanned.of_staff {
            let told = LayoutError::Staff { sheet: without_niks(&sheet), title };
            of_staff = of_staff.or(Some(told));
            unread.push(Unread { rows: count(book, &sheet, true)?, sheet: without_niks(&sheet), why: Why::Staff });
        } else if !scanned.layouts.is_empty() {
            // A sheet with only a header (a template) gives way to one with students.
            if scanned.has_rows { layouts.extend(scanned.layouts) } else { empty.extend(scanned.layouts) }
        } else if let Some(further) = layouts.last().and_then(|last| goes_on(last, &sheet, &scanned.above)) {
            layouts.push(further);
        } else {
            let rows = count(book, &sheet, scanned.closest.names_people())?;
            if rows > 0 {
                unread.push(Unread { rows, sheet: without_niks(&sheet), why: Why::NoHeader });
            }
            if scanned.closest.worth() > closest.worth() || closest.is_nothing() {
                closest = scanned.closest;
            }
        }
    }
    if layouts.is_empty() {
        empty.truncate(1);
        layouts = empty;
    }
    for sheet in book.hidden() {
        let rows = count(book, &sheet, false)?;
        if rows > 0 {
            unread.push(Unread { rows, sheet: without_niks(&sheet), why: Why::Hidden });
        }
    }
    find_class_merges(book, &mut layouts)?;
    let missing = || LayoutError::NoHeader { missing: closest.missing().join(" and "), seen: closest.seen() };
    Ok(Found { layouts, unread, refusal: of_staff.unwrap_or_else(missing) })
}

/// How many rows of a sheet hold anything; none of a sheet that lists nobody: instructions, codes, totals. `is_list` if its header
/// has people's columns, though not all that are needed.
fn count(book: &mut Book<'_>, sheet: &str, is_list: bool) -> Result<usize, SheetError> {
    let (mut rows, mut people) = (0, is_list);
    book.rows(
        sheet,
        |_| true,
        |row| {
            rows += 1;
            people |= is_of_people(&row);
            ControlFlow::Continue(())
        },
    )?;
    Ok(if people { rows } else { 0 })
}

/// Whether a row looks like a person's: at least three cells, one of which is a date or a number as long as a NISN.
fn is_of_people(row: &Row) -> bool {
    let is_telling = |cell: &Cell| match cell {
        Cell::Date(_) => true,
        Cell::Text(text) => {
            let digits = text.chars().filter(|letter| letter.is_numeric()).count();
            let is_dated = digits >= 6 && text.chars().filter(|letter| matches!(letter, '-' | '/' | '.')).count() == 2;
            !text.chars().any(char::is_alphabetic) && (digits >= 10 || is_dated)
        }
        _ => false,
    };
    let filled = (0..row.width()).map(|column| row.cell(column)).filter(|cell| **cell != Cell::Empty);
    filled.clone().count() >= 3 && filled.into_iter().any(is_telling)
}

/// Where a class is missing in a column that is there for it, the cell above is perhaps merged over its students.
fn find_class_merges(book: &mut Book<'_>, layouts: &mut [Layout]) -> Result<(), SheetError> {
    // A merged cell is filled once and empty for all others; reading the merges takes as long as reading the rows.
    let is_perhaps = |layout: &&mut Layout| layout.without_class > 0 && layout.without_class * 2 >= layout.people;
    for layout in layouts.iter_mut().filter(is_perhaps) {
        let Some(column) = layout.columns.get(&Field::ClassName).map(|column| column.index) else { continue };
        let merges = book.merges(&layout.sheet)?;
        let over = |merge: &Merge| merge.columns.contains(&column) && merge.rows.start() < merge.rows.end();
        layout.class_merges = merges.into_iter().filter(over).map(|merge| merge.rows).collect();
        if !layout.class_merges.is_empty() {
            layout.without_class = 0;
        }
    }
    Ok(())
}

/// A sheet without a header whose rows are people by the columns of the list before it.
fn goes_on(last: &Layout, sheet: &str, rows: &[Row]) -> Option<Layout> {
    let first = rows.first()?.number;
    let further = Layout {
        sheet: sheet.to_owned(),
        header_row: first,
        first_data_row: first,
        last_row: LAST_ROW,
        parts: vec![Part { header: None, first_row: first, class_name: class_named(sheet) }],
        class_merges: Vec::new(),
        people: rows.len(),
        without_class: 0,
        ..last.clone()
    };
    let dated = |row: &&Row| match further.columns.get(&Field::BirthDate).map(|column| row.cell(column.index)) {
        Some(Cell::Text(text)) => text.chars().any(char::is_numeric),
        Some(Cell::Date(_)) => true,
        _ => false,
    };
    let people = rows.iter().filter(|row| is_person(&further, row, None)).filter(dated).count();
    (people * 100 >= rows.len() * GOES_ON).then_some(further)
}

/// One sheet, gone through from its top.
struct Scanned {
    layouts: Vec<Layout>,
    has_rows: bool,
    of_staff: Option<String>,
    closest: Header,
    /// The rows before the first header.
    above: Vec<Row>,
}

fn scan(book: &mut Book<'_>, sheet: &str, file_name: &str, headings: &Headings) -> Result<Scanned, SheetError> {
    let first = Scan::new(sheet, file_name, headings).through(book)?;
    // Reading the merges takes as long as reading the rows.
    if first.is_deep || (first.layouts.is_empty() && first.may_be_merged) {
        let mut merges = book.merges(sheet)?;
        merges.retain(|merge| merge.columns.start() < merge.columns.end());
        if !merges.is_empty() {
            // Once more, now that it is known which cells of the header are merged.
            let again = Scan { merges, ..Scan::new(sheet, file_name, headings) };
            return Ok(again.through(book)?.end());
        }
    }
    Ok(first.end())
}

/// Goes down a sheet's rows.
struct Scan<'a> {
    sheet: &'a str,
    file_name: &'a str,
    headings: &'a Headings,
    merges: Vec<Merge>,
    /// Rows that were read and not yet looked at.
    pending: VecDeque<Row>,
    layouts: Vec<Layout>,
    /// Of those, the lists of the last header, side by side.
    current: Vec<usize>,
    /// The columns of each of those.
    ranges: Vec<Range<usize>>,
    /// Rows about nobody since the last header's students.
    above: Vec<Row>,
    /// The same before the first header, with everything else there.
    first_above: Vec<Row>,
    closest: Header,
    of_staff: Option<String>,
    has_rows: bool,
    /// Of each list, a column of NIKs that may be the students', and in how many rows it agrees with the birth date and does not.
    perhaps_niks: Vec<Option<(Column, usize, usize)>>,
    /// No header was found, but rows that would be one if cells are merged.
    may_be_merged: bool,
    /// A header of several rows was found in which it matters what is merged.
    is_deep: bool,
    quiet: usize,
}

impl<'a> Scan<'a> {
    fn new(sheet: &'a str, file_name: &'a str, headings: &'a Headings) -> Self {
        Self {
            sheet,
            file_name,
            headings,
            merges: Vec::new(),
            pending: VecDeque::new(),
            layouts: Vec::new(),
            current: Vec::new(),
            ranges: Vec::new(),
            above: Vec::new(),
            first_above: Vec::new(),
            closest: Header::default(),
            of_staff: None,
            has_rows: false,
            perhaps_niks: Vec::new(),
            may_be_merged: false,
            is_deep: false,
            quiet: 0,
        }
    }

    /// Looks at the sheet's rows, as far down as anything new may begin.
    fn through(mut self, book: &mut Book<'_>) -> Result<Self, SheetError> {
        book.rows(
            self.sheet,
            |_| true,
            |row| {
                self.pending.push_back(row);
                if self.pending.len() > AHEAD { self.step() } else { ControlFlow::Continue(()) }
            },
        )?;
        while !self.pending.is_empty() && self.step().is_continue() {}
        Ok(self)
    }

    fn end(mut self) -> Scanned {
        for (layout, perhaps) in self.layouts.iter_mut().zip(self.perhaps_niks) {
            if let Some((column, ..)) = perhaps.filter(|(_, agree, differ)| agree > differ) {
                layout.columns.insert(Field::Nik, column);
            }
        }
        Scanned {
            layouts: self.layouts,
            has_rows: self.has_rows,
            of_staff: self.of_staff,
            closest: self.closest,
            above: self.first_above,
        }
    }

    /// Looks at the first row that was read.
    fn step(&mut self) -> ControlFlow<()> {
        let Some(number) = self.pending.front().map(|row| row.number) else { return ControlFlow::Break(()) };
        let has_begun = !self.layouts.is_empty();
        if !has_begun && number > HEADER_WITHIN {
            return ControlFlow::Break(());
        }
        if has_begun && self.is_dated(&self.pending[0]) {
            return self.pass();
        }
        let rows = self.pending.make_contiguous();
        let mut header = Header::at(rows, 0, &self.merges, self.headings);
        if header.is_whole() && header.first_data_row > header.row + 1 {
            // A title or a row of groups above the header proper says nothing that the header does not say itself.
            let below = Header::at(rows, 1, &self.merges, self.headings);
            if below.is_whole() && same_columns(&header.lists, &below.lists) {
                header = Header::default();
            }
        }
        if header.is_whole() {
            return self.begin(header);
        }
        if !has_begun && let Some(row) = self.pending.front() {
            let told = if header.is_nothing() { Header::told_of(row, self.headings) } else { header };
            if told.worth() > self.closest.worth() || self.closest.is_nothing() {
                self.may_be_merged |= told.worth() > 1;
                self.closest = told;
            }
        }
        self.pass()
    }

    /// Goes on to the next row.
    fn pass(&mut self) -> ControlFlow<()> {
        let Some(row) = self.pending.pop_front() else { return ControlFlow::Break(()) };
        if self.layouts.is_empty() {
            self.first_above.push(row.clone());
            self.above.push(row);
        } else {
            self.go_on(row);
        }
        self.quiet += 1;
        if self.quiet > QUIET_ROWS { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Whether a row has a birth date by the current columns: then it is a student's, whatever else it says.
    fn is_dated(&self, row: &Row) -> bool {
        self.current.iter().any(|at| {
            let column = self.layouts[*at].columns.get(&Field::BirthDate);
            column.is_some_and(|column| match row.cell(column.index) {
                Cell::Date(_) => true,
                Cell::Text(text) => text.chars().filter(|letter| letter.is_numeric()).count() >= 5,
                _ => false,
            })
        })
    }

    /// A header begins here.
    fn begin(&mut self, header: Header) -> ControlFlow<()> {
        self.quiet = 0;
        self.is_deep |= header.first_data_row > header.row + 1 && !header.has_blocks;
        let titles: Vec<String> = self.above.iter().map(title_of).chain([normalised(self.sheet)]).collect();
        let staff = header.of_staff.clone().or_else(|| title_of_staff(&titles, &header));
        if let Some(title) = staff {
            self.of_staff = self.of_staff.take().or(Some(title));
            if self.layouts.is_empty() {
                return ControlFlow::Break(());
            }
        }
        while self.pending.front().is_some_and(|row| row.number < header.first_data_row) {
            self.pending.pop_front();
        }
        let is_same = self.current.len() == header.lists.len()
            && self.current.iter().zip(&header.lists).all(|(at, list)| same(&self.layouts[*at].columns, &list.columns));
        if is_same {
            for at in self.current.clone() {
                let class_name = self.class_above(&self.ranges[self.layouts_index(at)].clone());
                let class_name = class_name.or_else(|| self.class_goes_on(at));
                let part = Part {
                    header: Some(header.row..=header.first_data_row - 1),
                    first_row: header.first_data_row,
                    class_name,
                };
                self.layouts[at].parts.push(part);
            }
        } else {
            for at in &self.current {
                self.layouts[*at].last_row = header.row - 1;
            }
            self.current.clear();
            self.ranges.clear();
            for list in &header.lists {
                let layout = self.layout(&header, list, &titles);
                self.current.push(self.layouts.len());
                self.ranges.push(list.range.clone());
                self.perhaps_niks.push(list.perhaps_nik.clone().map(|column| (column, 0, 0)));
                self.layouts.push(layout);
            }
        }
        self.above.clear();
        ControlFlow::Continue(())
    }

    /// The class of the rows before a header that only comes again, as on each page: the numbers go on below it, or nothing stands
    /// between.
    fn class_goes_on(&self, at: usize) -> Option<String> {
        let layout = self.layouts.get(at)?;
        let number = |column: usize| self.pending.front().and_then(|row| values::text(row.cell(column)));
        let goes_on = match layout.number_column.and_then(number) {
            Some(number) => number.trim_end_matches(['.', ')']) != "1",
            None => self.above.is_empty(),
        };
        layout.parts.last().and_then(|part| part.class_name.clone()).filter(|_| goes_on)
    }

    fn layouts_index(&self, at: usize) -> usize {
        self.current.iter().position(|one| *one == at).unwrap_or_default()
    }

    fn layout(&self, header: &Header, list: &List, titles: &[String]) -> Layout {
        let titled = |words: &[&str]| titles.iter().any(|title| words.iter().any(|word| has_word(title, word)));
        let begins = |start: &str| titles.iter().any(|title| title.starts_with(start));
        let applicants =
            header.is_of_applicants || titled(&["ppdb", "spmb", "seleksi", "pendaftar", "penerimaan", "calon siswa"]);
        let is_left = titled(&["alumni", "lulusan", "tamatan", "keluar", "drop out"]) && !titled(&["masuk"]);
        let leavers = begins("daftar peserta didik keluar")
            || (list.columns.contains_key(&Field::LeftReason) && list.columns.contains_key(&Field::LeftOn))
            || (!applicants && (is_left || header.is_of_graduates));
        let class_name = self.class_above(&list.range).or_else(|| class_named(self.sheet));
        Layout {
            number: 0,
            is_one_of_several: false,
            kind: kind(&list.columns, header.has_blocks, begins("daftar peserta didik")),
            sheet: self.sheet.to_owned(),
            header_row: header.row,
            first_data_row: header.first_data_row,
            last_row: LAST_ROW,
            preamble: Preamble::read(&self.above, self.file_name),
            columns: list.columns.clone(),
            number_column: list.number,
            parts: vec![Part { header: None, first_row: header.first_data_row, class_name }],
            class_merges: Vec::new(),
            people: 0,
            without_class: 0,
            unclear: list.unclear.clone(),
            leavers,
            applicants,
            habits: Habits::default(),
        }
    }

    /// The class that the rows above a header name for the columns `range`.
    fn class_above(&self, range: &Range<usize>) -> Option<String> {
        // Whatever stands left of the first list and right of the last is said of them, too.
        let whole = if self.ranges.len() > 1 { range.clone() } else { 0..usize::MAX };
        let within = if range.start > 0 { range.clone() } else { whole };
        let named = self.above.iter().rev().find_map(|row| class_of(row, &within));
        named.or_else(|| {
            let texts = |row: &Row| -> Option<String> {
                (within.start..within.end.min(row.width())).find_map(|column| class_in_title(row.text(column)))
            };
            self.above.iter().rev().find_map(texts)
        })
    }

    /// A row below a header.
    fn go_on(&mut self, row: Row) {
        let mut is_anybodys = false;
        for at in self.current.clone() {
            let layout = &self.layouts[at];
            if is_person(layout, &row, None) {
                is_anybodys = true;
                let lacks = |column: &Column| *row.cell(column.index) == Cell::Empty;
                let lacks_class = layout.columns.get(&Field::ClassName).is_some_and(lacks);
                if let Some((column, agree, differ)) = &mut self.perhaps_niks[at]
                    && let Some(agrees) = nik_agrees(layout, row.cell(column.index), &row)
                {
                    *(if agrees { agree } else { differ }) += 1;
                }
                self.layouts[at].people += 1;
                self.layouts[at].without_class += usize::from(lacks_class);
            }
        }
        self.has_rows = true;
        if is_anybodys {
            self.above.clear();
            return;
        }
        for (index, at) in self.current.clone().into_iter().enumerate() {
            let range = self.ranges[index].clone();
            if let Some(class_name) = divider(&row, &range) {
                self.quiet = 0;
                let part = Part { header: None, first_row: row.number + 1, class_name: Some(class_name) };
                self.layouts[at].parts.push(part);
            }
        }
        if self.above.len() < ABOVE {
            self.above.push(row);
        }
    }
}

/// Whether a NIK has the birth date of its row; nothing where one of them cannot be read.
fn nik_agrees(layout: &Layout, nik: &Cell, row: &Row) -> Option<bool> {
    let Cell::Text(nik) = nik else { return None };
    let cell = match row.cell(layout.columns.get(&Field::BirthDate)?.index) {
        Cell::Text(text) if layout.has_place_with_date() => Cell::Text(values::place_and_date(text).1.to_owned()),
        cell => cell.clone(),
    };
    // Of the year only the last two figures are compared, so that the century does not matter.
    let birth = match values::date(&cell, &DateRules::alone(NaiveDate::default())) {
        DateReading::Read(date) => date,
        DateReading::Doubtful(doubt) => doubt.taken,
        DateReading::Missing | DateReading::Unreadable => return None,
    };
    Nik::parse(nik).ok().map(|nik| nik.agrees_with_birth(birth))
}

/// The class that a row below a header names for the rows that follow, if it says nothing else.
fn divider(row: &Row, range: &Range<usize>) -> Option<String> {
    if let Some(class) = class_of(row, range) {
        return Some(class);
    }
    let mut filled =
        (range.start..range.end.max(row.width()).min(row.width())).filter(|column| *row.cell(*column) != Cell::Empty);
    let only = filled.next().filter(|_| filled.next().is_none())?;
    let text = row.text(only);
    class_named(text)
}

/// The first text of a row above the header, normalised.
fn title_of(row: &Row) -> String {
    (0..row.width()).map(|column| row.text(column)).find(|text| !text.is_empty()).map(normalised).unwrap_or_default()
}

fn has_word(title: &str, word: &str) -> bool {
    format!(" {title} ").contains(&format!(" {word} "))
}

/// The title or sheet name that says that teachers are listed, where no column speaks for students.
fn title_of_staff(titles: &[String], header: &Header) -> Option<String> {
    const STAFF: [&str; 8] =
        ["guru", "pegawai", "tendik", "ptk", "karyawan", "tenaga kependidikan", "teachers", "staff"];
    const PUPILS: [&str; 8] = ["siswa", "murid", "peserta didik", "santri", "kelas", "wali", "pd", "warga belajar"];
    let has_pupils = |field| header.lists.iter().any(|list| list.columns.contains_key(&field));
    if has_pupils(Field::Nisn) || has_pupils(Field::ClassName) {
        return None;
    }
    let is_staffs = |title: &&String| {
        STAFF.iter().any(|word| has_word(title, word)) && !PUPILS.iter().any(|word| has_word(title, word))
    };
    titles.iter().find(is_staffs).cloned()
}

fn kind(columns: &BTreeMap<Field, Column>, has_blocks: bool, titled_as_dapodik: bool) -> LayoutKind {
    let is = |field, name| columns.get(&field).is_some_and(|column: &Column| normalised(&column.title) == name);
    if is(Field::ClassName, "tingkat rombel") || (is(Field::Name, "nama lengkap") && is(Field::Status, "status")) {
        LayoutKind::Emis
    } else if has_blocks || titled_as_dapodik || is(Field::ClassName, "rombel saat ini") {
        LayoutKind::Dapodik
    } else {
        LayoutKind::Csv
    }
}
