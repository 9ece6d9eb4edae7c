//! Rosters that come and are put back, many times over.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::audit::Actor;
use crate::clock::Clock;
use crate::db;
use crate::desk::{Desk, Desks, RosterOptions};
use crate::office;
use crate::roster::ids::{ImportId, State};
use crate::roster::import::proposal::Standing;
use crate::roster::import::report::FileReport;
use crate::student;
use crate::testing::{Dice, Scratch, postgres, sqlite};

const PLACES: &str = "code,kind,name\n50200001,school,SMAN 1\n50200002,school,SMAN 2\nV1,village,Ampenan\n";
const SCHOOLS: [&str; 2] = ["50200001", "50200002"];
const NAMES: [&str; 8] = [
    "Agus Contoh",
    "Bunga Rekaan",
    "Citra Sintetis",
    "Dewi Fiktif",
    "Eko Pratama",
    "Fajar Hidayat",
    "Gita Lestari",
    "Hasan Contoh",
];

mod lists;

/// A person as some list may have them.
#[derive(Debug, Clone)]
struct Person {
    number: u64,
    name: String,
    school: usize,
    born: (u64, u64),
    with_nik: bool,
    with_nisn: bool,
    class: u64,
    phone: bool,
}

impl Person {
    fn new(number: u64, dice: &mut Dice) -> Self {
        Self {
            number,
            name: format!("{} {}", NAMES[dice.below(8) as usize], NAMES[dice.below(8) as usize]),
            school: dice.below(2) as usize,
            // Some have turned 17 at the time, so that there are verdicts.
            born: (2009 + dice.below(2), dice.below(28) + 1),
            with_nik: dice.chance(60),
            with_nisn: dice.chance(80),
            class: dice.below(3),
            phone: dice.chance(30),
        }
    }

    /// What the next list has otherwise, rightly or wrongly.
    fn change(&mut self, dice: &mut Dice) {
        match dice.below(9) {
            0 => self.class += 1,
            1 => self.school = 1 - self.school,
            2 => self.with_nik = true,
            3 => self.name += "a",
            4 => self.born.1 = self.born.1 % 28 + 1,
            5 => self.phone = !self.phone,
            6 => self.with_nisn = !self.with_nisn,
            7 => self.name = "Zulkarnaen Mahendra".into(),
            _ => self.number += 1,
        }
    }

    fn row(&self) -> String {
        let Self { number, name, school, born: (year, day), .. } = self;
        let nik = if self.with_nik { format!("527101{day:02}11{:02}{number:04}", year % 100) } else { String::new() };
        let nisn = if self.with_nisn { format!("{:010}", 90_000_000 + number) } else { String::new() };
        let phone = if self.phone { format!("0812{number:08}") } else { String::new() };
        format!("{},{nisn},{nik},{name},L,{year}-11-{day:02},XI IPS {},{phone}", SCHOOLS[*school], self.class + 1)
    }
}

/// A desk, and that of a second person.
async fn desks(scratch: &Scratch) -> (Desk, Desk) {
    let now = Clock::starting_at("2026-11-23T00:30:00Z".parse().unwrap());
    let desks = Desks::for_test(scratch.db.clone(), 9, now, include_str!("../../../config/holidays.csv"));
    desks.apply_office(&Actor::Daemon, None, include_str!("../../../config/office.sample.toml")).await.unwrap();
    let mut tx = desks.db.read().await.unwrap();
    let office = office::find(&mut tx, None).await.unwrap();
    drop(tx);
    let desk = desks.assemble(office.clone(), Actor::Daemon, None);
    desk.import_places(PLACES.as_bytes()).await.unwrap();
    (desk, desks.assemble(office, Actor::Staff("Bu Dua".into()), None))
}

/// Everything that is kept of everyone, by ID.
async fn exports(desk: &Desk) -> BTreeMap<String, Value> {
    let mut tx = desk.db.read().await.unwrap();
    let all = student::all(&mut tx, desk.office.id).await.unwrap();
    drop(tx);
    let mut exports = BTreeMap::new();
    for one in all.into_iter().filter(|one| one.closed_reason != Some(student::ClosedReason::ImportUndone)) {
        let id = one.id.to_string();
        let kept = desk.export_student(&id).await.unwrap();
        exports.insert(id, serde_json::to_value(kept).unwrap());
    }
    exports
}

async fn import(desk: &Desk, name: &str, people: &[Person], leavers: bool) -> FileReport {
    let mut text = "npsn,nisn,nik,nama,jk,tanggal_lahir,rombel,hp".to_owned();
    text += if leavers { ",keluar karena,tanggal keluar\n" } else { "\n" };
    for person in people {
        text += &person.row();
        text += if leavers { ",Putus Sekolah,2026-11-01\n" } else { "\n" };
    }
    desk.import_roster(name, text.into_bytes(), &RosterOptions::default()).await.unwrap()
}

