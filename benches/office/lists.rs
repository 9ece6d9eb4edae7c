//! A page of each list, students found, and why a student has which notices: what a clerk waits for.

use std::time::Duration;

use siap17::card::QueueCursor;
use siap17::desk::{Desk, VisitFilter};
use siap17::fetch_all;
use siap17::notice::State;
use siap17::notice::list::Filter;
use siap17::vault::Purpose;
use siap17::visit::session;
use uuid::Uuid;

use super::Outcome;
use super::measure::{median, tell};
use super::stage::Stage;

const PAGE: i64 = 50;
const A_PAGE: Duration = Duration::from_millis(50);
const A_WHY: Duration = Duration::from_millis(20);
/// How often each is asked.
const TIMES: u32 = 7;

/// The lists that have pages.
#[derive(Debug, Clone, Copy)]
enum List {
    Notices,
    NoticesWaiting,
    NoticesLost,
    PrintQueue,
    Visits,
    Rosters,
    RosterRows,
    Places,
    Sessions,
    Complaints,
    Orders,
    Staff,
    Namesakes,
}

const LISTS: [List; 13] = [
    List::Notices,
    List::NoticesWaiting,
    List::NoticesLost,
    List::PrintQueue,
    List::Visits,
    List::Rosters,
    List::RosterRows,
    List::Places,
    List::Sessions,
    List::Complaints,
    List::Orders,
    List::Staff,
    List::Namesakes,
];

/// A page of a list that begins after `after`; gives how many lines it has and what the next one begins after.
async fn page(desk: &Desk, list: List, import: Uuid, after: Option<Uuid>) -> Outcome<(usize, Option<Uuid>)> {
    let all = Filter { after: after.map(siap17::notice::NoticeId), limit: PAGE, ..Filter::default() };
    fn told<T>(rows: &[T], id: impl Fn(&T) -> Uuid) -> (usize, Option<Uuid>) {
        (rows.len(), rows.last().map(id))
    }
    Ok(match list {
        List::Notices => told(&desk.notices(&all).await?, |one| one.notice.id.0),
        List::NoticesWaiting => {
            told(&desk.notices(&Filter { state: Some(State::Waiting), ..all }).await?, |one| one.notice.id.0)
        }
        List::NoticesLost => told(&desk.notices(&Filter { lost: true, ..all }).await?, |one| one.notice.id.0),
        List::PrintQueue => {
            // Where nothing but the student is named, the page begins behind that student.
            let after = after.map(|id| QueueCursor { print_from: None, student: siap17::student::StudentId(id) });
            told(&desk.print_queue_page(false, after, PAGE).await?, |one| one.student.0)
        }
        List::Visits => {
            let filter =
                VisitFilter { after: after.map(siap17::visit::VisitId), limit: PAGE, ..VisitFilter::default() };
            let found = desk.visits(&filter).await?;
            (found.visits.len(), found.next.map(|id| id.0))
        }
        List::Rosters => {
            let after = after.map(siap17::roster::ids::ImportId);
            told(&desk.rosters(after, PAGE).await?, |one| one.id.0)
        }
        List::RosterRows => {
            let rows = desk.roster_changes(siap17::roster::ids::ImportId(import), 0, PAGE).await?;
            (rows.len(), None)
        }
        List::Places => told(&desk.places(after.map(siap17::place::PlaceId), PAGE).await?, |one| one.id.0),
        List::Sessions => {
            let after = after.map(session::SessionId);
            let found = desk.sessions(&session::Filter { from: None, to: None, after, limit: PAGE }).await?;
            (found.sessions.len(), found.next.map(|id| id.0))
        }
        List::Complaints => {
            told(&desk.complaints(after.map(siap17::complaint::ComplaintId), PAGE).await?, |one| one.id.0)
        }
        List::Orders => (desk.orders(None, PAGE).await?.len(), None),
        List::Staff => (desk.staff(None, PAGE).await?.len(), None),
        List::Namesakes => {
            let after = after.map(siap17::student::StudentId);
            told(&desk.find_students("Siti A", after, PAGE).await?, |one| one.id.0)
        }
    })
}

/// What students are known by.
struct Known {
    id: Uuid,
    nisn: String,
    nik: String,
    name: String,
}

/// A few students from all over the office.
async fn some(stage: &Stage, desk: &Desk) -> Outcome<Vec<Known>> {
    let (desks, _) = stage.desks().await?;
    let mut tx = desks.db().read().await?;
    let rows = fetch_all!(
        &mut tx,
        (Uuid, String, Vec<u8>, String),
        "SELECT s.id, s.nisn, s.nik_sealed, s.name FROM student s JOIN card c ON c.student_id = s.id
         WHERE s.office_id = $1 AND c.collected_on IS NULL ORDER BY s.nisn LIMIT 8",
        desk.office().id.0,
    )?;
    let known = |(id, nisn, sealed, name): (Uuid, String, Vec<u8>, String)| -> Outcome<Known> {
        Ok(Known { id, nisn, nik: desks.vault().open_text(Purpose::Nik, &sealed)?.to_string(), name })
    };
    rows.into_iter().map(known).collect()
}

/// Finds students by what `text` gives of each, one after the other.
async fn find(desk: &Desk, what: &str, known: &[Known], text: impl Fn(&Known) -> String) -> Outcome<()> {
    let mut next = known.iter().cycle();
    let what = format!("student find by {what}");
    let found = median(&what, A_PAGE, TIMES, async || {
        let text = next.next().map(&text).unwrap_or_default();
        Ok(desk.find_students(&text, None, PAGE).await?.len())
    });
    println!("    {} found", found.await?);
    Ok(())
}

/// All of them.
pub async fn lists(stage: &Stage) -> Outcome<()> {
    let desk = stage.desk().await?;
    let known = some(stage, &desk).await?;
    let import = desk.rosters(None, 1).await?.first().map(|one| one.id.0).unwrap_or_default();
    for list in LISTS {
        let what = format!("{list:?}, first page");
        let (lines, next) = median(&what, A_PAGE, TIMES, || page(&desk, list, import, None)).await?;
        println!("    {lines} lines");
        if next.is_some() {
            let mut after = next;
            let what = format!("{list:?}, the next pages");
            median(&what, A_PAGE, TIMES, async || {
                let (lines, next) = page(&desk, list, import, after).await?;
                after = next.or(after);
                Ok(lines)
            })
            .await?;
        }
    }
    find(&desk, "NISN", &known, |one| one.nisn.clone()).await?;
    find(&desk, "NIK", &known, |one| one.nik.clone()).await?;
    find(&desk, "whole name", &known, |one| one.name.clone()).await?;
    find(&desk, "the beginning of a name", &known, |one| one.name.chars().take(8).collect()).await?;
    let mut next = known.iter().cycle();
    median("student why", A_WHY, TIMES, async || {
        let id = next.next().map(|one| one.id).unwrap_or_default();
        Ok(desk.why(&id.to_string()).await?)
    })
    .await?;
    let first = known.first().ok_or("nobody has a card that waits")?;
    for arguments in
        [&["student", "find", &first.nisn][..], &["student", "why", &first.nisn], &["card", "queue", "--limit", "50"]]
    {
        let taken = stage.siap17(arguments)?;
        let what = format!("siap17 {} {}", arguments[0], arguments[1]);
        tell(&what, taken.time, A_PAGE, &format!("the process and all; most memory {} MiB", taken.peak_mib));
    }
    Ok(())
}
