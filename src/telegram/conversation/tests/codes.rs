//! Wrong codes, wrong dates, tries.

use super::*;

/// Goes wrong with the birth date once.
async fn wrong_date(world: &World, chat: i64, code: &str) -> String {
    world.writes(chat, code).await;
    world.taps(chat, "Setuju").await;
    world.taps(chat, "Ya, benar").await;
    world.taps(chat, "4").await;
    world.taps(chat, "Februari").await
}

#[tokio::test]
async fn a_wrong_code_and_a_wrong_date_get_the_same_answer() {
    let world = World::new("guardian").await;
    let siti = world.student("Siti Aminah").await;
    let code = world.code(LinkRole::Student, siti.id.0).await;
    let date = wrong_date(&world, SITI, &code).await;
    assert_eq!(date, world.writes(MOTHER, "/start 0000000000").await);
    assert_eq!(date, world.writes(MOTHER, "/start tidak-ada").await);
    assert_eq!(world.chats(siti.id).await, 0);
    assert!(world.links(SITI, &code).await.starts_with("Berhasil"), "one mistake is forgiven");
}

#[tokio::test]
async fn after_five_tries_a_chat_is_not_listened_to_until_tomorrow() {
    let world = World::new("guardian").await;
    let siti = world.student("Siti Aminah").await;
    let code = world.code(LinkRole::Student, siti.id.0).await;
    for _ in 0..link::TRIES {
        assert!(world.writes(SITI, "0000000000").await.contains("tidak cocok"));
    }
    assert!(world.writes(SITI, &code).await.contains("5 kali salah"), "not even with the right one");
    assert!(world.writes(MOTHER, &code).await.contains("Ini bot resmi"), "another chat is");
    world.clock().move_to(world.clock().now() + chrono::TimeDelta::days(1));
    assert!(world.links(SITI, &code).await.starts_with("Berhasil"));
}

#[tokio::test]
async fn mistapped_birth_dates_burn_no_slip_of_the_family() {
    let world = World::new("guardian").await;
    let siti = world.student("Siti Aminah").await;
    let code = world.code(LinkRole::Student, siti.id.0).await;
    for _ in 0..link::TRIES {
        assert!(wrong_date(&world, SITI, &code).await.contains("tidak cocok"));
    }
    let waits = world.writes(SITI, &code).await;
    assert!(waits.contains("besok") && waits.contains("Slipnya tetap berlaku") && waits.contains("Jl. "), "{waits}");
    assert!(world.links(MOTHER, &code).await.starts_with("Berhasil"), "the slip is good in the right chat");
}

#[tokio::test]
async fn a_slip_that_is_guessed_in_many_chats_is_closed_and_the_office_is_told_once() {
    let world = World::new("guardian").await;
    world.staff(1, "Pak Kepala", Role::Head).await;
    let siti = world.student("Siti Aminah").await;
    let code = world.code(LinkRole::Student, siti.id.0).await;
    for number in 0..i64::from(link::TRIES_OF_CODE) {
        wrong_date(&world, 8000 + number / i64::from(link::TRIES), &code).await;
    }
    for chat in [SITI, MOTHER] {
        let closed = world.writes(chat, &code).await;
        assert!(closed.starts_with("Kode ini ditutup") && closed.contains("Jl. "), "{closed}");
    }
    assert_eq!(world.alarms("code_burnt:").await, 1);
}

