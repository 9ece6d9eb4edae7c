//! Two students made one, by two persons where something speaks against it; and made two again.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::card;
use crate::db::{DbError, Tx};
use crate::desk::context::{Desk, Done, plain_words};
use crate::desk::refusal::StudentRefusal;
use crate::link;
use crate::notice::ledger;
use crate::roster::import::matching::is_same_name;
use crate::staff::Right;
use crate::student::{self, Copied, LockedStudent, Merge, Parted, Recorded, Student, StudentId, Word, name_key};
use crate::visit::record;
use crate::written::tidy;

/// What became of a wish to merge two.
#[derive(Debug)]
pub enum Merging {
    /// They are one.
    Done(Merged),
    /// Something speaks against it: it is written down, and waits for a second person.
    Asked {
        kept: Student,
        merged: Student,
        /// What differs, in words.
        differ: Vec<&'static str>,
        /// Who has asked, and cannot be the second person.
        asked_by: String,
    },
}

/// Two who are one now.
#[derive(Debug)]
pub struct Merged {
    pub kept: Student,
    pub merged: Student,
    /// Chats of the merged one that no longer hear anything: nobody can say that they are the kept one's.
    pub chats_cut_off: usize,
}

/// Two who were one.
#[derive(Debug, Serialize)]
pub struct Unmerged {
    pub id: StudentId,
    pub name: String,
    pub from: StudentId,
    #[serde(skip)]
    pub from_name: String,
    /// Facts of the kept one that somebody changed since the merge, and what cannot be given back: they stay as they are.
    pub stays: Vec<&'static str>,
}

/// What went from one to the other, as it is kept with the merge.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Moved {
    card: card::Moved,
    links: link::MovedLinks,
    consents: Vec<Copied>,
    notices: ledger::TakenOver,
}

impl Desk {
    /// Makes `duplicate` the same person as `kept`, who keeps the own facts and gets what only the duplicate had. If their NIK,
    /// NISN, birth date or name says that they are two, that takes a reason, and a second person who asks for the same.
    pub async fn merge_students(&self, kept: &str, duplicate: &str, reason: &str) -> Done<Merging> {
        let reason = &tidy(reason);
        self.require(Right::Students)?;
        plain_words("the reason", reason)?;
        let mut tx = self.db.write().await?;
        let kept = student::resolve(&mut tx, &self.vault, self.office.id, kept).await?.id;
        let duplicate = student::resolve(&mut tx, &self.vault, self.office.id, duplicate).await?.id;
        if kept == duplicate {
            return Err(StudentRefusal::Same.into());
        }
        let (kept, duplicate) = lock_both(&mut tx, kept, duplicate).await?;
        if let Some(merged) = [&kept, &duplicate].into_iter().find(|one| one.merged_into.is_some()) {
            return Err(StudentRefusal::Merged { name: merged.name.clone(), id: merged.id }.into());
        }
        let both_carded = card::facts(&mut tx, kept.id).await?.card.is_some()
            && card::facts(&mut tx, duplicate.id).await?.card.is_some();
        if both_carded {
            return Err(StudentRefusal::TwoCards.into());
        }
        let by = self.actor.to_string();
        let differ = differences(&kept, &duplicate);
        let asked = student::asked_merge(&mut tx, kept.id, duplicate.id).await?;
        let asked = asked.filter(|asked| asked.is_about(&kept, &duplicate));
        let second = asked.as_ref().filter(|asked| !differ.is_empty() && asked.asked_by != by);
        let Some(second) = second else {
            if !differ.is_empty() && reason.is_empty() {
                return Err(StudentRefusal::ReasonMissing { differ: differ.join(", ") }.into());
            }
            let id = student::ask_merge(&mut tx, &self.clock, &kept, &duplicate, Word { by: &by, reason }).await?;
            if differ.is_empty() {
                let words = if reason.is_empty() { String::new() } else { format!(": {reason}") };
                return self.carry_out(tx, id, kept, duplicate, &words).await;
            }
            let detail = format!("student:{}: {reason}", duplicate.id);
            self.audit(&mut tx, "student.merge-asked", &format!("student:{}", kept.id), &detail).await?;
            tx.commit().await?;
            return Ok(Merging::Asked { kept: kept.into(), merged: duplicate.into(), differ, asked_by: by });
        };
        let words = if reason.is_empty() { &second.reason } else { reason };
        let words = format!(", asked by {}: {words}", second.asked_by);
        self.carry_out(tx, second.id, kept, duplicate, &words).await
    }

