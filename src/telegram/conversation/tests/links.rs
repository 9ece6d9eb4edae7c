//! From a slip to a linked chat, and out again.

use super::*;

#[tokio::test]
async fn under_the_guardian_policy_a_student_links_and_waits_for_the_guardian() {
    let world = World::new("guardian").await;
    let siti = world.student("Siti Aminah").await;
    let own = world.code(LinkRole::Student, siti.id.0).await;
    let first = world.writes(SITI, &format!("/start {own}")).await;
    assert!(first.starts_with("Ini bot resmi Dinas Dukcapil Kota Mataram"), "{first}");
    assert!(first.contains("tidak pernah meminta NIK") && first.contains("luar negeri"));
    assert!(!first.contains("SITI"), "no name before the agreement");
    assert_eq!(world.taps(SITI, "Setuju").await, "SITI A., XI IPS 1 – benar?");
    assert!(world.taps(SITI, "Ya, benar").await.contains("Tanggal berapa SITI A. lahir?"));
    assert_eq!(world.chats(siti.id).await, 0);
    world.taps(SITI, "3").await;
    let linked = world.taps(SITI, "Februari").await;
    assert!(linked.contains("setelah orang tua/wali Siti Aminah setuju"), "{linked}");
    assert_eq!(world.chats(siti.id).await, 1);
    assert!(!world.has_consent(siti.id).await);

    let guardians = world.code(LinkRole::Guardian, siti.id.0).await;
    assert!(world.links(MOTHER, &guardians).await.starts_with("Berhasil! Kami menulis"));
    assert!(world.has_consent(siti.id).await);
    let asked = world.last(SITI);
    assert!(asked.contains("Chat orang tua/wali baru terhubung"), "the student is asked about the new chat: {asked}");
}

#[tokio::test]
async fn under_the_student_policy_the_own_word_is_enough() {
    let world = World::new("student").await;
    let siti = world.student("Siti Aminah").await;
    let own = world.code(LinkRole::Student, siti.id.0).await;
    let typed = format!(" {}-{} ", own[..5].to_lowercase(), &own[5..]);
    world.writes(SITI, &typed).await;
    world.taps(SITI, "Setuju").await;
    assert!(!world.has_consent(siti.id).await, "agreed, but nobody knows yet who it is");
    world.taps(SITI, "Ya, benar").await;
    world.taps(SITI, "3").await;
    assert!(world.taps(SITI, "Februari").await.starts_with("Berhasil!"));
    assert!(world.has_consent(siti.id).await);
    assert!(
        world.writes(SITI, &format!("/start {own}")).await.contains("sudah terhubung"),
        "a second scan is no mistake"
    );
}

#[tokio::test]
async fn whoever_refuses_is_left_alone() {
    let world = World::new("guardian").await;
    let siti = world.student("Siti Aminah").await;
    let own = world.code(LinkRole::Student, siti.id.0).await;
    world.writes(SITI, &own).await;
    assert!(world.taps(SITI, "Tidak").await.contains("di kertas"));
    assert!(world.taps(SITI, "Setuju").await.contains("tidak berlaku"), "the old buttons are stale");
    assert_eq!(world.chats(siti.id).await, 0);
}

#[tokio::test]
async fn a_students_code_makes_nobody_a_guardian() {
    let world = World::new("guardian").await;
    let siti = world.student("Siti Aminah").await;
    let own = world.code(LinkRole::Student, siti.id.0).await;
    world.writes(MOTHER, &own).await;
    assert!(world.taps(MOTHER, "Saya orang tua/wali").await.contains("separuh slip yang lain"));
    assert_eq!(world.chats(siti.id).await, 0);
    let guardians = world.code(LinkRole::Guardian, siti.id.0).await;
    world.writes(MOTHER, &guardians).await;
    assert!(world.taps(MOTHER, "Saya orang tua/wali").await.contains("benar?"), "with the own code it agrees");
}

