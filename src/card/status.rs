//! The national record's status. The words are the ministry's; staff use them daily.

use std::collections::HashMap;
use std::str::FromStr;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use crate::db::{DbError, Tx, run_all};
use crate::student::{LockedStudent, StudentId};
use crate::{fetch_among, insert_many};

pub(super) const RECORD: &str =
    "SELECT student_id, status, as_of, print_ready_on FROM national_record WHERE student_id = $1";
pub(crate) const RECORDS: &str =
    "SELECT student_id, status, as_of, print_ready_on FROM national_record WHERE student_id";

/// What the national system last said of a student.
#[derive(Debug, Clone, FromRow, Serialize)]
pub struct NationalRecord {
    #[serde(skip)]
    pub student_id: StudentId,
    pub status: NationalStatus,
    /// The day the status is from.
    pub as_of: NaiveDate,
    /// Since when a card may be printed as far as the national record is concerned; `None` while it may not.
    pub print_ready_on: Option<NaiveDate>,
}

/// Where a person's national record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NationalStatus {
    Unregistered,
    BioCaptured,
    Processing,
    SentForEnrollment,
    ReceivedAtCentral,
    /// PRR: only now may a card be printed.
    PrintReadyRecord,
    SentForCardPrinting,
    CardPrinted,
    CardShipped,
    CardIssued,
    EnrollFailureAtRegional,
    EnrollFailureAtCentral,
    SearchFailureAtCentral,
    RequestValidation,
    AdjudicateRecord,
    DuplicateRecord,
}

use NationalStatus as S;

const WORDS: [(&str, NationalStatus); 16] = [
    ("UNREGISTERED", S::Unregistered),
    ("BIO_CAPTURED", S::BioCaptured),
    ("PROCESSING", S::Processing),
    ("SENT_FOR_ENROLLMENT", S::SentForEnrollment),
    ("RECEIVED_AT_CENTRAL", S::ReceivedAtCentral),
    ("PRINT_READY_RECORD", S::PrintReadyRecord),
    ("SENT_FOR_CARD_PRINTING", S::SentForCardPrinting),
    ("CARD_PRINTED", S::CardPrinted),
    ("CARD_SHIPPED", S::CardShipped),
    ("CARD_ISSUED", S::CardIssued),
    ("ENROLL_FAILURE_AT_REGIONAL", S::EnrollFailureAtRegional),
    ("ENROLL_FAILURE_AT_CENTRAL", S::EnrollFailureAtCentral),
    ("SEARCH_FAILURE_AT_CENTRAL", S::SearchFailureAtCentral),
    ("REQUEST_VALIDATION", S::RequestValidation),
    ("ADJUDICATE_RECORD", S::AdjudicateRecord),
    ("DUPLICATE_RECORD", S::DuplicateRecord),
];

impl NationalStatus {
    /// Whether the person was captured and the record is on its way or through: no trouble, no blank record.
    #[must_use]
    pub fn means_recorded(self) -> bool {
        self != Self::Unregistered && !self.is_trouble()
    }

    /// Whether the record is stuck and someone must act.
    #[must_use]
    pub fn is_trouble(self) -> bool {
        matches!(
            self,
            Self::EnrollFailureAtRegional
                | Self::EnrollFailureAtCentral
                | Self::SearchFailureAtCentral
                | Self::RequestValidation
                | Self::AdjudicateRecord
                | Self::DuplicateRecord
        )
    }

    /// Whether the enrolment failed for good: no card comes of that recording, the person is recorded again.
    #[must_use]
    pub fn needs_new_recording(self) -> bool {
        matches!(self, Self::EnrollFailureAtRegional | Self::EnrollFailureAtCentral)
    }

    /// Whether a card may be printed now.
    #[must_use]
    pub fn is_printable(self) -> bool {
        matches!(self, Self::PrintReadyRecord | Self::SentForCardPrinting)
    }

    /// Whether a card was printed.
    #[must_use]
    pub fn is_printed(self) -> bool {
        matches!(self, Self::CardPrinted | Self::CardShipped | Self::CardIssued)
    }

