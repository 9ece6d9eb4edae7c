//! A row, or up to three of them, tried as a roster's header: which column means what, of how many lists that stand side by side.

use std::collections::BTreeMap;
use std::ops::Range;

use super::field::{Field, Headings, normalised};
use super::heading::{Heading, What, without_brackets};
use crate::roster::sheet::cell::{Cell, Row};
use crate::roster::sheet::merges::Merge;

/// The most rows that a header takes.
const DEEPEST: usize = 3;
/// How much of the columns seen is told when no header was found.
const SEEN_COLUMNS: usize = 12;
/// A text of so many digits is somebody's number or date, and stands in no header.
const SOMEBODYS_DIGITS: usize = 5;

/// The sub-columns of a parent's block, and those among them that no list has for a student.
const PARENT_COLUMNS: [&str; 7] =
    ["nama", "nik", "tahun lahir", "jenjang pendidikan", "pendidikan", "pekerjaan", "penghasilan"];
const ONLY_PARENTS: [&str; 3] = ["tahun lahir", "jenjang pendidikan", "penghasilan"];
/// What lists have of a parent besides.
const OF_PARENTS: [&str; 6] = ["agama", "alamat", "umur", "usia", "hubungan", "status"];
/// Words by which people who flatten the header say whose column it is: `Nama Ayah`, `Tahun Lahir A`.
const WHOSE: [&str; 7] = ["ayah", "ibu", "wali", "kandung", "a", "i", "w"];
/// Columns that only lists of teachers and staff have; theirs have names and birth dates, too.
const STAFF_COLUMNS: [&str; 4] = ["nuptk", "jenis ptk", "status kepegawaian", "tugas tambahan"];
/// Columns that lists of applicants have.
const OF_APPLICANTS: [&str; 6] =
    ["no pendaftaran", "nomor pendaftaran", "no registrasi", "jalur pendaftaran", "jalur", "hasil seleksi"];

/// A column of the sheet: where it is, what its header says, and how its value is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// From 0. Where the value is made of several columns it is the first of them.
    pub index: usize,
    pub title: String,
    pub made: Made,
}

/// How a column's value is made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Made {
    /// The cell as it is.
    #[default]
    Cell,
    /// The cell holds a birth place and then a birth date.
    PlaceAndDate,
    /// The texts of several columns one after the other, as a name over *Depan* and *Belakang*.
    Words(Vec<usize>),
    /// Day, month and year, each in a column.
    Date { day: usize, month: usize, year: usize },
    /// Two columns, *L* and *P*, one of which is ticked.
    Ticks { male: usize, female: usize },
}

impl Column {
    /// Every column of which its value is made.
    pub(super) fn indexes(&self) -> Vec<usize> {
        match &self.made {
            Made::Cell | Made::PlaceAndDate => vec![self.index],
            Made::Words(columns) => columns.clone(),
            Made::Date { day, month, year } => vec![*day, *month, *year],
            Made::Ticks { male, female } => vec![*male, *female],
        }
    }
}

/// A row tried as the header.
#[derive(Debug, Default)]
pub(super) struct Header {
    pub row: u32,
    pub first_data_row: u32,
    /// The lists that it heads; several stand side by side.
    pub lists: Vec<List>,
    pub has_blocks: bool,
    /// Columns that only lists of applicants have.
    pub is_of_applicants: bool,
    /// Columns that only lists of those who left with a certificate have.
    pub is_of_graduates: bool,
    /// By what the row shows itself to be that of a list of staff.
    pub of_staff: Option<String>,
    /// The texts of the rows, for the message if it is no header after all.
    seen: Vec<String>,
}

/// One list's columns.
#[derive(Debug, Default, Clone)]
pub(super) struct List {
    pub columns: BTreeMap<Field, Column>,
    /// Where the running number stands.
    pub number: Option<usize>,
    /// A bare NIK behind a parent's column: whose it is, only the rows show.
    pub perhaps_nik: Option<Column>,
    /// Headers that hold a word which matters and others that nobody knows.
    pub unclear: Vec<(Field, Column)>,
    /// The columns that are this list's.
    pub range: Range<usize>,
}

/// One column's header.
struct Title {
    index: usize,
    /// Its own words, the lowest row's.
    text: String,
    name: String,
    heading: Heading,
    /// Nothing says that it is a parent's but what stands before it.
    is_perhaps_parents: bool,
}