#[tokio::test]
async fn twins_share_a_chat_and_each_is_asked_for() {
    let world = World::new("guardian").await;
    for name in ["Siti Aminah", "Sari Aminah"] {
        let twin = world.student(name).await;
        let code = world.code(LinkRole::Guardian, twin.id.0).await;
        assert!(world.links(MOTHER, &code).await.starts_with("Berhasil!"));
    }
    assert_eq!(world.writes(MOTHER, "/status").await, "Untuk siapa?");
    let status = world.taps(MOTHER, "SARI A., XI IPS 1").await;
    assert!(status.starts_with("Sari – KTP-el\n⏳ Direkam\n▫️ Diproses"), "{status}");
    assert!(world.taps(MOTHER, "SITI A., XI IPS 1").await.starts_with("Siti Aminah – "));
    let foreign = world.student("Budi Santoso").await;
    let asked = world.taps_data(MOTHER, &format!("status:{}", foreign.id.0.simple())).await;
    assert!(asked.contains("tidak berlaku"), "a button of one's own making shows nobody else");
}

#[tokio::test]
async fn more_students_than_a_family_raise_an_alarm() {
    let world = World::new("guardian").await;
    world.staff(1, "Pak Kepala", Role::Head).await;
    for number in 0..6 {
        let child = world.student(&format!("Anak{number} Banyak")).await;
        let code = world.code(LinkRole::Guardian, child.id.0).await;
        world.links(MOTHER, &code).await;
    }
    assert_eq!(world.alarms("crowded_chat:").await, 1);
    assert_eq!(world.alarms("staff_chat:").await, 1, "a chat that acts for an account is told of as well");
}

#[tokio::test]
async fn a_contact_links_with_one_tap_and_sees_its_own_dates() {
    let world = World::new("guardian").await;
    let school = world.place("50200001", "SMAN 1 Contoh").await;
    let code = world.code(LinkRole::Contact, school.0).await;
    assert!(world.writes(MOTHER, &format!("/start {code}")).await.contains("kontak SMAN 1 Contoh"));
    assert!(world.taps(MOTHER, "Setuju").await.contains("SMAN 1 Contoh"));
    assert!(world.writes(MOTHER, "/jadwal").await.contains("Belum ada jadwal"));
    assert!(world.writes(MOTHER, "/status").await.contains("kode dari slip"));
}

#[tokio::test]
async fn a_chat_sees_nothing_of_somebody_else_after_a_merge() {
    let world = World::new("guardian").await;
    let kept = world.student_with_card("Budi Santoso").await;
    let (other, same) = (world.student("Siti Aminah").await, world.student_born("BUDI SANTOSO", kept.birth_date).await);
    let code = world.code(LinkRole::Guardian, other.id.0).await;
    world.links(MOTHER, &code).await;
    let desk = world.desk().await;
    let mut tx = world.desks.db().write().await.unwrap();
    let (vault, office) = (world.desks.vault(), desk.office().id);
    link::link_chat(&mut tx, world.clock(), vault, office, LinkRole::Student, same.id.0, SITI).await.unwrap();
    tx.commit().await.unwrap();
    let second = world.desks.assemble(desk.office().clone(), Actor::Staff("Bu Dua".into()), None);
    let merge = async |merged: &Student| {
        let (kept, merged) = (kept.id.to_string(), merged.id.to_string());
        if let crate::desk::Merging::Asked { .. } = desk.merge_students(&kept, &merged, "satu orang").await.unwrap() {
            second.merge_students(&kept, &merged, "").await.unwrap();
        }
    };
    merge(&other).await;
    assert!(world.writes(MOTHER, "/status").await.contains("kode dari slip"), "{}", world.last(MOTHER));
    assert_eq!((world.chats(kept.id).await, world.chats(other.id).await), (0, 0));
    assert!(
        world.writes(MOTHER, &code).await.contains("sudah dipakai"),
        "the code finds nobody: {}",
        world.last(MOTHER)
    );
    desk.unmerge_student(&other.id.to_string()).await.unwrap();
    assert!(world.writes(MOTHER, "/status").await.starts_with("Siti Aminah"), "{}", world.last(MOTHER));
    // The same name and birth date are the same person.
    merge(&same).await;
    assert!(world.writes(SITI, "/status").await.contains("Silakan ambil"), "{}", world.last(SITI));
    desk.unmerge_student(&same.id.to_string()).await.unwrap();
    assert!(!world.writes(SITI, "/status").await.contains("Silakan ambil"), "{}", world.last(SITI));
}

