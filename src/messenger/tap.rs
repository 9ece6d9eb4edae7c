//! What a button says when it is tapped: the one place where that is written and read.
//!
//! Messages lie in chats for months, so every form that ever left must go on being understood. Telegram takes at most
//! [`Tap::LONGEST`] bytes; a longer one makes it refuse the whole message.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A day in a button.
const DAY: &str = "%Y%m%d";

/// What was tapped. A `mark` is that of the conversation's step to which the button belongs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Tap {
    /// Whatever was begun is dropped.
    Cancel,
    /// The terms under which a code links a chat are agreed to.
    Agree {
        mark: String,
    },
    Refuse {
        mark: String,
    },
    /// "I am the parent or guardian."
    Parent {
        mark: String,
    },
    /// Whether the name that a code leads to is right.
    Name {
        mark: String,
        is_right: bool,
    },
    BirthDay {
        mark: String,
        day: u32,
    },
    BirthMonth {
        mark: String,
        month: u32,
    },
    /// Where a student stands.
    Status {
        student: Uuid,
    },
    Schedule {
        office: Uuid,
    },
    Places {
        office: Uuid,
    },
    Language {
        code: String,
    },
    /// Something about a student is wrong; `None` before it is known about whom.
    Correct {
        student: Option<Uuid>,
    },
    Complain {
        office: Uuid,
    },
    /// A complaint under the person's own name.
    Signed {
        office: Uuid,
    },
    /// The same, about one of several students.
    SignedAbout {
        student: Uuid,
    },
    /// A complaint of which nobody knows who wrote it.
    Nameless {
        office: Uuid,
    },
    /// No more messages about this student, place or account; `is_sure` once that was confirmed.
    Stop {
        subject: Uuid,
        is_sure: bool,
    },
    /// Whose roster a file is.
    Roster {
        mark: String,
        account: Uuid,
    },
    /// The answer file was saved and may go.
    Saved,
    /// For which account a visit is ordered.
    Order {
        account: Uuid,
    },
    /// When an ordered visit would suit.
    Wished {
        mark: String,
        wish: Wish,
    },
    /// A team's device is broken, for so many days after today; `None` before that is known.
    Broken {
        team: Uuid,
        more: Option<u64>,
    },
    /// Whether the chat of this link is the family's.
    Kin {
        link: Uuid,
        is_ours: bool,
    },
    /// A card is handed to its holder.
    Own {
        student: Uuid,
    },
    /// A card is handed to somebody else; `None` before it is known to whom.
    Family {
        student: Uuid,
        relation: Option<Relation>,
    },
    /// By which document it was seen who takes a card.
    Seen {
        mark: String,
        document: Document,
    },
    /// The question whether this student's card is handed out is dropped.
    KeepCard {
        student: Uuid,
    },
    /// A place's contact answers whether a visit, as it stands in this revision, suits.
    Visit {
        visit: Uuid,
        revision: i32,
        reply: VisitReply,
    },
}

impl Tap {
    /// Most bytes that Telegram takes of a button's data.
    pub const LONGEST: usize = 64;
}

/// What a place's contact answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VisitReply {
    Agree,
    /// Another day is wished: this page of them, from 0.
    Days(usize),
    Day(NaiveDate),
    NoneSuits,
}

/// When an ordered visit would suit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    Soon,
    Month,
    Any,
}

impl Wish {
    pub const ALL: [Self; 3] = [Self::Soon, Self::Month, Self::Any];

    /// Returns the word in buttons and in the catalogue.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Soon => "soon",
            Self::Month => "month",
            Self::Any => "any",
        }
    }
}

/// What somebody who takes a card is to its holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    Mother,
    Father,
    Guardian,
    Other,
}

impl Relation {
    pub const ALL: [Self; 4] = [Self::Mother, Self::Father, Self::Guardian, Self::Other];

    /// Returns the word in buttons, in the catalogue and in the ledger.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Mother => "mother",
            Self::Father => "father",
            Self::Guardian => "guardian",
            Self::Other => "other",
        }
    }
}

/// What shows who somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    IdCard,
    FamilyCard,
    Licence,
    Passport,
}

