//! Two who are made one and two again, many times over: nothing of either is lost, nothing is told to somebody else.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::Value;

use crate::audit::Actor;
use crate::card::{self, NationalRecord, NationalStatus};
use crate::clock::Clock;
use crate::desk::{Desk, Desks, Entry, Merging, Named, NewStudent, RosterOptions};
use crate::link::{self, LinkRole};
use crate::notice::State;
use crate::office;
use crate::place;
use crate::student::{self, GivenBy, StudentId};
use crate::testing::{Dice, Scratch, postgres, sqlite};
use crate::visit::schedule::{self, Slot};
use crate::visit::{DayResult, VisitId};

const NOW: &str = "2026-11-23T00:30:00Z";
const PLACES: &str = "code,kind,name\n50200001,school,SMAN 1\n";
const POINT: &str = "Loket Dinas";

/// Two people at two desks of one office.
struct Both {
    desks: Desks,
    one: Desk,
    other: Desk,
    _scratch: Scratch,
}

impl Both {
    async fn new(scratch: Scratch) -> Self {
        let desks = Desks::for_test(
            scratch.db.clone(),
            9,
            Clock::starting_at(NOW.parse().unwrap()),
            include_str!("../../../config/holidays.csv"),
        );
        desks.apply_office(&Actor::Daemon, include_str!("../../../config/office.sample.toml")).await.unwrap();
        let mut tx = desks.db().write().await.unwrap();
        let office = office::find(&mut tx, None).await.unwrap();
        office::set_hold(&mut tx, office.id, None).await.unwrap();
        tx.commit().await.unwrap();
        let desk = |name: &str| desks.assemble(office.clone(), Actor::Staff(name.into()), None);
        let (one, other) = (desk("Bu Satu"), desk("Bu Dua"));
        one.import_places(PLACES.as_bytes()).await.unwrap();
        Self { desks, one, other, _scratch: scratch }
    }

    async fn export(&self, id: StudentId) -> Value {
        // What should be true now.
        self.one.why(&id.to_string()).await.unwrap();
        serde_json::to_value(self.one.export_student(&id.to_string()).await.unwrap()).unwrap()
    }

    /// Merges, with the second person where one is needed.
    async fn merge(&self, kept: StudentId, merged: StudentId) {
        let (kept, merged) = (kept.to_string(), merged.to_string());
        if let Merging::Asked { .. } = self.one.merge_students(&kept, &merged, "sama orangnya").await.unwrap() {
            let again = self.one.merge_students(&kept, &merged, "sungguh").await.unwrap();
            assert!(matches!(again, Merging::Asked { .. }), "nobody is their own second person");
            let done = self.other.merge_students(&kept, &merged, "").await.unwrap();
            assert!(matches!(done, Merging::Done(_)));
        }
    }

    /// Somebody with whatever may be known of a person.
    async fn somebody(&self, number: u64, dice: &mut Dice) -> StudentId {
        let names = ["Siti Aminah", "SITI AMINAH", "Siti Aminah S", "Budi Santoso"];
        let born = |day: u64| NaiveDate::from_ymd_opt(2009, 11, u32::try_from(day).unwrap()).unwrap();
        let birth_date = if dice.chance(60) { born(20) } else { born(1 + dice.below(28)) };
        let new = NewStudent {
            name: names[dice.below(4) as usize].into(),
            birth_date: Some(birth_date),
            nik: dice.chance(60).then(|| format!("527101{}{number:04}", birth_date.format("%d%m%y"))),
            nisn: dice.chance(60).then(|| format!("{:010}", 90_000_000 + number)),
            place: dice.chance(70).then(|| "50200001".into()),
            class: dice.chance(50).then(|| format!("XII {number}")),
            phone: dice.chance(50).then(|| format!("0812{number:08}")),
            ever_married: dice.chance(10),
            although_known: true,
            ..NewStudent::default()
        };
        let id = self.one.add_student(new).await.unwrap();
        let text = id.to_string();
        if dice.chance(40) {
            self.one.set_student(&text, "recorded", "2026-11-10", "uji").await.unwrap();
        }
        let mut tx = self.desks.db().write().await.unwrap();
        let clock = self.one.clock();
        let locked = student::lock_one(&mut tx, id).await.unwrap().unwrap();
        if dice.chance(40) {
            let as_of = "2026-11-20".parse().unwrap();
            let status = NationalStatus::PrintReadyRecord;
            let record = NationalRecord { student_id: id, status, as_of, print_ready_on: Some(as_of) };
            card::write_records(&mut tx, &[(&locked, record)]).await.unwrap();
        }
        for (role, by) in [(LinkRole::Student, GivenBy::Student), (LinkRole::Guardian, GivenBy::Guardian)] {
            if dice.chance(40) {
                // Of both, now and then, one chat.
                let chat = 7000 + i64::try_from(if dice.chance(30) { 0 } else { number }).unwrap();
                let (vault, office) = (self.desks.vault(), self.one.office().id);
                link::link_chat(&mut tx, clock, vault, office, role, id.0, chat).await.unwrap();
                student::give_consent(&mut tx, clock, id, by, "uji").await.unwrap();
            }
        }
        tx.commit().await.unwrap();
        if dice.chance(40) {
            self.one.printed(Named::Each(vec![text.clone()]), None).await.unwrap();
            if dice.chance(60) {
                self.one.ready(Named::Each(vec![text.clone()]), POINT).await.unwrap();
                if dice.chance(40) {
                    self.one.collect(&text, None).await.unwrap();
                }
            }
        }
        let notices = self.one.why(&text).await.unwrap().notices;
        for notice in notices.iter().filter(|one| matches!(one.notice.state, State::Waiting | State::Due)) {
            if dice.chance(50) {
                self.one.told(notice.notice.id, "Bu Satu").await.unwrap();
            }
        }
        id
    }
}

