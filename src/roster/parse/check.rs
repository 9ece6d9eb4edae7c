//! One row → a student, or what is wrong with it. Pure: what needs the database is settled above.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};

use chrono::NaiveDate;

use super::field::Field;
use super::habits::{Sign, Signs};
use super::layout::{Layout, Layouts, Unread, Why};
use super::line::Line;
use super::person::is_person;
use super::problem::{Code, Level, Note, Problem};
use super::remark;
use super::values::{self, Ages, DateReading, DateRules, NisnReading, SexHabit};
use crate::nik::{self, Nik, NikError, Sex, without_niks};
use crate::roster::sheet::cell::{self, Cell, Row, address};
use crate::student::name_key;

/// What a row is held against.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The office's region code, as `52.71`.
    pub region: String,
    /// The office's local date.
    pub today: NaiveDate,
    /// Those of the place that the list is of, where it is known before.
    pub ages: Ages,
}

/// A student as the file has them, each value tidied and none guessed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterRow {
    /// As the spreadsheet shows it.
    pub row: Line,
    /// The school's number, where each row names its school.
    pub npsn: Option<String>,
    /// The school's name, where a column says it.
    pub school_name: Option<String>,
    /// 10 digits.
    pub nisn: Option<String>,
    pub nik: Option<Nik>,
    /// The NIK is masked, as we gave it out: it is the one that we hold.
    pub nik_is_masked: bool,
    pub name: String,
    pub sex: Option<Sex>,
    pub birth_place: Option<String>,
    pub birth_date: NaiveDate,
    pub class_name: Option<String>,
    /// 1–13, from the class.
    pub grade: Option<u8>,
    pub rt: Option<u16>,
    pub rw: Option<u16>,
    pub kelurahan: Option<String>,
    pub kecamatan: Option<String>,
    /// As dialled within the country, `08…`.
    pub phone: Option<String>,
    /// Of those who left: in a list of leavers, or by a status that says so.
    pub left: Option<Left>,
}

/// Why and when a student left the school.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Left {
    pub reason: Option<String>,
    pub on: Option<NaiveDate>,
}

/// A row after the check: a student unless the row is rejected, and what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    pub row: Line,
    pub student: Option<RosterRow>,
    pub problems: Vec<Problem>,
    /// By what the row is told from the file's others; a rejected row has its numbers too, for it raises doubt as well.
    pub numbers: Numbers,
    /// What it shows of its columns' habits.
    pub(super) signs: Signs,
    /// Another row has the same NISN, or the same name and birth date: perhaps they mean one person.
    pub is_repeated: bool,
    /// The name on a row that is rejected: it is no student's row, and yet somebody stands there.
    pub rejected_name: Option<String>,
    /// The name or the birth date is a formula whose value is not in the file.
    pub is_by_formula: bool,
}

/// A row's NIK and NISN as numbers, and a number for its name and birth date. Its `Debug` shows none of them.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Numbers {
    pub nik: Option<u64>,
    pub nisn: Option<u64>,
    pub person: Option<u64>,
}

impl std::fmt::Debug for Numbers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Numbers(hidden)")
    }
}

/// Checks one row below the header. A row that is about nobody (see [`is_person`]) is passed over.
#[must_use]
pub fn check(layout: &Layout, rules: &Rules, row: &Row) -> Option<Checked> {
    let (written, row) = (row, &*as_meant(layout, row));
    if !is_person(layout, row, Some(rules.today)) {
        return None;
    }
    let mut check = RowCheck { layout, rules, written, row, problems: Vec::new(), signs: Signs::default() };
    let (nik, nisn) = (check.nik(), check.nisn());
    let number = |digits: &str| digits.parse().ok();
    let nik_number = nik.as_ref().and_then(|nik| number(nik.digits()));
    let nisn_number = nisn.as_deref().and_then(number);
    let student = check.student(nik, nisn);
    let numbers = Numbers { nik: nik_number, nisn: nisn_number, person: student.as_ref().map(person) };
    check.unread();
    check.shifted();
    let is_by_formula =
        [Field::Name, Field::BirthDate].iter().any(|field| *check.cell(*field) == Cell::Unread(cell::Unread::Formula));
    let (problems, signs) = (check.problems, check.signs);
    let rejected = problems.iter().any(|problem| problem.level == Level::Error);
    let line = layout.line(row.number);
    let student = student.filter(|_| !rejected);
    let name = layout.columns.get(&Field::Name).filter(|_| student.is_none());
    let rejected_name = name.and_then(|column| values::words(row.cell(column.index)));
    Some(Checked { row: line, student, problems, numbers, signs, is_repeated: false, rejected_name, is_by_formula })
}

