//! Nothing is lost, nothing is done twice, and nothing holds up the rest.

use super::*;
use crate::db::Tx;
use crate::mailbox::take;
use crate::telegram::Fence;
use crate::telegram::conversation::answer_oldest;
use crate::telegram::courier::Courier;
use crate::vault::Purpose;

#[tokio::test]
async fn answers_survive_a_crash_before_they_are_sent() {
    let world = World::new("guardian").await;
    *world.phone.fails_with.lock().unwrap() = Some(Refusal::NotConnected);
    world.comes(SITI, What::Text { message_id: 1, text: "/bantuan".into() }).await;
    run_once(&world.desks, &*world.phone).await.unwrap();
    assert_eq!(world.count(SITI), 0);
    *world.phone.fails_with.lock().unwrap() = None;
    world.runs().await;
    assert_eq!(world.count(SITI), 1);
}

#[tokio::test]
async fn an_update_that_comes_twice_is_answered_once() {
    let world = World::new("guardian").await;
    let number = world.comes(SITI, What::Text { message_id: 1, text: "/bantuan".into() }).await;
    world.runs().await;
    world.updates.store(number, Ordering::SeqCst);
    world.comes(SITI, What::Text { message_id: 1, text: "/bantuan".into() }).await;
    world.runs().await;
    assert_eq!(world.count(SITI), 1);
    let mut tx = world.desks.db().write().await.unwrap();
    assert!(!take(&mut tx, world.clock(), number).await.unwrap());
}

#[tokio::test]
async fn an_update_that_cannot_be_read_holds_up_nobody() {
    let world = World::new("guardian").await;
    let number = world.updates.fetch_add(1, Ordering::SeqCst);
    let junk = world.desks.vault().seal(Purpose::Telegram, b"{}").unwrap();
    let mut tx = world.desks.db().write().await.unwrap();
    crate::execute!(
        &mut tx,
        "INSERT INTO telegram_update (update_id, sealed, received_at) VALUES ($1, $2, $3)",
        number,
        junk,
        world.clock().now(),
    )
    .unwrap();
    tx.commit().await.unwrap();
    assert!(world.writes(SITI, "/bantuan").await.contains("/status"));
}

#[tokio::test]
async fn an_update_that_fails_is_closed_with_a_word_and_the_next_is_answered() {
    let world = World::new("guardian").await;
    let siti = world.student("Siti Aminah").await;
    let own = world.code(LinkRole::Student, siti.id.0).await;
    world.links(SITI, &own).await;
    // A chat number sealed with another key opens no more, so telling the other chat of a new one fails.
    let junk = Vault::from_secret(&[9; 32]).seal(Purpose::Chat, b"7001").unwrap();
    let mut tx = world.desks.db().write().await.unwrap();
    crate::execute!(&mut tx, "UPDATE chat_link SET chat_sealed = $1", junk).unwrap();
    tx.commit().await.unwrap();
    let code = world.code(LinkRole::Guardian, siti.id.0).await;
    assert!(world.links(MOTHER, &code).await.starts_with("Coba kirim lagi"));
    assert_eq!(world.chats(siti.id).await, 1, "nothing of it was kept");
    assert!(world.writes(MOTHER, "/bantuan").await.contains("/status"));
}

/// Lets every statement that would add the first test chat's row fail as `sqlite` and `failure` (PostgreSQL) say.
async fn poison(world: &World, sqlite: &str, failure: &str) {
    let index = hex::encode(link::chat_index(world.desks.vault(), SITI));
    let mut tx = world.desks.db().write().await.unwrap();
    let statements = match &tx {
        Tx::Sqlite(_) => vec![format!(
            "CREATE TRIGGER poison BEFORE INSERT ON chat WHEN hex(NEW.chat_index) = '{}' BEGIN {sqlite} END",
            index.to_uppercase()
        )],
        Tx::Postgres(_) => vec![
            format!(
                "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                     IF encode(NEW.chat_index, 'hex') = '{index}' THEN {failure} END IF;
                     RETURN NEW;
                 END $$"
            ),
            "CREATE TRIGGER poison BEFORE INSERT ON chat FOR EACH ROW EXECUTE FUNCTION poison()".to_owned(),
        ],
    };
    for statement in statements {
        crate::execute!(&mut tx, sqlx::AssertSqlSafe(statement.as_str())).unwrap();
    }
    tx.commit().await.unwrap();
}

async fn a_poisoned_update_is_set_aside_and_those_behind_it_are_answered(world: World) {
    poison(&world, "SELECT RAISE(ABORT, 'never');", "PERFORM 1 / 0;").await;
    world.comes(SITI, What::Text { message_id: 1, text: "/bantuan".into() }).await;
    world.comes(MOTHER, What::Text { message_id: 1, text: "/bantuan".into() }).await;
    world.runs().await;
    assert!(world.last(SITI).starts_with("Coba kirim lagi"));
    assert!(world.last(MOTHER).contains("/status"));
}

#[tokio::test]
async fn a_poisoned_update_on_sqlite() {
    a_poisoned_update_is_set_aside_and_those_behind_it_are_answered(World::new("guardian").await).await;
}

#[tokio::test]
async fn a_poisoned_update_on_postgres() {
    let scratch = crate::testing::postgres().await;
    let world = World::over(scratch.db.clone(), tempfile::tempdir().unwrap(), "guardian").await;
    a_poisoned_update_is_set_aside_and_those_behind_it_are_answered(world).await;
}

#[tokio::test]
async fn an_update_that_always_fails_for_a_reason_that_may_pass_has_its_tries() {
    let scratch = crate::testing::postgres().await;
    let world = World::over(scratch.db.clone(), tempfile::tempdir().unwrap(), "guardian").await;
    poison(&world, "", "RAISE deadlock_detected;").await;
    world.comes(SITI, What::Text { message_id: 1, text: "/bantuan".into() }).await;
    world.comes(MOTHER, What::Text { message_id: 1, text: "/bantuan".into() }).await;
    let mut tries = 0;
    while answer_oldest(&world.desks).await.is_err() {
        tries += 1;
        assert!(tries < 10, "it never ends");
    }
    assert!(tries > 1, "what may pass is tried again");
    world.runs().await;
    assert!(world.last(SITI).starts_with("Coba kirim lagi"));
    assert!(world.last(MOTHER).contains("/status"));
}

#[tokio::test]
async fn a_talkative_chat_waits_for_nobody_and_nobody_for_it() {
    let world = World::new("guardian").await;
    for _ in 0..10 {
        world.comes(SITI, What::Text { message_id: 1, text: "/bantuan".into() }).await;
    }
    world.comes(MOTHER, What::Text { message_id: 1, text: "/bantuan".into() }).await;
    answer_oldest(&world.desks).await.unwrap();
    let mut courier = Courier::new(&world.desks, &*world.phone, Fence::default());
    assert_eq!(courier.step().await.unwrap(), 2, "the first of each chat, side by side");
    courier.drain(Duration::from_secs(5)).await.unwrap();
    assert_eq!((world.count(SITI), world.count(MOTHER)), (1, 1));
    world.runs().await;
    assert_eq!(world.count(SITI), 10);
}
