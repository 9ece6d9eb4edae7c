//! The story: what the people of one office and one school do in a year.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};

use super::day_sheet;
use super::stage::{Pupil, Stage};
use super::summary::{Failure, Summary};
use crate::age;
use crate::audit;
use crate::card::NationalStatus;
use crate::desk::{Named, RosterOptions, StockEntry, VisitFilter, WantedSlips};
use crate::link::LinkRole;
use crate::messages::LANGUAGES;
use crate::office::PauseKind;
use crate::student::{Recorded, StudentId};
use crate::visit::VisitState;

const ROSTER: &[u8] = include_bytes!("../../../config/sample/daftar_pd-SMA CONTOH SINTETIS-2026-11-02 08_15_30.xlsx");
const ROSTER_NAME: &str = "daftar_pd-SMA CONTOH SINTETIS-2026-11-02 08_15_30.xlsx";
const SCHOOL: &str = "50200001";
const POINT: &str = "Loket Dinas";
/// The counter clerk's and the head's chats.
const CLERK: i64 = 17;
const HEAD: i64 = 18;
/// From a recording to a record that may be printed, in days (domain: a day to six months).
const UNTIL_PRINT_READY: u64 = 24;
/// The printer is out of order from then on for so many days, and the counter closed.
const PRINTER_BROKEN: (&str, u64) = ("2027-02-08", 9);
const COUNTER_CLOSED: (&str, u64) = ("2027-04-12", 4);

/// What is under way outside siap17.
#[derive(Default)]
struct Outside {
    /// Who was recorded, and on which day the centre will say that the card may be printed.
    at_the_centre: HashMap<StudentId, NaiveDate>,
    /// Whose enrolment fails once.
    fails: Option<StudentId>,
    collected: BTreeSet<StudentId>,
    visits: usize,
}

/// From the first roster to the last card.
pub async fn live(mut stage: Stage) -> Result<Summary, Failure> {
    let from = stage.today();
    let to = from.checked_add_months(Months::new(12)).ok_or("the year ends")?;
    let mut outside = Outside::default();
    roster(&mut stage).await?;
    first_status(&mut stage, &mut outside).await?;
    preview(&mut stage).await?;
    chats(&mut stage).await?;
    stage.voice.chapter("The year");
    let mut day = from;
    while day < to {
        day = day + Days::new(1);
        office_day(&mut stage, &mut outside, day).await?;
    }
    summary(stage, outside, from, to).await
}

async fn roster(stage: &mut Stage) -> Result<(), Failure> {
    stage.voice.chapter("A school sends its Dapodik file");
    let report = stage.desk.import_roster(ROSTER_NAME, ROSTER.to_vec(), &RosterOptions::default()).await?;
    stage.tell(&format!(
        "{} rows read, {} students new, {} rejected, {} cells to look at:",
        report.rows,
        report.new,
        report.rejected,
        report.problems.len()
    ));
    for problem in &report.problems {
        stage.voice.say(&format!("      {}", problem.message));
    }
    let again = stage.desk.import_roster(ROSTER_NAME, ROSTER.to_vec(), &RosterOptions::default()).await?;
    stage.tell(&format!("the same file once more: {} new, {} changed", again.new, again.changed));
    for (number, student) in stage.students().await?.into_iter().enumerate() {
        let base = 1000 + 2 * i64::try_from(number)?;
        // Some families have no phone, some students link alone, some parents do.
        let (own, guardian) = match number % 8 {
            7 => (None, None),
            5 => (Some(base), None),
            1 | 4 => (None, Some(base + 1)),
            _ => (Some(base), Some(base + 1)),
        };
        stage.pupils.push(Pupil {
            id: student.id,
            name: student.name,
            birth: student.birth_date,
            own_chat: own,
            guardian_chat: guardian,
        });
    }
    Ok(())
}

