//! What somebody may do to the record who has the database and not the key, on both engines.

use sqlx::AssertSqlSafe;

use super::*;
use crate::audit::{Deed, record};
use crate::clock::Clock;
use crate::testing::{Scratch, postgres, sqlite};

/// An entry that nobody wrote through siap17.
const FORGED: &str = "INSERT INTO audit_entry (id, at, actor, action, subject, detail)
    SELECT id_of_none, at, 'os:nobody', action, subject, detail FROM audit_entry WHERE sequence = 2";

struct Record {
    scratch: Scratch,
    vault: Vault,
    clock: Clock,
}

impl Record {
    /// A record of ten sealed entries, the first of a new database.
    async fn of_ten(scratch: Scratch) -> Self {
        let record = Self {
            scratch,
            vault: Vault::from_secret(&[7; 32]),
            clock: Clock::starting_at("2026-11-23T00:30:00Z".parse().unwrap()),
        };
        record.write(10).await;
        let first = seal(&record.scratch.db, &record.vault, false).await.unwrap();
        assert_eq!(first, Sealing::Sealed(10));
        assert_eq!(record.verify(None).await.broken, None);
        record
    }

    async fn write(&self, count: usize) {
        let mut tx = self.scratch.db.write().await.unwrap();
        for number in 0..count {
            let subject = format!("student:{number}");
            let deed = Deed { office: None, actor: "siap17", action: "test", subject: &subject, detail: "" };
            record(&mut tx, &self.vault, &self.clock, &deed).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    async fn seal(&self) -> Sealing {
        seal(&self.scratch.db, &self.vault, true).await.unwrap()
    }

    async fn verify(&self, noted: Option<&str>) -> Verdict {
        let noted: Option<Noted> = noted.map(|text| text.parse().unwrap());
        verify(&self.scratch.db, &self.vault, true, noted.as_ref()).await.unwrap()
    }

    async fn sql(&self, statement: &str) {
        let new_id = match self.scratch.db {
            Db::Sqlite { .. } => "randomblob(16)",
            Db::Postgres(_) => "gen_random_uuid()",
        };
        let mut tx = self.scratch.db.write().await.unwrap();
        for part in statement.replace("id_of_none", new_id).split(';') {
            execute!(&mut tx, AssertSqlSafe(part)).unwrap();
        }
        tx.commit().await.unwrap();
    }

    async fn head(&self) -> Option<String> {
        let mut tx = self.scratch.db.read().await.unwrap();
        meta(&mut tx, HEAD).await.unwrap()
    }

    async fn fault(&self) -> Option<Fault> {
        let mut tx = self.scratch.db.read().await.unwrap();
        fault(&mut tx, &self.vault, true).await.unwrap()
    }
}

/// Runs the attack; afterwards siap17 goes on working. The whole record is found broken, and where `is_seen_at_once`, the sealer
/// refuses to seal more.
async fn found(attack: &str, is_seen_at_once: bool, says: &str) {
    for scratch in [sqlite().await, postgres().await] {
        let record = Record::of_ten(scratch).await;
        let head = record.head().await;
        record.sql(attack).await;
        let before = record.verify(None).await;
        assert!(before.broken.is_some(), "{attack}: not found before siap17 goes on");
        record.write(3).await;
        let sealing = record.seal().await;
        assert_eq!(matches!(sealing, Sealing::Refused(_)), is_seen_at_once, "{attack}: {sealing:?}");
        assert_eq!(record.fault().await.is_some(), is_seen_at_once, "{attack}");
        if is_seen_at_once && !attack.contains("meta") {
            assert_eq!(record.head().await, head, "{attack}: the head stays as evidence");
        }
        let broken = record.verify(None).await.broken.map(|fault| fault.to_string()).unwrap_or_default();
        assert!(broken.contains(says), "{attack}: {broken}");
    }
}

#[tokio::test]
async fn the_newest_entries_are_deleted() {
    found("DELETE FROM audit_entry WHERE sequence > 7", true, "the newest entries after number 7 are missing").await;
    found("DELETE FROM audit_entry WHERE sequence = 10", true, "the newest entries after number 9 are missing").await;
}

#[tokio::test]
async fn the_newest_entry_loses_its_number() {
    let attack = "UPDATE audit_entry SET sequence = NULL, hash = NULL WHERE sequence = 10";
    found(attack, true, "the newest entries after number 9 are missing").await;
    let attack = "UPDATE audit_entry SET sequence = NULL, hash = NULL, actor = 'os:nobody' WHERE sequence >= 9";
    found(attack, true, "the newest entries after number 8 are missing").await;
}

#[tokio::test]
async fn an_entry_in_between_loses_its_number() {
    found("UPDATE audit_entry SET sequence = NULL, hash = NULL WHERE sequence = 4", true, "entry 4: is missing").await;
    found("UPDATE audit_entry SET sequence = -4 WHERE sequence = 4", false, "entry 4: is missing").await;
}

#[tokio::test]
async fn everything_is_deleted_with_the_head() {
    found("DELETE FROM audit_entry; DELETE FROM meta WHERE name = 'audit_head'", true, "its head is gone").await;
    let attack = "DELETE FROM audit_entry; DELETE FROM meta WHERE name LIKE 'audit%'";
    found(attack, true, "its head is gone").await;
    found("DELETE FROM audit_entry", true, "the newest entries after number 0 are missing").await;
    found("DELETE FROM meta WHERE name = 'audit_head'", true, "its head is gone").await;
    let attack = "UPDATE audit_entry SET sequence = NULL, hash = NULL; DELETE FROM meta WHERE name = 'audit_head'";
    found(attack, true, "its head is gone").await;
}

#[tokio::test]
async fn the_head_is_put_back_or_made_up() {
    for value in ["2:7:00", "7:00", "", "2:", "7", "x"] {
        let attack = format!(
            "DELETE FROM audit_entry WHERE sequence > 7; UPDATE meta SET value = '{value}' WHERE name = 'audit_head'"
        );
        found(&attack, true, "the head does not belong to the newest entry, number 7").await;
    }
}

#[tokio::test]
async fn an_entry_is_changed_two_change_places_or_all_have_other_numbers() {
    found("UPDATE audit_entry SET actor = 'os:nobody' WHERE sequence = 4", false, "entry 4: was changed").await;
    found("UPDATE audit_entry SET hash = NULL WHERE sequence = 4", false, "entry 4: was changed").await;
    found("UPDATE audit_entry SET actor = 'os:nobody' WHERE sequence = 10", false, "entry 10: was changed").await;
    let swap = "UPDATE audit_entry SET sequence = 99 WHERE sequence = 4; UPDATE audit_entry SET sequence = 4 WHERE sequence = 5;
        UPDATE audit_entry SET sequence = 5 WHERE sequence = 99";
    found(swap, false, "entry 4: was changed").await;
    let shift = "UPDATE audit_entry SET sequence = sequence + 1000; UPDATE audit_entry SET sequence = sequence - 999";
    found(shift, true, "entry 1: is missing").await;
    let closed = "DELETE FROM audit_entry WHERE sequence = 4; UPDATE audit_entry SET sequence = sequence + 1000 WHERE sequence > 4;
        UPDATE audit_entry SET sequence = sequence - 1001 WHERE sequence > 1000";
    found(closed, true, "entry 4: was changed").await;
}

#[tokio::test]
async fn an_entry_is_put_in_or_changed_before_it_has_a_number() {
    found(FORGED, true, "was not written by siap17").await;
    let copied = "INSERT INTO audit_entry (id, at, actor, action, subject, detail, mark)
        SELECT id_of_none, at, actor, action, subject, detail, mark FROM audit_entry WHERE sequence = 2";
    found(copied, true, "was not written by siap17").await;
    for scratch in [sqlite().await, postgres().await] {
        let record = Record::of_ten(scratch).await;
        record.write(1).await;
        record.sql("UPDATE audit_entry SET subject = 'student:another' WHERE sequence IS NULL").await;
        assert!(matches!(record.seal().await, Sealing::Refused(Fault::Foreign { .. })));
        assert!(matches!(record.verify(None).await.broken, Some(Fault::Foreign { .. })));
    }
}

#[tokio::test]
async fn an_older_state_of_the_database_is_found_by_a_noted_head() {
    for scratch in [sqlite().await, postgres().await] {
        let record = Record::of_ten(scratch).await;
        let (old, old_head) = (record.head().await.unwrap(), record.verify(None).await.head.unwrap().to_string());
        record.write(5).await;
        record.seal().await;
        let noted = record.verify(None).await.head.unwrap().to_string();
        assert_eq!(record.verify(Some(&old_head)).await.broken, None, "it is still there");
        assert_eq!(record.verify(Some(&noted.to_uppercase())).await.broken, None);
        // Nothing inside the database tells that this was not the newest state.
        record
            .sql(&format!(
                "DELETE FROM audit_entry WHERE sequence > 10; UPDATE meta SET value = '{old}' WHERE name = 'audit_head'"
            ))
            .await;
        assert_eq!(record.verify(None).await.broken, None);
        assert_eq!(record.verify(Some(&noted)).await.broken, Some(Fault::NotedGone { number: 15, last: 10 }));
        record.write(7).await;
        record.seal().await;
        assert_eq!(record.verify(Some(&old_head)).await.broken, None);
        assert_eq!(record.verify(Some(&noted)).await.broken, Some(Fault::NotedDiffers { number: 15 }));
    }
    for wrong in ["", "15", "15:", "15:9f3c", "0:9f3c01d2", "-1:9f3c01d2", "x:9f3c01d2", "15:9f3c01d2xx"] {
        assert!(wrong.parse::<Noted>().is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn a_record_from_before_there_were_marks_goes_on() {
    for scratch in [sqlite().await, postgres().await] {
        let record = Record::of_ten(scratch).await;
        // As the version before left it: no marks, its own head, an entry that waits.
        record.write(1).await;
        let mut tx = record.scratch.db.read().await.unwrap();
        let hash = last(&mut tx).await.unwrap().hash.unwrap();
        drop(tx);
        let early = early_head_text(&record.vault, 10, &hash);
        record
            .sql(&format!(
                "UPDATE audit_entry SET mark = NULL; UPDATE meta SET value = '{early}' WHERE name = 'audit_head'"
            ))
            .await;
        assert_eq!(record.verify(None).await.broken, None);
        record.write(1).await;
        assert_eq!(record.seal().await, Sealing::Sealed(2));
        assert_eq!(record.verify(None).await.broken, None);
        record.write(1).await;
        record.sql("UPDATE audit_entry SET mark = NULL WHERE sequence IS NULL").await;
        assert!(matches!(record.seal().await, Sealing::Refused(Fault::Foreign { .. })), "from now on each has a mark");
    }
}

#[tokio::test]
async fn a_new_database_has_no_head_yet_and_late_entries_are_no_fault() {
    for scratch in [sqlite().await, postgres().await] {
        let vault = Vault::from_secret(&[7; 32]);
        let verdict = verify(&scratch.db, &vault, false, None).await.unwrap();
        assert_eq!((verdict.entries, verdict.broken, verdict.head), (0, None, None));
        let record = Record::of_ten(scratch).await;
        // A clock that was set back writes entries that are older than those with a number.
        let back = Record { clock: Clock::starting_at("2026-11-20T00:30:00Z".parse().unwrap()), ..record };
        back.write(2).await;
        assert_eq!(back.fault().await, None);
        assert_eq!(back.seal().await, Sealing::Sealed(2));
        assert_eq!(back.verify(None).await.broken, None);
    }
}