    async fn carry_out(
        &self,
        mut tx: Tx,
        id: student::MergeId,
        kept: LockedStudent,
        duplicate: LockedStudent,
        words: &str,
    ) -> Done<Merging> {
        let are_one = is_clearly_one(&kept, &duplicate);
        student::merge(&mut tx, &self.clock, &kept, &duplicate, self.today()).await?;
        let mut moved = Moved { card: card::move_to(&mut tx, &kept, &duplicate).await?, ..Moved::default() };
        if are_one {
            moved.links = link::move_chats(&mut tx, &self.clock, kept.id.0, duplicate.id.0).await?;
            moved.consents = student::copy_consents(&mut tx, &self.clock, &kept, &duplicate).await?;
        } else {
            // Whoever types a code says next whether the name is right, and when they were born; of two whom that cannot tell
            // apart from each other it leads on.
            let codes = kept.birth_date != duplicate.birth_date || !is_same_name(&kept.name, &duplicate.name);
            moved.links = link::cut_chats_off(&mut tx, &self.clock, duplicate.id.0, codes).await?;
        }
        moved.notices = ledger::take_over(&mut tx, self.office.id, kept.id, duplicate.id, are_one).await?;
        let after = student::load(&mut tx, kept.id).await?.ok_or(DbError::Interrupted)?;
        let by = self.actor.to_string();
        let text = serde_json::to_string(&moved).unwrap_or_default();
        student::keep_merge(&mut tx, &self.clock, id, &by, &after, &text).await?;
        let detail = format!("with student:{}{words}", duplicate.id);
        self.audit(&mut tx, "student.merge", &format!("student:{}", kept.id), &detail).await?;
        self.settle_all(&mut tx, &[duplicate.id, kept.id]).await?;
        tx.commit().await?;
        let chats_cut_off = moved.links.count_cut_off();
        Ok(Merging::Done(Merged { kept: kept.into(), merged: duplicate.into(), chats_cut_off }))
    }

    /// Makes a merged student somebody of their own again, with everything that was theirs. What somebody has changed of the kept
    /// one since stays, and the answer names it.
    pub async fn unmerge_student(&self, merged: &str) -> Done<Unmerged> {
        self.require(Right::Students)?;
        let mut tx = self.db.write().await?;
        let found = student::resolve(&mut tx, &self.vault, self.office.id, merged).await?;
        let Some(kept) = found.merged_into else {
            return Err(StudentRefusal::NotMerged { name: found.name }.into());
        };
        let (kept, merged) = lock_both(&mut tx, kept, found.id).await?;
        if merged.merged_into != Some(kept.id) {
            return Err(StudentRefusal::NotMerged { name: found.name }.into());
        }
        if kept.merged_into.is_some() {
            return Err(StudentRefusal::Merged { name: kept.name.clone(), id: kept.id }.into());
        }
        let merge = student::standing_merge(&mut tx, merged.id).await?.filter(|merge| merge.kept_id == kept.id);
        if let Some(merge) = &merge
            && let Some(later) = student::merged_later(&mut tx, merge).await?
        {
            return Err(StudentRefusal::MergedLater { name: kept.name.clone(), later }.into());
        }
        let mut parted = student::part(&self.vault, merge.as_ref(), &kept, &merged)?;
        self.keep_one_holder(&mut tx, &mut parted).await?;
        let recording = self.recorded_as(&mut tx, merge.as_ref(), &kept, &mut parted).await?;
        let moved: Moved =
            merge.as_ref().and_then(|merge| serde_json::from_str(merge.moved.as_deref()?).ok()).unwrap_or_default();
        let has_their_nik = kept.nik_index.is_some() && kept.nik_index == parted.merged.nik_index;
        if card::move_back(&mut tx, &kept, &merged, &moved.card, has_their_nik).await? {
            parted.stays.push("national_status");
        }
        link::give_links_back(&mut tx, kept.id.0, merged.id.0, &moved.links).await?;
        student::take_copies_back(&mut tx, &moved.consents).await?;
        let theirs = ledger::Theirs { card: moved.card.card.map(|card| card.0), recording };
        ledger::give_back(&mut tx, self.office.id, kept.id, merged.id, &moved.notices, &theirs).await?;
        let stays = parted.stays.clone();
        student::take_back_merge(&mut tx, &self.clock, merge.as_ref(), &kept, &merged, parted).await?;
        let detail = format!("from student:{}; {} facts stay", kept.id, stays.len());
        self.audit(&mut tx, "student.unmerge", &format!("student:{}", merged.id), &detail).await?;
        self.settle_all(&mut tx, &[kept.id, merged.id]).await?;
        tx.commit().await?;
        let (id, name) = (merged.id, merged.name.clone());
        Ok(Unmerged { id, name, from: kept.id, from_name: kept.name.clone(), stays })
    }