/// A second person decides some of what the import left open. Gives how much of it was carried out.
async fn decide_some(desk: &Desk, second: &Desk, import: ImportId, dice: &mut Dice) -> usize {
    for one in desk.review(import, false).await.unwrap().proposals {
        if dice.chance(70) && one.state == Standing::Open {
            // Two questions of one row are answered together.
            let _ = second.decide_roster(import, dice.chance(80), &[one.item]).await;
        }
    }
    let decided = desk.review(import, false).await.unwrap().proposals;
    decided.iter().filter(|one| one.state == Standing::Accepted).count()
}

/// Gives how many proposals were accepted, and taken back with their import.
async fn undo_restores_everyone(scratch: Scratch, seed: u64, rounds: u64) -> usize {
    let (desk, second) = desks(&scratch).await;
    let mut dice = Dice::new(seed);
    let mut people: Vec<Person> = (0..12).map(|number| Person::new(number * 10, &mut dice)).collect();
    import(&desk, "first.csv", &people, false).await;
    let (mut undone, mut changed, mut accepted) = (0, 0, 0);
    for round in 1..=rounds {
        let mut listed: Vec<Person> = people.iter().filter(|_| dice.chance(80)).cloned().collect();
        for person in listed.iter_mut().filter(|_| true) {
            if dice.chance(40) {
                person.change(&mut dice);
            }
        }
        listed.extend((0..dice.below(4)).map(|one| Person::new(1000 + round * 50 + one * 10, &mut dice)));
        let before = exports(&desk).await;
        let report = import(&desk, "next.csv", &listed, dice.chance(15)).await;
        if report.state != State::Applied {
            continue;
        }
        changed += report.changed + report.new;
        accepted += decide_some(&desk, &second, report.import.unwrap(), &mut dice).await;
        let answer = desk.undo_roster(report.import.unwrap()).await.unwrap();
        assert!(answer.undone, "seed {seed}, round {round}: nothing stands on it: {:?}", answer.standing);
        undone += 1;
        let after = exports(&desk).await;
        for (id, kept) in &before {
            assert_eq!(after.get(id), Some(kept), "seed {seed}, round {round}");
        }
        assert_eq!(after.len(), before.len(), "seed {seed}, round {round}: whoever came is gone");
        // Then it is meant.
        if dice.chance(60) {
            let again = import(&desk, "next.csv", &listed, false).await;
            if again.state == State::Applied {
                people = listed;
            }
        }
    }
    assert!(undone * 2 > rounds && changed > 0, "seed {seed}: {undone} undone, {changed} changes");
    accepted
}

#[tokio::test]
async fn undo_puts_everyone_back_on_sqlite() {
    let mut accepted = 0;
    for seed in 1..=12 {
        accepted += undo_restores_everyone(sqlite().await, seed, 8).await;
    }
    assert!(accepted > 20, "{accepted} proposals were accepted");
}

#[tokio::test]
async fn undo_puts_everyone_back_on_postgres() {
    for seed in 13..=16 {
        undo_restores_everyone(postgres().await, seed, 8).await;
    }
}

/// Rows of one school's list; the later list has another name for each of them, which a second person decides.
fn list(rows: u64, is_later: bool) -> Vec<u8> {
    let mut text = "npsn,nisn,nik,nama,jk,tanggal_lahir,rombel,hp\n".to_owned();
    for row in 0..rows {
        let name = if is_later { "Zulkarnaen Mahendra" } else { NAMES[(row % 8) as usize] };
        let (day, year) = (row % 28 + 1, 2011 + row / 28 % 2);
        let nik = format!("527101{day:02}11{:02}{:04}", year % 100, row);
        text += &format!("{},{:010},{nik},{name},L,{year}-11-{day:02},VII A,\n", SCHOOLS[0], 90_000_000 + row);
    }
    text.into_bytes()
}

/// How many statements it takes to accept all that a list of so many rows proposes, to undo that list, and to undo the one
/// before it, which brought everyone.
async fn statements_for(scratch: Scratch, rows: u64) -> [usize; 3] {
    let (desk, second) = desks(&scratch).await;
    let options = RosterOptions::default();
    let first = desk.import_roster("first.csv", list(rows, false), &options).await.unwrap();
    assert_eq!((first.state, first.new as u64), (State::Applied, rows));
    // Two are taken for one by nothing but their name, so that the list is let pass although it contradicts the records.
    let parked = desk.import_roster("later.csv", list(rows, true), &options).await.unwrap();
    assert_eq!(parked.state, State::Parked);
    let (_, later) = second.decide_roster(parked.import.unwrap(), true, &[]).await.unwrap();
    let later = later.unwrap();
    assert_eq!(later.review as u64, rows);
    let mut counts = [0; 3];
    let mut before = db::statements();
    let (review, _) = second.decide_roster(later.import.unwrap(), true, &[]).await.unwrap();
    assert!(review.proposals.iter().all(|one| one.state == Standing::Accepted));
    counts[0] = db::statements() - before;
    for (count, import) in counts[1..].iter_mut().zip([later.import, first.import]) {
        before = db::statements();
        let undone = desk.undo_roster(import.unwrap()).await.unwrap();
        assert_eq!((undone.undone, (undone.restored + undone.removed) as u64), (true, rows));
        *count = db::statements() - before;
    }
    counts
}

