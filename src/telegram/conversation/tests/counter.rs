//! Pickup codes: staff confirm, others are told to show them.

use super::*;
use crate::card::{self, NationalRecord, NationalStatus};

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
async fn a_relative_is_asked_for_by_name_and_document_one_after_the_other() {
    let world = World::new("guardian").await;
    world.staff(CLERK, "Bu Loket", Role::Counter).await;
    let siti = world.student_with_card("Siti Aminah").await;
    let budi = world.student_with_card("Budi Santoso").await;
    let code = world.code(LinkRole::Pickup, siti.id.0).await;
    let next = world.code(LinkRole::Pickup, budi.id.0).await;
    world.writes(CLERK, &code).await;
    assert!(world.taps(CLERK, "Diserahkan ke keluarga").await.contains("Siapa"));
    assert!(world.taps(CLERK, "Ibu").await.contains("Siapa namanya"));
    for nobody in [".", "  ", "X", "1234567", "Rina ５２７１０１４１"] {
        assert!(world.writes(CLERK, nobody).await.contains("huruf saja"), "{nobody}");
    }
    // Ten letters that might be a code are a name; the code of the next in the queue is none.
    assert!(world.writes(CLERK, "Margaretha").await.starts_with("Margaretha: dokumen apa"));
    assert!(world.writes(CLERK, &next).await.starts_with("Budi Santoso"), "who comes next is not taken for a name");
    let stale = world.data_of(CLERK, "KTP-el");
    world.taps_data(CLERK, &format!("family:{}:mother", siti.id.0.simple())).await;
    assert!(world.writes(CLERK, &next).await.starts_with("Budi Santoso"));
    assert!(world.taps_data(CLERK, &stale).await.contains("tidak berlaku"));
    assert!(collected(&world, siti.id).await.is_none(), "nothing was handed out without all three");
    world.writes(CLERK, &code).await;
    world.taps(CLERK, "Diserahkan ke keluarga").await;
    world.taps(CLERK, "Ibu").await;
    world.writes(CLERK, "  Margaretha   Contoh ").await;
    assert_eq!(world.taps(CLERK, "KTP-el").await, "Tercatat: kartu Siti Aminah sudah diserahkan.");
    let card = collected(&world, siti.id).await.unwrap();
    let taken = (card.collected_by.as_deref(), card.relation.as_deref(), card.document.as_deref());
    assert_eq!(taken, (Some("Margaretha Contoh"), Some("mother"), Some("KTP-el")));
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

/// Notice, answer, `student why` and counter say the same place of somebody whose card is printed on arrival.
#[tokio::test]
async fn one_person_is_sent_to_one_point() {
    const FAR: &str = "Loket Kecamatan Ampenan";
    let world = World::new("guardian").await;
    let text = OFFICE.replace("print = \"ahead\"", "print = \"on_arrival\"");
    world.desks.apply_office(&Actor::Daemon, None, &text).await.unwrap();
    let siti = world.student_born("Siti Aminah", "2009-11-20".parse().unwrap()).await;
    let desk = world.desk().await;
    let mut tx = world.desks.db().write().await.unwrap();
    let locked = student::lock_one(&mut tx, siti.id).await.unwrap().unwrap();
    let (status, as_of) = (NationalStatus::PrintReadyRecord, desk.today());
    let record = NationalRecord { student_id: siti.id, status, as_of, print_ready_on: Some(as_of) };
    card::write_records(&mut tx, &[(&locked, record)]).await.unwrap();
    let (vault, office) = (world.desks.vault(), desk.office().id);
    link::link_chat(&mut tx, world.clock(), vault, office, LinkRole::Student, siti.id.0, SITI).await.unwrap();
    tx.commit().await.unwrap();
    // Blanks lie at the second of the declared points alone.
    desk.change_stock(crate::desk::StockEntry::Receive(5), FAR).await.unwrap();
    let status = world.writes(SITI, "/status").await;
    assert!(status.contains(FAR), "{status}");
    let previews = desk.preview(desk.today()).await.unwrap();
    let notice = previews.iter().find(|one| one.student == Some(siti.id)).unwrap();
    assert!(notice.text.contains(FAR), "{}", notice.text);
    let why = desk.why(&siti.id.to_string()).await.unwrap();
    assert_eq!(why.collect_at.as_deref(), Some(FAR));
    world.staff(CLERK, "Ani", Role::Counter).await;
    let code = world.code(LinkRole::Pickup, siti.id.0).await;
    let counter = world.writes(CLERK, &code).await;
    assert!(counter.contains(FAR), "{counter}");
    // Whoever was asked to come there is not sent elsewhere, because blanks came elsewhere, too.
    let told = why.notices.iter().find(|one| one.notice.kind == crate::notice::Kind::Turned17).unwrap();
    desk.told(told.notice.id, "Ani").await.unwrap();
    desk.change_stock(crate::desk::StockEntry::Receive(5), "Loket Dinas").await.unwrap();
    assert!(world.writes(SITI, "/status").await.contains(FAR));
    assert_eq!(desk.why(&siti.id.to_string()).await.unwrap().collect_at.as_deref(), Some(FAR));
    // Printed and handed over there, it lay nowhere else.
    desk.printed(crate::desk::Named::Each(vec![siti.id.to_string()]), Some(FAR)).await.unwrap();
    desk.collect(&siti.id.to_string(), None).await.unwrap();
    assert_eq!(desk.why(&siti.id.to_string()).await.unwrap().collect_at.as_deref(), Some(FAR));
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
