//! The listener: how many may stand at the door, and for how long.
//!
//! Whoever connects and says nothing holds a file descriptor, which the sender and the database need, too. So there are few
//! connections at once, each has a bounded time for its request and for its whole life, and when all are taken the one that
//! has said nothing for longest makes room: whoever asks a question is always let in.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Connections at once, where the process may hold many files.
const MOST: usize = 128;
/// Else so many-th of the files that the process may hold.
const SHARE: u64 = 8;
const FEWEST: usize = 8;
/// As many files as the process wants to be allowed to hold, if it may ask for them.
const FILES_WANTED: u64 = 4096;
/// A request's head must be there within this; a connection on which nothing is asked for so long is closed.
const HEAD: Duration = Duration::from_secs(10);
/// After this a connection ends, however it is used: an answer that nobody reads is not kept for ever.
const LIFE: Duration = Duration::from_secs(120);
/// How long a stop waits for an answer under way.
const LAST_ANSWER: Duration = Duration::from_secs(2);
/// Octets of a request's head.
const LARGEST_HEAD: usize = 16 * 1024;
/// Pause where the system has no descriptor or memory for one connection more.
const EXHAUSTED: Duration = Duration::from_millis(500);
/// How often that is said in the log.
const SAY: Duration = Duration::from_secs(60);

/// Serves `router` until `stop`, then lets answers under way end.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    let guests = Guests::new(room(allowed_files()));
    let tasks = TaskTracker::new();
    let mut said: Option<Instant> = None;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            // Whoever knocked has gone already.
            Err(error) if is_of_the_guest(&error) => continue,
            Err(error) => {
                if said.is_none_or(|at| at.elapsed() >= SAY) {
                    tracing::error!(%error, "the HTTP port cannot take connections for now");
                    said = Some(Instant::now());
                }
                tokio::select! {
                    () = tokio::time::sleep(EXHAUSTED) => {}
                    () = stop.cancelled() => {}
                }
                continue;
            }
        };
        let guest = tokio::select! {
            guest = guests.let_in() => guest,
            () = stop.cancelled() => break,
        };
        tasks.spawn(attend(stream, router.clone(), guest, stop.clone()));
    }
    tasks.close();
    tasks.wait().await;
}

/// Whether an error of accepting concerns only the one who knocked.
fn is_of_the_guest(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionRefused
            | ErrorKind::Interrupted
    )
}

/// One connection, until it ends, its time is over, or it makes room for another.
async fn attend(stream: TcpStream, router: Router, guest: Guest, stop: CancellationToken) {
    // Answers are short and leave at once.
    let _ = stream.set_nodelay(true);
    let (answers, is_asking) = (TowerToHyperService::new(router), Arc::clone(&guest.is_asking));
    let service = service_fn(move |request: Request<Incoming>| {
        let (answer, asking) = (answers.call(request), Asking::new(Arc::clone(&is_asking)));
        async move {
            let answer = answer.await;
            drop(asking);
            answer
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(LARGEST_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        // What goes wrong on a connection is the other side's affair.
        _ = connection.as_mut() => return,
        () = guest.leave.cancelled() => return,
        () = tokio::time::sleep(LIFE) => {}
        () = stop.cancelled() => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = tokio::time::timeout(LAST_ANSWER, connection).await;
}

/// How many files this process may hold, after asking for as many as it may ask for.
fn allowed_files() -> Option<u64> {
    let limits = getrlimit(Resource::Nofile);
    let wanted = limits.maximum.map_or(FILES_WANTED, |most| most.min(FILES_WANTED));
    if limits.current.is_some_and(|now| now < wanted)
        && setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: limits.maximum }).is_ok()
    {
        return Some(wanted);
    }
    limits.current
}

/// How many connections there may be at once in a process that may hold so many files.
fn room(files: Option<u64>) -> usize {
    let share = files.map_or(MOST, |files| usize::try_from(files / SHARE).unwrap_or(MOST));
    share.clamp(FEWEST, MOST)
}

/// Everybody who is connected, in the order in which they came.
#[derive(Debug, Clone)]
struct Guests(Arc<Mutex<Table>>, Arc<tokio::sync::Semaphore>);

#[derive(Debug, Default)]
struct Table {
    came: u64,
    seats: BTreeMap<u64, Seat>,
}

#[derive(Debug)]
struct Seat {
    is_asking: Arc<AtomicBool>,
    leave: CancellationToken,
}

/// A seat that is taken until this is dropped.
#[derive(Debug)]
struct Guest {
    number: u64,
    is_asking: Arc<AtomicBool>,
    /// Cancelled when another needs the seat.
    leave: CancellationToken,
    guests: Guests,
    _permit: tokio::sync::OwnedSemaphorePermit,
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.guests.table().seats.remove(&self.number);
    }
}

impl Guests {
    fn new(room: usize) -> Self {
        Self(Arc::default(), Arc::new(tokio::sync::Semaphore::new(room)))
    }

    fn table(&self) -> std::sync::MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a seat. Where none is free, whoever has been silent longest loses theirs; while all are being answered, the
    /// next who gets their answer makes room.
    async fn let_in(&self) -> Guest {
        let permit = loop {
            if let Ok(permit) = Arc::clone(&self.1).try_acquire_owned() {
                break permit;
            }
            self.send_one_away();
            let next = Arc::clone(&self.1).acquire_owned();
            // Nobody closes the semaphore; whoever was asked a moment ago may be silent now.
            if let Ok(Ok(permit)) = tokio::time::timeout(Duration::from_millis(20), next).await {
                break permit;
            }
        };
        let (is_asking, leave) = (Arc::new(AtomicBool::new(false)), CancellationToken::new());
        let seat = Seat { is_asking: Arc::clone(&is_asking), leave: leave.clone() };
        let mut table = self.table();
        table.came += 1;
        let number = table.came;
        table.seats.insert(number, seat);
        drop(table);
        Guest { number, is_asking, leave, guests: self.clone(), _permit: permit }
    }

    fn send_one_away(&self) {
        let table = self.table();
        let mut seats = table.seats.values();
        if let Some(seat) = seats.find(|seat| !seat.leave.is_cancelled() && !seat.is_asking.load(Ordering::Relaxed)) {
            seat.leave.cancel();
        }
    }
}

/// A question that is being answered.
struct Asking(Arc<AtomicBool>);

impl Asking {
    fn new(is_asking: Arc<AtomicBool>) -> Self {
        is_asking.store(true, Ordering::Relaxed);
        Self(is_asking)
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_door_takes_a_small_share_of_the_files() {
        assert_eq!(room(None), MOST);
        assert_eq!(room(Some(1_048_576)), MOST);
        assert_eq!(room(Some(256)), 32);
        assert_eq!(room(Some(16)), FEWEST);
    }

    #[tokio::test]
    async fn who_is_silent_longest_makes_room_and_who_is_answered_does_not() {
        let guests = Guests::new(2);
        let (first, second) = (guests.let_in().await, guests.let_in().await);
        first.is_asking.store(true, Ordering::Relaxed);
        let leaves = second.leave.clone();
        let ended = tokio::spawn(async move {
            second.leave.cancelled().await;
            drop(second);
        });
        let third = guests.let_in().await;
        ended.await.unwrap();
        assert!(leaves.is_cancelled() && !first.leave.is_cancelled() && !third.leave.is_cancelled());
        assert_eq!(guests.table().seats.len(), 2);
    }
}
