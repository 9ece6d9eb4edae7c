//! Commands, complaints, and what must not be written.

use super::*;
use crate::complaint::Complaint;

const NIK: &str = "5271010101099801";

async fn complaints(world: &World) -> Vec<Complaint> {
    world.desk().await.complaints(None, 100).await.unwrap()
}

#[tokio::test]
async fn without_a_code_the_bot_says_who_it_is_and_what_it_can_do() {
    let world = World::new("guardian").await;
    let first = world.writes(SITI, "/start").await;
    assert!(first.contains("bot resmi") && first.contains("Kirim kode dari slip"), "{first}");
    for (text, part) in [
        ("/bantuan", "/status"),
        ("/help", "/status"),
        ("/jadwal", "Belum ada jadwal"),
        ("/status@siap17_bot", "kode dari slip"),
        ("/lokasi", "Loket Kecamatan Ampenan, Jl. Contoh No. 2, Ampenan. Buka Senin, 23 November 2026 08:00-15:30"),
        ("/data", "cadangan 14 hari"),
        ("halo apa kabar", "/bantuan"),
        ("/tidakada", "/bantuan"),
        ("/berhenti", "tidak terhubung"),
    ] {
        let answer = world.writes(SITI, text).await;
        assert!(answer.contains(part), "{text}: {answer}");
    }
}

#[tokio::test]
async fn the_language_is_kept() {
    let world = World::new("guardian").await;
    world.writes(SITI, "/bahasa").await;
    assert_eq!(world.taps(SITI, "English").await, "All right, we write in English.");
    assert!(world.writes(SITI, "/start").await.starts_with("This is the official bot"));
}

#[tokio::test]
async fn a_nik_is_deleted_and_stands_nowhere() {
    let world = World::new("guardian").await;
    world.writes(SITI, "/lapor").await;
    world.taps(SITI, "Boleh dijawab").await;
    world.comes(SITI, What::NikLike { message_id: 77 }).await;
    world.runs().await;
    assert!(world.last(SITI).starts_with("Jangan kirim NIK"));
    assert_eq!(*world.phone.deleted.lock().unwrap(), vec![(SITI, 77)]);
    assert!(complaints(&world).await.is_empty());
    assert!(
        world.writes(SITI, "petugas minta uang").await.contains("Pengaduan diterima"),
        "the complaint is still awaited"
    );
    let bytes = world.bytes_on_disk();
    for secret in [NIK, "petugas minta uang", "7001"] {
        assert!(!contains(&bytes, secret), "{secret} stands in the database in clear");
    }
}

#[tokio::test]
async fn a_nameless_complaint_has_no_chat_and_gets_no_answer() {
    let world = World::new("guardian").await;
    let siti = world.student("Siti Aminah").await;
    let own = world.code(LinkRole::Student, siti.id.0).await;
    world.links(SITI, &own).await;
    world.writes(SITI, "/lapor").await;
    assert!(world.taps(SITI, "Tanpa nama").await.contains("tidak menyimpan dari siapa"));
    let answer = world.writes(SITI, "petugas minta uang").await;
    let kept = complaints(&world).await;
    let [one] = &kept[..] else { panic!("{kept:?}") };
    assert!(answer.contains(&one.number), "{answer}");
    assert!(one.anonymous && one.student.is_none() && one.text == "petugas minta uang");
    let before = world.count(SITI);
    let (_, read) = world.desk().await.answer_complaint(&one.number, "Terima kasih").await.unwrap();
    world.runs().await;
    assert!(!read && world.count(SITI) == before);
}

#[tokio::test]
async fn a_signed_complaint_is_answered_in_its_chat_once() {
    let world = World::new("guardian").await;
    let siti = world.student("Siti Aminah").await;
    let own = world.code(LinkRole::Student, siti.id.0).await;
    world.links(SITI, &own).await;
    world.writes(SITI, "/lapor").await;
    world.taps(SITI, "Boleh dijawab").await;
    world.writes(SITI, "loket tutup").await;
    let kept = complaints(&world).await;
    assert_eq!((kept[0].student, kept[0].anonymous), (Some(siti.id), false));
    let desk = world.desk().await;
    let refused = desk.answer_complaint(&kept[0].number, &format!("NIK {NIK}")).await.unwrap_err();
    assert!(refused.to_string().contains("NIK"));
    desk.answer_complaint(&kept[0].number.to_lowercase(), "Maaf, besok buka.").await.unwrap();
    world.runs().await;
    assert!(world.last(SITI).ends_with("Maaf, besok buka.") && world.last(SITI).contains(&kept[0].number));
    assert!(desk.answer_complaint(&kept[0].id.to_string(), "lagi").await.is_err());
    let school = world.desks.assemble(desk.office().clone(), Actor::Staff("Operator".into()), Some(Role::School));
    assert!(school.complaints(None, 10).await.is_err());
    assert!(school.answer_complaint(&kept[0].number, "x").await.is_err());
}

#[tokio::test]
async fn a_mother_of_two_says_about_whom_she_complains() {
    let world = World::new("guardian").await;
    let (siti, budi) = (world.student("Siti Aminah").await, world.student("Budi Santoso").await);
    for student in [&siti, &budi] {
        let code = world.code(LinkRole::Guardian, student.id.0).await;
        world.links(MOTHER, &code).await;
    }
    world.writes(MOTHER, "/lapor").await;
    world.taps(MOTHER, "Boleh dijawab").await;
    // Every button is short enough for Telegram: what asks for one that is not is never seen.
    world.taps(MOTHER, "BUDI S., XI IPS 1").await;
    world.writes(MOTHER, "loket tutup").await;
    assert_eq!(complaints(&world).await[0].student, Some(budi.id));
}