/// The row with each of our columns' texts as it was meant.
fn as_meant<'a>(layout: &Layout, row: &'a Row) -> Cow<'a, Row> {
    let mut meant = Cow::Borrowed(row);
    for (field, column) in &layout.columns {
        let Cell::Text(text) = meant.cell(column.index) else { continue };
        if let Some(unwrapped) = values::unwrapped(*field, text) {
            meant.to_mut().put(column.index, Cell::Text(unwrapped).tidied());
        }
    }
    meant
}

/// A number for a name and a birth date; two people may by chance have one, so it only says whom to compare.
fn person(row: &RosterRow) -> u64 {
    let mut hasher = DefaultHasher::new();
    (name_key(&row.name), row.birth_date).hash(&mut hasher);
    hasher.finish()
}

/// A problem in the cell of `field`; `advice` says what is wrong and what to do.
pub fn problem(layout: &Layout, field: Field, row: u32, code: Code, advice: &str) -> Problem {
    let cell = layout.address(field, row);
    let place = cell.clone().unwrap_or_else(|| format!("row {row}"));
    let column = layout.columns.get(&field).map(|column| column.title.clone());
    let sheet = layout.label();
    let message = match &sheet {
        Some(sheet) => format!("sheet {sheet}, {place}: {advice}"),
        None => format!("{place}: {advice}"),
    };
    Problem { sheet, row, cell, column, level: code.level(), code, message }
}

/// What concerns a file's sheets as a whole: told once, at the header, instead of on every row.
#[must_use]
pub fn check_sheets(layouts: &Layouts) -> Vec<Problem> {
    let unread = layouts.unread.iter().map(|unread| {
        let Unread { sheet, rows, .. } = unread;
        let advice = match unread.why {
            Why::NoHeader => "no header with Nama and Tanggal Lahir was found; if it lists students, write one and send the file again",
            Why::Staff => "it lists teachers and staff, not students",
            Why::Hidden => "it is hidden; if it lists students, show it and send the file again",
        };
        let message = format!("sheet {sheet}: its {rows} rows were not read: {advice}");
        let code = Code::SheetUnread;
        Problem { sheet: Some(sheet.clone()), row: 1, cell: None, column: None, level: code.level(), code, message }
    });
    layouts.iter().flat_map(check_columns).chain(unread).collect()
}

/// What lists lack that no row can mend.
#[must_use]
pub fn notes(layouts: &Layouts) -> Vec<Note> {
    let any = |is_so: fn(&Layout) -> bool| layouts.iter().any(is_so);
    let without_numbers = any(lacks_numbers).then_some(Note::NoNumbers);
    without_numbers
        .into_iter()
        .chain(any(|layout| layout.habits.nik_is_empty).then_some(Note::NikColumnEmpty))
        .collect()
}

fn lacks_numbers(layout: &Layout) -> bool {
    let has = |field: Field| {
        layout.columns.contains_key(&field) || layout.unclear.iter().any(|(unclear, _)| *unclear == field)
    };
    !has(Field::Nik) && !has(Field::Nisn)
}

/// What a list lacks as a whole.
fn check_columns(layout: &Layout) -> Vec<Problem> {
    let is_unclear = |field| layout.unclear.iter().any(|(unclear, _)| *unclear == field);
    let at_header = |field, code, advice: &str| problem(layout, field, layout.header_row, code, advice);
    let mut problems: Vec<Problem> = [
        (Field::Nik, Code::NikMissing, "the sheet has no NIK column; the students are kept without a NIK"),
        (
            Field::Nisn,
            Code::NisnMissing,
            "the sheet has no NISN column; the students are known by name and birth date only",
        ),
        (Field::Sex, Code::SexUnreadable, "the sheet has no JK column; the students' sex stays unknown"),
    ]
    .into_iter()
    .filter(|(field, ..)| !layout.columns.contains_key(field) && !is_unclear(*field))
    // Of a list with neither number a note says so.
    .filter(|(field, ..)| !matches!(field, Field::Nik | Field::Nisn) || !lacks_numbers(layout))
    .chain(odd_columns(layout))
    .map(|(field, code, advice)| at_header(field, code, advice))
    .collect();
    if layout.without_class > 0 {
        let advice = format!(
            "{} rows have no class though the sheet has a column for it; write the class in each row",
            layout.without_class
        );
        problems.push(at_header(Field::ClassName, Code::ClassMissing, &advice));
    }
    problems.extend(layout.unclear.iter().map(|(field, column)| {
        let cell = address(column.index, layout.header_row);
        let name = field.name();
        let advice = format!(
            "{cell}: the column is not read, since its header is not understood; if it means {name}, say so with --map {name}=HEADER"
        );
        let message = layout.label().map_or_else(|| advice.clone(), |sheet| format!("sheet {sheet}, {advice}"));
        let code = Code::HeaderUnknown;
        Problem {
            sheet: layout.label(),
            row: layout.header_row,
            cell: Some(cell),
            column: Some(without_niks(&column.title)),
            level: code.level(),
            code,
            message,
        }
    }));
    problems
}