#[tokio::test]
async fn a_code_that_has_ended_says_which_way_and_whom_to_ask() {
    let world = World::new("guardian").await;
    let siti = world.student("Siti Aminah").await;
    let replaced = world.code(LinkRole::Student, siti.id.0).await;
    let used = world.code(LinkRole::Student, siti.id.0).await;
    let reset = world.code(LinkRole::Guardian, siti.id.0).await;
    assert!(world.links(SITI, &used).await.starts_with("Berhasil"));
    assert!(world.writes(SITI, &used).await.contains("sudah terhubung"), "whoever used it reads that it worked");
    let said = async |code: &str, words: &str| {
        let text = world.writes(MOTHER, &format!("/start {code}")).await;
        assert!(text.starts_with(words) && text.contains("Tanya ke Dinas") && text.contains("Jl. "), "{text}");
    };
    said(&replaced, "Kode ini sudah diganti").await;
    said(&used, "Kode ini sudah dipakai di chat lain").await;
    world.desk().await.reset_links(&siti.id.to_string()).await.unwrap();
    said(&reset, "Kode ini dibatalkan kantor").await;
    let late = world.code(LinkRole::Student, siti.id.0).await;
    world.clock().move_to("2028-01-03T02:00:00Z".parse().unwrap());
    said(&late, "Kode ini hanya berlaku sampai Jumat, 31 Desember 2027").await;
    assert!(world.writes(MOTHER, "0000000000").await.contains("tidak cocok"), "none of these was a guess");
}

#[tokio::test]
async fn a_used_slip_in_another_chat_is_told_to_the_office_once_a_day() {
    let world = World::new("guardian").await;
    world.staff(1, "Pak Kepala", Role::Head).await;
    let siti = world.student("Siti Aminah").await;
    let code = world.code(LinkRole::Student, siti.id.0).await;
    world.links(SITI, &code).await;
    world.writes(SITI, &code).await;
    assert_eq!(world.alarms("code_used_again:").await, 0, "whoever used it may send it again");
    for chat in [MOTHER, MOTHER, 7003] {
        world.writes(chat, &code).await;
    }
    assert_eq!(world.alarms("code_used_again:").await, 1);
    world.clock().move_to(world.clock().now() + chrono::TimeDelta::days(1));
    world.writes(MOTHER, &code).await;
    assert_eq!(world.alarms("code_used_again:").await, 2);
}

#[tokio::test]
async fn a_chat_that_is_locked_meanwhile_cannot_finish_what_it_began() {
    let world = World::new("guardian").await;
    let siti = world.student("Siti Aminah").await;
    let code = world.code(LinkRole::Student, siti.id.0).await;
    world.writes(SITI, &code).await;
    world.taps(SITI, "Setuju").await;
    for _ in 0..link::TRIES {
        world.writes(SITI, "0000000000").await;
    }
    assert!(world.taps(SITI, "Ya, benar").await.contains("tidak berlaku"));
    assert_eq!(world.chats(siti.id).await, 0);
}

#[tokio::test]
async fn buttons_of_an_earlier_code_or_of_yesterday_are_stale() {
    let world = World::new("guardian").await;
    let (siti, budi) = (world.student("Siti Aminah").await, world.student("Budi Santoso").await);
    let sitis = world.code(LinkRole::Student, siti.id.0).await;
    world.writes(SITI, &sitis).await;
    let earlier = world.data_of(SITI, "Setuju");
    let budis = world.code(LinkRole::Student, budi.id.0).await;
    world.writes(SITI, &budis).await;
    assert!(world.taps_data(SITI, &earlier).await.contains("tidak berlaku"));
    assert!(world.taps(SITI, "Setuju").await.contains("BUDI S."));
    world.clock().move_to(world.clock().now() + chrono::TimeDelta::hours(25));
    assert!(world.taps(SITI, "Ya, benar").await.contains("tidak berlaku"));
    for junk in ["", ":", "day::", "status:x", "agree", "family:x:y:z", "bahasa:xx", "stop:x:yes", "own:x"] {
        assert!(world.taps_data(SITI, junk).await.contains("tidak berlaku"), "{junk}");
    }
    let ended = world.phone.marks_ended.load(Ordering::SeqCst);
    assert_eq!(ended, 12, "every tap's waiting mark ends");
}

#[tokio::test]
async fn a_closed_accounts_code_links_nothing() {
    let world = World::new("guardian").await;
    let desk = world.desk().await;
    let account = desk.add_staff("Bu Loket", Role::Counter, None).await.unwrap();
    let code = world.code(LinkRole::Staff, account.id.0).await;
    desk.disable_staff("Bu Loket").await.unwrap();
    assert!(world.writes(SITI, &code).await.contains("tidak cocok"));
}