/// Whoever is over 17 already: the status sheet of the centre says who is recorded.
async fn first_status(stage: &mut Stage, outside: &mut Outside) -> Result<(), Failure> {
    stage.voice.chapter("The national status comes first");
    let unknown: Vec<_> =
        stage.students().await?.into_iter().filter(|student| student.recorded == Recorded::Unknown).collect();
    stage.tell(&format!("{} students are over 17 already; whether they are recorded nobody has said", unknown.len()));
    let words = [NationalStatus::CardIssued, NationalStatus::PrintReadyRecord, NationalStatus::Unregistered];
    let mut sheet = "NIK;STATUS\n".to_owned();
    for (student, status) in unknown.iter().zip(words.iter().cycle()) {
        if let Some(nik) = stage.nik(student)? {
            writeln!(sheet, "{nik};{status}")?;
            if *status == NationalStatus::PrintReadyRecord {
                outside.at_the_centre.insert(student.id, stage.today());
            }
        }
    }
    let report = stage.desk.take_status(sheet.as_bytes(), None).await?;
    let counts: Vec<String> = report.by_status.iter().map(|(status, count)| format!("{count} {status}")).collect();
    stage.tell(&format!("the status sheet: {}", counts.join(", ")));
    stage.desk.change_stock(StockEntry::Receive(200), POINT).await?;
    stage.tell("200 blank cards came in");
    Ok(())
}

async fn preview(stage: &mut Stage) -> Result<(), Failure> {
    stage.voice.chapter("A new office is in hold: what would be told today");
    let previews = stage.desk.preview(stage.today()).await?;
    let today = stage.today();
    for preview in previews.iter().take(1) {
        stage.voice.message(today, "what would be told", &preview.name, &preview.text);
    }
    stage.tell(&format!(
        "{} birthdays are still worth telling; nothing leaves before `siap17 notice resume`",
        previews.len()
    ));
    stage.desk.let_go(false).await?;
    stage.desk = stage.desks.desk(None, None).await?;
    stage.tell("notice resume");
    Ok(())
}

/// Slips are printed; people link their chats.
async fn chats(stage: &mut Stage) -> Result<(), Failure> {
    stage.voice.chapter("Staff and families link their chats");
    for (name, chat) in [("loket", CLERK), ("kepala", HEAD)] {
        let invitation = stage.desk.invite_staff(name).await?;
        stage.api.write(chat, &invitation.code);
        stage.work().await?;
        let agree = word(stage, "bot-button-agree");
        stage.tap(&[(chat, agree)]).await?;
    }
    let slips = stage.desk.slips(SCHOOL, &WantedSlips::default()).await?.slips;
    stage.tell(&format!("{} slips are printed and handed out at school", slips.len() / 2));
    let mut linking: Vec<(i64, String, NaiveDate)> = Vec::new();
    for pupil in &stage.pupils {
        for (chat, role) in [(pupil.own_chat, LinkRole::Student), (pupil.guardian_chat, LinkRole::Guardian)] {
            let slip = slips.iter().find(|slip| slip.student == pupil.id && slip.role == role);
            if let (Some(chat), Some(slip)) = (chat, slip) {
                linking.push((chat, slip.code.clone(), pupil.birth));
            }
        }
    }
    for (chat, code, _) in &linking {
        stage.api.write(*chat, &format!("/start {code}"));
    }
    stage.work().await?;
    let first = linking.first().map(|(chat, ..)| *chat).unwrap_or_default();
    let opening = stage.last_words(first);
    let today = stage.today();
    stage.voice.message(today, "first words", "whoever presses Start", &opening);
    let (agree, right) = (word(stage, "bot-button-agree"), word(stage, "bot-button-right"));
    let all = |label: &dyn Fn(&NaiveDate) -> String| -> Vec<(i64, String)> {
        linking.iter().map(|(chat, _, birth)| (*chat, label(birth))).collect()
    };
    stage.tap(&all(&|_| agree.clone())).await?;
    stage.tap(&all(&|_| right.clone())).await?;
    stage.tap(&all(&|birth| birth.day().to_string())).await?;
    let months: Vec<String> = (1..=12).map(|month| word(stage, &format!("month-{month}"))).collect();
    stage.tap(&all(&|birth| months[birth.month0() as usize].clone())).await?;
    stage.tell(&format!("{} chats are linked; each gave day and month of birth", linking.len()));
    let alone: Vec<Pupil> =
        stage.pupils.iter().filter(|one| one.own_chat.is_some() && one.guardian_chat.is_none()).cloned().collect();
    for pupil in &alone {
        stage.desk.set_student(&pupil.id.to_string(), "consent", "signed_stub", "stub signed at school").await?;
    }
    stage.tell(&format!("{} parents agreed by a signed stub instead; the school ticked it", alone.len()));
    stage.api.show_picture(first, "KTP saya 5271010101099801");
    stage.work().await?;
    let answer = stage.last_words(first);
    stage.voice.message(today, "a picture of a card is deleted", "the sender", &answer);
    Ok(())
}