/// What no column about real people shows.
fn odd_columns(layout: &Layout) -> impl Iterator<Item = (Field, Code, &'static str)> {
    let odd = layout.habits.oddities;
    [
        (
            odd.one_birth_date,
            Field::BirthDate,
            "nearly all students have one and the same birth date; copy each one's from the family card (KK)",
        ),
        (
            odd.birth_date_series,
            Field::BirthDate,
            "the birth dates go up by a day from row to row, like a series that a spreadsheet filled in; copy each one's from the family card (KK)",
        ),
        (odd.one_name, Field::Name, "nearly all students have one and the same name; write each one's full name"),
    ]
    .into_iter()
    .filter(|(is_so, ..)| *is_so)
    .map(|(_, field, advice)| (field, Code::ColumnImplausible, advice))
}

/// Whether a text is a number as long as a NIK with decimals, as in `5271010101099801.0`.
fn is_float(text: &str) -> bool {
    let whole = values::without_decimals(text);
    whole.len() < text.len() && whole.len() >= 15
}

/// What is doubtful about a birth date.
fn doubt_advice(why: values::Why) -> &'static str {
    match why {
        values::Why::Order => {
            "the birth date can be read in two ways and was taken as day-month-year; write it as YYYY-MM-DD"
        }
        values::Why::Swapped => {
            "a spreadsheet may have exchanged day and month of the birth date, for the column's other dates are texts; write it as YYYY-MM-DD"
        }
        values::Why::Moment => {
            "the time beside the birth date says that the day after may be meant; write the date alone, as YYYY-MM-DD"
        }
        values::Why::Century => "the birth date's century is a guess; write it as YYYY-MM-DD",
    }
}

struct RowCheck<'a> {
    layout: &'a Layout,
    rules: &'a Rules,
    /// The row as it is written, and as it is meant.
    written: &'a Row,
    row: &'a Row,
    problems: Vec<Problem>,
    signs: Signs,
}

