//! Files in the chat: not here, unless the office opened the door and the chat is a school's own.

use chrono::TimeDelta;

use super::*;
use crate::mailbox::Sent;
use crate::telegram::uploads::Receiver;

const OPERATOR: i64 = 8001;
const ROWS: &str = "nisn,nik,nama,jk,tanggal_lahir,rombel\n0091234567,,Siti Contoh,P,2009-12-01,XII IPS 1\n";

/// An office that takes rosters by bot, with a school and its operator's linked chat.
async fn open() -> World {
    let world = World::new("guardian").await;
    opens(&world).await;
    world.place("50200001", "SMAN 1 Contoh").await;
    operator(&world, "op1", "50200001").await;
    world
}

async fn opens(world: &World) {
    let text = OFFICE.replace("# roster_by_bot = false", "roster_by_bot = true");
    world.desks.apply_office(&Actor::Daemon, None, &text).await.unwrap();
}

async fn operator(world: &World, name: &str, place: &str) {
    let account = world.desk().await.add_staff(name, Role::School, Some(place)).await.unwrap();
    let code = world.code(LinkRole::Staff, account.id.0).await;
    world.writes(OPERATOR, &code).await;
    world.taps(OPERATOR, "Setuju").await;
}

impl World {
    /// A chat sends a file; gives the last message in answer.
    async fn sends(&self, chat: i64, message_id: i64, content: &str, size: Option<u64>) -> String {
        let file_id = format!("f{message_id}");
        self.phone.uploads.lock().unwrap().insert(file_id.clone(), content.into());
        self.comes(chat, What::Document(Sent { message_id, file_id, name: None, size })).await;
        self.runs().await;
        self.last(chat)
    }

    fn receiver(&self) -> Receiver {
        Receiver::new(self.desks.clone(), self.phone.clone())
    }

    /// Lets the files be read and what they gave be said; gives the last message in a chat.
    async fn reads(&self, chat: i64) -> String {
        self.receiver().run_until_idle().await.unwrap();
        self.runs().await;
        self.last(chat)
    }

    fn deleted(&self, chat: i64) -> Vec<i64> {
        let deleted = self.phone.deleted.lock().unwrap();
        deleted.iter().filter(|(of, _)| *of == chat).map(|(_, message_id)| *message_id).collect()
    }

    fn pass(&self, time: TimeDelta) {
        self.clock().move_to(self.clock().now() + time);
    }

