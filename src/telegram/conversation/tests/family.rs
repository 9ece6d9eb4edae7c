//! Half a slip and a birth date link a chat; they fetch no card before the family or a day has spoken.

use super::*;

const STRANGER: i64 = 7666;

/// The whole way from a code to a linked chat, for whoever was born on 20 November, as everybody with a card here.
async fn links(world: &World, chat: i64, code: &str) -> String {
    world.writes(chat, &format!("/start {code}")).await;
    world.taps(chat, "Setuju").await;
    world.taps(chat, "Ya, benar").await;
    world.taps(chat, "20").await;
    world.taps(chat, "November").await
}

async fn links_as(world: &World, chat: i64, role: LinkRole, student: &Student) -> String {
    let code = world.code(role, student.id.0).await;
    links(world, chat, &code).await
}

async fn pickup_code(world: &World, student: &Student) -> String {
    link::readable_code(&world.code(LinkRole::Pickup, student.id.0).await)
}

/// What is shown now under the student's pickup code, if it is shown in the chat.
async fn shows(world: &World, chat: i64) -> Option<String> {
    let status = world.writes(chat, "/status").await;
    let (_, code) = status.split_once("Kode: ")?;
    Some(code.chars().take(11).collect())
}

async fn later(world: &World, hours: i64) {
    world.clock().move_to(world.clock().now() + chrono::TimeDelta::hours(hours));
}

#[tokio::test]
async fn a_new_chat_gets_no_code_until_the_family_says_yes() {
    let world = World::new("guardian").await;
    let siti = world.student_with_card("Siti Aminah").await;
    let code = pickup_code(&world, &siti).await;
    assert!(links_as(&world, MOTHER, LinkRole::Guardian, &siti).await.starts_with("Berhasil"));
    assert_eq!(shows(&world, MOTHER).await.as_ref(), Some(&code), "nobody else is linked: at once");
    let linked = links_as(&world, SITI, LinkRole::Student, &siti).await;
    assert!(linked.starts_with("Berhasil") && linked.contains("belum tampil di sini"), "{linked}");
    assert!(linked.contains("orang tua/wali sejak Senin, 23 November 2026"), "{linked}");
    let question = world.last(MOTHER);
    assert!(question.contains("Chat siswa baru terhubung") && question.contains("Siti"), "{question}");
    assert_eq!(shows(&world, SITI).await, None);
    assert!(world.last(SITI).contains("menunggu jawaban keluarga, paling lambat Selasa, 24 November 2026"));
    // The new chat's own word vouches for nobody, whichever button it makes up.
    let yes = world.data_of(MOTHER, "Ya, keluarga kami");
    world.taps_data(SITI, &yes).await;
    assert_eq!(shows(&world, SITI).await, None);
    assert!(world.taps_data(STRANGER, &yes).await.contains("sudah tidak terhubung"), "and a stranger's word nothing");
    assert_eq!(shows(&world, SITI).await, None);
    assert!(world.writes(MOTHER, "/status").await.contains("Chat siswa baru terhubung"), "the question is asked again");
    assert!(world.taps(MOTHER, "Ya, keluarga kami").await.contains("Terima kasih"));
    assert!(world.last(SITI).contains("dibenarkan keluarga"));
    assert_eq!(shows(&world, SITI).await, Some(code));
}

#[tokio::test]
async fn a_day_of_silence_is_a_yes_and_a_no_comes_in_time_all_the_same() {
    let world = World::new("guardian").await;
    world.staff(1, "Pak Kepala", Role::Head).await;
    let siti = world.student_with_card("Siti Aminah").await;
    let code = pickup_code(&world, &siti).await;
    links_as(&world, MOTHER, LinkRole::Guardian, &siti).await;
    links_as(&world, STRANGER, LinkRole::Student, &siti).await;
    later(&world, 23).await;
    assert_eq!(shows(&world, STRANGER).await, None);
    later(&world, 2).await;
    assert_eq!(shows(&world, STRANGER).await.as_ref(), Some(&code));
    assert!(world.taps(MOTHER, "Bukan").await.contains("dilepas"));
    let new = shows(&world, MOTHER).await.unwrap();
    assert_ne!(new, code, "what the stranger has read finds no card any more");
    assert!(world.writes(STRANGER, "/status").await.contains("Kirim dulu kode"), "{}", world.last(STRANGER));
    world.staff(2, "Bu Loket", Role::Counter).await;
    assert!(world.writes(2, &code).await.contains("tidak berlaku lagi"));
    assert!(world.writes(2, &new).await.starts_with("Siti Aminah"));
}