impl Header {
    /// Tries the rows from `at` on, of which the first is the header's first.
    pub fn at(rows: &[Row], at: usize, merges: &[Merge], headings: &Headings) -> Self {
        let top = &rows[at];
        if !may_be_header(top) {
            return Self::default();
        }
        let mut best = Self::of(&rows[at..=at], merges, headings);
        // What only the next row says, the next row's turn will tell.
        if best.worth() == 0 {
            return best;
        }
        for depth in 2..=DEEPEST {
            let Some(deeper) = rows.get(at..at + depth) else { break };
            let lowest = &deeper[depth - 1];
            let follows = lowest.number == deeper[depth - 2].number + 1;
            if !follows || !may_be_header(lowest) || !says_something(lowest) {
                break;
            }
            let tried = Self::of(deeper, merges, headings);
            // A second row that only says the same again, in English perhaps, belongs to no header.
            let says_more = tried.worth() == best.worth() && !same_columns(&tried.lists, &best.lists);
            if tried.worth() > best.worth() || says_more || (tried.has_blocks && !best.has_blocks) {
                best = tried;
            }
        }
        best
    }

    /// What is told of a row that is no header, for a person's row may still be the closest to one.
    pub fn told_of(row: &Row, headings: &Headings) -> Self {
        Self::of(std::slice::from_ref(row), &[], headings)
    }

    fn of(rows: &[Row], merges: &[Merge], headings: &Headings) -> Self {
        let [top, ..] = rows else { return Self::default() };
        let (titles, has_blocks) = titles(rows, merges, headings);
        let names: Vec<&str> = titles.iter().map(|title| title.name.as_str()).collect();
        let lists: Vec<List> = ranges(&titles).into_iter().map(|range| List::of(&titles, range, headings)).collect();
        let is_staff = |title: &&Title| STAFF_COLUMNS.contains(&title.name.as_str());
        let has = |what: What| titles.iter().any(|title| title.heading.what == what);
        let has_pupils = lists.iter().any(|list| list.columns.contains_key(&Field::Nisn));
        let strong = titles.iter().find(|title| title.heading.what == What::Staff).filter(|_| !has_pupils);
        Self {
            row: top.number,
            first_data_row: top.number + u32::try_from(rows.len()).unwrap_or(1),
            has_blocks,
            is_of_applicants: names.iter().any(|name| OF_APPLICANTS.contains(name)),
            is_of_graduates: has(What::Graduation)
                && names.iter().any(|name| name.contains("ijazah") || name.contains("kelas akhir")),
            of_staff: titles.iter().find(is_staff).or(strong).map(|title| format!("column {}", title.text)),
            seen: rows.iter().flat_map(texts).map(str::to_owned).collect(),
            lists,
        }
    }

    /// How many fields the lists have together.
    pub fn worth(&self) -> usize {
        self.lists.iter().map(|list| list.columns.len()).sum()
    }

    /// Whether it is the header of a roster.
    pub fn is_whole(&self) -> bool {
        !self.lists.is_empty() && self.missing().is_empty()
    }

    /// What a roster cannot do without, and this row has not.
    pub fn missing(&self) -> Vec<&'static str> {
        let has = |field| !self.lists.is_empty() && self.lists.iter().all(|list| list.columns.contains_key(&field));
        [(Field::Name, "Nama"), (Field::BirthDate, "Tanggal Lahir")]
            .into_iter()
            .filter(|(field, _)| !has(*field))
            .map(|(_, name)| name)
            .collect()
    }

    /// The columns seen, for a message. What is long or holds a figure names no column but is perhaps somebody's data,
    /// and so is all of a row in which no column is known.
    pub fn seen(&self) -> String {
        let is_title = |text: &&str| text.len() <= 60 && !text.contains(|c: char| c.is_ascii_digit());
        let is_header = self.worth() > 0;
        let mut seen: Vec<&str> = self.seen.iter().map(String::as_str).filter(is_title).filter(|_| is_header).collect();
        let more = seen.len() > SEEN_COLUMNS;
        seen.truncate(SEEN_COLUMNS);
        match (seen.is_empty(), more) {
            (true, _) => "none".into(),
            (false, false) => seen.join(", "),
            (false, true) => seen.join(", ") + "…",
        }
    }

    /// Whether there is a column of names and another that people have.
    pub fn names_people(&self) -> bool {
        self.lists.iter().any(|list| list.columns.len() >= 2 && list.columns.contains_key(&Field::Name))
    }

    /// Whether anything was seen at all.
    pub fn is_nothing(&self) -> bool {
        self.seen.is_empty()
    }
}