    /// Whether the record became print-ready at this status or before it.
    #[must_use]
    fn was_print_ready(self) -> bool {
        self.is_printable() || self.is_printed()
    }

    /// The ministry's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        WORDS.iter().find(|(_, status)| *status == self).map_or("", |(word, _)| word)
    }
}

impl std::fmt::Display for NationalStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

/// What offices write instead, as [`key_of`] has it: short forms, Indonesian, other spellings.
const OTHER_WORDS: [(&str, NationalStatus); 71] = [
    ("PRR", S::PrintReadyRecord),
    ("PRINT READY", S::PrintReadyRecord),
    ("READY TO PRINT", S::PrintReadyRecord),
    ("SIAP CETAK", S::PrintReadyRecord),
    ("SIAP DICETAK", S::PrintReadyRecord),
    ("BISA CETAK", S::PrintReadyRecord),
    ("BISA DICETAK", S::PrintReadyRecord),
    ("SFE", S::SentForEnrollment),
    ("SENT FOR ENROLMENT", S::SentForEnrollment),
    ("PACKET RETRY", S::Processing),
    ("PACKET SENT", S::Processing),
    ("PROSES", S::Processing),
    ("DIPROSES", S::Processing),
    ("DALAM PROSES", S::Processing),
    ("SEDANG PROSES", S::Processing),
    ("SEDANG DIPROSES", S::Processing),
    ("MASIH PROSES", S::Processing),
    ("RECEIVED", S::ReceivedAtCentral),
    ("RECEIVED CENTRAL", S::ReceivedAtCentral),
    ("BELUM", S::Unregistered),
    ("BELUM REKAM", S::Unregistered),
    ("BELUM REKAMAN", S::Unregistered),
    ("BELUM MEREKAM", S::Unregistered),
    ("BELUM DIREKAM", S::Unregistered),
    ("BELUM PEREKAMAN", S::Unregistered),
    ("TIDAK REKAM", S::Unregistered),
    ("WAJIB REKAM", S::Unregistered),
    ("NOT RECORDED", S::Unregistered),
    ("BELUM TEREKAM", S::Unregistered),
    ("BIO CAPTURE", S::BioCaptured),
    ("CAPTURED", S::BioCaptured),
    ("REKAM", S::BioCaptured),
    ("SUDAH REKAM", S::BioCaptured),
    ("SUDAH MEREKAM", S::BioCaptured),
    ("SUDAH DIREKAM", S::BioCaptured),
    ("SUDAH TEREKAM", S::BioCaptured),
    ("SUDAH PEREKAMAN", S::BioCaptured),
    ("SUDAH REKAM BELUM CETAK", S::BioCaptured),
    ("TEREKAM", S::BioCaptured),
    ("SENT FOR PRINTING", S::SentForCardPrinting),
    ("SEDANG CETAK", S::SentForCardPrinting),
    ("SEDANG DICETAK", S::SentForCardPrinting),
    ("PRINTED", S::CardPrinted),
    ("CETAK", S::CardPrinted),
    ("DICETAK", S::CardPrinted),
    ("TERCETAK", S::CardPrinted),
    ("SUDAH CETAK", S::CardPrinted),
    ("SUDAH DICETAK", S::CardPrinted),
    ("SUDAH TERCETAK", S::CardPrinted),
    ("SUDAH JADI", S::CardPrinted),
    ("JADI", S::CardPrinted),
    ("TERSEDIA", S::CardPrinted),
    ("SUDAH TERSEDIA", S::CardPrinted),
    ("SHIPPED", S::CardShipped),
    ("DIKIRIM", S::CardShipped),
    ("SUDAH DIKIRIM", S::CardShipped),
    ("ISSUED", S::CardIssued),
    ("DIAMBIL", S::CardIssued),
    ("SUDAH DIAMBIL", S::CardIssued),
    ("SUDAH AMBIL", S::CardIssued),
    ("SUDAH DITERIMA", S::CardIssued),
    ("SUDAH DISERAHKAN", S::CardIssued),
    ("SUDAH PUNYA", S::CardIssued),
    ("SUDAH MEMILIKI", S::CardIssued),
    ("HOLD", S::RequestValidation),
    ("ON HOLD", S::RequestValidation),
    ("ADJUDICATE", S::AdjudicateRecord),
    ("DUPLICATE", S::DuplicateRecord),
    ("DUPLIKAT", S::DuplicateRecord),
    ("GANDA", S::DuplicateRecord),
    ("DATA GANDA", S::DuplicateRecord),
];