impl Document {
    pub const ALL: [Self; 4] = [Self::IdCard, Self::FamilyCard, Self::Licence, Self::Passport];

    /// Returns the word in buttons and in the catalogue.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::IdCard => "ktp",
            Self::FamilyCard => "kk",
            Self::Licence => "sim",
            Self::Passport => "passport",
        }
    }
}

/// A button's data that was never written by this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the button says nothing that is known")]
pub struct UnknownTap;

impl fmt::Display for Tap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancel => f.write_str("cancel"),
            Self::Agree { mark } => write!(f, "agree:{mark}"),
            Self::Refuse { mark } => write!(f, "refuse:{mark}"),
            Self::Parent { mark } => write!(f, "parent:{mark}"),
            Self::Name { mark, is_right: true } => write!(f, "right:{mark}"),
            Self::Name { mark, is_right: false } => write!(f, "wrong:{mark}"),
            Self::BirthDay { mark, day } => write!(f, "day:{mark}:{day}"),
            Self::BirthMonth { mark, month } => write!(f, "month:{mark}:{month}"),
            Self::Status { student } => write!(f, "status:{}", student.simple()),
            Self::Schedule { office } => write!(f, "jadwal:{}", office.simple()),
            Self::Places { office } => write!(f, "lokasi:{}", office.simple()),
            Self::Language { code } => write!(f, "bahasa:{code}"),
            Self::Correct { student: None } => f.write_str("correct"),
            Self::Correct { student: Some(student) } => write!(f, "correct:{}", student.simple()),
            Self::Complain { office } => write!(f, "lapor:{}", office.simple()),
            Self::Signed { office } => write!(f, "signed:{}", office.simple()),
            Self::SignedAbout { student } => write!(f, "about:{}", student.simple()),
            Self::Nameless { office } => write!(f, "nameless:{}", office.simple()),
            Self::Stop { subject, is_sure: false } => write!(f, "stop:{}", subject.simple()),
            Self::Stop { subject, is_sure: true } => write!(f, "stop:{}:yes", subject.simple()),
            Self::Roster { mark, account } => write!(f, "roster:{mark}:{}", account.simple()),
            Self::Saved => f.write_str("saved"),
            Self::Order { account } => write!(f, "pesan:{}", account.simple()),
            Self::Wished { mark, wish } => write!(f, "wish:{mark}:{}", wish.word()),
            Self::Broken { team, more: None } => write!(f, "rusak:{}", team.simple()),
            Self::Broken { team, more: Some(more) } => write!(f, "rusak:{}:{more}", team.simple()),
            Self::Kin { link, is_ours: true } => write!(f, "ours:{}", link.simple()),
            Self::Kin { link, is_ours: false } => write!(f, "alien:{}", link.simple()),
            Self::Own { student } => write!(f, "own:{}", student.simple()),
            Self::Family { student, relation: None } => write!(f, "family:{}", student.simple()),
            Self::Family { student, relation: Some(relation) } => {
                write!(f, "family:{}:{}", student.simple(), relation.word())
            }
            Self::Seen { mark, document } => write!(f, "seen:{mark}:{}", document.word()),
            Self::KeepCard { student } => write!(f, "cancel:{}", student.simple()),
            Self::Visit { visit, revision, reply } => {
                let visit = visit.simple();
                match reply {
                    VisitReply::Agree => write!(f, "visit_yes:{visit}:{revision}"),
                    VisitReply::Days(0) => write!(f, "visit_days:{visit}:{revision}"),
                    VisitReply::Days(page) => write!(f, "visit_days:{visit}:{revision}:{page}"),
                    VisitReply::Day(day) => write!(f, "visit_day:{visit}:{revision}:{}", day.format(DAY)),
                    VisitReply::NoneSuits => write!(f, "visit_none:{visit}:{revision}"),
                }
            }
        }
    }
}

impl FromStr for Tap {
    type Err = UnknownTap;