fn word(stage: &Stage, id: &str) -> String {
    stage.desks.messages().text(LANGUAGES[0], id, &[])
}

/// One day of the office, from the night's jobs to the evening.
async fn office_day(stage: &mut Stage, outside: &mut Outside, day: NaiveDate) -> Result<(), Failure> {
    stage.move_to(day, 1, 30);
    if day.weekday() == Weekday::Mon {
        plan(stage, day).await?;
    }
    stage.move_to(day, 7, 30);
    let open = stage.desk.office().calendar(stage.desks.holidays()).hours(day).is_some();
    if open {
        pauses(stage, day).await?;
        print(stage, day).await?;
    }
    stage.move_to(day, 8, 0);
    stage.work().await?;
    hold_visits(stage, outside, day).await?;
    stage.move_to(day, 14, 0);
    if open {
        centre(stage, outside, day).await?;
        pickups(stage, outside, day).await?;
    }
    stage.move_to(day, 16, 5);
    stage.work().await
}

/// The nightly plan; what lies within four weeks is announced, and the school agrees.
async fn plan(stage: &mut Stage, day: NaiveDate) -> Result<(), Failure> {
    let done = stage.desk.plan_visits(Some(day + Days::new(7)), None, false).await?;
    let soon = day + Days::new(28);
    for visit in done.visits.iter().filter(|visit| visit.state == VisitState::Proposed && visit.date <= soon) {
        let Some(id) = visit.id else { continue };
        stage.desk.announce_visit(id).await?;
        stage.desk.confirm_visit(id).await?;
        stage.tell(&format!(
            "a visit: {} goes to {} on {}, students on the list: {}; the school agrees",
            visit.team,
            visit.place_name,
            visit.date,
            visit.students.len()
        ));
    }
    Ok(())
}

/// The day itself, on paper and in the spreadsheet; the first listed student is absent the first time.
async fn hold_visits(stage: &mut Stage, outside: &mut Outside, day: NaiveDate) -> Result<(), Failure> {
    let filter = VisitFilter { from: Some(day), to: Some(day), limit: 100, ..VisitFilter::default() };
    for visit in stage.desk.visits(&filter).await?.visits {
        let (VisitState::Confirmed, Some(id)) = (visit.state, visit.id) else { continue };
        stage.move_to(day, 13, 0);
        let bytes = stage.desk.visit_sheet(id, false).await?;
        let listed: Vec<Pupil> = {
            let ids: BTreeSet<StudentId> = visit.students.iter().map(|one| one.id).collect();
            stage.pupils.iter().filter(|pupil| ids.contains(&pupil.id)).cloned().collect()
        };
        let absent = listed.first().filter(|_| outside.visits == 0).map(|pupil| pupil.name.clone());
        let results: HashMap<String, &str> = absent.iter().map(|name| (name.clone(), "absent")).collect();
        let sheet = day_sheet::filled(stage.desks.messages(), bytes, &results, "recorded")?;
        let recording = stage.desk.record_visit_sheet(id, &sheet).await?;
        let counts: Vec<String> = recording.results.iter().map(|(result, count)| format!("{count} {result}")).collect();
        stage.tell(&format!("recording at {}: {}", visit.place_name, counts.join(", ")));
        for pupil in &listed {
            if absent.as_ref() != Some(&pupil.name) {
                outside.at_the_centre.insert(pupil.id, day + Days::new(UNTIL_PRINT_READY));
            }
        }
        if outside.visits == 0 {
            outside.fails = listed.get(1).map(|pupil| pupil.id);
        }
        outside.visits += 1;
        stage.work().await?;
    }
    Ok(())
}