    fn fetched(&self) -> i64 {
        self.phone.fetched.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn a_file_is_not_taken_where_the_office_did_not_say_so() {
    let world = World::new("guardian").await;
    world.place("50200001", "SMAN 1 Contoh").await;
    operator(&world, "op1", "50200001").await;
    let told = world.sends(OPERATOR, 5, ROWS, Some(9)).await;
    assert!(told.contains("Dinas Dukcapil Kota Mataram") && told.contains("mohon hapus sendiri"), "{told}");
    assert_eq!(world.deleted(OPERATOR), [5]);
    world.writes(OPERATOR, "/bahasa").await;
    world.taps(OPERATOR, "English").await;
    assert!(world.sends(OPERATOR, 6, ROWS, Some(9)).await.starts_with("Do not send files"));
    world.reads(OPERATOR).await;
    assert_eq!(world.fetched(), 0);
    assert!(!world.writes(OPERATOR, "/bantuan").await.contains("roster"));
}

#[tokio::test]
async fn another_chat_is_told_the_same_where_the_door_is_open() {
    let world = open().await;
    world.staff(9001, "Bu Loket", Role::Counter).await;
    for chat in [SITI, 9001] {
        assert!(world.sends(chat, 5, ROWS, Some(9)).await.starts_with("Jangan kirim file"));
        assert_eq!(world.deleted(chat), [5]);
    }
    world.reads(SITI).await;
    assert_eq!(world.fetched(), 0);
    assert!(world.writes(OPERATOR, "/bantuan").await.contains("kirim file daftar siswa di sini"));
}

#[tokio::test]
async fn a_schools_roster_is_read_answered_and_taken_out_of_the_chat() {
    let world = open().await;
    assert!(world.sends(OPERATOR, 5, ROWS, Some(9)).await.contains("sedang dibaca"));
    assert!(world.deleted(OPERATOR).is_empty(), "not before it was read");
    let told = world.reads(OPERATOR).await;
    assert!(told.starts_with("Daftar SMAN 1 Contoh sudah masuk.\n1 siswa: 1 baru,"), "{told}");
    assert!(told.contains("• 1 × NIK kosong. Salin dari KK."), "{told}");
    assert!(!told.contains("Siti"), "nobody is named: {told}");
    assert_eq!(world.deleted(OPERATOR), [5]);
    let (chat, message_id, file) = world.phone.files.lock().unwrap().remove(0);
    assert_eq!((chat, file.bytes.starts_with(b"PK")), (OPERATOR, true));
    assert_eq!(file.words.buttons[0][0].label, "Sudah saya simpan / Hapus");
    // The answer lies there for a day, whatever runs in the meantime.
    world.pass(TimeDelta::hours(23));
    world.reads(OPERATOR).await;
    assert_eq!(world.deleted(OPERATOR), [5]);
    world.pass(TimeDelta::hours(2));
    world.reads(OPERATOR).await;
    assert_eq!(world.deleted(OPERATOR), [5, message_id]);
    // The same file again changes nothing.
    world.sends(OPERATOR, 6, ROWS, Some(9)).await;
    assert!(world.reads(OPERATOR).await.contains("0 baru, 0 berubah, 1 tetap"));
}

#[tokio::test]
async fn the_answer_goes_when_it_was_saved_and_is_told_of_when_it_may_be_lost() {
    let world = open().await;
    world.sends(OPERATOR, 5, ROWS, Some(9)).await;
    world.reads(OPERATOR).await;
    let tap = What::Button { query_id: "q".into(), message_id: Some(900), data: "saved".into() };
    world.comes(OPERATOR, tap).await;
    world.runs().await;
    assert_eq!(world.deleted(OPERATOR), [5, 900]);
    world.pass(TimeDelta::hours(25));
    world.reads(OPERATOR).await;
    assert_eq!(world.deleted(OPERATOR), [5, 900], "once");
    *world.phone.loses.lock().unwrap() = Some(Outcome::Lost("time-out".into()));
    world.sends(OPERATOR, 6, &ROWS.replace("Siti", "Sita"), Some(9)).await;
    assert!(world.reads(OPERATOR).await.starts_with("Minta file jawaban ke kantor"));
}

#[tokio::test]
async fn what_lies_there_for_two_days_the_person_has_to_delete() {
    let world = open().await;
    world.sends(OPERATOR, 5, ROWS, Some(9)).await;
    world.reads(OPERATOR).await;
    world.pass(TimeDelta::hours(48));
    assert!(world.reads(OPERATOR).await.starts_with("Mohon hapus file daftar siswa"));
    assert_eq!(world.deleted(OPERATOR), [5]);
    let before = world.count(OPERATOR);
    world.reads(OPERATOR).await;
    assert_eq!(world.count(OPERATOR), before, "asked once");
}

#[tokio::test]
async fn a_file_that_never_comes_is_asked_for_again_in_words() {
    let world = open().await;
    world.sends(OPERATOR, 5, ROWS, Some(9)).await;
    world.phone.uploads.lock().unwrap().clear();
    let mut told = world.reads(OPERATOR).await;
    for tries in 1..5 {
        assert_eq!(world.fetched(), tries, "{told}");
        assert!(told.contains("sedang dibaca"), "{told}");
        world.pass(TimeDelta::minutes(16));
        told = world.reads(OPERATOR).await;
    }
    assert!(told.starts_with("Kirim lagi file tadi"), "{told}");
    world.pass(TimeDelta::hours(1));
    world.reads(OPERATOR).await;
    assert_eq!((world.fetched(), world.deleted(OPERATOR)), (5, vec![5]));
}

#[tokio::test]
async fn an_outage_uses_up_no_tries_and_telegrams_silence_is_kept() {
    let world = open().await;
    world.sends(OPERATOR, 5, ROWS, Some(9)).await;
    *world.phone.unfetched.lock().unwrap() = Some(Unfetched::NotConnected);
    for _ in 0..20 {
        assert!(world.reads(OPERATOR).await.contains("sedang dibaca"));
        world.pass(TimeDelta::minutes(16));
    }
    *world.phone.unfetched.lock().unwrap() = Some(Unfetched::RetryAfter(Duration::from_secs(600)));
    world.reads(OPERATOR).await;
    let fetched = world.fetched();
    world.pass(TimeDelta::minutes(9));
    world.reads(OPERATOR).await;
    assert_eq!(world.fetched(), fetched, "nothing is asked for while Telegram wants silence");
    *world.phone.unfetched.lock().unwrap() = None;
    world.pass(TimeDelta::minutes(2));
    assert!(world.reads(OPERATOR).await.contains("sudah masuk"));
}

#[tokio::test]
async fn too_large_unreadable_and_not_allowed_any_more_are_said() {
    let world = open().await;
    assert!(world.sends(OPERATOR, 5, ROWS, Some(20 * 1024 * 1024 + 1)).await.starts_with("Bagi dulu file itu"));
    world.reads(OPERATOR).await;
    assert_eq!((world.fetched(), world.deleted(OPERATOR)), (0, vec![5]));
    world.sends(OPERATOR, 6, "Dengan hormat,", None).await;
    assert!(world.reads(OPERATOR).await.starts_with("Kirim file asli dari Dapodik"));
    world.sends(OPERATOR, 7, ROWS, Some(9)).await;
    world.desk().await.disable_staff("op1").await.unwrap();
    assert!(world.reads(OPERATOR).await.starts_with("Akun Anda tidak boleh"));
    assert_eq!((world.fetched(), world.deleted(OPERATOR)), (1, vec![5, 6, 7]));
}

#[tokio::test]
async fn a_chat_of_two_schools_says_whose_roster_it_is() {
    let world = open().await;
    world.place("50200002", "SMPN 2 Contoh").await;
    operator(&world, "op2", "50200002").await;
    assert!(world.sends(OPERATOR, 5, ROWS, Some(9)).await.starts_with("File ini untuk sekolah"));
    world.reads(OPERATOR).await;
    assert_eq!(world.fetched(), 0);
    world.taps(OPERATOR, "SMPN 2 Contoh").await;
    assert!(world.reads(OPERATOR).await.starts_with("Daftar SMPN 2 Contoh sudah masuk."));
    // One that is never said of is not read, and does not stay.
    world.sends(OPERATOR, 6, ROWS, Some(9)).await;
    world.pass(TimeDelta::hours(25));
    world.reads(OPERATOR).await;
    assert_eq!((world.fetched(), world.deleted(OPERATOR).contains(&6)), (1, true));
    assert!(world.taps(OPERATOR, "SMPN 2 Contoh").await.starts_with("Mulai lagi"));
}

#[tokio::test]
async fn two_versions_of_one_school_are_read_in_order_and_nothing_of_them_lies_open() {
    let world = open().await;
    let later = ROWS.replace("XII IPS 1", "XII IPS 2");
    world.phone.uploads.lock().unwrap().insert("f5".to_owned(), ROWS.into());
    world.comes(OPERATOR, What::Document(Sent { message_id: 5, file_id: "f5".into(), name: None, size: None })).await;
    world.sends(OPERATOR, 6, &later, Some(9)).await;
    assert!(!contains(&world.bytes_on_disk(), "\"file_id\""));
    world.reads(OPERATOR).await;
    world.reads(OPERATOR).await;
    let desk = world.desk().await;
    let mut tx = world.desks.db().read().await.unwrap();
    let students = student::all(&mut tx, desk.office().id).await.unwrap();
    assert_eq!(students.iter().map(|one| one.class_name.as_deref()).collect::<Vec<_>>(), [Some("XII IPS 2")]);
}
