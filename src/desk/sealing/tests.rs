use super::*;
use crate::audit::Actor;
use crate::clock::Clock;
use crate::notice::list::Filter;
use crate::office;
use crate::testing::{postgres, sqlite};
use crate::vault::Purpose;
use crate::{execute, fetch_one};

#[tokio::test]
async fn what_an_earlier_version_wrote_in_clear_is_sealed_and_read_as_before() {
    for scratch in [sqlite().await, postgres().await] {
        let clock = Clock::starting_at("2026-11-23T00:30:00Z".parse().unwrap());
        let desks = Desks::for_test(scratch.db.clone(), 9, clock.clone(), include_str!("../../../config/holidays.csv"));
        desks.apply_office(&Actor::Daemon, None, include_str!("../../../config/office.sample.toml")).await.unwrap();
        let mut tx = desks.db.write().await.unwrap();
        let office = office::find(&mut tx, None).await.unwrap();
        let words = desks.vault.seal(Purpose::Telegram, b"Nama saya salah.").unwrap();
        // More than one transaction takes.
        for number in 0..AT_ONCE + 3 {
            execute!(
                &mut tx,
                "INSERT INTO complaint (id, office_id, text_sealed, created_at, answer, answered_by, answered_at)
                 VALUES ($1, $2, $3, $4, $5, 'os:contoh', $4)",
                clock.new_uuid(),
                office.id,
                &words,
                clock.now(),
                format!("Jawaban {number}"),
            )
            .unwrap();
            execute!(
                &mut tx,
                "INSERT INTO notice (id, office_id, recipient_kind, recipient_id, kind, occasion, state, due_at, refusals,
                     ever_lost, facts, text, created_at, changed_at)
                 VALUES ($1, $2, 'staff', $1, 'alarm', '-', 'sent', $3, 0, FALSE, '{}', $4, $3, $3)",
                clock.new_uuid(),
                office.id,
                clock.now(),
                format!("Kode {number}"),
            )
            .unwrap();
        }
        tx.commit().await.unwrap();
        let desk = desks.assemble(office, Actor::Daemon, None);
        let filter = Filter { limit: 10_000, ..Filter::default() };
        let texts = async || -> (Vec<_>, Vec<_>) {
            let complaints = desk.complaints(None, 10_000).await.unwrap();
            let notices = desk.notices(&filter).await.unwrap();
            let notices = notices.into_iter().map(|one| one.notice.text).collect();
            (complaints.into_iter().map(|one| one.answer).collect(), notices)
        };
        let before = texts().await;
        assert!(before.0.contains(&Some("Jawaban 502".to_owned())) && before.1.contains(&Some("Kode 502".to_owned())));
        assert_eq!(desks.seal_what_stands_open().await.unwrap(), 2 * 503);
        assert_eq!(texts().await, before, "all is read as before");
        let mut tx = desks.db.read().await.unwrap();
        let open = "SELECT (SELECT COUNT(*) FROM notice WHERE text IS NOT NULL)
            + (SELECT COUNT(*) FROM complaint WHERE answer IS NOT NULL)";
        assert_eq!(fetch_one!(&mut tx, (i64,), open).unwrap(), (0,), "nothing stands in clear");
        drop(tx);
        assert_eq!(desks.seal_what_stands_open().await.unwrap(), 0);
    }
}
