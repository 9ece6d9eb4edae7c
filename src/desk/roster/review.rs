//! What a roster left open: a file that waits, and what a row claims of somebody known, which a second person decides.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

use crate::db::{DbError, Tx};
use crate::desk::context::{Desk, Done};
use crate::desk::refusal::RosterRefusal;
use crate::nik::Nik;
use crate::roster::ids::{ImportId, State};
use crate::roster::import::proposal::{self, Kind, Proposal, Standing};
use crate::roster::import::record::LockedImport;
use crate::roster::import::report::FileReport;
use crate::roster::import::{record, upload};
use crate::roster::parse::line::{Sheets, Spot};
use crate::roster::parse::problem::Code;
use crate::roster::review::decision;
use crate::roster::review::history::{self, Listed};
use crate::staff::Right;
use crate::student::{self, Student, StudentId};
use crate::vault::Purpose;

/// What waits for a person.
#[derive(Debug, Clone, Serialize)]
pub struct Review {
    pub import: ImportId,
    pub file: String,
    pub state: State,
    pub place: Option<String>,
    /// Who imported it: not the one who decides what needs a second person.
    pub actor: String,
    /// Why a parked file waits.
    pub reason: Option<String>,
    /// Places whose rows of the file wait as a whole, while the rest was taken.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<WaitingPart>,
    pub proposals: Vec<Shown>,
}

/// One place's rows that wait.
#[derive(Debug, Clone, Serialize)]
pub struct WaitingPart {
    /// The place's code, by which `--accept` and `--reject` name the rows.
    pub item: String,
    pub import: ImportId,
    pub rows: usize,
    pub reason: Option<String>,
}

/// One proposal.
#[derive(Debug, Clone, Serialize)]
pub struct Shown {
    /// By what `--accept` and `--reject` name it: the row (`7`; `X-2:7` where the file has several sheets), or `m1`, `m2`… for
    /// whoever is missing from the list.
    pub item: String,
    /// As the spreadsheet shows it.
    pub row: Option<i32>,
    /// The sheet, where the file has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    pub student: StudentId,
    pub name: String,
    pub kind: Kind,
    /// As on record; a NIK is masked.
    pub old: Option<String>,
    /// As the roster has it; a NIK is masked.
    pub new: Option<String>,
    /// Who holds the NIK now.
    pub holder: Option<StudentId>,
    pub state: Standing,
    pub decided_by: Option<String>,
}

impl Desk {
    /// What an import left open, and what was decided of it. With `with_nik` the NIKs can be compared with a document; that look
    /// is for the office, and written down.
    pub async fn review(&self, id: ImportId, with_nik: bool) -> Done<Review> {
        self.require(Right::Rosters)?;
        if !with_nik {
            let mut tx = self.db.read().await?;
            let listed = self.roster(&mut tx, id).await?;
            return self.reviewed(&mut tx, &listed, false).await;
        }
        let mut tx = self.db.write().await?;
        if self.own_place(&mut tx).await?.is_some() {
            return Err(RosterRefusal::NiksAreTheOffices.into());
        }
        let listed = self.roster(&mut tx, id).await?;
        let review = self.reviewed(&mut tx, &listed, true).await?;
        let about = review.proposals.iter().filter(|one| matches!(one.kind, Kind::Nik | Kind::IdentityConflict));
        let shown: BTreeSet<StudentId> = about.flat_map(|one| std::iter::once(one.student).chain(one.holder)).collect();
        let shown = Vec::from_iter(shown);
        self.audit_niks(&mut tx, &format!("import:{id}"), &shown, "the review").await?;
        tx.commit().await?;
        Ok(review)
    }