impl List {
    fn of(titles: &[Title], range: Range<usize>, headings: &Headings) -> Self {
        let titles: Vec<&Title> = titles.iter().filter(|title| range.contains(&title.index)).collect();
        let mut list = Self { range, ..Self::default() };
        let column = |title: &Title, made| Column { index: title.index, title: title.text.clone(), made };
        for field in Field::ALL {
            let explained = titles.iter().find(|title| headings.meaning(&title.name) == Some(field));
            let best = candidates(&titles, field, headings).into_iter().next();
            if let Some((title, made)) = explained.map(|title| (*title, Made::Cell)).or(best) {
                list.columns.insert(field, column(title, made));
            }
        }
        list.part_columns(&titles);
        let grade = candidates(&titles, Field::ClassName, headings).into_iter().nth(1);
        if let Some((title, _)) = grade.filter(|_| !list.columns.contains_key(&Field::Grade)) {
            list.columns.insert(Field::Grade, column(title, Made::Cell));
        }
        let is_perhaps = |title: &&&Title| title.is_perhaps_parents && title.heading.what == What::Field(Field::Nik);
        list.perhaps_nik = titles
            .iter()
            .find(is_perhaps)
            .filter(|_| !list.columns.contains_key(&Field::Nik))
            .map(|title| column(title, Made::Cell));
        list.number = titles.iter().find(|title| title.heading.what == What::Number).map(|title| title.index);
        let unclear = titles.iter().filter_map(|title| match title.heading.what {
            What::Unclear(field) if headings.meaning(&title.name).is_none() => Some((field, column(title, Made::Cell))),
            _ => None,
        });
        list.unclear = unclear.filter(|(field, _)| !list.columns.contains_key(field)).collect();
        list
    }

    /// What stands in several columns.
    fn part_columns(&mut self, titles: &[&Title]) {
        let find = |what: What| titles.iter().find(|title| title.heading.what == what);
        let mut add = |field, title: &Title, made| {
            self.columns.entry(field).or_insert_with(|| Column { index: title.index, title: title.text.clone(), made });
        };
        if let (Some(day), Some(month), Some(year)) = (find(What::Day), find(What::Month), find(What::Year)) {
            add(Field::BirthDate, day, Made::Date { day: day.index, month: month.index, year: year.index });
        }
        if let (Some(male), Some(female)) = (find(What::Male), find(What::Female)) {
            add(Field::Sex, male, Made::Ticks { male: male.index, female: female.index });
        }
        if let (Some(first), Some(last)) = (find(What::FirstName), find(What::LastName)) {
            add(Field::Name, first, Made::Words(vec![first.index, last.index]));
        }
    }
}

/// The columns that may be `field`, the best first.
fn candidates<'a>(titles: &[&'a Title], field: Field, headings: &Headings) -> Vec<(&'a Title, Made)> {
    let is_birth = matches!(field, Field::BirthDate | Field::BirthPlace);
    let mut found: Vec<(&Title, Made)> = titles
        .iter()
        .filter(|title| !title.heading.is_parents && headings.meaning(&title.name).is_none())
        .filter_map(|title| match title.heading.what {
            What::Field(known) if known == field => Some((*title, Made::Cell)),
            What::PlaceAndDate if is_birth => Some((*title, Made::PlaceAndDate)),
            _ => None,
        })
        .collect();
    found.sort_by_key(|(title, _)| (title.heading.rank, title.index));
    found
}

/// Whether two headers mean the same by the same columns, in whichever words.
pub(super) fn same_columns(left: &[List], right: &[List]) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(&left.columns, &right.columns))
}

/// Whether the same columns mean the same.
pub(super) fn same(left: &BTreeMap<Field, Column>, right: &BTreeMap<Field, Column>) -> bool {
    left.len() == right.len()
        && left
            .iter()
            .zip(right)
            .all(|((one, left), (other, right))| one == other && left.index == right.index && left.made == right.made)
}

/// Whether a row may be a header: it has texts, and nothing that only a person's row has.
fn may_be_header(row: &Row) -> bool {
    !is_perhaps_somebodys(row) && texts(row).next().is_some()
}