/// Words that say nothing beside the others: what is spoken of, and the same in other words.
const SAID_ANYHOW: [&str; 9] = ["KTP", "EL", "KTPEL", "EKTP", "E", "STATUS", "TELAH", "KARTU", "DI"];

/// The words of a status as they are compared: upper case, without what is said anyhow; `telah` is `sudah`.
fn key_of(text: &str) -> String {
    let upper = text.to_uppercase();
    let words: Vec<&str> = upper.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let telling = words.iter().filter(|word| !SAID_ANYHOW.contains(word) || **word == "TELAH");
    telling.map(|word| if *word == "TELAH" { "SUDAH" } else { word }).collect::<Vec<_>>().join(" ")
}

fn known_words() -> impl Iterator<Item = (String, NationalStatus)> {
    let ministry = WORDS.iter().map(|(word, status)| (word.replace('_', " "), *status));
    ministry.chain(OTHER_WORDS.iter().map(|(word, status)| ((*word).to_owned(), *status)))
}

impl NationalStatus {
    /// The known word that is most like what somebody wrote, as the ministry or the office writes it.
    #[must_use]
    pub fn nearest(text: &str) -> String {
        let key = key_of(text);
        let like = |word: &str| strsim::jaro_winkler(word, &key);
        let near = known_words().max_by(|one, other| like(&one.0).total_cmp(&like(&other.0)));
        near.map_or_else(String::new, |(word, status)| match status.word() {
            ministry if ministry.replace('_', " ") == word => ministry.to_owned(),
            ministry => format!("{word} ({ministry})"),
        })
    }
}

impl FromStr for NationalStatus {
    type Err = ();

    /// Reads the word as people write it: any case, spaces, dashes or underscores, short forms, Indonesian; a short form may
    /// stand in brackets behind the word.
    fn from_str(text: &str) -> Result<Self, ()> {
        let known = |key: &str| known_words().find(|(word, _)| word == key).map(|(_, status)| status);
        let whole = key_of(text);
        if let Some(status) = known(&whole) {
            return Ok(status);
        }
        let (Some((before, rest)), true) = (text.split_once('('), text.trim_end().ends_with(')')) else {
            return Err(());
        };
        let (outer, inner) = (known(&key_of(before)), known(&key_of(rest)));
        match (outer, inner) {
            (Some(one), Some(other)) if one == other => Ok(one),
            (Some(one), None) => Ok(one),
            _ => Err(()),
        }
    }
}

/// What became of a status that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    Changed,
    Unchanged,
    /// A newer status is known already.
    Older,
}

/// What becomes of a record when the national system says `status` of the student on `as_of`, and the record to be written, if
/// it differs. `recorded_on` is the day of the last recording, if known: a failure said again after a new recording is a new
/// failure.
#[must_use]
pub fn judge(
    known: Option<&NationalRecord>,
    student: StudentId,
    status: NationalStatus,
    as_of: NaiveDate,
    recorded_on: Option<NaiveDate>,
) -> (Written, Option<NationalRecord>) {
    if let Some(known) = known {
        let same = known.status == status;
        if known.as_of > as_of {
            return (if same { Written::Unchanged } else { Written::Older }, None);
        }
        let failed_again = recorded_on.is_some_and(|day| known.as_of < day && day <= as_of);
        if same && !(status.needs_new_recording() && failed_again) {
            // An older sheet must not take back what a newer one has confirmed. The day of a failure stays: it names it.
            let confirmed = !status.needs_new_recording() && known.as_of < as_of;
            return (Written::Unchanged, confirmed.then(|| NationalRecord { as_of, ..known.clone() }));
        }
    }
    let since = known.and_then(|known| known.print_ready_on).or(Some(as_of));
    let print_ready_on = since.filter(|_| status.was_print_ready());
    (Written::Changed, Some(NationalRecord { student_id: student, status, as_of, print_ready_on }))
}