#[tokio::test]
async fn a_correction_is_asked_for_from_the_data_page() {
    let world = World::new("student").await;
    let siti = world.student("Siti Aminah").await;
    let own = world.code(LinkRole::Student, siti.id.0).await;
    world.links(SITI, &own).await;
    let data = world.writes(SITI, "/data").await;
    assert!(data.starts_with("SITI A., XI IPS 1. Kami menyimpan") && data.contains("NIK tidak ada"), "{data}");
    assert!(!data.contains("2010"), "no birth date in a message");
    world.taps(SITI, "Ada yang salah").await;
    assert!(world.writes(SITI, "nama saya Siti Aminah Putri").await.contains("perbaikan diterima"));
    assert_eq!(complaints(&world).await[0].student, Some(siti.id));
}

#[tokio::test]
async fn a_complaint_is_given_up_by_cancelling() {
    let world = World::new("guardian").await;
    world.writes(SITI, "/lapor").await;
    world.taps(SITI, "Tanpa nama").await;
    world.taps(SITI, "Batal").await;
    assert!(world.writes(SITI, "halo juga").await.contains("/bantuan"));
    assert!(complaints(&world).await.is_empty());
}

#[tokio::test]
async fn status_follows_the_card() {
    let world = World::new("student").await;
    let siti = world.student_with_card("Siti Aminah").await;
    let own = world.code(LinkRole::Student, siti.id.0).await;
    world.writes(SITI, &own).await;
    world.taps(SITI, "Setuju").await;
    world.taps(SITI, "Ya, benar").await;
    world.taps(SITI, "20").await;
    world.taps(SITI, "November").await;
    let ready = world.writes(SITI, "/status").await;
    assert!(ready.contains("✅ Kartu siap diambil\n⏳ Kartu sudah diambil\nSilakan ambil: Loket Dinas"), "{ready}");
    let desk = world.desk().await;
    desk.pause(office::PauseKind::Counter, "2026-11-30".parse().unwrap(), "loket direnovasi").await.unwrap();
    assert!(world.writes(SITI, "status").await.contains("Jangan datang dulu: loket direnovasi"));
    assert!(world.writes(SITI, "/lokasi").await.contains("Jangan datang dulu"));
    desk.resume(office::PauseKind::Counter).await.unwrap();
    desk.collect(&siti.id.to_string(), None).await.unwrap();
    let done = world.writes(SITI, "/status").await;
    assert!(done.contains("✅ Kartu sudah diambil\nKartu diserahkan pada Senin, 23 November 2026"), "{done}");
}

#[tokio::test]
async fn status_of_whom_nobody_knows_asks_back() {
    let world = World::new("student").await;
    let siti = world.student("Siti Aminah").await;
    let own = world.code(LinkRole::Student, siti.id.0).await;
    world.links(SITI, &own).await;
    let desk = world.desk().await;
    desk.set_student(&siti.id.to_string(), "recorded", "unknown", "test").await.unwrap();
    assert!(world.writes(SITI, "/status").await.contains("Sudah punya KTP-el?"));
    desk.set_student(&siti.id.to_string(), "recorded", "2026-11-02", "test").await.unwrap();
    let status = world.writes(SITI, "/status").await;
    assert!(
        status.contains("✅ Direkam\n⏳ Diproses") && status.contains("30 hari sejak direkam (Senin, 2 November"),
        "{status}"
    );
}

#[tokio::test]
async fn a_group_gets_one_sentence_for_a_command_and_nothing_else() {
    let world = World::new("guardian").await;
    let group = -100;
    let text = |text: &str| What::Text { message_id: 1, text: text.to_owned() };
    world.comes_in(group, false, text("halo")).await;
    world.comes_in(group, false, What::Media { message_id: 2 }).await;
    world.comes_in(group, false, What::Membership { blocked: false }).await;
    world.runs().await;
    assert_eq!(world.count(group), 0);
    world.comes_in(group, false, text("/status")).await;
    world.runs().await;
    assert_eq!((world.count(group), world.last(group).contains("chat pribadi")), (1, true));
}

#[tokio::test]
async fn several_offices_are_told_apart() {
    let world = World::new("guardian").await;
    let second = OFFICE.replace("code = \"mataram\"", "code = \"lobar\"").replace("Kota Mataram", "Lombok Barat");
    world.desks.apply_office(&Actor::Daemon, &second).await.unwrap();
    assert!(world.writes(SITI, "/start").await.starts_with("Ini bot resmi kantor Dukcapil"));
    assert_eq!(world.writes(SITI, "/lokasi").await, "Kantor yang mana?");
    assert!(world.taps(SITI, "Dinas Dukcapil Lombok Barat (contoh)").await.starts_with("Dinas Dukcapil Lombok Barat"));
    world.writes(SITI, "/lapor").await;
    assert!(world.taps(SITI, "Dinas Dukcapil Lombok Barat (contoh)").await.contains("Boleh kami menjawab"));
}