/// Whether a row holds what a person's row holds: a date, or a number by which people are known.
fn is_perhaps_somebodys(row: &Row) -> bool {
    let is_somebodys = |cell: &Cell| match cell {
        Cell::Text(text) => {
            let digits = |text: &str| text.chars().filter(|letter| letter.is_numeric()).count();
            // What stands in brackets is an example.
            digits(text) >= SOMEBODYS_DIGITS
                && digits(&without_brackets(text)) >= SOMEBODYS_DIGITS
                && !is_school_year(text)
        }
        Cell::Number(number) => number.abs() >= 1e4,
        Cell::Date(_) => true,
        _ => false,
    };
    (0..row.width()).any(|column| is_somebodys(row.cell(column)))
}

/// Whether a text is a school year, `2026/2027`, which may stand above a column.
fn is_school_year(text: &str) -> bool {
    let is_year = |year: &str| year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once(['/', '-']).is_some_and(|(from, to)| is_year(from) && is_year(to))
}

/// Whether at least one of the row's texts means something.
fn says_something(row: &Row) -> bool {
    texts(row).any(|text| {
        let heading = Heading::read(text);
        heading.is_parents || heading.what != What::Other || PARENT_COLUMNS.contains(&normalised(text).as_str())
    })
}

fn texts(row: &Row) -> impl Iterator<Item = &str> {
    (0..row.width()).map(|column| row.text(column)).filter(|text| !text.is_empty())
}

/// The columns' headers, and whether they stand in blocks of parents.
fn titles(rows: &[Row], merges: &[Merge], headings: &Headings) -> (Vec<Title>, bool) {
    let width = rows.iter().map(Row::width).max().unwrap_or_default();
    let uppers: Vec<Vec<String>> = rows.windows(2).map(|pair| spread(&pair[0], &pair[1], width, merges)).collect();
    let Some(lowest) = rows.last() else { return (Vec::new(), false) };
    let mut has_blocks = false;
    let mut in_block = false;
    let mut titles: Vec<Title> = (0..width)
        .map(|index| {
            let own = rows.iter().rev().map(|row| row.text(index)).find(|text| !text.is_empty()).unwrap_or_default();
            let mut said = String::new();
            let mut heading = Heading::read("");
            for (level, upper) in
                uppers.iter().map(|upper| upper[index].as_str()).chain([lowest.text(index)]).enumerate()
            {
                if upper.is_empty() {
                    continue;
                }
                if level + 1 < rows.len() && !rows[level].text(index).is_empty() {
                    in_block = is_parents_block(&normalised(upper));
                    has_blocks |= in_block;
                }
                heading = if said.is_empty() { Heading::read(upper) } else { under(&said, heading, upper) };
                said = if said.is_empty() { upper.to_owned() } else { format!("{said} {upper}") };
            }
            let name = normalised(own);
            // A block ends where something begins that no parent has, even if the row above is empty there.
            in_block &= lowest.text(index).is_empty() || PARENT_COLUMNS.contains(&name.as_str());
            heading.is_parents |= (in_block && rows.len() > 1) || is_parents_block(&name);
            Title { index, text: own.to_owned(), name, heading, is_perhaps_parents: false }
        })
        .collect();
    if rows.len() == 1 {
        mark_parents(&mut titles, headings);
    }
    (titles, has_blocks)
}

/// What a header says that stands under another.
fn under(upper: &str, above: Heading, lower: &str) -> Heading {
    let below = Heading::read(lower);
    let is_birth =
        matches!(above.what, What::Field(Field::BirthDate | Field::BirthPlace) | What::PlaceAndDate | What::PartDate);
    if above.is_parents {
        return Heading { is_parents: true, what: What::Other, ..below };
    }
    let what = match below.what {
        What::Field(_) | What::PlaceAndDate => return below,
        What::PartDate if is_birth => What::Field(Field::BirthDate),
        What::Place if is_birth => What::Field(Field::BirthPlace),
        What::Day | What::Month | What::Year if is_birth => below.what,
        What::FirstName | What::LastName | What::Number => below.what,
        What::Male | What::Female if above.what == What::Field(Field::Sex) => below.what,
        other => {
            let both = Heading::read(&format!("{upper} {lower}"));
            return if matches!(both.what, What::Field(_)) { both } else { Heading { what: other, ..below } };
        }
    };
    Heading { what, ..below }
}

