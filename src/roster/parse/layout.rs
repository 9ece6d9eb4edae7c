//! Where in a file the roster stands: which sheets, which row is the header, which column means what. Found by content,
//! mapped by name together with the block that the name stands in, never by position.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use super::field::{Field, Headings, NAMES, normalised, rank};
use super::habits::Habits;
use super::line::Line;
use super::preamble::Preamble;
use super::values::grade;
use crate::nik::without_niks;
use crate::roster::sheet::book::Book;
use crate::roster::sheet::cell::{Row, SheetError, address};

/// The header must begin within this many rows.
const HEADER_WITHIN: u32 = 40;
/// How much of the columns seen is told when no header was found.
const SEEN_COLUMNS: usize = 12;

/// Which system a file came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LayoutKind {
    Dapodik,
    Emis,
    /// Our own column names, whatever the file format.
    Csv,
}

/// The sub-columns of a parent's block, and those among them that no list has for a student.
const PARENT_COLUMNS: [&str; 7] =
    ["nama", "nik", "tahun lahir", "jenjang pendidikan", "pendidikan", "pekerjaan", "penghasilan"];
const ONLY_PARENTS: [&str; 3] = ["tahun lahir", "jenjang pendidikan", "penghasilan"];

/// Columns that only lists of teachers and staff have; theirs have names and birth dates, too.
const STAFF_COLUMNS: [&str; 4] = ["nuptk", "jenis ptk", "status kepegawaian", "tugas tambahan"];

/// Words by which people who flatten the header say whose column it is: `Nama Ayah`, `Tahun Lahir A`.
const WHOSE: [&str; 7] = ["ayah", "ibu", "wali", "kandung", "a", "i", "w"];

/// A column of the sheet: where it is and what its header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// From 0.
    pub index: usize,
    pub title: String,
}

/// Where a roster stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Which of the file's rosters it is, from 0.
    pub number: usize,
    /// Whether the file has others, so that a row must be told with its sheet.
    pub is_one_of_several: bool,
    pub kind: LayoutKind,
    /// As the file has it; empty for a delimited text. Where it is kept or told, it is [`Layout::shown_sheet`].
    pub sheet: String,
    pub header_row: u32,
    pub first_data_row: u32,
    pub columns: BTreeMap<Field, Column>,
    pub preamble: Preamble,
    /// The class that all of the sheet's students are in, where no column says it.
    pub class_name: Option<String>,
    /// Whether this is the list of those who left (`Daftar Peserta Didik Keluar`).
    pub leavers: bool,
    /// How its columns write things, as far as its rows have shown.
    pub habits: Habits,
}

/// Why no layout could be found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    #[error(transparent)]
    Sheet(#[from] SheetError),
    #[error(
        "no roster was found: within the first {HEADER_WITHIN} rows no header has the columns {missing}; the closest has \
         {seen}; send the sheet that Dapodik or EMIS exports, or a CSV with nama, nisn, nik, jk, tanggal_lahir, rombel, or say \
         which header means what (--map nama=HEADER), which is then remembered for the place"
    )]
    NoHeader { missing: String, seen: String },
    #[error(
        "the sheets {one} and {other} both list {students} students; delete the sheet that is out of date, and send the file again"
    )]
    SameStudents { one: String, other: String, students: usize },
    #[error(
        "the sheet {sheet} lists teachers and staff (column {title}), not students; send the list of students \
         (Daftar Peserta Didik)"
    )]
    Staff { sheet: String, title: String },
}

/// The rosters of a file: one, or a sheet for each class. Never none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layouts {
    first: Layout,
    others: Vec<Layout>,
}

impl Layouts {
    /// Finds the rosters in a book. `file_name` only helps with what the rows above the header do not say.
    pub fn find(book: &mut Book<'_>, file_name: &str, headings: &Headings) -> Result<Self, LayoutError> {
        let mut found: Vec<(Header, String, Vec<Row>)> = Vec::new();
        let mut closest = Header::default();
        let mut of_staff = None;
        for sheet in book.sheets() {
            let top = top_rows(book, &sheet)?;
            let mut best = Header::default();
            for at in 0..top.len() {
                let header = Header::at(&top, at, headings);
                if header.columns.len() > best.columns.len() || best.seen.is_empty() {
                    best = header;
                }
            }
            let is_header = best.missing().is_empty();
            if let Some(title) = best.title_of_staff().filter(|_| is_header) {
                of_staff =
                    of_staff.or(Some(LayoutError::Staff { sheet: without_niks(&sheet), title: title.to_owned() }));
            } else if is_header {
                found.push((best, sheet, top));
            } else if best.columns.len() > closest.columns.len() || closest.seen.is_empty() {
                closest = best;
            }
        }
        // A sheet with only a header (a template) gives way to one with students.
        let has_students =
            |(header, _, rows): &(Header, String, Vec<Row>)| rows.iter().any(|row| row.number >= header.first_data_row);
        if found.iter().any(has_students) {
            found.retain(has_students);
        } else {
            found.truncate(1);
        }
        let layouts =
            found.into_iter().map(|(header, sheet, top)| Layout::new(header, sheet, top, file_name)).collect();
        Self::several(layouts).ok_or_else(|| {
            of_staff.unwrap_or_else(|| LayoutError::NoHeader {
                missing: closest.missing().join(" and "),
                seen: closest.seen(),
            })
        })
    }