#[tokio::test]
async fn namesakes_in_one_chat_are_told_apart() {
    let world = World::new("guardian").await;
    let (one, other) = (world.student("M. RIZKI PRATAMA").await, world.student("M. RIZKI PUTRA").await);
    for student in [&one, &other] {
        let code = world.code(LinkRole::Guardian, student.id.0).await;
        world.writes(MOTHER, &format!("/start {code}")).await;
        world.taps(MOTHER, "Setuju").await;
        world.taps(MOTHER, "Ya, benar").await;
        world.taps(MOTHER, "3").await;
        world.taps(MOTHER, "Februari").await;
    }
    assert!(world.last(MOTHER).contains("M. Rizki Putra"), "{}", world.last(MOTHER));
    world.writes(MOTHER, "/status").await;
    let status = world.taps(MOTHER, "M. RIZKI PUTRA, XI IPS 1").await;
    assert!(status.starts_with("M. Rizki Putra"), "{status}");
}

#[tokio::test]
async fn a_merged_students_code_leads_to_the_kept_one() {
    let world = World::new("guardian").await;
    let (kept, twice) = (world.student("Siti Aminah").await, world.student("Siti Aminah S").await);
    let code = world.code(LinkRole::Guardian, twice.id.0).await;
    let desk = world.desk().await;
    desk.merge_students(&kept.id.to_string(), &twice.id.to_string(), "").await.unwrap();
    assert!(world.links(MOTHER, &code).await.starts_with("Berhasil!"));
    assert_eq!((world.chats(kept.id).await, world.chats(twice.id).await), (1, 0));
}

#[tokio::test]
async fn stopping_takes_the_agreement_back_and_tells_what_stopped() {
    let world = World::new("guardian").await;
    let siti = world.student("Siti Aminah").await;
    let own = world.code(LinkRole::Student, siti.id.0).await;
    world.links(SITI, &own).await;
    let code = world.code(LinkRole::Guardian, siti.id.0).await;
    world.links(MOTHER, &code).await;
    assert!(world.writes(MOTHER, "berhenti").await.contains("SITI A."));
    let stopped = world.taps(MOTHER, "Ya, hentikan").await;
    assert!(stopped.contains("persetujuan dicabut"), "{stopped}");
    assert!(world.last(SITI).contains("dihentikan"));
    assert!(!world.has_consent(siti.id).await);
    assert_eq!(world.chats(siti.id).await, 1);
    assert!(world.taps(MOTHER, "Ya, hentikan").await.contains("tidak berlaku"));
    assert!(world.writes(MOTHER, "/berhenti").await.contains("tidak terhubung"));
}

#[tokio::test]
async fn a_blocked_chat_is_known_as_such_until_the_person_comes_back() {
    let world = World::new("student").await;
    let siti = world.student_with_card("Siti Aminah").await;
    let own = world.code(LinkRole::Student, siti.id.0).await;
    world.writes(SITI, &own).await;
    world.taps(SITI, "Setuju").await;
    world.taps(SITI, "Ya, benar").await;
    world.taps(SITI, "20").await;
    assert!(world.taps(SITI, "November").await.starts_with("Berhasil!"));
    let state = async || world.notices(siti.id).await.first().and_then(|one| one.notice.reason.clone());
    let membership = |blocked| What::Membership { blocked };
    assert_eq!(state().await.as_deref(), Some("hold"));
    world.comes(SITI, membership(true)).await;
    world.runs().await;
    assert_eq!(state().await.as_deref(), Some("blocked"));
    world.comes(SITI, membership(false)).await;
    world.runs().await;
    assert_eq!(state().await.as_deref(), Some("hold"));
    world.comes(SITI, membership(true)).await;
    world.writes(SITI, "halo").await;
    assert_eq!(state().await.as_deref(), Some("hold"), "whoever writes can be reached");
}