/// The records of several students.
pub async fn records(tx: &mut Tx, students: &[StudentId]) -> Result<HashMap<StudentId, NationalRecord>, DbError> {
    let records = fetch_among!(tx, NationalRecord, RECORDS, [], students, "")?;
    Ok(records.into_iter().map(|record| (record.student_id, record)).collect())
}

/// Writes the records of locked students, at most one of each, in place of those that are known.
pub async fn write_records(tx: &mut Tx, records: &[(&LockedStudent, NationalRecord)]) -> Result<(), DbError> {
    let statements = insert_many!(
        tx.engine(),
        "INSERT INTO national_record (student_id, status, as_of, print_ready_on) ",
        records,
        |one| [one.0.id, one.1.status, one.1.as_of, one.1.print_ready_on],
        " ON CONFLICT (student_id) DO UPDATE SET
             status = excluded.status, as_of = excluded.as_of, print_ready_on = excluded.print_ready_on"
    );
    run_all(tx, statements).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_read_as_people_write_them_and_stored_as_the_ministry_does() {
        assert_eq!("prr".parse(), Ok(S::PrintReadyRecord));
        assert_eq!(" Sent for-enrollment ".parse(), Ok(S::SentForEnrollment));
        assert_eq!("SUDAH".parse::<NationalStatus>(), Err(()));
        for (text, status) in [
            ("BELUM REKAM", S::Unregistered),
            ("belum-rekam", S::Unregistered),
            ("Belum Rekam KTP-el", S::Unregistered),
            ("sudah_rekam", S::BioCaptured),
            ("Telah Rekam", S::BioCaptured),
            ("SUDAH CETAK", S::CardPrinted),
            ("cetak", S::CardPrinted),
            ("PRR", S::PrintReadyRecord),
            ("print-ready-record", S::PrintReadyRecord),
            ("Print Ready Record (PRR)", S::PrintReadyRecord),
            ("SIAP  CETAK", S::PrintReadyRecord),
            ("SFE", S::SentForEnrollment),
            ("Sent for Enrollment (SFE)", S::SentForEnrollment),
            ("PACKET_RETRY", S::Processing),
            ("hold", S::RequestValidation),
            ("DUPLICATE", S::DuplicateRecord),
            ("Tersedia", S::CardPrinted),
        ] {
            assert_eq!(text.parse(), Ok(status), "{text}");
        }
        // Two that say different things say nothing.
        assert_eq!("Print Ready Record (SFE)".parse::<NationalStatus>(), Err(()));
        assert_eq!(NationalStatus::nearest("SUDA REKAM"), "SUDAH REKAM (BIO_CAPTURED)");
        assert_eq!(NationalStatus::nearest("PRINT READI RECORD"), "PRINT_READY_RECORD");
        let mut words: Vec<String> = known_words().map(|(word, _)| word).collect();
        for word in &words {
            assert_eq!(&key_of(word), word, "a word that is never met");
        }
        let count = words.len();
        words.sort();
        words.dedup();
        assert_eq!(words.len(), count, "a word stands twice");
        for (word, status) in WORDS {
            assert_eq!(word.parse(), Ok(status));
            assert_eq!(serde_json::to_value(status).unwrap(), word);
        }
    }

    #[test]
    fn trouble_is_neither_recorded_nor_printable() {
        for (_, status) in WORDS {
            assert!(!(status.is_trouble() && (status.means_recorded() || status.was_print_ready())), "{status}");
        }
    }
}
