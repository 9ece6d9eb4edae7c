//! What two people do at the same moment: both changes are there afterwards, or one of the two is told why not.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::context::{Desk, DeskError, Done};
use super::opening::Desks;
use super::{Named, NewStudent, RosterOptions, StockEntry};
use crate::audit::Actor;
use crate::card::{self, CardError};
use crate::clock::Clock;
use crate::db::{is_conflict, retried};
use crate::office;
use crate::roster::ids::ImportId;
use crate::student::{self, StudentId};
use crate::testing::postgres;
use crate::visit::schedule::{self, Slot};
use crate::visit::{VisitId, VisitState};

/// SQLite's writers take turns; PostgreSQL's meet.
const ROUNDS: usize = 50;
const NOW: &str = "2026-11-23T00:30:00Z";
const PLACES: &str = "code,kind,name,latitude,longitude\n50200001,school,SMAN 1,-8.58,116.11\n";

/// Two people at two desks of one office.
struct Both {
    desks: Desks,
    one: Desk,
    other: Desk,
}

impl Both {
    async fn new() -> Self {
        let scratch = postgres().await;
        let clock = Clock::starting_at(NOW.parse().unwrap());
        let desks = Desks::for_test(scratch.db.clone(), 9, clock, include_str!("../../config/holidays.csv"));
        desks.apply_office(&Actor::Daemon, include_str!("../../config/office.sample.toml")).await.unwrap();
        let mut tx = desks.db.read().await.unwrap();
        let office = office::find(&mut tx, None).await.unwrap();
        drop(tx);
        let desk = |name: &str| desks.assemble(office.clone(), Actor::Staff(name.into()), None);
        let (one, other) = (desk("Bu Satu"), desk("Bu Dua"));
        one.import_places(PLACES.as_bytes()).await.unwrap();
        Self { desks, one, other }
    }

    async fn student(&self, number: usize) -> StudentId {
        let new = NewStudent {
            name: format!("Siti Contoh {number}"),
            birth_date: Some("2009-11-20".parse().unwrap()),
            although_known: true,
            ..NewStudent::default()
        };
        self.one.add_student(new).await.unwrap()
    }
}

/// An errand as a face runs it.
async fn asked<T, F: Future<Output = Done<T>>>(errand: impl Fn() -> F) -> Done<T> {
    retried(|error: &DeskError| is_conflict(error), errand).await
}