#[tokio::test]
async fn ten_times_the_students_take_hardly_more_statements_to_decide_and_to_undo() {
    for on_postgres in [false, true] {
        let scratch = || async move { if on_postgres { postgres().await } else { sqlite().await } };
        let (few, many) = (statements_for(scratch().await, 60).await, statements_for(scratch().await, 600).await);
        for (few, many) in few.into_iter().zip(many) {
            assert!(many < few + 60, "{few} statements for 60 students, {many} for 600");
        }
    }
}

/// A list of twelve, of whom some have another's NIK or another name.
fn mixed_up(dice: &mut Dice) -> Vec<u8> {
    let mut niks: Vec<usize> = (0..12).collect();
    for _ in 0..dice.below(4) {
        niks.swap(dice.below(12) as usize, dice.below(12) as usize);
    }
    let mut text = "npsn,nisn,nik,nama,jk,tanggal_lahir,rombel\n".to_owned();
    for (row, nik) in niks.into_iter().enumerate() {
        let name = if dice.chance(15) { "Zulkarnaen Mahendra" } else { NAMES[row % 8] };
        let day = if dice.chance(10) { 9 } else { 8 };
        let nik = if dice.chance(20) { nik + 100 } else { nik };
        text +=
            &format!("{},{:010},5271010811110{nik:03},{name},L,2011-11-0{day},VII A\n", SCHOOLS[0], 90_000_000 + row);
    }
    text.into_bytes()
}

/// Everyone's facts that a list may dispute, by NISN.
async fn disputed(desk: &Desk) -> BTreeMap<Option<String>, (String, String, Option<String>)> {
    let mut tx = desk.db.read().await.unwrap();
    let all = student::all(&mut tx, desk.office.id).await.unwrap();
    let nik = |one: &student::Student| student::particulars(&desk.vault, one).unwrap().nik;
    let facts = |one: student::Student| {
        let nik = nik(&one).map(|nik| nik.digits().to_owned());
        (one.nisn, (one.name, one.birth_date.to_string(), nik))
    };
    let is_there = |one: &student::Student| one.closed_reason != Some(student::ClosedReason::ImportUndone);
    all.into_iter().filter(is_there).map(facts).collect()
}

/// Imports a first list and one that is mixed up, and has all that it proposes accepted, at once or one by one. Gives how each
/// proposal stands, and everyone's facts then and after undoing.
async fn accepted(scratch: Scratch, seed: u64, at_once: bool) -> (Vec<Standing>, [String; 2]) {
    let (desk, second) = desks(&scratch).await;
    let mut dice = Dice::new(seed);
    let options = RosterOptions::default();
    let mut text = "npsn,nisn,nik,nama,jk,tanggal_lahir,rombel\n".to_owned();
    for row in 0..12 {
        let nisn = 90_000_000 + row;
        text += &format!("{},{nisn:010},5271010811110{row:03},{},L,2011-11-08,VII A\n", SCHOOLS[0], NAMES[row % 8]);
    }
    desk.import_roster("first.csv", text.into_bytes(), &options).await.unwrap();
    let before = disputed(&desk).await;
    let mut report = desk.import_roster("mixed.csv", mixed_up(&mut dice), &options).await.unwrap();
    if report.state == State::Parked {
        report = second.decide_roster(report.import.unwrap(), true, &[]).await.unwrap().1.unwrap();
    }
    let id = report.import.unwrap();
    if at_once {
        let _ = second.decide_roster(id, true, &[]).await;
    } else {
        for one in desk.review(id, false).await.unwrap().proposals {
            let _ = second.decide_roster(id, true, &[one.item]).await;
        }
    }
    let standing = desk.review(id, false).await.unwrap().proposals.iter().map(|one| one.state).collect();
    let decided = disputed(&desk).await;
    assert!(desk.undo_roster(id).await.unwrap().undone, "seed {seed}");
    let after = disputed(&desk).await;
    assert_eq!(after, before, "seed {seed}: everyone is as before");
    (standing, [format!("{decided:?}"), format!("{after:?}")])
}

#[tokio::test]
async fn what_is_accepted_at_once_comes_to_what_it_comes_to_one_by_one() {
    let mut decided = 0;
    for seed in 1..=24 {
        let one_by_one = accepted(sqlite().await, seed, false).await;
        assert_eq!(accepted(sqlite().await, seed, true).await, one_by_one, "seed {seed}");
        decided += one_by_one.0.iter().filter(|one| **one == Standing::Accepted).count();
        if seed < 4 {
            assert_eq!(accepted(postgres().await, seed, true).await, one_by_one, "seed {seed} on PostgreSQL");
        }
    }
    assert!(decided > 40, "{decided} proposals were accepted");
}