    fn from_str(text: &str) -> Result<Self, UnknownTap> {
        let parts: Vec<&str> = text.split(':').collect();
        Ok(match parts[..] {
            ["cancel"] => Self::Cancel,
            ["cancel", id] => Self::KeepCard { student: read(id)? },
            ["agree", mark] => Self::Agree { mark: mark.to_owned() },
            ["refuse", mark] => Self::Refuse { mark: mark.to_owned() },
            ["parent", mark] => Self::Parent { mark: mark.to_owned() },
            ["right", mark] => Self::Name { mark: mark.to_owned(), is_right: true },
            ["wrong", mark] => Self::Name { mark: mark.to_owned(), is_right: false },
            ["day", mark, day] => Self::BirthDay { mark: mark.to_owned(), day: read(day)? },
            ["month", mark, month] => Self::BirthMonth { mark: mark.to_owned(), month: read(month)? },
            ["status", id] => Self::Status { student: read(id)? },
            ["jadwal", id] => Self::Schedule { office: read(id)? },
            ["lokasi", id] => Self::Places { office: read(id)? },
            ["bahasa", code] => Self::Language { code: code.to_owned() },
            ["correct"] => Self::Correct { student: None },
            ["correct", id] => Self::Correct { student: Some(read(id)?) },
            ["lapor", id] => Self::Complain { office: read(id)? },
            ["signed", id] => Self::Signed { office: read(id)? },
            // The second form was once written with the office in it, too long for Telegram; it may still wait on a disk.
            ["about", id] | ["signed", _, id] => Self::SignedAbout { student: read(id)? },
            ["nameless", id] => Self::Nameless { office: read(id)? },
            ["stop", id] => Self::Stop { subject: read(id)?, is_sure: false },
            ["stop", id, "yes"] => Self::Stop { subject: read(id)?, is_sure: true },
            ["roster", mark, id] => Self::Roster { mark: mark.to_owned(), account: read(id)? },
            ["saved"] => Self::Saved,
            ["pesan", id] => Self::Order { account: read(id)? },
            ["wish", mark, word] => Self::Wished { mark: mark.to_owned(), wish: named(&Wish::ALL, Wish::word, word)? },
            ["rusak", id] => Self::Broken { team: read(id)?, more: None },
            ["rusak", id, more] => Self::Broken { team: read(id)?, more: Some(read(more)?) },
            ["ours", id] => Self::Kin { link: read(id)?, is_ours: true },
            ["alien", id] => Self::Kin { link: read(id)?, is_ours: false },
            ["own", id] => Self::Own { student: read(id)? },
            ["family", id] => Self::Family { student: read(id)?, relation: None },
            ["family", id, word] => {
                Self::Family { student: read(id)?, relation: Some(named(&Relation::ALL, Relation::word, word)?) }
            }
            ["seen", mark, word] => {
                Self::Seen { mark: mark.to_owned(), document: named(&Document::ALL, Document::word, word)? }
            }
            [word, visit, revision, ref rest @ ..] => {
                Self::Visit { visit: read(visit)?, revision: read(revision)?, reply: reply(word, rest)? }
            }
            _ => return Err(UnknownTap),
        })
    }
}

fn reply(word: &str, rest: &[&str]) -> Result<VisitReply, UnknownTap> {
    Ok(match (word, rest) {
        ("visit_yes", []) => VisitReply::Agree,
        ("visit_days", []) => VisitReply::Days(0),
        ("visit_days", [page]) => VisitReply::Days(read(page)?),
        ("visit_day", [day]) => VisitReply::Day(NaiveDate::parse_from_str(day, DAY).map_err(|_| UnknownTap)?),
        ("visit_none", []) => VisitReply::NoneSuits,
        _ => return Err(UnknownTap),
    })
}

fn read<T: FromStr>(text: &str) -> Result<T, UnknownTap> {
    text.parse().map_err(|_| UnknownTap)
}

fn named<T: Copy>(all: &[T], word: impl Fn(T) -> &'static str, text: &str) -> Result<T, UnknownTap> {
    all.iter().copied().find(|one| word(*one) == text).ok_or(UnknownTap)
}

impl From<Tap> for String {
    fn from(tap: Tap) -> Self {
        tap.to_string()
    }
}

impl TryFrom<String> for Tap {
    type Error = UnknownTap;

    fn try_from(text: String) -> Result<Self, UnknownTap> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "0192f5a0000070008000000000000001";

