use chrono::{DateTime, Days, Utc};
use uuid::Uuid;

use super::*;
use crate::clock::Clock;
use crate::execute;
use crate::student::{ClosedReason, Recorded};
use crate::testing::{Dice, Scratch, postgres, sample_office, sqlite};

#[test]
fn percentiles_are_values_that_occurred() {
    let p = percentiles(vec![5, 1, 9, 3]);
    assert_eq!((p.p50, p.p90), (Some(3), Some(9)));
    assert_eq!(percentiles(vec![]).p50, None);
}

/// A student with everything that the report looks at.
struct Case {
    id: Uuid,
    place: Option<usize>,
    birth_date: NaiveDate,
    ever_married: bool,
    recorded: Recorded,
    recorded_on: Option<NaiveDate>,
    closed: Option<ClosedReason>,
    merged: bool,
    print_ready_on: Option<NaiveDate>,
    printed_on: Option<NaiveDate>,
    ready_on: Option<NaiveDate>,
    collected_on: Option<NaiveDate>,
    spoiled: bool,
    told: Option<&'static str>,
    ikd: Option<visit::Ikd>,
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn some_case(dice: &mut Dice, clock: &Clock, date: NaiveDate, places: usize) -> Case {
    let before = |dice: &mut Dice, most: u64| date - Days::new(dice.below(most));
    let maybe = |dice: &mut Dice, percent: u64| dice.chance(percent).then(|| before(dice, 120));
    let printed_on = maybe(dice, 60);
    let ready_on = printed_on.and_then(|_| maybe(dice, 70));
    let birth_date = if dice.chance(10) { day("2008-02-29") } else { before(dice, 366 * 20) };
    Case {
        id: clock.new_uuid(),
        place: dice.chance(90).then(|| usize::try_from(dice.below(places as u64)).unwrap()),
        birth_date,
        ever_married: dice.chance(5),
        recorded: [Recorded::Yes, Recorded::No, Recorded::Unknown][usize::try_from(dice.below(3)).unwrap()],
        recorded_on: maybe(dice, 50),
        closed: dice.chance(30).then(|| if dice.chance(50) { ClosedReason::HasCard } else { ClosedReason::Moved }),
        merged: dice.chance(5),
        print_ready_on: maybe(dice, 50),
        printed_on,
        ready_on,
        collected_on: ready_on.and_then(|_| maybe(dice, 60)),
        spoiled: dice.chance(10),
        told: [None, Some("sent"), Some("due"), Some("told")][usize::try_from(dice.below(4)).unwrap()],
        ikd: dice.chance(40).then(|| visit::Ikd::ALL[usize::try_from(dice.below(3)).unwrap()]),
    }
}

/// The same one student after the other, as the report says it in words.
fn told_one_by_one(office: &Office, date: NaiveDate, cases: &[Case], codes: &[&str]) -> Daily {
    let policies = office.policies();
    let mut daily = Daily {
        date,
        office: String::new(),
        today: Today::default(),
        funnel: Funnel::default(),
        uncollected_by_age: Vec::new(),
        stock: BTreeMap::new(),
        devices: Devices::default(),
        complaints: Complaints::default(),
        orders: Orders::default(),
        ikd: Ikd::default(),
        places: Vec::new(),
        birthday_to_pickup_days: Percentiles::default(),
        clock_in_doubt: false,
        calls: Vec::new(),
    };
    let mut places: BTreeMap<&str, Funnel> = BTreeMap::new();
    let mut waiting = [("0-7", 0), ("8-30", 0), ("31-90", 0), (">90", 0)];
    let mut to_pickup = Vec::new();
    for case in cases {
        match case.ikd {
            Some(visit::Ikd::Offered) => daily.ikd.offered += 1,
            Some(visit::Ikd::Active) => daily.ikd.active += 1,
            Some(visit::Ikd::Refused) => daily.ikd.refused += 1,
            None => {}
        }
        if case.merged {
            continue;
        }
        let card = case.printed_on.filter(|_| !case.spoiled);
        let ready = card.and(case.ready_on);
        let collected = card.and(case.collected_on);
        daily.today.recorded += usize::from(case.recorded_on == Some(date));
        daily.today.printed += usize::from(card == Some(date));
        daily.today.collected += usize::from(collected == Some(date));
        if let Some(collected) = collected {
            to_pickup.push((collected - age::birthday(case.birth_date, CARD_AGE, policies.leap_day)).num_days());
        } else if let Some(ready) = ready {
            let days = (date - ready).num_days();
            waiting[usize::from(days > 7) + usize::from(days > 30) + usize::from(days > 90)].1 += 1;
        }
        let gone = case.closed.is_some_and(|reason| reason != ClosedReason::HasCard);
        let old_enough = age::age_on(case.birth_date, date, policies.leap_day) >= i32::from(policies.recording_age);
        if gone || !(old_enough || case.ever_married) {
            continue;
        }
        let print_ready = card.is_some() || case.print_ready_on.is_some();
        let one = Funnel {
            eligible: 1,
            recorded: usize::from(print_ready || case.recorded == Recorded::Yes),
            print_ready: usize::from(print_ready),
            printed: usize::from(card.is_some()),
            ready: usize::from(ready.is_some() || collected.is_some()),
            notified: usize::from(matches!(case.told, Some("sent" | "told"))),
            collected: usize::from(collected.is_some()),
        };
        daily.funnel.add(&one);
        places.entry(case.place.map_or("", |at| codes[at])).or_default().add(&one);
    }
    daily.uncollected_by_age = waiting.into_iter().map(|(days, cards)| Waiting { days, cards }).collect();
    daily.birthday_to_pickup_days = percentiles(to_pickup);
    let line = |(code, funnel): (&str, Funnel)| PlaceLine {
        code: code.to_owned(),
        name: String::new(),
        kecamatan: None,
        funnel,
    };
    daily.places = places.into_iter().map(line).collect();
    daily
}

async fn write(tx: &mut Tx, office: &Office, cases: &[Case], places: &[PlaceId], visits: &[Uuid], at: DateTime<Utc>) {
    let kept = cases.iter().find(|case| !case.merged).unwrap().id;
    for (number, case) in cases.iter().enumerate() {
        execute!(
            &mut *tx,
            "INSERT INTO student (id, office_id, place_id, name, name_key, birth_date, ever_married, recorded, recorded_on,
                 left_school, closed_reason, merged_into, created_at)
             VALUES ($1, $2, $3, 'Contoh', 'contoh', $4, $5, $6, $7, FALSE, $8, $9, $10)",
            case.id,
            office.id,
            case.place.map(|at| places[at]),
            case.birth_date,
            case.ever_married,
            case.recorded,
            case.recorded_on,
            case.closed,
            case.merged.then_some(kept),
            at,
        )
        .unwrap();
        let record =
            "INSERT INTO national_record (student_id, status, as_of, print_ready_on) VALUES ($1, 'PROCESSING', $2, $3)";
        execute!(&mut *tx, record, case.id, at.date_naive(), case.print_ready_on).unwrap();
        if let Some(printed) = case.printed_on {
            execute!(
                &mut *tx,
                "INSERT INTO card (id, student_id, printed_on, ready_on, collected_on, collected_at, spoiled_on)
                 VALUES ($1, $1, $2, $3, $4, $5, $6)",
                case.id,
                printed,
                case.ready_on,
                case.collected_on,
                case.collected_on.map(|_| at),
                case.spoiled.then_some(printed),
            )
            .unwrap();
        }
        if let Some(state) = case.told {
            execute!(
                &mut *tx,
                "INSERT INTO notice (id, office_id, recipient_kind, recipient_id, kind, occasion, state, due_at, refusals,
                     ever_lost, facts, created_at, changed_at)
                 VALUES ($1, $2, 'student', $1, 'turned_17', '-', $3, $4, 0, FALSE, '{}', $4, $4)",
                case.id,
                office.id,
                state,
                at,
            )
            .unwrap();
        }
        // What was said before counts for nothing; whoever is merged stands on no list here.
        for (visit, ikd) in visits.iter().zip([Some(visit::Ikd::Refused).filter(|_| number % 2 == 0), case.ikd]) {
            let ikd = ikd.filter(|_| case.ikd.is_some() && !case.merged);
            let listed = "INSERT INTO visit_student (visit_id, student_id, ikd) VALUES ($1, $2, $3)";
            execute!(&mut *tx, listed, visit, case.id, ikd).unwrap();
        }
    }
}