    /// Decides: of a parked file as a whole, else of the named items, or of all that are open if none is named.
    pub async fn decide_roster(
        &self,
        id: ImportId,
        accept: bool,
        items: &[String],
    ) -> Done<(Review, Option<FileReport>)> {
        self.require(Right::Rosters)?;
        let mut tx = self.db.write().await?;
        if self.own_place(&mut tx).await?.is_some() {
            return Err(RosterRefusal::ReviewIsTheOffices.into());
        }
        // Before anything of it is read: it may be undone, or decided by somebody else, at this very moment.
        let locked = record::lock(&mut tx, self.office.id, id).await?;
        let listed = self.roster(&mut tx, id).await?;
        if listed.state == State::Parked {
            return self.decide_parked(tx, listed, accept, items).await;
        }
        let parts = history::waiting_parts(&mut tx, self.office.id, id).await?;
        let is_meant = |part: &Listed| items.is_empty() || part.place.as_ref().is_some_and(|code| items.contains(code));
        let parts: Vec<Listed> = parts.into_iter().filter(is_meant).collect();
        let is_row = |item: &&String| parts.iter().all(|part| part.place.as_ref() != Some(item));
        let rows: Vec<String> = items.iter().filter(is_row).cloned().collect();
        let is_open = |one: &Proposal| one.state == Standing::Open;
        let decides_rows = match items {
            [] => parts.is_empty() || proposal::of_import(&mut tx, id).await?.iter().any(is_open),
            _ => !rows.is_empty(),
        };
        let locked = locked.ok_or(DbError::Interrupted)?;
        let mut review = match decides_rows {
            true => Some(self.decide_rows(tx, locked, &listed, accept, &rows).await?),
            false => {
                drop(tx);
                None
            }
        };
        let mut worst: Option<FileReport> = None;
        for part in parts {
            let mut tx = self.db.write().await?;
            record::lock(&mut tx, self.office.id, part.id).await?;
            let (_, report) = self.decide_parked(tx, part, accept, &[]).await?;
            worst = worst.into_iter().chain(report).max_by_key(|report| report.state);
            review = None;
        }
        let review = match review {
            Some(review) => review,
            None => self.reviewed(&mut self.db.read().await?, &listed, false).await?,
        };
        Ok((review, worst))
    }

    /// Decides what rows claim of somebody known.
    async fn decide_rows(
        &self,
        mut tx: Tx,
        locked: LockedImport,
        listed: &Listed,
        accept: bool,
        items: &[String],
    ) -> Done<Review> {
        let id = listed.id;
        let proposals = proposal::lock(&mut tx, locked).await?;
        let sheets = history::sheets(&mut tx, id).await?;
        let chosen = chosen(&proposals, &sheets, items)?;
        let actor = self.actor.to_string();
        if listed.actor == actor && chosen.iter().any(|one| one.kind.needs_second_person()) {
            return Err(RosterRefusal::SecondPerson { actor }.into());
        }
        let ids: Vec<_> = chosen.iter().map(|one| one.id).collect();
        let touched = decision::decide(&mut tx, &self.clock, &proposals, &ids, accept, &actor).await?;
        let verb = if accept { "accepted" } else { "rejected" };
        let detail = format!("{verb} {} proposals", chosen.len());
        self.audit(&mut tx, "roster.review", &format!("import:{id}"), &detail).await?;
        let touched: Vec<StudentId> = touched.into_iter().collect();
        if accept {
            self.settle_all(&mut tx, &touched).await?;
        }
        let review = self.reviewed(&mut tx, listed, false).await?;
        tx.commit().await?;
        Ok(review)
    }

    async fn decide_parked(
        &self,
        mut tx: Tx,
        listed: Listed,
        accept: bool,
        items: &[String],
    ) -> Done<(Review, Option<FileReport>)> {
        if !items.is_empty() {
            return Err(RosterRefusal::Parked.into());
        }
        if accept {
            drop(tx);
            let report = self.import_parked(&listed).await?;
            let mut tx = self.db.read().await?;
            let listed = self.roster(&mut tx, listed.id).await?;
            return Ok((self.reviewed(&mut tx, &listed, false).await?, Some(report)));
        }
        record::refuse(&mut tx, listed.id).await?;
        upload::forget(&mut tx, listed.id).await?;
        self.audit(&mut tx, "roster.review", &format!("import:{}", listed.id), "the parked file was refused").await?;
        let listed = self.roster(&mut tx, listed.id).await?;
        let review = self.reviewed(&mut tx, &listed, false).await?;
        tx.commit().await?;
        Ok((review, None))
    }