    /// Without those on some sheets; nothing if none is left.
    #[must_use]
    pub fn without(self, sheets: &[String]) -> Option<Self> {
        let all = std::iter::once(self.first).chain(self.others);
        Self::several(all.filter(|layout| !sheets.contains(&layout.shown_sheet())).collect())
    }

    /// Takes over what each roster's rows have shown; whether they must be read anew by it.
    pub(super) fn learn(&mut self, habits: impl Iterator<Item = Habits>) -> bool {
        let mut is_new = false;
        for (layout, habits) in std::iter::once(&mut self.first).chain(&mut self.others).zip(habits) {
            is_new |= habits.read_otherwise_than(&layout.habits);
            layout.habits = habits;
        }
        is_new
    }

    fn several(mut layouts: Vec<Layout>) -> Option<Self> {
        let is_one_of_several = layouts.len() > 1;
        let said = said_of_school(&layouts);
        for (number, layout) in layouts.iter_mut().enumerate() {
            layout.number = number;
            layout.is_one_of_several = is_one_of_several;
            if let Some(said) = said.clone().filter(|_| layout.preamble.school.is_none()) {
                layout.preamble = Preamble { class_name: layout.preamble.class_name.take(), ..said };
            }
            if layout.columns.contains_key(&Field::ClassName) {
                continue;
            }
            let titled = Some(layout.shown_sheet()).filter(|sheet| is_one_of_several && grade(sheet).is_some());
            layout.class_name = layout.preamble.class_name.clone().or(titled);
        }
        let mut layouts = layouts.into_iter();
        Some(Self { first: layouts.next()?, others: layouts.collect() })
    }

    #[must_use]
    pub fn first(&self) -> &Layout {
        &self.first
    }

    /// In the workbook's order.
    pub fn iter(&self) -> impl Iterator<Item = &Layout> {
        std::iter::once(&self.first).chain(&self.others)
    }

    #[must_use]
    pub fn are_several(&self) -> bool {
        !self.others.is_empty()
    }

    /// That of a row.
    #[must_use]
    pub fn of(&self, line: Line) -> &Layout {
        line.sheet().checked_sub(1).and_then(|at| self.others.get(at)).unwrap_or(&self.first)
    }

    /// A row as another row's message names it: with its sheet, if that is another one.
    pub(super) fn named_beside(&self, line: Line, beside: Line) -> String {
        if line.sheet() == beside.sheet() {
            line.row().to_string()
        } else {
            format!("{} of sheet {}", line.row(), self.of(line).shown_sheet())
        }
    }
}

impl Layout {
    fn new(header: Header, sheet: String, top: Vec<Row>, file_name: &str) -> Self {
        let above: Vec<Row> = top.into_iter().filter(|row| row.number < header.row).collect();
        let titled = |title: &str| above.iter().any(|row| title_of(row).starts_with(title));
        let leavers = titled("daftar peserta didik keluar")
            || (header.columns.contains_key(&Field::LeftReason) && header.columns.contains_key(&Field::LeftOn));
        Self {
            number: 0,
            is_one_of_several: false,
            kind: header.kind(titled("daftar peserta didik")),
            sheet,
            header_row: header.row,
            first_data_row: header.first_data_row,
            preamble: Preamble::read(&above, file_name),
            columns: header.columns,
            class_name: None,
            leavers,
            habits: Habits::default(),
        }
    }

    /// A row of the sheet as a row of the file.
    #[must_use]
    pub fn line(&self, row: u32) -> Line {
        Line::new(self.number, row)
    }

    /// The sheet's name where a row must be told with it.
    #[must_use]
    pub fn label(&self) -> Option<String> {
        self.is_one_of_several.then(|| self.shown_sheet())
    }