async fn the_report_counts_what_it_says(scratch: Scratch) {
    let date = day("2026-11-23");
    let at = date.and_hms_opt(8, 0, 0).unwrap().and_utc();
    let clock = Clock::starting_at(at);
    let office = sample_office(&scratch.db, &clock).await;
    let mut dice = Dice::new(17);
    let codes = ["50200001", "50200002", "50200003"];
    let mut tx = scratch.db.write().await.unwrap();
    let mut places = Vec::new();
    for code in codes {
        let id = PlaceId::new(&clock);
        let place = "INSERT INTO place (id, office_id, code, kind, name, working_days) VALUES ($1, $2, $3, 'school', '', '1-5')";
        execute!(&mut tx, place, id, office.id, code).unwrap();
        places.push(id);
    }
    let visits = [clock.new_uuid(), clock.new_uuid()];
    for (visit, on) in visits.iter().zip([date - Days::new(20), date - Days::new(10)]) {
        execute!(
            &mut tx,
            "INSERT INTO visit (id, office_id, team_id, place_id, visit_on, day_order, starts_at, ends_at, state, revision,
                 created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, 1, $6, $6, 'done', 1, $6, $6)",
            visit,
            office.id,
            office.teams[0].id,
            places[0],
            on,
            at,
        )
        .unwrap();
    }
    let mut cases: Vec<Case> = (0..300).map(|_| some_case(&mut dice, &clock, date, codes.len())).collect();
    for case in cases.iter_mut().filter(|case| case.merged) {
        case.ikd = None;
    }
    write(&mut tx, &office, &cases, &places, &visits, at).await;
    tx.commit().await.unwrap();

    let mut tx = scratch.db.read().await.unwrap();
    let counted = daily(&mut tx, &office, date).await.unwrap();
    let told = told_one_by_one(&office, date, &cases, &codes);
    let shown = |daily: &Daily| {
        serde_json::json!([
            daily.today,
            daily.funnel,
            daily.uncollected_by_age,
            daily.ikd,
            daily.places,
            daily.birthday_to_pickup_days
        ])
    };
    assert_eq!(shown(&counted), shown(&told));
    assert!(told.funnel.collected > 10 && told.ikd.active > 10 && told.today.recorded > 0, "{told:?}");
}

#[tokio::test]
async fn the_report_on_sqlite() {
    the_report_counts_what_it_says(sqlite().await).await;
}

#[tokio::test]
async fn the_report_on_postgres() {
    the_report_counts_what_it_says(postgres().await).await;
}
