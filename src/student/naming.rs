//! What people are called. Many names here begin with a title or an initial that half a class shares: a chat that says "I" or
//! "Moh." speaks to nobody.

use super::Student;

/// Initials and titles that nobody is called by, as they are compared.
const DROPPED: [&str; 29] = [
    "i", "ni", "m", "md", "mhd", "moh", "mohd", "moch", "mohc", "much", "muh", "st", "abd", "h", "hj", "haji",
    "hajjah", "r", "rr", "rd", "rm", "ra", "tgh", "dr", "drs", "ir", "tb", "sdr", "sdri",
];
/// Titles that nobody is called by, where one of the others may follow: with what may follow.
const TITLES: [(&str, &[&str]); 7] = [
    ("ida", &["bagus", "ayu", "made", "kade", "nyoman", "putu", "i", "ketut"]),
    ("anak", &["agung"]),
    (
        "gusti",
        &["ngurah", "bagus", "ayu", "agung", "lanang", "gede", "made", "ketut", "nyoman", "putu", "komang", "kadek"],
    ),
    ("cokorda", &["gede", "istri", "raka", "rai", "bagus", "ayu"]),
    ("dewa", &["gede", "ayu", "agung", "ngurah", "made", "putu", "nyoman", "ketut", "kadek", "komang"]),
    ("desak", &["made", "putu", "nyoman", "ketut", "kadek", "komang", "ayu"]),
    ("raden", &["ajeng", "ayu", "roro", "rara", "mas", "bagus"]),
];
/// What belongs to such a title where it follows one.
const OF_TITLE: [&str; 12] =
    ["bagus", "ayu", "agung", "ngurah", "lanang", "istri", "ajeng", "roro", "rara", "mas", "gusti", "gede"];
/// Names that are half a name: people are called by the next one, or by both.
const HALVES: [&str; 32] = [
    "siti",
    "sitti",
    "baiq",
    "bq",
    "lalu",
    "muhammad",
    "muhamad",
    "mohammad",
    "mohamad",
    "mochammad",
    "mochamad",
    "muchammad",
    "muchamad",
    "mohamed",
    "mohammed",
    "abdul",
    "abdoel",
    "raden",
    "gusti",
    "ida",
    "dewa",
    "desak",
    "cokorda",
    "dende",
    "denda",
    "tuan",
    "teuku",
    "cut",
    "andi",
    "daeng",
    "tengku",
    "nyi",
];

/// A name's words and where the one stands that the person is called by.
struct Words<'a> {
    words: Vec<&'a str>,
    called: usize,
}

impl<'a> Words<'a> {
    fn of(name: &'a str) -> Self {
        let words: Vec<&str> = name.split_whitespace().collect();
        let keys: Vec<String> = words.iter().map(|word| key(word)).collect();
        let (mut called, mut in_title) = (0, false);
        while let (Some(word), Some(next)) = (keys.get(called), keys.get(called + 1)) {
            let opens = TITLES.iter().any(|(title, follow)| title == word && follow.contains(&next.as_str()));
            let follows = in_title && OF_TITLE.contains(&word.as_str());
            if !(is_mark(word) || opens || follows) {
                break;
            }
            in_title |= opens;
            called += 1;
        }
        Self { words, called }
    }

    /// The word and, where it is half a name, the next.
    fn first(&self) -> Vec<&'a str> {
        let rest = self.words.get(self.called..).unwrap_or_default();
        let mut first = Vec::new();
        for word in rest {
            first.push(*word);
            let word = key(word);
            // `Siti M. Aminah`: what follows half a name is no name either.
            if !HALVES.contains(&word.as_str()) && !is_mark(&word) {
                break;
            }
        }
        first
    }
}

/// Whether a word, as it is compared, is an initial or the like: no name, whatever it stands for.
fn is_mark(word: &str) -> bool {
    word.chars().count() <= 1 || DROPPED.contains(&word)
}