    /// The sheet's name without a NIK, should somebody have named it so.
    #[must_use]
    pub fn shown_sheet(&self) -> String {
        without_niks(&self.sheet)
    }

    /// Where `field` stands in `row`, as the spreadsheet shows it.
    #[must_use]
    pub fn address(&self, field: Field, row: u32) -> Option<String> {
        self.columns.get(&field).map(|column| address(column.index, row))
    }

    /// Whether one column holds both the birth place and the birth date.
    #[must_use]
    pub fn has_place_with_date(&self) -> bool {
        let index = |field| self.columns.get(&field).map(|column: &Column| column.index);
        index(Field::BirthPlace).is_some() && index(Field::BirthPlace) == index(Field::BirthDate)
    }

    /// Whether a row only says the header again, as sheets glued together do.
    #[must_use]
    pub fn is_header_again(&self, row: &Row) -> bool {
        let mut same = 0;
        for column in self.columns.values() {
            let text = row.text(column.index);
            if !text.is_empty() && normalised(text) != normalised(&column.title) {
                return false;
            }
            same += usize::from(!text.is_empty());
        }
        same >= 2
    }
}

/// What one class's sheet says of the school holds for those beside it, unless they contradict each other.
fn said_of_school(layouts: &[Layout]) -> Option<Preamble> {
    let mut saying = layouts.iter().map(|layout| &layout.preamble).filter(|preamble| preamble.school.is_some());
    let first = saying.next()?;
    saying.all(|other| other.school == first.school).then(|| first.clone())
}

/// The rows in which the header may begin, and one more for its second line and one for a first student.
fn top_rows(book: &mut Book<'_>, sheet: &str) -> Result<Vec<Row>, SheetError> {
    let mut top = Vec::new();
    book.rows(
        sheet,
        |_| true,
        |row| {
            top.push(row);
            let enough = top.last().is_some_and(|row| row.number > HEADER_WITHIN + 1);
            if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        },
    )?;
    Ok(top)
}

/// A row tried as the header.
#[derive(Debug, Default)]
struct Header {
    row: u32,
    first_data_row: u32,
    columns: BTreeMap<Field, Column>,
    has_blocks: bool,
    /// The texts of the row, for the message if it is no header after all.
    seen: Vec<String>,
}

/// One column's header: its block's name if it stands in one, and its own.
struct Title {
    index: usize,
    text: String,
    name: String,
    parents: bool,
}

impl Header {
    fn at(rows: &[Row], at: usize, headings: &Headings) -> Self {
        let top = &rows[at];
        if top.number > HEADER_WITHIN {
            return Self::default();
        }
        let below = rows.get(at + 1).filter(|below| below.number == top.number + 1 && names_parents(top, below));
        let titles = match below {
            Some(below) => titles_with_blocks(top, below),
            None => titles_in_one_row(top),
        };
        let mut columns = BTreeMap::new();
        for (field, names) in NAMES {
            let explained = titles.iter().find(|title| headings.meaning(&title.name) == Some(field));
            let best = titles
                .iter()
                .filter(|title| !title.parents && headings.meaning(&title.name).is_none())
                .filter_map(|title| Some((rank(field, &title.name, names)?, title)))
                .min_by_key(|(rank, title)| (*rank, title.index));
            let best = explained.map(|title| (0, title)).or(best);
            if let Some((_, title)) = best {
                columns.insert(field, Column { index: title.index, title: title.text.clone() });
            }
        }
        Self {
            row: top.number,
            first_data_row: top.number + if below.is_some() { 2 } else { 1 },
            columns,
            has_blocks: below.is_some(),
            seen: (0..top.width())
                .map(|column| top.text(column))
                .filter(|text| !text.is_empty())
                .map(Into::into)
                .collect(),
        }
    }