    /// Leaves a NIK that somebody else was given meanwhile with them.
    async fn keep_one_holder(&self, tx: &mut Tx, parted: &mut Parted) -> Done<()> {
        let both = [parted.kept.id, parted.merged.id];
        for index in [&mut parted.kept.nik_index, &mut parted.merged.nik_index] {
            let Some(wanted) = index.as_deref() else { continue };
            let holders = student::with_niks(&mut *tx, &[wanted]).await?;
            if holders.iter().any(|holder| !both.contains(&holder.id)) {
                *index = None;
                parted.stays.push("nik");
            }
        }
        if parted.kept.nik_index.is_some() && parted.kept.nik_index == parted.merged.nik_index {
            parted.merged.nik_index = None;
            parted.stays.push("nik");
        }
        for one in [&mut parted.kept, &mut parted.merged] {
            if one.nik_index.is_none() {
                one.nik_sealed = None;
            }
        }
        parted.stays.dedup();
        Ok(())
    }

    /// Gives a recording that was made since on the merged one's line of a list to the merged one. Returns the recording by which
    /// notices name it.
    async fn recorded_as(
        &self,
        tx: &mut Tx,
        merge: Option<&Merge>,
        kept: &Student,
        parted: &mut Parted,
    ) -> Done<Option<Uuid>> {
        let own = parted.merged.recording_id;
        let Some((since, before)) = merge.and_then(|merge| merge.merged_at.zip(merge.kept_before())) else {
            return Ok(own);
        };
        let Some(on) = record::recorded_since(tx, parted.merged.id, since).await? else { return Ok(own) };
        let is_new =
            kept.recording_id.is_some() && kept.recording_id != before.recording_id && kept.recording_id != own;
        let by_line = is_new && kept.recorded_on == Some(on);
        let recording = kept.recording_id.filter(|_| by_line).unwrap_or_else(|| self.clock.new_uuid());
        if by_line {
            let Student { recorded, recorded_on, recording_id, .. } = before;
            parted.kept = Student { recorded, recorded_on, recording_id, ..parted.kept.clone() };
            parted.stays.retain(|fact| *fact != "recorded");
        }
        parted.merged.recorded = Recorded::Yes;
        parted.merged.recorded_on = Some(on);
        parted.merged.recording_id = Some(recording);
        Ok(Some(recording))
    }
}

async fn lock_both(tx: &mut Tx, kept: StudentId, merged: StudentId) -> Done<(LockedStudent, LockedStudent)> {
    let mut both = student::lock(tx, &[kept, merged]).await?.into_iter();
    let (Some(one), Some(other)) = (both.next(), both.next()) else { return Err(DbError::Interrupted.into()) };
    Ok(if one.id == kept { (one, other) } else { (other, one) })
}

/// What says of two that they are two, in words. What only one of them has says nothing.
fn differences(one: &Student, other: &Student) -> Vec<&'static str> {
    let differ = |left: Option<&[u8]>, right: Option<&[u8]>| left.is_some() && right.is_some() && left != right;
    let nisn = |student: &Student| student.nisn.clone().map(String::into_bytes);
    let mut words = Vec::new();
    if differ(one.nik_index.as_deref(), other.nik_index.as_deref()) {
        words.push("NIK");
    }
    if differ(nisn(one).as_deref(), nisn(other).as_deref()) {
        words.push("NISN");
    }
    if one.birth_date != other.birth_date {
        words.push("birth date");
    }
    if !is_same_name(&one.name, &other.name) {
        words.push("name");
    }
    if one.sex.is_some() && other.sex.is_some() && one.sex != other.sex {
        words.push("sex");
    }
    words
}

/// Whether two are the same person for whoever reads in a chat: a NIK has one holder, so that it is the name and the birth date.
fn is_clearly_one(one: &Student, other: &Student) -> bool {
    let same_nik = one.nik_index.is_some() && one.nik_index == other.nik_index;
    same_nik || (one.birth_date == other.birth_date && name_key(&one.name) == name_key(&other.name))
}