    /// What buttons on phones say, and what it means.
    fn written() -> Vec<(String, Tap)> {
        let id: Uuid = ID.parse().unwrap();
        let mark = || "a1b2c3d4".to_owned();
        let visit = |reply| Tap::Visit { visit: id, revision: 2, reply };
        let day = NaiveDate::from_ymd_opt(2026, 12, 2).unwrap();
        let all = [
            ("cancel", Tap::Cancel),
            ("agree:a1b2c3d4", Tap::Agree { mark: mark() }),
            ("refuse:a1b2c3d4", Tap::Refuse { mark: mark() }),
            ("parent:a1b2c3d4", Tap::Parent { mark: mark() }),
            ("right:a1b2c3d4", Tap::Name { mark: mark(), is_right: true }),
            ("wrong:a1b2c3d4", Tap::Name { mark: mark(), is_right: false }),
            ("day:a1b2c3d4:31", Tap::BirthDay { mark: mark(), day: 31 }),
            ("month:a1b2c3d4:12", Tap::BirthMonth { mark: mark(), month: 12 }),
            ("status:ID", Tap::Status { student: id }),
            ("jadwal:ID", Tap::Schedule { office: id }),
            ("lokasi:ID", Tap::Places { office: id }),
            ("bahasa:id", Tap::Language { code: "id".to_owned() }),
            ("correct", Tap::Correct { student: None }),
            ("correct:ID", Tap::Correct { student: Some(id) }),
            ("lapor:ID", Tap::Complain { office: id }),
            ("signed:ID", Tap::Signed { office: id }),
            ("about:ID", Tap::SignedAbout { student: id }),
            ("nameless:ID", Tap::Nameless { office: id }),
            ("stop:ID", Tap::Stop { subject: id, is_sure: false }),
            ("stop:ID:yes", Tap::Stop { subject: id, is_sure: true }),
            ("roster:a1b2c3d4:ID", Tap::Roster { mark: mark(), account: id }),
            ("saved", Tap::Saved),
            ("pesan:ID", Tap::Order { account: id }),
            ("wish:a1b2c3d4:soon", Tap::Wished { mark: mark(), wish: Wish::Soon }),
            ("wish:a1b2c3d4:month", Tap::Wished { mark: mark(), wish: Wish::Month }),
            ("wish:a1b2c3d4:any", Tap::Wished { mark: mark(), wish: Wish::Any }),
            ("rusak:ID", Tap::Broken { team: id, more: None }),
            ("rusak:ID:0", Tap::Broken { team: id, more: Some(0) }),
            ("ours:ID", Tap::Kin { link: id, is_ours: true }),
            ("alien:ID", Tap::Kin { link: id, is_ours: false }),
            ("own:ID", Tap::Own { student: id }),
            ("family:ID", Tap::Family { student: id, relation: None }),
            ("family:ID:mother", Tap::Family { student: id, relation: Some(Relation::Mother) }),
            ("family:ID:father", Tap::Family { student: id, relation: Some(Relation::Father) }),
            ("family:ID:guardian", Tap::Family { student: id, relation: Some(Relation::Guardian) }),
            ("family:ID:other", Tap::Family { student: id, relation: Some(Relation::Other) }),
            ("seen:a1b2c3d4:ktp", Tap::Seen { mark: mark(), document: Document::IdCard }),
            ("seen:a1b2c3d4:kk", Tap::Seen { mark: mark(), document: Document::FamilyCard }),
            ("seen:a1b2c3d4:sim", Tap::Seen { mark: mark(), document: Document::Licence }),
            ("seen:a1b2c3d4:passport", Tap::Seen { mark: mark(), document: Document::Passport }),
            ("cancel:ID", Tap::KeepCard { student: id }),
            ("visit_yes:ID:2", visit(VisitReply::Agree)),
            ("visit_days:ID:2", visit(VisitReply::Days(0))),
            ("visit_days:ID:2:1", visit(VisitReply::Days(1))),
            ("visit_day:ID:2:20261202", visit(VisitReply::Day(day))),
            ("visit_none:ID:2", visit(VisitReply::NoneSuits)),
        ];
        all.map(|(text, tap)| (text.replace("ID", ID), tap)).to_vec()
    }