async fn a_merge_taken_back_leaves_nothing(scratch: Scratch, lives: u64) {
    let both = Both::new(scratch).await;
    let (mut merges, mut number) = (0, 0);
    for seed in 0..lives {
        let mut dice = Dice::new(seed);
        number += 2;
        let kept = both.somebody(number, &mut dice).await;
        let merged = both.somebody(number + 1, &mut dice).await;
        let before = [both.export(kept).await, both.export(merged).await];
        if before.iter().all(|one| !one["student"]["cards"]["card"].is_null()) {
            continue;
        }
        for round in 0..2 {
            both.merge(kept, merged).await;
            merges += 1;
            let during = both.export(merged).await;
            let (nik, was) = (&during["student"]["nik"], &before[1]["student"]["nik"]);
            assert_eq!(nik, was, "seed {seed}: the merged one's NIK is kept");
            let found = both.one.export_student(&kept.to_string()).await.unwrap();
            assert!(found.student.closed.is_none());
            both.one.sweep(None).await.unwrap();
            let parted = both.one.unmerge_student(&merged.to_string()).await.unwrap();
            assert_eq!(parted.stays, Vec::<&str>::new(), "seed {seed}");
            let after = [both.export(kept).await, both.export(merged).await];
            assert_eq!(after, before, "seed {seed}, round {round}");
        }
    }
    assert!(merges > lives, "{merges} merges in {lives} lives prove little");
}

#[tokio::test]
async fn a_merge_taken_back_leaves_nothing_on_sqlite() {
    a_merge_taken_back_leaves_nothing(sqlite().await, 120).await;
}

#[tokio::test]
async fn a_merge_taken_back_leaves_nothing_on_postgres() {
    a_merge_taken_back_leaves_nothing(postgres().await, 20).await;
}

/// Two rows of a roster, and the import they came with.
async fn listed(both: &Both, rows: &str) -> crate::roster::ids::ImportId {
    let text = format!("npsn,nisn,nik,nama,jk,tanggal_lahir,hp\n{rows}");
    let report = both.one.import_roster("list.csv", text.into_bytes(), &RosterOptions::default()).await.unwrap();
    report.import.unwrap()
}

async fn with_nisn(both: &Both, nisn: &str) -> StudentId {
    both.one.show_student(nisn, false).await.unwrap().id
}

#[tokio::test]
async fn what_somebody_changed_of_the_kept_one_since_stays() {
    let both = Both::new(sqlite().await).await;
    listed(&both, "50200001,0090000001,,Agus Contoh,L,2009-11-01,\n").await;
    let kept = with_nisn(&both, "0090000001").await;
    let new = NewStudent {
        name: "Agus Contoh".into(),
        birth_date: Some("2009-11-01".parse().unwrap()),
        nik: Some("5271010111090002".into()),
        phone: Some("081200000002".into()),
        although_known: true,
        ..NewStudent::default()
    };
    let merged = both.one.add_student(new).await.unwrap();
    both.merge(kept, merged).await;
    let shown = both.one.show_student(&kept.to_string(), true).await.unwrap();
    assert_eq!((shown.nik.as_deref(), shown.phone.as_deref()), (Some("5271010111090002"), Some("081200000002")));
    both.one.set_student(&kept.to_string(), "phone", "081999999999", "nomor baru").await.unwrap();
    let parted = both.one.unmerge_student(&merged.to_string()).await.unwrap();
    assert_eq!(parted.stays, ["phone"]);
    let kept = both.one.show_student(&kept.to_string(), true).await.unwrap();
    assert_eq!((kept.nik.as_deref(), kept.phone.as_deref()), (None, Some("081999999999")));
    let merged = both.one.show_student(&merged.to_string(), true).await.unwrap();
    assert_eq!((merged.nik.as_deref(), merged.phone.as_deref()), (Some("5271010111090002"), Some("081200000002")));
}

