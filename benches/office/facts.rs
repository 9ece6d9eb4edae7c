//! The office's facts as rows, thousands at a time, sealed where the product seals them.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use siap17::db::{self, Db, Statement};
use siap17::desk::Desks;
use siap17::office::Office;
use siap17::student::name_key;
use siap17::vault::{Purpose, Vault};
use siap17::{fetch_all, insert_many};
use uuid::Uuid;

use super::Outcome;
use super::population::{
    self, BETWEEN_VISITS, KECAMATAN, Life, Notice, PAST_VISITS, SCHOOLS, Table, at, coming_visit, day, id, visit_id,
};

/// Rows that are written in one transaction.
const AT_ONCE: usize = 20_000;
/// About what a notice says to its reader; its length is what matters.
const TEXT: &str = "Selamat ulang tahun ke-17! KTP-el Anda sudah dapat diambil di Loket Dinas, hari kerja 08.00-15.30. Bawa \
    fotokopi Kartu Keluarga dan tunjukkan kode ini kepada petugas.";
/// Sessions that were held, complaints that were made.
const SESSIONS: u64 = 600;
const COMPLAINTS: u64 = 2_000;

/// Fills an office that was declared.
pub struct Builder<'a> {
    db: &'a Db,
    vault: &'a Vault,
    office: Office,
    /// By their codes' order.
    places: Vec<Uuid>,
}

/// What somebody's rows need that a life does not tell.
struct Resident {
    life: Life,
    name: String,
    nik: String,
    import_row: i32,
}

impl<'a> Builder<'a> {
    pub async fn new(desks: &'a Desks, office: Office) -> Outcome<Self> {
        let mut tx = desks.db().read().await?;
        let places = fetch_all!(&mut tx, (Uuid,), "SELECT id FROM place WHERE kind = 'school' ORDER BY code")?;
        let places = places.into_iter().map(|row| row.0).collect();
        Ok(Self { db: desks.db(), vault: desks.vault(), office, places })
    }

    pub async fn fill(&self, students: u64) -> Outcome<()> {
        let residents = self.residents(students);
        let point = self.office.points.first().ok_or("the office has no counter")?.id.0;
        let mut notices: Vec<Notice> = residents.iter().flat_map(|one| one.life.notices(point)).collect();
        // As they came: what is written together lies together.
        notices.sort_by_key(|notice| notice.at);
        self.imports(&residents).await?;
        self.students(&residents).await?;
        self.visits(&residents).await?;
        self.cards(&residents, point).await?;
        self.chats(&residents).await?;
        self.notices(&notices).await?;
        self.sessions().await?;
        self.complaints(&residents).await
    }

