//! Who lives in the office: invented students with names, birthdays and lives as a country has them. Pure, and the same each
//! time. What the ledger should say of each life follows from the rules, and the builder lets the product check it.

use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveTime, TimeDelta, Utc};
use uuid::Uuid;

/// The day on which everything is measured; the instant lies in it.
pub const TODAY: NaiveDate = match NaiveDate::from_ymd_opt(2026, 11, 23) {
    Some(day) => day,
    None => NaiveDate::MIN,
};
pub const SCHOOLS: u64 = 278;
pub const KECAMATAN: u64 = 117;
/// Days between a school's visits, which began twenty times as long ago; the last one is so old that it is no news any more.
pub const BETWEEN_VISITS: i64 = 40;
pub const PAST_VISITS: i64 = 20;
/// Days ago that the youngest student's 17th birthday may be, and days until the oldest one's.
const BIRTHDAYS: (i64, i64) = (-420, 540);
/// Days before the 17th birthday on which somebody may be recorded.
const RECORDED_BEFORE: i64 = 365;
/// Steps of the ladder of reminders, as the sample office has them.
const REMINDERS: [i64; 3] = [7, 30, 60];
/// Days after which a birthday's notice that could not go out is over, as the sample office has it.
const HORIZON: i64 = 90;
/// Days for which the heartbeat is measured on birthdays; no other time runs out on them.
pub const BIRTHDAYS_MEASURED: i64 = 3;

/// Kinds of identifiers; each gets its own.
#[derive(Clone, Copy)]
pub enum Table {
    Student = 1,
    Visit,
    Card,
    Collection,
    Notice,
    Attempt,
    Link,
    Consent,
    Import,
    Recording,
    Session,
    Complaint,
}