/// Once a week the centre's sheet: who may be printed, whose enrolment failed.
async fn centre(stage: &mut Stage, outside: &mut Outside, day: NaiveDate) -> Result<(), Failure> {
    if day.weekday() != Weekday::Wed {
        return Ok(());
    }
    let mut sheet = "NIK;STATUS\n".to_owned();
    let mut told = 0;
    for student in stage.students().await? {
        if outside.at_the_centre.get(&student.id).is_none_or(|ready| *ready > day) {
            continue;
        }
        let Some(nik) = stage.nik(&student)? else { continue };
        let failed = outside.fails == Some(student.id);
        let status = if failed { NationalStatus::EnrollFailureAtCentral } else { NationalStatus::PrintReadyRecord };
        writeln!(sheet, "{nik};{status}")?;
        outside.at_the_centre.remove(&student.id);
        if failed {
            outside.fails = None;
        }
        told += 1;
    }
    if told > 0 {
        let report = stage.desk.take_status(sheet.as_bytes(), None).await?;
        if report.changed > 0 {
            let counts: Vec<String> = report.by_status.iter().map(|(word, count)| format!("{count} {word}")).collect();
            stage.tell(&format!("the centre's sheet: {}", counts.join(", ")));
            stage.work().await?;
        }
    }
    Ok(())
}

/// A broken printer and a closed counter, as they come.
async fn pauses(stage: &mut Stage, day: NaiveDate) -> Result<(), Failure> {
    for (kind, (from, days), reason) in [
        (PauseKind::Printing, PRINTER_BROKEN, "printer rusak"),
        (PauseKind::Counter, COUNTER_CLOSED, "loket diperbaiki"),
    ] {
        if from.parse() == Ok(day) {
            let until = day + Days::new(days);
            stage.desk.pause(kind, until, reason).await?;
            stage.tell(&format!(
                "{} until {until}: {reason}",
                if kind == PauseKind::Counter { "the counter is closed" } else { "printing stops" }
            ));
        }
    }
    Ok(())
}

/// Whoever turned 17 and is print-ready gets the card printed and put out, before the notices leave.
async fn print(stage: &mut Stage, day: NaiveDate) -> Result<(), Failure> {
    let paused =
        stage.desk.pauses().await?.iter().any(|pause| pause.kind == PauseKind::Printing && pause.holds_on(day));
    if paused {
        return Ok(());
    }
    let due: Vec<String> = stage
        .desk
        .print_queue(false)
        .await?
        .into_iter()
        .filter(|line| line.print_from <= day)
        .map(|line| line.student.to_string())
        .collect();
    if due.is_empty() {
        return Ok(());
    }
    stage.desk.printed(Named::Each(due.clone()), Some(POINT)).await?;
    stage.desk.ready(Named::Each(due.clone()), POINT).await?;
    stage.tell(&format!("cards printed and put out at {POINT}: {}", due.len()));
    Ok(())
}