    #[test]
    fn what_lies_in_chats_is_written_and_understood_as_ever() {
        for (text, tap) in written() {
            assert_eq!(tap.to_string(), text);
            assert_eq!(text.parse(), Ok(tap));
        }
    }

    #[test]
    fn what_waits_on_disk_is_the_written_form() {
        for (text, tap) in written() {
            let stored = serde_json::to_string(&tap).unwrap();
            assert_eq!(stored, format!("\"{text}\""));
            assert_eq!(serde_json::from_str::<Tap>(&stored).unwrap(), tap);
        }
        let about = Tap::SignedAbout { student: ID.parse().unwrap() };
        assert_eq!(format!("signed:{ID}:{ID}").parse(), Ok(about));
    }

    #[test]
    fn nothing_else_is_understood() {
        for wrong in [
            "",
            "cancel:x",
            "agree",
            "day:m:x",
            "status:x",
            "stop:ID:no",
            "wish:m:never",
            "family:ID:aunt",
            "seen:m:letter",
            "seen:m",
            "visit_yes",
            "visit_yes:x:1",
            "visit_yes:ID",
            "visit_yes:ID:1:2",
            "visit_day:ID:1:20261302",
            "visit_none:ID:1:2",
            "visit_later:ID:1",
        ] {
            assert_eq!(wrong.replace("ID", ID).parse::<Tap>(), Err(UnknownTap), "{wrong}");
        }
    }

    fn visit_reply() -> impl Strategy<Value = VisitReply> {
        let day = (0..3_000u64)
            .prop_map(|days| VisitReply::Day(NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + chrono::Days::new(days)));
        prop_oneof![
            Just(VisitReply::Agree),
            (0..1_000usize).prop_map(VisitReply::Days),
            day,
            Just(VisitReply::NoneSuits),
        ]
    }

    /// Any button that the program can make.
    fn tap() -> impl Strategy<Value = Tap> {
        let mark = "[0-9a-f]{8}";
        let id = || any::<u128>().prop_map(Uuid::from_u128);
        let kinds = 0..29usize;
        (kinds, mark, id(), 0..1_000_000i32, visit_reply()).prop_map(|(kind, mark, id, number, reply)| {
            let small = number.unsigned_abs() % 32;
            match kind {
                0 => Tap::Cancel,
                1 => Tap::Agree { mark },
                2 => Tap::Refuse { mark },
                3 => Tap::Parent { mark },
                4 => Tap::Name { mark, is_right: small % 2 == 0 },
                5 => Tap::BirthDay { mark, day: small },
                6 => Tap::BirthMonth { mark, month: small },
                7 => Tap::Status { student: id },
                8 => Tap::Schedule { office: id },
                9 => Tap::Places { office: id },
                10 => Tap::Language { code: mark },
                11 => Tap::Correct { student: (small > 0).then_some(id) },
                12 => Tap::Complain { office: id },
                13 => Tap::Signed { office: id },
                14 => Tap::SignedAbout { student: id },
                15 => Tap::Nameless { office: id },
                16 => Tap::Stop { subject: id, is_sure: small % 2 == 0 },
                17 => Tap::Roster { mark, account: id },
                18 => Tap::Saved,
                19 => Tap::Order { account: id },
                20 => Tap::Wished { mark, wish: Wish::ALL[small as usize % Wish::ALL.len()] },
                21 => Tap::Broken { team: id, more: (small > 0).then_some(small.into()) },
                22 => Tap::Own { student: id },
                23 => {
                    let relation = Relation::ALL[small as usize % Relation::ALL.len()];
                    Tap::Family { student: id, relation: (small > 3).then_some(relation) }
                }
                26 => Tap::Seen { mark, document: Document::ALL[small as usize % Document::ALL.len()] },
                25 => Tap::KeepCard { student: id },
                24 => Tap::Kin { link: id, is_ours: small % 2 == 0 },
                _ => Tap::Visit { visit: id, revision: number, reply },
            }
        })
    }

    proptest! {
        #[test]
        fn every_button_fits_and_is_read_as_it_was_written(tap in tap()) {
            let text = tap.to_string();
            prop_assert!(text.len() <= Tap::LONGEST, "{} bytes: {text}", text.len());
            prop_assert_eq!(text.parse::<Tap>(), Ok(tap));
        }
    }
}
