//! The whole way on both engines, with two nodes that answer at the same time.

use super::*;
use crate::card;
use crate::db;
use crate::notice::send::LEASE;
use crate::telegram::Fence;
use crate::telegram::conversation::answer_oldest;
use crate::telegram::courier::Courier;

const CLERKS: [i64; 2] = [9001, 9002];

/// Two nodes answer what waits, as when a lease changes hands; one of them sends.
async fn both_answer(world: &World) {
    let (one, other) = tokio::join!(answer_oldest(&world.desks), answer_oldest(&world.desks));
    assert!(one.unwrap() + other.unwrap() > 0);
    world.runs().await;
}

async fn lives(world: World) {
    world.staff(CLERKS[0], "Bu Loket", Role::Counter).await;
    world.staff(CLERKS[1], "Pak Loket", Role::Counter).await;
    let siti = world.student("Siti Aminah").await;
    let own = world.code(LinkRole::Student, siti.id.0).await;
    let guardians = world.code(LinkRole::Guardian, siti.id.0).await;
    assert!(world.links(SITI, &own).await.contains("setuju"));
    assert!(world.links(MOTHER, &guardians).await.starts_with("Berhasil!"));
    assert!(world.has_consent(siti.id).await);
    for command in ["/status", "/jadwal", "/lokasi", "/data", "/bantuan", "/bahasa"] {
        assert!(!world.writes(SITI, command).await.starts_with("Coba kirim lagi"), "{command}");
    }
    world.writes(SITI, "/lapor").await;
    world.taps(SITI, "Boleh dijawab").await;
    world.writes(SITI, "loket tutup").await;
    let desk = world.desk().await;
    let number = desk.complaints(None, 10).await.unwrap()[0].number.clone();
    desk.answer_complaint(&number, "Maaf, besok buka.").await.unwrap();
    world.runs().await;
    assert!(world.last(SITI).ends_with("Maaf, besok buka."));

    let budi = world.student_with_card("Budi Santoso").await;
    let before = CLERKS.map(|chat| world.count(chat));
    for chat in CLERKS {
        let data = format!("own:{}", budi.id.0.simple());
        world.comes(chat, What::Button { query_id: "q".into(), message_id: None, data }).await;
    }
    both_answer(&world).await;
    let answers: Vec<String> = CLERKS.iter().map(|chat| world.last(*chat)).collect();
    assert_eq!(answers.iter().filter(|text| text.starts_with("Tercatat")).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|text| text.contains("sudah diserahkan pada")).count(), 1, "{answers:?}");
    assert_eq!(CLERKS.map(|chat| world.count(chat)), before.map(|count| count + 1), "each is answered once");
    let mut tx = world.desks.db().read().await.unwrap();
    assert!(card::facts(&mut tx, budi.id).await.unwrap().card.unwrap().collected_at.is_some());
    drop(tx);

    world.writes(MOTHER, "/berhenti").await;
    assert!(world.taps(MOTHER, "Ya, hentikan").await.starts_with("Dihentikan"));
    assert!(!world.has_consent(siti.id).await);
}

#[tokio::test]
async fn the_whole_way_on_sqlite() {
    lives(World::new("guardian").await).await;
}

#[tokio::test]
async fn the_whole_way_on_postgresql() {
    let scratch = crate::testing::postgres().await;
    lives(World::over(scratch.db.clone(), tempfile::tempdir().unwrap(), "guardian").await).await;
}

#[tokio::test]
async fn a_courier_whose_lease_was_taken_says_nothing_and_the_next_one_says_it_once() {
    let scratch = crate::testing::postgres().await;
    let world = World::over(scratch.db.clone(), tempfile::tempdir().unwrap(), "guardian").await;
    world.comes(SITI, What::Text { message_id: 1, text: "/bantuan".into() }).await;
    answer_oldest(&world.desks).await.unwrap();
    let fence = async || {
        let token = db::take_lease(world.desks.db(), LEASE, "node", true).await.unwrap();
        Fence::of(token.unwrap())
    };
    let mut held_up = Courier::new(&world.desks, &*world.phone, fence().await);
    let mut next = Courier::new(&world.desks, &*world.phone, fence().await);
    assert_eq!(held_up.step().await.unwrap(), 1, "it has read what waits");
    assert!(!held_up.wait(Duration::from_secs(5)).await.unwrap());
    assert_eq!(world.count(SITI), 0, "and may not say it any more");
    assert_eq!(next.run_until_idle().await.unwrap(), 1);
    assert_eq!(world.count(SITI), 1);
}