/// Some come on the next days, some only when reminded; those without a chat come when told on paper.
async fn pickups(stage: &mut Stage, outside: &mut Outside, day: NaiveDate) -> Result<(), Failure> {
    let closed = stage.desk.pauses().await?.iter().any(|pause| pause.kind == PauseKind::Counter && pause.holds_on(day));
    if closed {
        return Ok(());
    }
    for (number, pupil) in stage.pupils.clone().into_iter().enumerate() {
        if outside.collected.contains(&pupil.id) {
            continue;
        }
        let Some(card) = stage.desk.show_student(&pupil.id.to_string(), false).await?.cards.card else { continue };
        let patience = [1, 3, 10, 2, 35][number % 5];
        if card.ready_on.is_none_or(|ready| day < ready + Days::new(patience)) {
            continue;
        }
        match stage.pickup_code(pupil.id).await?.filter(|_| pupil.chats().next().is_some()) {
            Some(code) => {
                stage.api.write(CLERK, &code);
                stage.work().await?;
                let shown = stage.last_words(CLERK);
                stage.voice.message(day, "pickup code", "the clerk", &shown);
                let own = word(stage, "bot-button-own");
                stage.tap(&[(CLERK, own)]).await?;
            }
            None => {
                stage.desk.collect(&pupil.id.to_string(), None).await?;
                stage.tell(&format!(
                    "{} was told on paper and collects the card; the clerk confirms by name",
                    pupil.name
                ));
                stage.work().await?;
            }
        }
        outside.collected.insert(pupil.id);
    }
    Ok(())
}

async fn summary(mut stage: Stage, outside: Outside, from: NaiveDate, to: NaiveDate) -> Result<Summary, Failure> {
    let rule = stage.desk.office().policies().leap_day;
    let verdicts = stage.verdicts().await?;
    let came: Vec<&Pupil> =
        stage.pupils.iter().filter(|pupil| age::birthday(pupil.birth, age::CARD_AGE, rule) <= to).collect();
    let with_one_verdict = came.iter().filter(|pupil| verdicts.get(&pupil.id) == Some(&1)).count();
    let turned_17 = came.len();
    let daily = stage.desk.daily(None).await?;
    audit::seal(stage.desks.db(), stage.desks.vault()).await?;
    let verdict = audit::verify(stage.desks.db(), stage.desks.vault()).await?;
    let summary = Summary {
        from,
        to,
        students: stage.pupils.len(),
        turned_17,
        with_one_verdict,
        visits: outside.visits,
        pickups: outside.collected.len(),
        ledger: stage.ledger_counts().await?,
        funnel: daily.funnel,
        broken_bounds: stage.api.broken_bounds(),
        audit_entries: verdict.entries,
        audit_unbroken: verdict.broken.is_none(),
    };
    stage.voice.chapter("The head of the office reads");
    let digest = stage.desk.digest_text(&stage.desk.daily(None).await?, LANGUAGES[0]);
    for line in digest.lines() {
        stage.voice.say(&format!("      │ {line}"));
    }
    show(&stage, &summary);
    stage.desks.db().close().await;
    Ok(summary)
}

fn show(stage: &Stage, summary: &Summary) {
    let say = |text: &str| stage.voice.say(text);
    say("\nThe ledger: one row for life for each notice");
    for (kind, states) in &summary.ledger {
        let states: Vec<String> = states.iter().map(|(state, rows)| format!("{rows} {state}")).collect();
        say(&format!("  {kind:<18} {}", states.join(", ")));
    }
    let funnel = &summary.funnel;
    say("\nThe funnel");
    for (step, count) in [
        ("eligible", funnel.eligible),
        ("recorded", funnel.recorded),
        ("print-ready", funnel.print_ready),
        ("printed", funnel.printed),
        ("ready", funnel.ready),
        ("notified", funnel.notified),
        ("collected", funnel.collected),
    ] {
        say(&format!("  {step:<12} {count:>3} {}", "█".repeat(count)));
    }
    say(&format!(
        "\n{} to {}: {} students; {} turned 17, {} of them with exactly one verdict; {} visits; {} cards in the hand;\n\
         Telegram's bounds broken {} times; {} audit entries, {}.",
        summary.from,
        summary.to,
        summary.students,
        summary.turned_17,
        summary.with_one_verdict,
        summary.visits,
        summary.pickups,
        summary.broken_bounds.len(),
        summary.audit_entries,
        if summary.audit_unbroken { "chain unbroken" } else { "CHAIN BROKEN" }
    ));
}