/// The texts of an upper header row, each over all the columns that it heads: those that are merged with it, or else those to its
/// right that have something below them and nothing above.
fn spread(upper: &Row, lower: &Row, width: usize, merges: &[Merge]) -> Vec<String> {
    let mut over = "";
    let mut is_open = false;
    (0..width)
        .map(|index| {
            let text = upper.text(index);
            if !text.is_empty() {
                over = text;
                is_open = !lower.text(index).is_empty();
                return text.to_owned();
            }
            let merged = merges
                .iter()
                .find(|merge| merge.rows.contains(&upper.number) && merge.columns.contains(&index))
                .map(|merge| upper.text(*merge.columns.start()));
            match merged {
                Some(text) => text.to_owned(),
                None if is_open && !lower.text(index).is_empty() && !ends_block(over, lower.text(index)) => {
                    over.to_owned()
                }
                None => {
                    is_open = false;
                    String::new()
                }
            }
        })
        .collect()
}

/// Whether something stands below that no parent's block has: then the block has ended, even if the row above is empty there.
fn ends_block(upper: &str, lower: &str) -> bool {
    is_parents_block(&normalised(upper)) && !PARENT_COLUMNS.contains(&normalised(lower).as_str())
}

/// `Data Ayah`, `Ibu Kandung`, `Data Orang Tua`…, and nothing but such words.
fn is_parents_block(name: &str) -> bool {
    let is_word =
        |word| matches!(word, "data" | "identitas" | "ayah" | "ibu" | "wali" | "orang" | "tua" | "ortu" | "kandung");
    name.split(' ').all(is_word) && name.split(' ').any(|word| matches!(word, "ayah" | "ibu" | "wali" | "tua" | "ortu"))
}

/// In one row it is the neighbours that tell whose a bare `NIK` is: behind a parent's name it is the parent's, as is one in a run of
/// columns that only parents have, if somebody deleted the blocks' row or wrote it into this one.
fn mark_parents(titles: &mut [Title], headings: &Headings) {
    let is_parents = |title: &Title| PARENT_COLUMNS.contains(&without_whose(&title.name));
    for run in titles.chunk_by_mut(|left, right| is_parents(left) && is_parents(right)) {
        if run.iter().any(|title| ONLY_PARENTS.contains(&without_whose(&title.name))) {
            let first = run.iter().position(|title| without_whose(&title.name) != title.name).unwrap_or(0);
            run[first..].iter_mut().for_each(|title| title.heading.is_parents = true);
        }
    }
    let (mut behind, mut is_born) = (false, false);
    for title in titles {
        let is_birth =
            matches!(title.heading.what, What::Field(Field::BirthDate | Field::BirthPlace) | What::PlaceAndDate);
        // A list has its students' birth dates, so that the only one is theirs, wherever it stands.
        let may_be_parents = match title.heading.what {
            What::Field(Field::Nik | Field::Phone) | What::Year => true,
            _ => is_birth && is_born,
        };
        let is_unsaid = title.heading.is_bare && headings.meaning(&title.name).is_none();
        if title.heading.is_parents {
            behind = true;
        } else if behind && may_be_parents && is_unsaid {
            title.heading.is_parents = true;
            title.is_perhaps_parents = true;
        } else if is_birth {
            is_born = title.heading.what != What::Field(Field::BirthPlace) || is_born;
            behind = false;
        } else if !PARENT_COLUMNS.contains(&title.name.as_str()) && !OF_PARENTS.contains(&title.name.as_str()) {
            behind = false;
        }
    }
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

/// The columns of each list: where the first header comes again together with a second name and a second birth date, another list
/// begins beside the first.
fn ranges(titles: &[Title]) -> Vec<Range<usize>> {
    let all = 0..titles.last().map_or(0, |title| title.index + 1);
    let Some(first) = titles.iter().find(|title| !title.name.is_empty()) else { return vec![all] };
    let mut starts: Vec<usize> =
        titles.iter().filter(|title| title.name == first.name).map(|title| title.index).collect();
    let has = |range: &Range<usize>, field: Field| {
        let of_list = titles.iter().filter(|title| range.contains(&title.index) && !title.heading.is_parents);
        let is_it =
            |what: What| what == What::Field(field) || (field == Field::BirthDate && what == What::PlaceAndDate);
        of_list.into_iter().any(|title| is_it(title.heading.what))
    };
    starts.push(all.end);
    let ranges: Vec<Range<usize>> = starts.windows(2).map(|pair| pair[0]..pair[1]).collect();
    let are_lists =
        ranges.len() > 1 && ranges.iter().all(|range| has(range, Field::Name) && has(range, Field::BirthDate));
    if are_lists { ranges } else { vec![all] }
}