/// A word as it is compared: lower case, letters only.
fn key(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The name that messages begin with, by which people recognise that they are meant: `Rizki` of `M. RIZKI PRATAMA`, `Siti Aminah`
/// of `SITI AMINAH PUTRI`, `Made` of `I MADE ADI`.
#[must_use]
pub fn first_name(name: &str) -> String {
    let words = Words::of(name).first();
    words.into_iter().map(capital).collect::<Vec<_>>().join(" ")
}

/// `SITI A.`, `RIZKI P.`: enough for the person to recognise, too little to identify a stranger.
#[must_use]
pub fn short_name(name: &str) -> String {
    let Words { words, called } = Words::of(name);
    let first = words.get(called).copied().unwrap_or_default().to_uppercase();
    let rest = words.get(called + 1..).unwrap_or_default();
    let next = rest.iter().find(|word| !is_mark(&key(word))).or(rest.first());
    match next.and_then(|word| word.chars().next()) {
        Some(initial) => format!("{first} {}.", initial.to_uppercase()),
        None => first,
    }
}

/// The name that messages to a chat begin with, where these `others` are spoken of in the same chat, too: namesakes are told apart
/// by their whole names, else by their classes, else by their birth dates.
#[must_use]
pub fn name_among(student: &Student, others: &[&Student]) -> String {
    let first = first_name(&student.name);
    let alike = |other: &&&Student| other.id != student.id && first_name(&other.name) == first;
    let alike: Vec<&&Student> = others.iter().filter(alike).collect();
    if alike.is_empty() {
        return first;
    }
    let whole = whole_name(&student.name);
    let alike: Vec<&&Student> = alike.into_iter().filter(|other| whole_name(&other.name) == whole).collect();
    if alike.is_empty() {
        return whole;
    }
    match &student.class_name {
        Some(class) if alike.iter().all(|other| other.class_name.as_ref() != Some(class)) => {
            format!("{whole} ({class})")
        }
        _ => format!("{whole} ({})", student.birth_date.format("%d/%m/%Y")),
    }
}

/// What a button or a line says of a student, where these `others` stand beside: `SITI A., XI IPS 1`, and more where that is said
/// of several.
#[must_use]
pub fn label_among(student: &Student, others: &[&Student]) -> String {
    let with_class = |name: String, student: &Student| match &student.class_name {
        Some(class) => format!("{name}, {class}"),
        None => name,
    };
    let short = |student: &Student| with_class(short_name(&student.name), student);
    let whole = |student: &Student| with_class(student.name.to_uppercase(), student);
    let is_shared = |label: &dyn Fn(&Student) -> String| {
        others.iter().any(|other| other.id != student.id && label(other) == label(student))
    };
    if !is_shared(&short) {
        short(student)
    } else if !is_shared(&whole) {
        whole(student)
    } else {
        format!("{}, {}", whole(student), student.birth_date.format("%d/%m/%Y"))
    }
}

fn whole_name(name: &str) -> String {
    name.split_whitespace().map(capital).collect::<Vec<_>>().join(" ")
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |initial| {
        initial.to_uppercase().chain(letters.flat_map(char::to_lowercase)).collect()
    })
}

impl Student {
    /// "SITI A.": enough for the person to recognise, too little to identify a stranger.
    #[must_use]
    pub fn short_name(&self) -> String {
        short_name(&self.name)
    }

    /// "SITI A., XI IPS 1": who it is, to people who know them.
    #[must_use]
    pub fn outward_name(&self) -> String {
        match &self.class_name {
            Some(class) => format!("{}, {class}", self.short_name()),
            None => self.short_name(),
        }
    }