    /// Writes rows, some thousands at a time.
    async fn write<T>(&self, rows: &[T], statements: impl Fn(db::Engine, &[T]) -> Vec<Statement>) -> Outcome<()> {
        for some in rows.chunks(AT_ONCE) {
            let mut tx = self.db.write().await?;
            let statements = statements(tx.engine(), some);
            db::run_all(&mut tx, statements).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    fn residents(&self, students: u64) -> Vec<Resident> {
        let names = population::names(students);
        let mut born = HashMap::new();
        let mut rows = vec![0; self.places.len()];
        let resident = |number| {
            let life = Life::of(number, students);
            let serial: &mut u64 = born.entry(life.birth_date).or_default();
            *serial += 1;
            let row: &mut i32 = &mut rows[usize::try_from(life.school).unwrap_or_default()];
            *row += 1;
            Resident { name: life.name(&names), nik: life.nik(*serial), import_row: *row + 1, life }
        };
        (0..students).map(resident).collect()
    }

    fn place(&self, school: u64) -> Uuid {
        self.places[usize::try_from(school).unwrap_or_default()]
    }

    fn import(&self, school: u64) -> Uuid {
        id(Table::Import, at(-900, 9, 0), school)
    }

    fn sealed(&self, purpose: Purpose, value: &str) -> Vec<u8> {
        self.vault.seal(purpose, value.as_bytes()).unwrap_or_default()
    }

    /// One for each school, long ago.
    async fn imports(&self, residents: &[Resident]) -> Outcome<()> {
        let mut firsts: Vec<(u64, Uuid, Uuid)> = Vec::new();
        for Resident { life, .. } in residents {
            match firsts.last_mut() {
                Some((school, _, last)) if *school == life.school => *last = life.id.max(*last),
                _ => firsts.push((life.school, life.id, life.id)),
            }
        }
        for Resident { life, .. } in residents {
            if let Ok(found) = firsts.binary_search_by_key(&life.school, |one| one.0) {
                firsts[found].1 = firsts[found].1.min(life.id);
            }
        }
        let insert = |engine, some: &[(u64, Uuid, Uuid)]| {
            insert_many!(
                engine,
                "INSERT INTO roster_import (id, office_id, place_id, file_name, file_hash, layout, state, report, actor,
                     created_at, first_student, last_student, sequence) ",
                some,
                |one| [
                    self.import(one.0),
                    self.office.id.0,
                    self.place(one.0),
                    format!("daftar_pd-SMA CONTOH {}.xlsx", one.0),
                    one.0.to_be_bytes().to_vec(),
                    "dapodik",
                    "applied",
                    "{}",
                    "os:bench",
                    at(-900, 9, 0),
                    one.1,
                    one.2,
                    i64::try_from(one.0 + 1).unwrap_or_default(),
                ],
                ""
            )
        };
        self.write(&firsts, insert).await
    }

    async fn students(&self, residents: &[Resident]) -> Outcome<()> {
        let office = self.office.id.0;
        let insert = |engine, some: &[Resident]| {
            insert_many!(
                engine,
                "INSERT INTO student (id, office_id, place_id, nisn, nik_sealed, nik_index, name, name_key, sex, birth_date,
                     birth_place, class_name, grade, kelurahan, kecamatan, phone_sealed, ever_married, recorded, recorded_on,
                     recording_id, left_school, import_id, import_row, import_place, import_hash, created_at) ",
                some,
                |one| [
                    one.life.id,
                    office,
                    self.place(one.life.school),
                    format!("{:010}", 90_000_000 + one.life.number),
                    self.sealed(Purpose::Nik, &one.nik),
                    self.vault.blind_index(Purpose::Nik, &format!("{}/{}", office.simple(), one.nik)),
                    one.name.as_str(),
                    name_key(&one.name),
                    if one.life.is_female() { "female" } else { "male" },
                    one.life.birth_date,
                    "Mataram",
                    format!("XII IPA {}", one.life.number % 9 + 1),
                    12_i32,
                    format!("Kelurahan {}", one.life.number % 1000),
                    format!("Kecamatan {}", one.life.school % KECAMATAN),
                    self.sealed(Purpose::Phone, &format!("08{:010}", one.life.number)),
                    false,
                    if one.life.recorded { "yes" } else { "no" },
                    one.life.visit.filter(|_| one.life.recorded).map(|ago| day(-ago)),
                    one.life.recorded.then(|| one.life.recording_id()),
                    false,
                    self.import(one.life.school),
                    one.import_row,
                    self.place(one.life.school),
                    one.life.number.to_be_bytes().to_vec(),
                    at(-900, 9, 0),
                ],
                ""
            )
        };
        self.write(residents, insert).await
    }

