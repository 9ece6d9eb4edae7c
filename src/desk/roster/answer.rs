//! The answer to a roster: the sender's own sheet with the wrong cells marked, to be mended and sent again.

use std::collections::BTreeSet;

use crate::db::{DbError, Tx};
use crate::desk::context::{Desk, Done};
use crate::desk::refusal::RosterRefusal;
use crate::place;
use crate::roster::answer::{self, Choices, Masking, Original};
use crate::roster::ids::{ImportId, State};
use crate::roster::import::report::FileReport;
use crate::roster::import::upload;
use crate::roster::review::history;
use crate::staff::Right;
use crate::student::StudentId;

/// Rows of an import that are looked through at once.
const ROWS_AT_ONCE: i64 = 5000;

impl Desk {
    /// The answer file of an import, for whatever leaves through Telegram: its name and its bytes. No NIK stands in it.
    pub async fn roster_answer(&self, import: ImportId) -> Done<(String, Vec<u8>)> {
        self.answer_with(import, Masking::All).await
    }

    /// The answer file for the sender's own hands: what we hold is masked unless `with_nik`, and that look is written down.
    pub async fn roster_answer_file(&self, import: ImportId, with_nik: bool) -> Done<(String, Vec<u8>)> {
        self.answer_with(import, if with_nik { Masking::None } else { Masking::Kept }).await
    }

    async fn answer_with(&self, import: ImportId, masking: Masking) -> Done<(String, Vec<u8>)> {
        self.require(Right::Rosters)?;
        let mut tx = self.db.read().await?;
        let listed = self.roster(&mut tx, import).await?;
        if let Some(whole) = listed.part_of {
            return Err(RosterRefusal::PartHasNoAnswer(whole).into());
        }
        let report = serde_json::from_str::<FileReport>(&listed.report).map_err(|_| RosterRefusal::FileGone)?;
        if !report.has_marks() {
            return Err(RosterRefusal::NothingToMend.into());
        }
        // Of what was not taken we hold nothing, so that only its sender has it.
        let masking = if listed.state != State::Applied && masking == Masking::Kept { Masking::None } else { masking };
        let bytes = upload::find(&mut tx, &self.vault, import).await?.ok_or(RosterRefusal::FileGone)?;
        let places = place::all(&mut tx, self.office.id).await?;
        let headings = match places.iter().find(|place| Some(&place.code) == listed.place.as_ref()) {
            Some(place) => upload::headings(&mut tx, place.id).await?,
            None => Default::default(),
        };
        let subject = format!("import:{import}");
        if masking == Masking::None {
            let shown = known_students(&mut tx, import).await?;
            drop(tx);
            let mut tx = self.db.write().await?;
            self.audit_niks(&mut tx, &subject, &shown, "the answer file").await?;
            tx.commit().await?;
        } else {
            drop(tx);
            self.audit_look("roster.answer", &subject, "the answer file").await?;
        }
        let choices =
            Choices { today: self.today(), places: places.into_iter().map(|place| (place.code, place.name)).collect() };
        let (file, messages) = (listed.file.clone(), self.messages.clone());
        // Thousands of rows take a while, and others wait on this thread.
        let written = tokio::task::spawn_blocking(move || {
            let original = Original { bytes: &bytes, name: &file, headings: &headings, copies: &report.copies };
            answer::write(original, &report.problems, masking, &choices, &messages)
        });
        let unwritten = |why: String| RosterRefusal::Unwritable { file: listed.file.clone(), why };
        let bytes = written.await.map_err(|error| unwritten(error.to_string()))?;
        Ok((answer_name(&listed.file), bytes.map_err(|error| unwritten(error.to_string()))?))
    }
}

/// Those of an import's rows whom we know: of what was not taken, nobody.
async fn known_students(tx: &mut Tx, import: ImportId) -> Result<Vec<StudentId>, DbError> {
    let mut known = BTreeSet::new();
    let mut after = -1;
    loop {
        let page = history::changes(tx, import, after, ROWS_AT_ONCE).await?;
        let Some(last) = page.last() else { return Ok(Vec::from_iter(known)) };
        after = last.number;
        known.extend(page.iter().map(|row| row.student));
    }
}

/// `daftar.xls` → `daftar (periksa).xlsx`: beside the original, not over it.
fn answer_name(file: &str) -> String {
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    format!("{stem} (periksa).xlsx")
}