    async fn reviewed(&self, tx: &mut Tx, listed: &Listed, with_nik: bool) -> Done<Review> {
        let reason = Some(listed).filter(|listed| listed.state == State::Parked).and_then(why_parked);
        let parts = history::waiting_parts(&mut *tx, self.office.id, listed.id).await?;
        let parts: Vec<WaitingPart> = parts.iter().map(WaitingPart::of).collect();
        let proposals = proposal::of_import(tx, listed.id).await?;
        let ids: Vec<StudentId> = proposals.iter().map(|one| one.student_id).collect();
        let students: HashMap<StudentId, Student> =
            student::with_ids(tx, &ids).await?.into_iter().map(|student| (student.id, student)).collect();
        // Who holds a NIK is not for a school to ask.
        let is_outside = self.own_place(tx).await?.is_some();
        let asks_holder =
            |one: &Proposal| !is_outside && one.state == Standing::Open && one.kind == Kind::IdentityConflict;
        let asked = proposals.iter().filter(|one| asks_holder(one));
        let niks: Vec<&[u8]> = asked.filter_map(|one| one.new_nik_index.as_deref()).collect();
        let found = student::with_niks(tx, &niks).await?;
        let holders: HashMap<Vec<u8>, Student> =
            found.into_iter().filter_map(|one| Some((one.nik_index.clone()?, one))).collect();
        let mut shown = Vec::with_capacity(proposals.len());
        let sheets = history::sheets(tx, listed.id).await?;
        for (item, one) in items(&proposals, &sheets).zip(&proposals) {
            let Some(student) = students.get(&one.student_id) else { continue };
            let holder = one.new_nik_index.as_ref().filter(|_| asks_holder(one)).and_then(|index| holders.get(index));
            let holder = holder.filter(|holder| holder.id != one.student_id);
            let (old, new) = self.values(one, student, holder, with_nik)?;
            let spot = sheets.spot(one.row_number);
            shown.push(Shown {
                item,
                row: (spot.row > 0).then_some(spot.row),
                sheet: spot.sheet,
                student: one.student_id,
                name: student.name.clone(),
                kind: one.kind,
                old,
                new,
                holder: holder.map(|holder| holder.id),
                state: one.state,
                decided_by: one.decided_by.clone(),
            });
        }
        Ok(Review {
            import: listed.id,
            file: listed.file.clone(),
            state: listed.state,
            place: listed.place.clone(),
            actor: listed.actor.clone(),
            reason,
            parts,
            proposals: shown,
        })
    }

    /// What the student has and what the roster has.
    fn values(
        &self,
        one: &Proposal,
        student: &Student,
        holder: Option<&Student>,
        with_nik: bool,
    ) -> Done<(Option<String>, Option<String>)> {
        let masked = |sealed: &Option<Vec<u8>>| -> Done<Option<String>> {
            let Some(sealed) = sealed else { return Ok(None) };
            let text = self.vault.open_text(Purpose::Nik, sealed)?;
            let shown = |nik: Nik| if with_nik { nik.digits().to_owned() } else { nik.masked() };
            Ok(Nik::parse(&text).ok().map(shown))
        };
        Ok(match one.kind {
            Kind::Nik => (masked(&student.nik_sealed)?, masked(&one.new_nik_sealed)?),
            Kind::IdentityConflict => (holder.map(|holder| holder.name.clone()), masked(&one.new_nik_sealed)?),
            Kind::BirthDate => {
                (one.old_birth_date.map(|date| date.to_string()), one.new_birth_date.map(|date| date.to_string()))
            }
            Kind::Name => (one.old_name.clone(), one.new_name.clone()),
            Kind::LeftSchool => (None, None),
        })
    }
}

impl WaitingPart {
    fn of(part: &Listed) -> Self {
        let report = serde_json::from_str::<FileReport>(&part.report).ok();
        Self {
            item: part.place.clone().unwrap_or_default(),
            import: part.id,
            rows: report.map_or(0, |report| report.rows),
            reason: why_parked(part),
        }
    }
}

/// Why a parked file waits, or the part of one.
fn why_parked(listed: &Listed) -> Option<String> {
    let report = serde_json::from_str::<FileReport>(&listed.report).ok()?;
    let told = report.problems.into_iter().find(|problem| problem.code == Code::WrongFile)?;
    Some(told.message)
}

/// By what each proposal is named, in order.
fn items(proposals: &[Proposal], sheets: &Sheets) -> impl Iterator<Item = String> {
    let mut missing = 0;
    proposals.iter().map(move |one| match sheets.spot(one.row_number) {
        Spot { row: 0, .. } => {
            missing += 1;
            format!("m{missing}")
        }
        Spot { row, sheet: Some(sheet) } => format!("{sheet}:{row}"),
        Spot { row, sheet: None } => row.to_string(),
    })
}

/// The open proposals that were named, or all.
fn chosen(proposals: &[Proposal], sheets: &Sheets, named: &[String]) -> Done<Vec<Proposal>> {
    let open: Vec<(String, &Proposal)> =
        items(proposals, sheets).zip(proposals).filter(|(_, one)| one.state == Standing::Open).collect();
    if let Some(unknown) = named.iter().find(|name| open.iter().all(|(item, _)| item != *name)) {
        return Err(RosterRefusal::ItemNotOpen { item: unknown.clone() }.into());
    }
    if open.is_empty() {
        return Err(RosterRefusal::NothingOpen.into());
    }
    let wanted = |item: &String| named.is_empty() || named.contains(item);
    Ok(open.into_iter().filter(|(item, _)| wanted(item)).map(|(_, one)| one.clone()).collect())
}