    async fn visits(&self, residents: &[Resident]) -> Outcome<()> {
        let teams: Vec<Uuid> = self.office.teams.iter().map(|team| team.id.0).collect();
        let of_school = |school| {
            let past = (1..=PAST_VISITS).map(|number| number * BETWEEN_VISITS);
            past.chain([-coming_visit(school)]).map(move |ago| (school, ago))
        };
        let visits: Vec<(u64, i64)> = (0..SCHOOLS).flat_map(of_school).collect();
        let insert = |engine, some: &[(u64, i64)]| {
            insert_many!(
                engine,
                "INSERT INTO visit (id, office_id, team_id, place_id, visit_on, day_order, starts_at, ends_at, state, revision,
                     announced_at, confirmed_at, created_at, updated_at) ",
                some,
                |one| [
                    visit_id(one.0, one.1),
                    self.office.id.0,
                    teams[usize::try_from(one.0).unwrap_or_default() % teams.len()],
                    self.place(one.0),
                    day(-one.1),
                    1_i32,
                    at(-one.1, 8, 0),
                    at(-one.1, 13, 0),
                    if one.1 > 0 { "done" } else { "confirmed" },
                    1_i32,
                    at(-one.1.max(0) - 14, 9, 0),
                    at(-one.1.max(0) - 12, 9, 0),
                    at(-one.1.max(0) - 20, 9, 0),
                    at(-one.1.max(0) - 12, 9, 0),
                ],
                ""
            )
        };
        self.write(&visits, insert).await?;
        let listed: Vec<(&Life, i64)> =
            residents.iter().filter_map(|one| one.life.visit.map(|ago| (&one.life, ago))).collect();
        let insert = |engine, some: &[(&Life, i64)]| {
            insert_many!(
                engine,
                "INSERT INTO visit_student (visit_id, student_id, result, resulted_at, presumed, walk_in, ikd) ",
                some,
                |one| [
                    visit_id(one.0.school, one.1),
                    one.0.id,
                    one.0.recorded.then_some("recorded"),
                    one.0.recorded.then(|| at(-one.1, 12, 0)),
                    false,
                    false,
                    one.0.recorded.then(|| ["offered", "active", "refused"][(one.0.number % 3) as usize]),
                ],
                ""
            )
        };
        self.write(&listed, insert).await
    }

    async fn cards(&self, residents: &[Resident], point: Uuid) -> Outcome<()> {
        let recorded: Vec<&Life> = residents.iter().map(|one| &one.life).filter(|life| life.recorded).collect();
        let insert = |engine, some: &[&Life]| {
            insert_many!(
                engine,
                "INSERT INTO national_record (student_id, status, as_of, print_ready_on) ",
                some,
                |one| [
                    one.id,
                    if one.ready.is_some() { "CARD_PRINTED" } else { "PRINT_READY_RECORD" },
                    day(-one.visit.unwrap_or_default() + 21),
                    day(-one.visit.unwrap_or_default() + 21),
                ],
                ""
            )
        };
        self.write(&recorded, insert).await?;
        let printed: Vec<(&Life, i64)> = recorded.iter().filter_map(|life| Some((*life, life.ready?))).collect();
        let insert = |engine, some: &[(&Life, i64)]| {
            insert_many!(
                engine,
                "INSERT INTO card (id, student_id, printed_on, ready_on, point_id, collection_id, collected_at, collected_on,
                     relation, handed_by) ",
                some,
                |one| [
                    one.0.card_id(),
                    one.0.id,
                    day(-one.1),
                    day(-one.1),
                    point,
                    one.0.collected.map(|_| one.0.collection_id()),
                    one.0.collected.map(|ago| at(-ago, 9, 30)),
                    one.0.collected.map(|ago| day(-ago)),
                    one.0.collected.map(|_| "self"),
                    one.0.collected.map(|_| "os:bench"),
                ],
                ""
            )
        };
        self.write(&printed, insert).await
    }

    /// Chats and agreements of those whom something reaches.
    async fn chats(&self, residents: &[Resident]) -> Outcome<()> {
        let chats =
            |one: &'_ Resident| (0..one.life.chats).map(|chat| (one.life.id, one.life.number * 2 + chat)).collect();
        let links: Vec<(Uuid, u64)> = residents.iter().flat_map(|one| -> Vec<(Uuid, u64)> { chats(one) }).collect();
        let insert = |engine, some: &[(Uuid, u64)]| {
            insert_many!(
                engine,
                "INSERT INTO chat_link (id, office_id, role, subject_id, chat_index, chat_sealed, linked_at) ",
                some,
                |one| [
                    id(Table::Link, at(-890, 9, 0), one.1),
                    self.office.id.0,
                    if one.1 % 2 == 0 { "student" } else { "guardian" },
                    one.0,
                    self.chat_index(one.1),
                    self.sealed(Purpose::Chat, &chat(one.1)),
                    at(-890, 9, 0),
                ],
                ""
            )
        };
        self.write(&links, insert).await?;
        let insert = |engine, some: &[(Uuid, u64)]| {
            insert_many!(
                engine,
                "INSERT INTO chat (chat_index, chat_sealed, language, wrong_tries, updated_at) ",
                some,
                |one| [self.chat_index(one.1), self.sealed(Purpose::Chat, &chat(one.1)), "id", 0_i32, at(-890, 9, 0),],
                ""
            )
        };
        self.write(&links, insert).await?;
        let agreed: Vec<&Life> = residents.iter().map(|one| &one.life).filter(|life| life.chats > 0).collect();
        let insert = |engine, some: &[&Life]| {
            insert_many!(
                engine,
                "INSERT INTO consent (id, student_id, given_by, evidence, given_at) ",
                some,
                |one| [
                    id(Table::Consent, at(-890, 9, 0), one.number),
                    one.id,
                    "signed_stub",
                    "potongan bertanda tangan",
                    at(-890, 9, 0),
                ],
                ""
            )
        };
        self.write(&agreed, insert).await
    }

    fn chat_index(&self, number: u64) -> Vec<u8> {
        self.vault.blind_index(Purpose::Chat, &chat(number))
    }

    async fn notices(&self, notices: &[Notice]) -> Outcome<()> {
        let numbered: Vec<(u64, &Notice)> = (0..).zip(notices).collect();
        let insert = |engine, some: &[(u64, &Notice)]| {
            insert_many!(
                engine,
                "INSERT INTO notice (id, office_id, recipient_kind, recipient_id, kind, occasion, variant, state, reason, due_at,
                     refusals, ever_lost, facts, sent_at, text, created_at, changed_at) ",
                some,
                |one| [
                    id(Table::Notice, one.1.at, one.0),
                    self.office.id.0,
                    "student",
                    one.1.student,
                    one.1.kind,
                    one.1.occasion.as_str(),
                    one.1.variant,
                    one.1.state,
                    one.1.reason,
                    one.1.at,
                    0_i32,
                    one.0 % 1000 == 0,
                    one.1.about.as_str(),
                    sent(one.1),
                    sent(one.1).map(|_| TEXT),
                    one.1.at,
                    one.1.at,
                ],
                ""
            )
        };
        self.write(&numbered, insert).await?;
        let out: Vec<(u64, &Notice, DateTime<Utc>)> =
            numbered.iter().filter_map(|one| Some((one.0, one.1, sent(one.1)?))).collect();
        let insert = |engine, some: &[(u64, &Notice, DateTime<Utc>)]| {
            insert_many!(
                engine,
                "INSERT INTO attempt (id, notice_id, chat_index, lease_token, started_at, outcome, finished_at, message_id) ",
                some,
                |one| [
                    id(Table::Attempt, one.2, one.0),
                    id(Table::Notice, one.1.at, one.0),
                    self.chat_index(one.1.chat),
                    1_i64,
                    one.2,
                    "accepted",
                    one.2,
                    i64::try_from(one.0).unwrap_or_default(),
                ],
                ""
            )
        };
        self.write(&out, insert).await
    }

    /// Evenings that are so long over that they are news to nobody.
    async fn sessions(&self) -> Outcome<()> {
        let numbers: Vec<u64> = (0..SESSIONS).collect();
        let on = |number: u64| -100 - i64::try_from(number).unwrap_or_default();
        let insert = |engine, some: &[u64]| {
            insert_many!(
                engine,
                "INSERT INTO session (id, office_id, place_id, held_on, starts_at, ends_at, state, created_at, updated_at) ",
                some,
                |one| [
                    id(Table::Session, at(on(*one) - 20, 9, 0), *one),
                    self.office.id.0,
                    self.place(one % SCHOOLS),
                    day(on(*one)),
                    at(on(*one), 16, 0),
                    at(on(*one), 19, 0),
                    "open",
                    at(on(*one) - 20, 9, 0),
                    at(on(*one) - 20, 9, 0),
                ],
                ""
            )
        };
        self.write(&numbers, insert).await
    }

    async fn complaints(&self, residents: &[Resident]) -> Outcome<()> {
        let some: Vec<&Life> = residents.iter().map(|one| &one.life).take(COMPLAINTS.try_into()?).collect();
        let on = |life: &Life| at(-i64::try_from(life.number % 700).unwrap_or_default() - 1, 9, 0);
        let insert = |engine, some: &[&Life]| {
            insert_many!(
                engine,
                "INSERT INTO complaint (id, office_id, student_id, text_sealed, created_at, answer, answered_by, answered_at) ",
                some,
                |one| [
                    id(Table::Complaint, on(one), one.number),
                    self.office.id.0,
                    one.id,
                    self.sealed(Purpose::Telegram, "Nama saya salah tulis."),
                    on(one),
                    "Sudah diperbaiki.",
                    "os:bench",
                    on(one) + TimeDelta::hours(3),
                ],
                ""
            )
        };
        self.write(&some, insert).await
    }
}

/// When a notice went out, if it did.
fn sent(notice: &Notice) -> Option<DateTime<Utc>> {
    (notice.state == "sent").then(|| notice.at + TimeDelta::seconds(1))
}

/// A chat's number as Telegram gives it.
fn chat(number: u64) -> String {
    (7_000_000_000 + number).to_string()
}