#[tokio::test]
async fn an_import_is_not_undone_under_a_merge_and_is_after_it() {
    let both = Both::new(sqlite().await).await;
    let first = listed(&both, "50200001,0090000001,5271010111090001,Agus Contoh,L,2009-11-01,\n").await;
    let kept = with_nisn(&both, "0090000001").await;
    let new = NewStudent {
        name: "Agus Contoh".into(),
        birth_date: Some("2009-11-01".parse().unwrap()),
        although_known: true,
        ..NewStudent::default()
    };
    let merged = both.one.add_student(new).await.unwrap();
    both.merge(kept, merged).await;
    // Whoever was kept has no other facts than the list gave; without them the merged one would be nobody.
    let undone = both.one.undo_roster(first).await.unwrap();
    assert!(!undone.undone);
    assert_eq!(serde_json::to_value(&undone.standing).unwrap()[0]["why"], "merged");
    both.one.unmerge_student(&merged.to_string()).await.unwrap();
    assert!(both.one.undo_roster(first).await.unwrap().undone);
    assert!(both.one.show_student(&merged.to_string(), false).await.unwrap().closed.is_none());
}

#[tokio::test]
async fn merges_into_one_are_taken_back_from_the_last_one_on() {
    let both = Both::new(sqlite().await).await;
    let mut ids = Vec::new();
    for number in 0..3 {
        let new = NewStudent {
            name: "Siti Aminah".into(),
            birth_date: Some("2009-11-20".parse().unwrap()),
            class: Some(format!("XII {number}")),
            although_known: true,
            ..NewStudent::default()
        };
        ids.push(both.one.add_student(new).await.unwrap());
    }
    both.merge(ids[0], ids[1]).await;
    both.merge(ids[0], ids[2]).await;
    let refused = both.one.unmerge_student(&ids[1].to_string()).await.unwrap_err();
    assert_eq!(refused.code(), "merged_later");
    assert!(refused.to_string().contains(&ids[2].to_string()), "{refused}");
    for id in [ids[2], ids[1]] {
        both.one.unmerge_student(&id.to_string()).await.unwrap();
    }
    assert_eq!(both.one.unmerge_student(&ids[1].to_string()).await.unwrap_err().code(), "not_merged");
}

/// Today's announced visit for one student.
async fn visit(desk: &Desk, student: StudentId) -> VisitId {
    let mut tx = desk.db.write().await.unwrap();
    let office = desk.office();
    let turn = office::lock_office(&mut tx, office.id).await.unwrap();
    let place_id = place::find(&mut tx, office.id, "50200001").await.unwrap().unwrap().id;
    let starts_at: DateTime<Utc> = NOW.parse().unwrap();
    let slot = Slot {
        team_id: office.teams[0].id,
        place_id,
        visit_on: desk.today(),
        day_order: 1,
        starts_at,
        ends_at: starts_at + TimeDelta::hours(1),
        students: vec![student],
    };
    let id = schedule::add_announced(&mut tx, desk.clock(), turn, &slot).await.unwrap().id;
    tx.commit().await.unwrap();
    id
}

#[tokio::test]
async fn what_was_recorded_on_the_merged_ones_line_is_theirs() {
    let both = Both::new(sqlite().await).await;
    let mut dice = Dice::new(3);
    let (kept, merged) = (both.somebody(1, &mut dice).await, both.somebody(2, &mut dice).await);
    for id in [kept, merged] {
        both.one.set_student(&id.to_string(), "recorded", "no", "uji").await.unwrap();
    }
    let visit = visit(&both.one, merged).await;
    both.merge(kept, merged).await;
    let entry = Entry { result: DayResult::Recorded, reason: None, ikd: None, walk_in: false };
    both.one.record_visit_result(visit, &merged.to_string(), entry).await.unwrap();
    assert!(both.one.show_student(&kept.to_string(), false).await.unwrap().recorded_on.is_some());
    let parted = both.one.unmerge_student(&merged.to_string()).await.unwrap();
    assert_eq!(parted.stays, Vec::<&str>::new());
    let recorded = async |id: StudentId| both.one.show_student(&id.to_string(), false).await.unwrap().recorded_on;
    assert_eq!((recorded(kept).await, recorded(merged).await), (None, Some("2026-11-23".parse().unwrap())));
}