#[tokio::test]
async fn a_no_cuts_the_new_chat_off_with_its_agreement_and_the_office_is_told() {
    let world = World::new("guardian").await;
    world.staff(1, "Pak Kepala", Role::Head).await;
    let siti = world.student_with_card("Siti Aminah").await;
    let code = pickup_code(&world, &siti).await;
    links_as(&world, SITI, LinkRole::Student, &siti).await;
    links_as(&world, STRANGER, LinkRole::Guardian, &siti).await;
    assert!(world.has_consent(siti.id).await);
    let answer = world.taps(SITI, "Bukan").await;
    assert!(answer.contains("dilepas") && answer.contains("Jl. "), "{answer}");
    assert!(world.last(STRANGER).contains("Chat ini dilepas"));
    assert!(!world.has_consent(siti.id).await, "no parent has agreed");
    assert_eq!((world.chats(siti.id).await, world.alarms("chat_cut:").await), (1, 1));
    assert_eq!(shows(&world, SITI).await, Some(code), "which the stranger never saw");
    assert!(world.taps(SITI, "Ya, keluarga kami").await.contains("sudah tidak terhubung"));
    later(&world, 30).await;
    assert_eq!((world.chats(siti.id).await, world.alarms("chat_cut:").await), (1, 1));
}

#[tokio::test]
async fn whoever_takes_the_guardians_half_first_is_no_parent_if_the_child_says_so() {
    let world = World::new("guardian").await;
    world.staff(1, "Pak Kepala", Role::Head).await;
    let siti = world.student_with_card("Siti Aminah").await;
    let code = pickup_code(&world, &siti).await;
    links_as(&world, STRANGER, LinkRole::Guardian, &siti).await;
    assert!(world.has_consent(siti.id).await);
    assert!(links_as(&world, SITI, LinkRole::Student, &siti).await.contains("Apakah chat itu keluarga Anda?"));
    assert!(world.taps(SITI, "Bukan").await.contains("Kantor kami beri tahu"));
    assert!(!world.has_consent(siti.id).await);
    assert_eq!(world.alarms("chat_disputed:").await, 1);
    let notice = world.notices(siti.id).await;
    let waits: Vec<_> = notice.iter().map(|one| one.notice.reason.clone()).collect();
    assert_eq!(waits, [Some("consent".to_owned())], "nothing goes out to the stranger");
    // Nobody knows who is who: neither time nor a yes gives either of them the code.
    later(&world, 30).await;
    for chat in [STRANGER, SITI] {
        assert_eq!(shows(&world, chat).await, None);
        assert!(world.last(chat).contains("sampai kantor memeriksa"), "{}", world.last(chat));
    }
    world.taps(STRANGER, "Ya, keluarga kami").await;
    assert_eq!((shows(&world, STRANGER).await, shows(&world, SITI).await), (None, None));
    world.staff(2, "Bu Loket", Role::Counter).await;
    assert!(world.writes(2, &code).await.contains("tidak berlaku lagi"), "the stranger had read it");
    // The office settles it: everybody begins anew.
    world.desk().await.reset_links(&siti.id.to_string()).await.unwrap();
    links_as(&world, MOTHER, LinkRole::Guardian, &siti).await;
    assert!(shows(&world, MOTHER).await.is_some() && world.has_consent(siti.id).await);
}