/// Of two, one is done; gives what the other was told.
fn one_is_done<T, U>(one: Done<T>, other: Done<U>) -> DeskError {
    match (one, other) {
        (Ok(_), Err(error)) | (Err(error), Ok(_)) => error,
        (Ok(_), Ok(_)) => panic!("both are done"),
        (Err(one), Err(other)) => panic!("none is done: {one}; {other}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_fields_of_one_student_are_both_changed() {
    let both = Both::new().await;
    let id = both.student(0).await.to_string();
    for round in 0..ROUNDS {
        let (class, village) = (format!("XI {round}"), format!("Ampenan {round}"));
        let (one, other) = tokio::join!(
            asked(|| both.one.set_student(&id, "class", &class, "uji")),
            asked(|| both.other.set_student(&id, "kelurahan", &village, "uji")),
        );
        one.unwrap();
        other.unwrap();
        let shown = both.one.show_student(&id, false).await.unwrap();
        assert_eq!((shown.class, shown.kelurahan), (Some(class), Some(village)), "round {round}");
        let sources = serde_json::to_value(&shown.sources).unwrap();
        assert!(sources.get("class").is_some() && sources.get("kelurahan").is_some(), "round {round}: {sources}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_card_and_two_clerks() {
    let both = Both::new().await;
    let point = both.one.office().points[0].declared.name.clone();
    for round in 0..ROUNDS {
        let id = both.student(round).await.to_string();
        let named = || Named::Each(vec![id.clone()]);
        let (one, other) =
            tokio::join!(asked(|| both.one.printed(named(), None)), asked(|| both.other.printed(named(), None)));
        assert_eq!(one.unwrap().done + other.unwrap().done, 1, "round {round}: one card is printed");
        let (one, other) =
            tokio::join!(asked(|| both.one.ready(named(), &point)), asked(|| both.other.ready(named(), &point)));
        assert_eq!(one.unwrap().done + other.unwrap().done, 1, "round {round}: it is put out once");
        let (one, other) = tokio::join!(asked(|| both.one.collect(&id, None)), asked(|| both.other.collect(&id, None)));
        let told = one_is_done(one, other);
        assert!(matches!(told, DeskError::Card(CardError::AlreadyCollected(_))), "round {round}: {told}");
        let (one, other) =
            tokio::join!(asked(|| both.one.undo_collect(&id, "uji")), asked(|| both.other.undo_collect(&id, "uji")));
        let told = one_is_done(one, other);
        assert!(matches!(told, DeskError::Card(CardError::NotCollected)), "round {round}: {told}");
    }
    let mut tx = both.desks.db.read().await.unwrap();
    let left = card::stock(&mut tx, both.one.office().id).await.unwrap().at(both.one.office().points[0].id);
    assert_eq!(left, -i64::try_from(ROUNDS).unwrap(), "each card took one blank");
    drop(tx);
    // A count is what the books were wrong by, whoever prints meanwhile.
    for round in 0..ROUNDS {
        let id = both.student(ROUNDS + round).await.to_string();
        let (counted, printed) = tokio::join!(
            asked(|| both.one.change_stock(StockEntry::Count(500), &point)),
            asked(|| both.other.printed(Named::Each(vec![id.clone()]), None)),
        );
        assert_eq!(counted.unwrap(), 500);
        assert_eq!(printed.unwrap().done, 1);
        let mut tx = both.desks.db.read().await.unwrap();
        let left = card::stock(&mut tx, both.one.office().id).await.unwrap().at(both.one.office().points[0].id);
        assert!((499..=500).contains(&left), "round {round}: {left} are on the books");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_lists_of_cards_in_opposite_orders_wait_for_nobody() {
    let both = Both::new().await;
    let mut ids = Vec::new();
    for number in 0..20 {
        ids.push(both.student(number).await.to_string());
    }
    let backwards: Vec<String> = ids.iter().rev().cloned().collect();
    let point = both.one.office().points[0].declared.name.clone();
    let (one, other) = tokio::join!(
        both.one.printed(Named::Each(ids.clone()), None),
        both.other.printed(Named::Each(backwards.clone()), None),
    );
    assert_eq!(one.unwrap().done + other.unwrap().done, ids.len());
    for _ in 0..5 {
        let (one, other) = tokio::join!(
            both.one.ready(Named::Each(ids.clone()), &point),
            both.other.ready(Named::Each(backwards.clone()), &point),
        );
        one.unwrap();
        other.unwrap();
    }
}

/// An announced visit to the school on `day`.
async fn visit(both: &Both, day: NaiveDate) -> VisitId {
    let mut tx = both.desks.db.write().await.unwrap();
    let office = both.one.office();
    let turn = office::lock_office(&mut tx, office.id).await.unwrap();
    let place = crate::place::find(&mut tx, office.id, "50200001").await.unwrap().unwrap();
    let starts_at: DateTime<Utc> = day.and_hms_opt(1, 0, 0).unwrap().and_utc();
    let slot = Slot {
        team_id: office.teams[0].id,
        place_id: place.id,
        visit_on: day,
        day_order: 1,
        starts_at,
        ends_at: starts_at + TimeDelta::hours(1),
        students: Vec::new(),
    };
    let id = schedule::add_announced(&mut tx, both.one.clock(), turn, &slot).await.unwrap().id;
    tx.commit().await.unwrap();
    id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_visit_moved_and_confirmed() {
    let both = Both::new().await;
    let days: Vec<NaiveDate> = ["2026-12-01", "2026-12-02"].iter().map(|day| day.parse().unwrap()).collect();
    let id = visit(&both, days[0]).await;
    let mut revision = 1;
    for round in 1..=ROUNDS {
        let day = days[round % 2];
        let (moved, confirmed) =
            tokio::join!(asked(|| both.one.move_visit(id, day)), asked(|| both.other.confirm_visit(id)));
        moved.unwrap();
        revision += 1;
        let mut tx = both.desks.db.read().await.unwrap();
        let visit = schedule::load(&mut tx, both.one.office().id, id).await.unwrap().unwrap();
        drop(tx);
        assert_eq!((visit.visit_on, visit.revision), (day, revision), "round {round}: the move is there");
        match confirmed {
            // Of the old day, which was then moved; or of the new one.
            Ok(listed) if listed.date == day => assert_eq!(visit.state, VisitState::Confirmed, "round {round}"),
            Ok(_) => assert_eq!(visit.state, VisitState::Announced, "round {round}: the new day was not agreed"),
            Err(error) => assert_eq!(error.code(), "state", "round {round}: {error}"),
        }
    }
}

async fn import(desk: &Desk, name: &str, nik: &str) -> ImportId {
    let text = format!("npsn,nisn,nik,nama,jk,tanggal_lahir\n50200001,0090000001,{nik},Agus Contoh,L,2009-11-01\n");
    let report = desk.import_roster(name, text.into_bytes(), &RosterOptions::default()).await.unwrap();
    report.import.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_import_accepted_and_undone() {
    let both = Both::new().await;
    import(&both.one, "first.csv", "5271010111090001").await;
    let facts = async || {
        let mut tx = both.desks.db.read().await.unwrap();
        let all = student::all(&mut tx, both.one.office().id).await.unwrap();
        all.iter().map(student::fingerprint).collect::<Vec<_>>()
    };
    let before = facts().await;
    assert_eq!(before.len(), 1);
    for round in 0..ROUNDS {
        let id = import(&both.one, "next.csv", &format!("52710101110911{round:02}")).await;
        let (decided, undone) =
            tokio::join!(asked(|| both.other.decide_roster(id, true, &[])), asked(|| both.one.undo_roster(id)));
        assert!(undone.unwrap().undone, "round {round}");
        assert_eq!(facts().await, before, "round {round}: what was accepted was taken back, or never done");
        if let Err(error) = decided {
            assert_eq!(error.code(), "nothing_open", "round {round}: {error}");
        }
    }
}
