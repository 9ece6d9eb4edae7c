//! Pickup codes: staff confirm, others are told to show them.

use super::*;
use crate::card;

const CLERK: i64 = 9001;
const OTHER_CLERK: i64 = 9002;

async fn collected(world: &World, student: StudentId) -> Option<card::Card> {
    let mut tx = world.desks.db().read().await.unwrap();
    card::facts(&mut tx, student).await.unwrap().card.filter(|card| card.collected_at.is_some())
}

#[tokio::test]
async fn of_two_clerks_who_confirm_one_hands_out_and_the_other_reads_when() {
    let world = World::new("guardian").await;
    world.staff(CLERK, "Bu Loket", Role::Counter).await;
    world.staff(OTHER_CLERK, "Pak Loket", Role::Counter).await;
    let siti = world.student_with_card("Siti Aminah").await;
    let code = world.code(LinkRole::Pickup, siti.id.0).await;
    let shown = world.writes(CLERK, &format!("/start {code}")).await;
    assert!(shown.starts_with("Siti Aminah\nKelas: XI IPS 1. Lahir tahun 2009.\nKartu siap di Loket Dinas"), "{shown}");
    world.writes(OTHER_CLERK, &link::readable_code(&code)).await;
    for chat in [CLERK, OTHER_CLERK] {
        let data = world.data_of(chat, "Diserahkan ke pemilik");
        world.comes(chat, What::Button { query_id: "q".into(), message_id: None, data }).await;
    }
    world.runs().await;
    assert_eq!(world.last(CLERK), "Tercatat: kartu Siti Aminah sudah diserahkan.");
    let late = world.last(OTHER_CLERK);
    assert!(late.contains("sudah diserahkan pada Senin, 23 November 2026 pukul 10.00 oleh Bu Loket"), "{late}");
    let card = collected(&world, siti.id).await.unwrap();
    assert_eq!((card.handed_by.as_deref(), card.relation.as_deref()), (Some("Bu Loket"), Some("self")));
    assert!(
        world.taps(CLERK, "Diserahkan ke pemilik").await.contains("sudah diserahkan"),
        "a second tap changes nothing"
    );
}

#[tokio::test]
async fn a_relative_is_written_down_as_such() {
    let world = World::new("guardian").await;
    world.staff(CLERK, "Bu Loket", Role::Counter).await;
    let siti = world.student_with_card("Siti Aminah").await;
    let code = world.code(LinkRole::Pickup, siti.id.0).await;
    world.writes(CLERK, &code).await;
    assert!(world.taps(CLERK, "Diserahkan ke keluarga").await.contains("Siapa"));
    world.taps(CLERK, "Ibu").await;
    let card = collected(&world, siti.id).await.unwrap();
    assert_eq!((card.collected_by.as_deref(), card.relation.as_deref()), (Some("ibu"), Some("mother")));
}

#[tokio::test]
async fn only_those_who_may_hand_out() {
    let world = World::new("guardian").await;
    world.staff(CLERK, "Bu Loket", Role::Counter).await;
    world.staff(OTHER_CLERK, "Pak Perekam", Role::Recorder).await;
    let siti = world.student_with_card("Siti Aminah").await;
    let code = world.code(LinkRole::Pickup, siti.id.0).await;
    let own = format!("own:{}", siti.id.0.simple());
    assert!(world.writes(SITI, &code).await.contains("Tunjukkan kode ini di loket"));
    for chat in [SITI, OTHER_CLERK] {
        assert!(world.taps_data(chat, &own).await.contains("tidak boleh"));
    }
    world.desk().await.disable_staff("Bu Loket").await.unwrap();
    assert!(world.taps_data(CLERK, &own).await.contains("tidak boleh"));
    assert!(collected(&world, siti.id).await.is_none());
}

#[tokio::test]
async fn a_card_that_is_not_there_yet_is_not_handed_out() {
    let world = World::new("guardian").await;
    world.staff(CLERK, "Bu Loket", Role::Counter).await;
    let siti = world.student("Siti Aminah").await;
    let code = world.code(LinkRole::Pickup, siti.id.0).await;
    assert!(world.writes(CLERK, &code).await.contains("belum dicetak"));
    assert!(world.taps_data(CLERK, &format!("own:{}", siti.id.0.simple())).await.contains("belum bisa diserahkan"));
    assert!(world.writes(CLERK, "0000000000").await.contains("Tidak ada kartu"));
}

#[tokio::test]
async fn the_days_numbers_are_for_those_who_may_read_them() {
    let world = World::new("guardian").await;
    world.staff(CLERK, "Bu Loket", Role::Counter).await;
    world.staff(OTHER_CLERK, "Pak Kepala", Role::Head).await;
    assert!(world.writes(OTHER_CLERK, "/hariini").await.starts_with("Senin, 23 November 2026"));
    assert!(world.writes(CLERK, "/hariini").await.contains("tidak boleh"));
    assert!(world.writes(SITI, "/hariini").await.contains("/bantuan"));
    assert!(world.writes(OTHER_CLERK, "/bantuan").await.contains("/hariini"));
}

#[tokio::test]
async fn staff_may_send_pictures_and_nobody_else() {
    let world = World::new("guardian").await;
    world.staff(CLERK, "Bu Loket", Role::Counter).await;
    for chat in [CLERK, SITI] {
        world.comes(chat, What::Media { message_id: 55 }).await;
    }
    world.runs().await;
    assert_eq!(*world.phone.deleted.lock().unwrap(), vec![(SITI, 55)]);
    assert!(world.last(SITI).contains("Jangan kirim foto"));
}

#[tokio::test]
async fn a_cancelled_question_hands_out_nothing_and_cancel_says_what_is_true() {
    let world = World::new("guardian").await;
    world.staff(CLERK, "Bu Loket", Role::Counter).await;
    let siti = world.student_with_card("Siti Aminah").await;
    let code = world.code(LinkRole::Pickup, siti.id.0).await;
    world.writes(CLERK, &code).await;
    assert_eq!(world.taps(CLERK, "Batal").await, "Dibatalkan: kartu Siti Aminah tidak diserahkan.");
    let own = format!("own:{}", siti.id.0.simple());
    for old in [own.clone(), format!("family:{}:mother", siti.id.0.simple())] {
        assert!(world.taps_data(CLERK, &old).await.contains("sudah dibatalkan"), "{old}");
    }
    world.writes(CLERK, "/bantuan").await;
    assert!(world.taps_data(CLERK, &own).await.contains("sudah dibatalkan"), "nothing else makes it forget");
    assert!(collected(&world, siti.id).await.is_none());
    world.writes(CLERK, &code).await;
    assert!(world.taps_data(CLERK, &own).await.contains("Tercatat"));
    let late = world.taps_data(CLERK, &format!("cancel:{}", siti.id.0.simple())).await;
    assert!(
        late.starts_with("Tidak bisa dibatalkan di sini, Siti Aminah: Kartu sudah diserahkan pada Senin"),
        "{late}"
    );
    assert!(late.contains("pukul 10.00 oleh Bu Loket. ") && late.contains("card collect-undo"), "{late}");
    assert!(collected(&world, siti.id).await.is_some());
}