/// Numbers that look random and are the same for the same number (splitmix64).
pub fn mixed(number: u64, salt: u64) -> u64 {
    let mut z = number.wrapping_add(salt.wrapping_mul(0xD1B5_4A32_D192_ED03)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// From 0 to `below` - 1.
fn below(number: u64, salt: u64, below: i64) -> i64 {
    (mixed(number, salt) % u64::try_from(below.max(1)).unwrap_or(1)).try_into().unwrap_or_default()
}

/// True so many times in a hundred.
fn chance(number: u64, salt: u64, percent: i64) -> bool {
    below(number, salt, 100) < percent
}

/// A UUIDv7 of this moment, as the product makes them, but the same each time.
pub fn id(table: Table, at: DateTime<Utc>, number: u64) -> Uuid {
    let millis = u128::try_from(at.timestamp_millis()).unwrap_or_default();
    let random = u128::from(mixed(number, table as u64) >> 2);
    Uuid::from_u128(millis << 80 | 0x7 << 76 | (table as u128) << 64 | 0b10 << 62 | random)
}

/// `days` from [`TODAY`] on.
pub fn day(days: i64) -> NaiveDate {
    TODAY + TimeDelta::days(days)
}

/// An hour of a day in the office's zone, eight hours before Greenwich.
pub fn at(days: i64, hour: i64, minute: i64) -> DateTime<Utc> {
    day(days).and_time(NaiveTime::MIN).and_utc() + TimeDelta::minutes((hour - 8) * 60 + minute)
}

/// A student with the life that the facts tell.
pub struct Life {
    pub number: u64,
    pub id: Uuid,
    pub school: u64,
    /// Days until the 17th birthday.
    pub birthday: i64,
    pub birth_date: NaiveDate,
    /// Whose chats are linked, with consent: the student's own, and perhaps the guardian's.
    pub chats: u64,
    /// The visit on whose list the student stands, by days ago; negative for the one to come.
    pub visit: Option<i64>,
    pub recorded: bool,
    /// Days ago on which the card was ready at a counter.
    pub ready: Option<i64>,
    /// Days ago on which it was collected.
    pub collected: Option<i64>,
}

/// The visit to a school so many days ago; negative for the one to come.
pub fn visit_id(school: u64, ago: i64) -> Uuid {
    let number = school * 1000 + u64::try_from(ago + 100).unwrap_or_default();
    id(Table::Visit, at(-ago.max(0) - 20, 8, 0), number)
}

/// Days until the visit to a school that it has confirmed.
pub fn coming_visit(school: u64) -> i64 {
    8 + below(school, 20, 20)
}

impl Life {
    pub fn of(number: u64, students: u64) -> Self {
        let school = number * SCHOOLS / students;
        let birthday = birthday(number);
        let recordable = birthday <= RECORDED_BEFORE - BETWEEN_VISITS;
        let recorded = recordable && chance(number, 2, 88);
        let mut life = Self {
            number,
            id: id(Table::Student, at(-900, 9, 0) + TimeDelta::seconds(school.try_into().unwrap_or_default()), number),
            school,
            birthday,
            birth_date: day(birthday) - Months::new(17 * 12),
            chats: if chance(number, 3, 50) { 1 + u64::from(chance(number, 4, 25)) } else { 0 },
            visit: None,
            recorded,
            ready: None,
            collected: None,
        };
        if recorded {
            // One of the first visits after 16, and none after 17.
            let first = (RECORDED_BEFORE - birthday) / BETWEEN_VISITS;
            let last = ((-birthday).max(1) + BETWEEN_VISITS - 1) / BETWEEN_VISITS;
            let visit = (first - below(number, 5, 3)).max(last);
            life.visit = Some(visit * BETWEEN_VISITS);
        } else if recordable && birthday > BIRTHDAYS_MEASURED {
            life.visit = Some(-coming_visit(school));
        }
        if recorded && birthday <= 14 {
            life.give_card();
        }
        // Whom nothing reaches waits until the horizon; nobody's is over on a day that is measured.
        if life.collected.is_none() && (HORIZON - BIRTHDAYS_MEASURED..=HORIZON).contains(&-birthday) {
            life.chats = life.chats.max(1);
        }
        life
    }

    fn give_card(&mut self) {
        let (number, since) = (self.number, -self.birthday);
        // A reminder is due on none of the days that are measured.
        let is_reminded = REMINDERS.iter().any(|step| (step - BIRTHDAYS_MEASURED..*step).contains(&since));
        if since > 0 && chance(number, 6, 10) && !is_reminded {
            return; // The record is through, but no card was printed yet.
        }
        self.ready = Some(since.max(0) + 3);
        // That a card was handed out is news for two weeks; whom nothing reaches has collected it before.
        let longest = if self.chats > 0 { since } else { since - 20 };
        if longest > 0 && (is_reminded || chance(number, 7, 85)) {
            self.collected = Some(since - 1 - below(number, 8, longest.min(60)).min(since - 1));
        }
    }

    /// Days from the birthday to today, or to the day on which the card was collected.
    fn days_invited(&self) -> i64 {
        self.collected.map_or(-self.birthday, |ago| -self.birthday - ago)
    }

    pub fn name(&self, names: &[u32]) -> String {
        // Spread over the schools: a step that has no factor in common with any number of students that is used.
        let slot = (u128::from(self.number) * 1_000_003 % names.len() as u128) as usize;
        name(u64::from(names[slot]))
    }

    pub fn card_id(&self) -> Uuid {
        id(Table::Card, at(-self.ready.unwrap_or_default(), 10, 0), self.number)
    }

    pub fn collection_id(&self) -> Uuid {
        id(Table::Collection, at(-self.collected.unwrap_or_default(), 10, 0), self.number)
    }

    pub fn recording_id(&self) -> Uuid {
        id(Table::Recording, at(-self.visit.unwrap_or_default(), 10, 0), self.number)
    }

    /// The national person number: a region, the birth date, and a serial that is free on that date.
    pub fn nik(&self, serial: u64) -> String {
        let day = u64::from(self.birth_date.day()) + if self.is_female() { 40 } else { 0 };
        let year = self.birth_date.year().rem_euclid(100);
        let region = 527_101 + self.school % 6;
        format!("{region}{day:02}{:02}{year:02}{serial:04}", self.birth_date.month())
    }

    pub fn is_female(&self) -> bool {
        self.number % 2 == 1
    }

    /// The student's rows of the ledger, where cards wait at `point`.
    pub fn notices(&self, point: Uuid) -> Vec<Notice> {
        let mut rows = Rows { life: self, rows: Vec::new() };
        rows.of_the_visit();
        if self.birthday <= 0 {
            rows.of_the_birthday(point);
        }
        rows.rows
    }
}

/// The rows of one life.
struct Rows<'a> {
    life: &'a Life,
    rows: Vec<Notice>,
}

impl Rows<'_> {
    /// Adds a row: sent to whom something reaches, else in the state and for the reason that `otherwise` says.
    fn add(
        &mut self,
        (kind, occasion): (&'static str, String),
        variant: Option<&'static str>,
        at: DateTime<Utc>,
        otherwise: (&'static str, &'static str),
        about: &str,
    ) {
        let (state, reason) = if self.life.chats > 0 { ("sent", None) } else { (otherwise.0, Some(otherwise.1)) };
        let (student, chat) = (self.life.id, self.life.number * 2);
        self.rows.push(Notice { student, chat, kind, occasion, variant, state, reason, at, about: about.to_owned() });
    }

    fn of_the_visit(&mut self) {
        let life = self.life;
        let Some(ago) = life.visit else { return };
        let visit = visit_id(life.school, ago);
        let (occasion, about) = (format!("{visit}:1"), format!(r#"{{"visit":"{visit}"}}"#));
        // What is to come was announced in the last days.
        let (announced, otherwise) = match ago {
            ..0 => (at(-3, 9, 0), ("waiting", "no_chat")),
            _ => (at(-ago - 10, 9, 0), ("expired", "visit_started")),
        };
        self.add(("visit_announced", occasion.clone()), None, announced, otherwise, &about);
        if life.recorded {
            self.add(("visit_tomorrow", occasion), None, at(-ago - 1, 16, 0), ("expired", "visit_day"), &about);
            let otherwise = match life.collected {
                Some(_) => ("suppressed", "already_collected"),
                None => ("expired", "horizon"),
            };
            self.add(("recorded", life.recording_id().to_string()), None, at(-ago + 1, 9, 0), otherwise, "{}");
        }
    }

    fn of_the_birthday(&mut self, point: Uuid) {
        let life = self.life;
        let about = format!(r#"{{"card":"{}","point":"{point}"}}"#, life.card_id());
        let is_over = -life.birthday > HORIZON;
        let otherwise = match (life.collected, is_over) {
            (Some(_), _) => ("suppressed", "already_collected"),
            (None, true) => ("expired", "horizon"),
            (None, false) => ("waiting", "no_chat"),
        };
        // A row that went out says what it said then; the others say what is true now.
        let could_come = life.ready.is_some() && (life.chats > 0 || life.collected.is_none());
        let (variant, of_card) = match could_come {
            true => ("collect", about.as_str()),
            false if life.recorded => ("not_ready_yet", "{}"),
            false => ("not_recorded", "{}"),
        };
        let told = at(life.birthday, 8 + below(life.number, 9, 2), 0);
        self.add(("turned_17", "-".to_owned()), Some(variant), told, otherwise, of_card);
        if life.ready.is_none() {
            return;
        }
        let card = life.card_id();
        let waiting = ("waiting", "no_chat");
        if life.chats == 0 && life.collected.is_none() && is_over {
            let told = at(life.birthday + HORIZON + 1, 8, 0);
            self.add(("card_ready", card.to_string()), Some("collect"), told, waiting, &about);
        }
        for step in REMINDERS.into_iter().filter(|step| life.chats > 0 && *step <= life.days_invited()) {
            let told = at(life.birthday + step, 8, 30);
            self.add(("collect_reminder", format!("{card}:{step}")), None, told, waiting, &about);
        }
        if let Some(ago) = life.collected {
            let occasion = life.collection_id().to_string();
            self.add(("collected", occasion), None, at(-ago, 9, 30), ("expired", "horizon"), &about);
        }
    }
}

/// A row of the ledger.
pub struct Notice {
    pub student: Uuid,
    /// The student's own chat.
    pub chat: u64,
    pub kind: &'static str,
    pub occasion: String,
    pub variant: Option<&'static str>,
    pub state: &'static str,
    pub reason: Option<&'static str>,
    /// When it was made, and went out if it did.
    pub at: DateTime<Utc>,
    pub about: String,
}

/// Days until the 17th birthday: three in a thousand on each of the coming days, which are 1,500 of half a million; the others
/// as they come.
fn birthday(number: u64) -> i64 {
    let thousandth = i64::try_from(mixed(number / 1000, 10).wrapping_add(number) % 1000).unwrap_or_default();
    if thousandth < 3 * BIRTHDAYS_MEASURED {
        return 1 + thousandth / 3;
    }
    let (first, last) = BIRTHDAYS;
    match first + below(number, 1, last - first + 1) {
        soon @ 1..=BIRTHDAYS_MEASURED => soon + 100,
        day => day,
    }
}

/// For each student the number of a name: of half a million, 57,000 differ, and the commonest has 44 namesakes.
pub fn names(students: u64) -> Vec<u32> {
    const COMMONEST: f64 = 44.0;
    let distinct = (students * 57 / 500).max(1);
    let mut names = Vec::new();
    for name in 0..distinct {
        let share = 1.0 - name as f64 / distinct as f64;
        let holders = (COMMONEST * share.powi(4)).round().max(1.0) as usize;
        names.extend(std::iter::repeat_n(u32::try_from(name).unwrap_or_default(), holders));
    }
    names.truncate(students.try_into().unwrap_or_default());
    let mut more = (0_u32..).map(|name| name % u32::try_from(distinct).unwrap_or(1));
    names.resize_with(students.try_into().unwrap_or_default(), || more.next().unwrap_or_default());
    names
}

fn name(number: u64) -> String {
    const FIRST: [&str; 40] = [
        "Muhammad", "Siti", "Ahmad", "Nur", "Baiq", "Lalu", "Ni Luh", "I Made", "Dewi", "Rizki", "Putri", "Abdul",
        "Sri", "Agus", "Fitri", "Hendra", "Indah", "Joko", "Kartika", "Lestari", "Maya", "Nanda", "Oktavia", "Pratiwi",
        "Qori", "Rahmat", "Sari", "Taufik", "Umar", "Vina", "Wahyu", "Yusuf", "Zahra", "Bayu", "Citra", "Dimas", "Eka",
        "Fajar", "Galih", "Hasan",
    ];
    const SECOND: [&str; 40] = [
        "Rizal",
        "Aisyah",
        "Fauzan",
        "Hidayah",
        "Ramadhan",
        "Wulandari",
        "Saputra",
        "Maulana",
        "Anggraini",
        "Hakim",
        "Permata",
        "Kurniawan",
        "Safitri",
        "Firmansyah",
        "Azizah",
        "Setiawan",
        "Rahayu",
        "Nugroho",
        "Khadijah",
        "Pratama",
        "Utami",
        "Syahputra",
        "Mulyani",
        "Hidayat",
        "Amalia",
        "Santoso",
        "Fadilah",
        "Gunawan",
        "Rosita",
        "Akbar",
        "Melati",
        "Subagyo",
        "Halimah",
        "Irawan",
        "Salsabila",
        "Yulianto",
        "Mardiana",
        "Suryadi",
        "Puspita",
        "Ilham",
    ];
    const THIRD: [&str; 36] = [
        "",
        "Putra",
        "Putri",
        "Jaya",
        "Sakti",
        "Bahari",
        "Lombok",
        "Sasak",
        "Rinjani",
        "Sembalun",
        "Anwar",
        "Basri",
        "Cahya",
        "Darmawan",
        "Effendi",
        "Farid",
        "Ghazali",
        "Harun",
        "Ismail",
        "Junaidi",
        "Karim",
        "Latif",
        "Mansur",
        "Nasution",
        "Osman",
        "Purnama",
        "Qadri",
        "Rasyid",
        "Salim",
        "Tanjung",
        "Usman",
        "Wijaya",
        "Yahya",
        "Zainal",
        "Mahardika",
        "Abdullah",
    ];
    let pick = |list: &[&'static str], at: u64| list[usize::try_from(at).unwrap_or_default() % list.len()];
    let (first, second, third) = (pick(&FIRST, number), pick(&SECOND, number / 40), pick(&THIRD, number / 1600));
    format!("{first} {second} {third}").trim_end().to_owned()
}