impl RowCheck<'_> {
    fn has(&self, field: Field) -> bool {
        self.layout.columns.contains_key(&field)
    }

    fn cell(&self, field: Field) -> &Cell {
        self.layout.columns.get(&field).map_or(&Cell::Empty, |column| self.row.cell(column.index))
    }

    fn found(&mut self, field: Field, code: Code, advice: &str) {
        let advice = if let Cell::Unread(why) = self.cell(field) { why.advice() } else { advice };
        self.problems.push(problem(self.layout, field, self.row.number, code, advice));
    }

    /// A cell that was not read is told, unless it holds only a remark.
    fn unread(&mut self) {
        let is_unread = |field: &Field| matches!(self.cell(*field), Cell::Unread(_)) && *field != Field::Remark;
        if !self.layout.columns.keys().any(is_unread) {
            return;
        }
        let layout = self.layout;
        for (field, column) in &layout.columns {
            let cell = Some(address(column.index, self.row.number));
            if let Cell::Unread(why) = self.row.cell(column.index)
                && *field != Field::Remark
                && self.problems.iter().all(|problem| problem.cell != cell)
            {
                self.found(*field, Code::CellUnread, why.advice());
            }
        }
    }

    /// In a row with a field too many or too few, what stands behind that place stands in the wrong columns: the row is told
    /// as one, and not each value that looks wrong for it.
    fn shifted(&mut self) {
        let surplus = self.row.surplus();
        if surplus == 0 {
            return;
        }
        let (row, count) = (self.row.number, surplus.unsigned_abs());
        let fields = if count == 1 { "one field".into() } else { format!("{count} fields") };
        let than = if surplus > 0 { "more" } else { "fewer" };
        let sheet = self.layout.label();
        let message = format!(
            "row {row} has {fields} {than} than the header, so that values may stand in the wrong columns; write a text that has a \
             separator in it within quotes, and compare the row"
        );
        self.problems.retain(|problem| problem.level == Level::Error);
        let code = Code::RowShifted;
        self.problems.push(Problem { sheet, row, cell: None, column: None, level: code.level(), code, message });
    }

    fn nik(&mut self) -> Option<Nik> {
        if !self.has(Field::Nik) {
            return None;
        }
        let read = match self.cell(Field::Nik) {
            Cell::Empty | Cell::Unread(cell::Unread::Formula) => None,
            Cell::Text(text) if values::is_missing(text) => None,
            Cell::Text(text) if nik::is_masked(text) => return None,
            // A program took it for a number with decimals; whether that kept all digits, nobody can say.
            Cell::Text(text) if is_float(text) => Some(Err(NikError::Unreadable)),
            Cell::Text(text) => Some(Nik::parse(text)),
            Cell::Number(0.0) => None,
            // Spreadsheets keep 15 digits of a number: the last of a NIK are gone for good.
            Cell::Number(number) if number.abs() >= 1.0e15 => Some(Err(NikError::Unreadable)),
            Cell::Number(_) | Cell::Date(_) | Cell::Bool(_) | Cell::Unread(cell::Unread::TooLong) => {
                Some(Err(NikError::NotSixteenDigits))
            }
        };
        if let Some(Ok(nik)) = &read {
            self.signs.add_nik(nik.digits());
        }
        let is_rounded = |nik: &Nik| self.layout.habits.niks_rounded && nik.digits().ends_with('0');
        let (code, advice) = match read {
            Some(Ok(nik)) if is_rounded(&nik) => (
                Code::NikUnreadable,
                "the NIKs of this column end in 0, as a spreadsheet leaves them that took them for numbers, so it is not kept; format the column as text and type them anew",
            ),
            Some(Ok(nik)) => return Some(nik),
            None => {
                self.signs.add(Sign::NikEmpty);
                if self.layout.habits.nik_is_empty {
                    return None;
                }
                (Code::NikMissing, "there is no NIK; copy it from the family card (KK)")
            }
            Some(Err(NikError::NotSixteenDigits)) => (
                Code::NikNot16Digits,
                "the NIK has not exactly 16 digits and is not kept; copy it from the family card (KK)",
            ),
            Some(Err(NikError::Unreadable)) => (
                Code::NikUnreadable,
                "the NIK is stored as a number, so its last digits are lost, and it is not kept; format the column as text and type it anew",
            ),
            Some(Err(NikError::ImpossibleDate)) => (
                Code::NikImpossibleDate,
                "the digits 7 to 12 of the NIK are no date, so it is not kept; compare it with the family card (KK)",
            ),
        };
        self.found(Field::Nik, code, advice);
        None
    }

    fn nisn(&mut self) -> Option<String> {
        if !self.has(Field::Nisn) {
            return None;
        }
        let text = values::text(self.cell(Field::Nisn)).unwrap_or_default();
        match values::nisn(&text) {
            NisnReading::Read(digits) => Some(digits),
            NisnReading::Padded(digits) => {
                self.found(
                    Field::Nisn,
                    Code::NisnPadded,
                    "the NISN had lost leading zeros, which were put back; format the column as text",
                );
                Some(digits)
            }
            NisnReading::Missing => {
                self.found(
                    Field::Nisn,
                    Code::NisnMissing,
                    "there is no NISN of 10 digits; look it up in Dapodik or EMIS",
                );
                None
            }
        }
    }

    fn student(&mut self, nik: Option<Nik>, nisn: Option<String>) -> Option<RosterRow> {
        let name = values::words(self.cell(Field::Name)).map(|name| self.bare_name(&name));
        if let Some(name) = &name {
            self.look_at_letters(name);
        }
        if name.is_none() {
            let holds_nik = values::text(self.cell(Field::Name)).is_some_and(|text| nik::looks_like_nik(&text));
            let advice = if holds_nik {
                "something like a NIK stands in the name's cell, so the row is left out; leave only the full name there"
            } else {
                "there is no name, so the row is left out; write the student's full name"
            };
            self.found(Field::Name, Code::NameMissing, advice);
        }
        self.remarked();
        let sex = self.sex();
        let birth_date = self.birth_date(nik.as_ref());
        if let Some(nik) = &nik {
            self.compare(nik, sex, birth_date);
        }
        let class = self.class();
        let words = |field| values::words(self.cell(field));
        let free = |field| values::free_text(self.cell(field));
        let class_name = class.or_else(|| self.layout.class_at(self.row.number).map(str::to_owned));
        Some(RosterRow {
            row: self.layout.line(self.row.number),
            nik_is_masked: matches!(self.cell(Field::Nik), Cell::Text(text) if nik::is_masked(text)),
            npsn: free(Field::Npsn).map(|npsn| npsn.to_uppercase()),
            school_name: free(Field::SchoolName),
            nisn,
            nik,
            name: name?,
            sex,
            birth_place: self.birth_place(),
            birth_date: birth_date?,
            grade: class_name.as_deref().and_then(values::grade),
            class_name,
            rt: values::neighbourhood(self.cell(Field::Rt)),
            rw: values::neighbourhood(self.cell(Field::Rw)),
            kelurahan: words(Field::Kelurahan)
                .map(|name| values::without_prefix(&name, &["kelurahan", "kel"]).to_owned()),
            kecamatan: words(Field::Kecamatan)
                .map(|name| values::without_prefix(&name, &["kecamatan", "kec"]).to_owned()),
            phone: values::phone(self.cell(Field::Phone)),
            left: self.left(),
        })
    }

    /// A name whose letters suffered on their way is kept, and told.
    fn look_at_letters(&mut self, name: &str) {
        let written = self.layout.columns.get(&Field::Name).map_or("", |column| self.written.text(column.index));
        let advice = if values::is_damaged(name) {
            "a letter of the name was lost or exchanged when the file was made; write the name anew"
        } else if values::is_misread(written) {
            "the letters of the name were read in a wrong encoding and have been repaired; compare the name with the family card (KK)"
        } else {
            return;
        };
        self.found(Field::Name, Code::NameDamaged, advice);
    }

    /// A remark that says that the student is gone is for a person to settle: people note much there.
    fn remarked(&mut self) {
        let says_so = matches!(self.cell(Field::Remark), Cell::Text(text) if remark::has_left(text));
        if says_so && !self.layout.leavers && !self.layout.applicants {
            self.found(
                Field::Remark,
                Code::NameRemark,
                "the remark says that the student is gone, and is not taken; if it is so, say it by `siap17 student set` or \
                 `close`, or send the list of those who left",
            );
        }
    }

    /// A name without the remark behind it.
    fn bare_name(&mut self, name: &str) -> String {
        let (name, remark) = remark::without_remark(name);
        // A star behind the name is no part of it, and yet somebody meant something by it.
        let written = self.layout.columns.get(&Field::Name).map_or("", |column| self.written.text(column.index));
        if remark.is_some() || remark::without_remark(written).1.is_some() {
            self.found(
                Field::Name,
                Code::NameRemark,
                "behind the name stands a remark, which was left out of it; if the student has moved, left or died, say so by \
                 `siap17 student set` or `close`, or send the list of those who left",
            );
        }
        name.to_owned()
    }

    /// Whether the student has left: on the list of leavers everybody has; on others the status may say so.
    fn left(&self) -> Option<Left> {
        if !self.layout.leavers {
            // *Lulus* on a list of applicants means admitted.
            let status = values::words(self.cell(Field::Status)).filter(|_| !self.layout.applicants);
            let status = status.filter(|status| remark::has_left(status));
            return status.map(|status| Left { reason: Some(status), on: None });
        }
        let on = match values::date(self.cell(Field::LeftOn), &DateRules::alone(self.rules.today)) {
            DateReading::Read(date) => Some(date),
            DateReading::Doubtful(doubt) => Some(doubt.taken),
            DateReading::Missing | DateReading::Unreadable => None,
        };
        Some(Left { reason: values::words(self.cell(Field::LeftReason)), on })
    }

    fn sex(&mut self) -> Option<Sex> {
        if !self.has(Field::Sex) {
            return None;
        }
        let text = values::text(self.cell(Field::Sex)).unwrap_or_default();
        let (mark, habit) = (values::sex_mark(&text), self.layout.habits.sex);
        self.signs.add_sex(mark);
        let sex = values::sex(mark, habit);
        if sex.is_none() {
            let advice = match values::sex(mark, SexHabit::default()) {
                Some(_) if habit.figures_are_doubtful => {
                    "figures stand beside other signs in this column, so the sex stays unknown; write L or P"
                }
                Some(_) => "P may be pria or perempuan in this column, so the sex stays unknown; write L or P",
                None => "the sex cannot be read and stays unknown; write L or P",
            };
            self.found(Field::Sex, Code::SexUnreadable, advice);
        }
        sex
    }

    fn class(&mut self) -> Option<String> {
        let (class, is_doubtful) = values::class(self.cell(Field::ClassName), self.rules.today)?;
        if is_doubtful {
            self.found(
                Field::ClassName,
                Code::ClassDoubtful,
                "a spreadsheet took the class for a date; format the column as text and write the class anew",
            );
        }
        Some(class)
    }

    /// The birth date's cell; where one column holds place and date (`Mataram, 3 Mei 2009`), the date of it.
    fn date_cell(&self) -> Cow<'_, Cell> {
        let cell = self.cell(Field::BirthDate);
        match cell {
            Cell::Text(text) if self.layout.has_place_with_date() => {
                Cow::Owned(Cell::Text(values::place_and_date(text).1.to_owned()))
            }
            _ => Cow::Borrowed(cell),
        }
    }

    /// The birth place without a birth date, which stands beside it in one column or slipped into its own.
    fn birth_place(&self) -> Option<String> {
        match self.cell(Field::BirthPlace) {
            Cell::Text(text) if self.layout.has_place_with_date() || values::ends_in_date(text) => {
                values::words(&Cell::Text(values::place_and_date(text).0.to_owned()))
            }
            cell => values::words(cell),
        }
    }

    /// Of two readings the one that the row's own NIK has is meant.
    fn birth_date(&mut self, nik: Option<&Nik>) -> Option<NaiveDate> {
        let Rules { today, ages, .. } = *self.rules;
        let habits = self.layout.habits;
        let rules = DateRules { today, ages, order: habits.order, cells_swapped: habits.cells_swapped };
        let (reading, sign) = values::date_and_sign(&self.date_cell(), &rules);
        self.signs.add_date(sign);
        let date = match reading {
            DateReading::Read(date) => date,
            DateReading::Doubtful(doubt) => {
                let of_nik = doubt.readings().find(|date| nik.is_some_and(|nik| nik.agrees_with_birth(*date)));
                if of_nik.is_none() {
                    self.found(Field::BirthDate, Code::BirthDateAmbiguous, doubt_advice(doubt.why));
                }
                of_nik.unwrap_or(doubt.taken)
            }
            DateReading::Missing => {
                self.found(
                    Field::BirthDate,
                    Code::BirthDateMissing,
                    "there is no birth date, so the row is left out; write it as YYYY-MM-DD",
                );
                return None;
            }
            DateReading::Unreadable => {
                self.found(
                    Field::BirthDate,
                    Code::BirthDateUnreadable,
                    "the birth date cannot be read, so the row is left out; write it as YYYY-MM-DD",
                );
                return None;
            }
        };
        if !ages.hold(date, today) {
            let Ages { youngest, oldest } = ages;
            let advice = format!(
                "by this birth date the student is younger than {youngest} or older than {oldest}; compare it with the family card (KK)"
            );
            self.found(Field::BirthDate, Code::BirthDateImplausible, &advice);
        }
        Some(date)
    }

    /// What the NIK says against what the roster says. The roster's birth date decides; the NIK only raises questions.
    fn compare(&mut self, nik: &Nik, sex: Option<Sex>, birth_date: Option<NaiveDate>) {
        if birth_date.is_some_and(|date| !nik.agrees_with_birth(date)) {
            self.found(
                Field::Nik,
                Code::NikDateDiffers,
                "the date in the NIK is not the birth date of this row; compare both with the family card (KK)",
            );
        }
        if sex.is_some_and(|sex| sex != nik.sex()) {
            self.found(
                Field::Nik,
                Code::NikSexDiffers,
                "the sex in the NIK is not that of this row; compare both with the family card (KK)",
            );
        }
        if nik.region() != self.rules.region {
            self.found(
                Field::Nik,
                Code::NikOtherRegion,
                "the NIK was first registered in another region; check which office the student's address belongs to",
            );
        }
    }
}