    /// What a roster cannot do without, and this row has not.
    fn missing(&self) -> Vec<&'static str> {
        [(Field::Name, "Nama"), (Field::BirthDate, "Tanggal Lahir")]
            .into_iter()
            .filter(|(field, _)| !self.columns.contains_key(field))
            .map(|(_, name)| name)
            .collect()
    }

    /// The column by which the row shows itself to be that of a list of staff.
    fn title_of_staff(&self) -> Option<&str> {
        self.seen.iter().map(String::as_str).find(|title| STAFF_COLUMNS.contains(&normalised(title).as_str()))
    }

    /// The columns seen, for a message. What is long or holds a figure names no column but is perhaps somebody's data,
    /// and so is all of a row in which no column is known.
    fn seen(&self) -> String {
        let is_title = |text: &&str| text.len() <= 60 && !text.contains(|c: char| c.is_ascii_digit());
        let is_header = !self.columns.is_empty();
        let mut seen: Vec<&str> = self.seen.iter().map(String::as_str).filter(is_title).filter(|_| is_header).collect();
        let more = seen.len() > SEEN_COLUMNS;
        seen.truncate(SEEN_COLUMNS);
        match (seen.is_empty(), more) {
            (true, _) => "none".into(),
            (false, false) => seen.join(", "),
            (false, true) => seen.join(", ") + "…",
        }
    }

    fn kind(&self, titled_as_dapodik: bool) -> LayoutKind {
        let is =
            |field, name| self.columns.get(&field).is_some_and(|column: &Column| normalised(&column.title) == name);
        if is(Field::ClassName, "tingkat rombel") || (is(Field::Name, "nama lengkap") && is(Field::Status, "status")) {
            LayoutKind::Emis
        } else if self.has_blocks || titled_as_dapodik || is(Field::ClassName, "rombel saat ini") {
            LayoutKind::Dapodik
        } else {
            LayoutKind::Csv
        }
    }
}

/// Whether `below` holds the sub-columns of parents' blocks that `top` opens.
fn names_parents(top: &Row, below: &Row) -> bool {
    let first_block = (0..top.width()).find(|column| is_parents_block(&normalised(top.text(*column))));
    first_block.is_some_and(|first| {
        (first..below.width()).any(|column| PARENT_COLUMNS.contains(&normalised(below.text(column)).as_str()))
    })
}

/// `Data Ayah`, `Ibu Kandung`, `Data Orang Tua`…, and nothing but such words.
fn is_parents_block(name: &str) -> bool {
    let is_word =
        |word| matches!(word, "data" | "identitas" | "ayah" | "ibu" | "wali" | "orang" | "tua" | "ortu" | "kandung");
    name.split(' ').all(is_word) && name.split(' ').any(|word| matches!(word, "ayah" | "ibu" | "wali" | "tua" | "ortu"))
}

/// Columns named in two rows: a name below stands in the nearest block above and to its left.
fn titles_with_blocks(top: &Row, below: &Row) -> Vec<Title> {
    let mut in_parents_block = false;
    let mut titles = Vec::new();
    for index in 0..top.width().max(below.width()) {
        let (upper, lower) = (top.text(index), below.text(index));
        if !upper.is_empty() {
            in_parents_block = is_parents_block(&normalised(upper));
        }
        let text = if lower.is_empty() { upper } else { lower };
        let name = normalised(text);
        // A block ends where something begins that no parent has, even if the row above is empty there.
        let parents = in_parents_block && (lower.is_empty() || PARENT_COLUMNS.contains(&name.as_str()));
        in_parents_block &= parents;
        titles.push(Title { index, text: text.into(), name, parents });
    }
    titles
}

/// Columns named in one row. If somebody deleted the blocks' row or wrote it into this one, a parent's bare `Nama` and `NIK`
/// are known by their neighbours, which only parents have; those to the left of the first that says whose it is are not.
fn titles_in_one_row(row: &Row) -> Vec<Title> {
    let mut titles: Vec<Title> = (0..row.width())
        .map(|index| {
            let name = normalised(row.text(index));
            Title { index, text: row.text(index).into(), parents: is_parents_block(&name), name }
        })
        .collect();
    let is_parents = |title: &Title| PARENT_COLUMNS.contains(&without_whose(&title.name));
    for run in titles.chunk_by_mut(|left, right| is_parents(left) && is_parents(right)) {
        if run.iter().any(|title| ONLY_PARENTS.contains(&without_whose(&title.name))) {
            let first = run.iter().position(|title| without_whose(&title.name) != title.name).unwrap_or(0);
            run[first..].iter_mut().for_each(|title| title.parents = true);
        }
    }
    titles
}

/// A parent's column without the words that say whose it is.
fn without_whose(name: &str) -> &str {
    let mut rest = name;
    while let Some((head, last)) = rest.rsplit_once(' ') {
        if !WHOSE.contains(&last) {
            break;
        }
        rest = head;
    }
    rest
}

/// The first text of a row above the header, normalised.
fn title_of(row: &Row) -> String {
    (0..row.width()).map(|column| row.text(column)).find(|text| !text.is_empty()).map(normalised).unwrap_or_default()
}