    /// The first name, as messages begin with it.
    #[must_use]
    pub fn first_name(&self) -> String {
        first_name(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;
    use crate::office::OfficeId;
    use crate::student::{Recorded, StudentId};

    #[test]
    fn people_are_called_by_a_name_that_is_theirs() {
        for (name, first, short) in [
            ("BUDI SANTOSO", "Budi", "BUDI S."),
            ("I MADE ADI PUTRA", "Made", "MADE A."),
            ("Ni Luh Ayu Lestari", "Luh", "LUH A."),
            ("Ni Putu Sari", "Putu", "PUTU S."),
            ("IDA BAGUS PUTRA", "Putra", "PUTRA"),
            ("Ida Ayu Komang Dewi", "Komang", "KOMANG D."),
            ("I Gusti Ngurah Bagus Wira", "Wira", "WIRA"),
            ("I Gusti Ayu Made Rai", "Made", "MADE R."),
            ("Anak Agung Gede Oka", "Oka", "OKA"),
            ("I Dewa Made Sudarma", "Made", "MADE S."),
            ("Ida Fitriani", "Ida Fitriani", "IDA F."),
            ("Gusti Randa", "Gusti Randa", "GUSTI R."),
            ("M. Rizki Pratama", "Rizki", "RIZKI P."),
            ("M Rizki", "Rizki", "RIZKI"),
            ("Moh. Hasan", "Hasan", "HASAN"),
            ("Muh. Ali Akbar", "Ali", "ALI A."),
            ("MUHAMMAD RIZKI", "Muhammad Rizki", "MUHAMMAD R."),
            ("Siti Aminah Putri", "Siti Aminah", "SITI A."),
            ("St. Aminah", "Aminah", "AMINAH"),
            ("Baiq Ayu Lestari", "Baiq Ayu", "BAIQ A."),
            ("Lalu M. Zainul Majdi", "Lalu M. Zainul", "LALU Z."),
            ("LALU MUHAMMAD IQBAL", "Lalu Muhammad Iqbal", "LALU M."),
            ("Bagus Santoso", "Bagus", "BAGUS S."),
            ("Ayu Lestari", "Ayu", "AYU L."),
            ("Abdul Rahman", "Abdul Rahman", "ABDUL R."),
            ("R. Ajeng Kartini", "Ajeng", "AJENG K."),
            ("Raden Ajeng Kartini", "Kartini", "KARTINI"),
            ("A. Fauzan", "Fauzan", "FAUZAN"),
            // Of a name of titles alone the last is better than none.
            ("Siti", "Siti", "SITI"),
            ("M.", "M.", "M."),
            ("Ida Bagus", "Bagus", "BAGUS"),
            ("", "", ""),
        ] {
            assert_eq!((first_name(name).as_str(), short_name(name).as_str()), (first, short), "{name}");
        }
    }

    fn student(number: u128, name: &str, class: Option<&str>, born: &str) -> Student {
        let id = StudentId(uuid::Uuid::from_u128(number));
        let office = OfficeId(uuid::Uuid::nil());
        let mut student = Student::unknown(id, office, born.parse().unwrap(), Recorded::No, DateTime::UNIX_EPOCH);
        student.name = name.into();
        student.class_name = class.map(str::to_owned);
        student
    }

    #[test]
    fn namesakes_in_one_chat_are_told_apart() {
        let one = student(1, "RIZKI PRATAMA", Some("XI 1"), "2009-12-01");
        let twin = student(2, "RIZKI PUTRA", Some("XI 1"), "2009-12-01");
        let cousin = student(3, "RIZKI PRATAMA", Some("XI 2"), "2009-12-01");
        let other = student(4, "RIZKI PRATAMA", Some("XI 1"), "2010-01-05");
        let sister = student(5, "ANI PRATAMA", None, "2010-01-05");
        let name = |others: &[&Student]| name_among(&one, others);
        assert_eq!(name(&[&one]), "Rizki");
        assert_eq!(name(&[&one, &sister]), "Rizki");
        assert_eq!(name(&[&one, &twin]), "Rizki Pratama");
        assert_eq!(name(&[&one, &cousin]), "Rizki Pratama (XI 1)");
        assert_eq!(name(&[&one, &other, &cousin]), "Rizki Pratama (01/12/2009)");
        let label = |others: &[&Student]| label_among(&one, others);
        assert_eq!(label(&[&one, &cousin, &sister]), "RIZKI P., XI 1");
        assert_eq!(label(&[&one, &twin]), "RIZKI PRATAMA, XI 1");
        assert_eq!(label(&[&one, &other]), "RIZKI PRATAMA, XI 1, 01/12/2009");
    }

    proptest! {
        #[test]
        fn nobody_is_called_by_a_mark_or_a_title_where_there_is_a_name(
            titles in proptest::collection::vec(proptest::sample::select(&DROPPED[..]), 0..4),
            name in "[b-z]{3,8}",
        ) {
            prop_assume!(!HALVES.contains(&name.as_str()) && !DROPPED.contains(&name.as_str()));
            let whole = titles.iter().map(|title| format!("{title}. ")).collect::<String>() + &name;
            prop_assert_eq!(first_name(&whole).to_lowercase(), name.clone());
            prop_assert_eq!(short_name(&whole).to_lowercase(), name);
        }
    }
}