#[tokio::test]
async fn an_agreement_is_its_chats_and_outlives_anothers() {
    let world = World::new("guardian").await;
    let siti = world.student_with_card("Siti Aminah").await;
    links_as(&world, MOTHER, LinkRole::Guardian, &siti).await;
    links_as(&world, STRANGER, LinkRole::Guardian, &siti).await;
    world.taps(MOTHER, "Bukan").await;
    assert!(world.has_consent(siti.id).await, "the mother's own stands");
    // The second half in a chat that is known is no new chat, and nobody is asked.
    let before = world.count(MOTHER);
    assert!(!links_as(&world, MOTHER, LinkRole::Student, &siti).await.contains("belum tampil"));
    pickup_code(&world, &siti).await;
    assert!(shows(&world, MOTHER).await.is_some());
    assert!(world.count(MOTHER) > before);
}

#[tokio::test]
async fn a_chat_that_is_not_known_silences_nobody_elses_chat() {
    let world = World::new("guardian").await;
    let siti = world.student_with_card("Siti Aminah").await;
    links_as(&world, MOTHER, LinkRole::Guardian, &siti).await;
    links_as(&world, STRANGER, LinkRole::Guardian, &siti).await;
    world.writes(STRANGER, "/berhenti").await;
    assert!(world.taps(STRANGER, "Ya, hentikan").await.contains("di chat ini"));
    assert!(world.has_consent(siti.id).await, "the mother's word stands");
    world.writes(MOTHER, "/berhenti").await;
    assert!(world.taps(MOTHER, "Ya, hentikan").await.contains("persetujuan dicabut"));
    assert!(!world.has_consent(siti.id).await);
}

#[tokio::test]
async fn a_chat_that_is_not_known_vouches_for_nobody() {
    let world = World::new("guardian").await;
    let siti = world.student_with_card("Siti Aminah").await;
    pickup_code(&world, &siti).await;
    links_as(&world, MOTHER, LinkRole::Guardian, &siti).await;
    links_as(&world, STRANGER, LinkRole::Student, &siti).await;
    links_as(&world, SITI, LinkRole::Student, &siti).await;
    assert!(world.taps(STRANGER, "Ya, keluarga kami").await.contains("belum dibenarkan keluarga"));
    assert_eq!((shows(&world, STRANGER).await, shows(&world, SITI).await), (None, None));
    assert!(world.taps(MOTHER, "Ya, keluarga kami").await.contains("Terima kasih"), "the newest question is Siti's");
    assert!(shows(&world, SITI).await.is_some() && shows(&world, STRANGER).await.is_none());
}

#[tokio::test]
async fn what_waits_and_what_is_disputed_stands_before_the_clerk() {
    let world = World::new("guardian").await;
    world.staff(1, "Bu Loket", Role::Counter).await;
    let siti = world.student_with_card("Siti Aminah").await;
    let code = pickup_code(&world, &siti).await;
    assert!(world.writes(1, &code).await.contains("tidak ada chat yang terhubung"));
    links_as(&world, MOTHER, LinkRole::Guardian, &siti).await;
    links_as(&world, STRANGER, LinkRole::Student, &siti).await;
    let shown = world.writes(1, &code).await;
    assert!(shown.contains("chat orang tua/wali, terhubung sejak Senin, 23 November 2026."), "{shown}");
    assert!(shown.contains("chat siswa, terhubung sejak Senin, 23 November 2026. BELUM dibenarkan"), "{shown}");
    world.taps(STRANGER, "Bukan").await;
    let code = shows_now(&world, &siti).await;
    assert_eq!(world.writes(1, &code).await.matches("DITOLAK keluarga").count(), 2);
}

/// The pickup code as it stands, whoever may read it.
async fn shows_now(world: &World, student: &Student) -> String {
    let desk = world.desk().await;
    let mut tx = world.desks.db().read().await.unwrap();
    let code = link::standing_code(&mut tx, world.desks.vault(), LinkRole::Pickup, student.id.0, desk.today()).await;
    code.unwrap().unwrap().to_string()
}
