//! What the holder of the sender's lease works with and remembers.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::queue::Resting;
use crate::calendar::Holidays;
use crate::clock::Clock;
use crate::db::Db;
use crate::messages::Messages;
use crate::messenger::Messenger;
use crate::notice::AttemptId;
use crate::notice::attempt::Call;
use crate::vault::Vault;

/// The lease whose holder may send.
pub const LEASE: &str = "telegram";

/// Times that a sender of this process has looked for what is due.
pub(super) static ROUNDS: AtomicU64 = AtomicU64::new(0);

/// Times that a sender of this process has looked for what is due, since it started.
#[must_use]
pub fn rounds() -> u64 {
    ROUNDS.load(Ordering::Relaxed)
}

/// Whether this process's sender found its clock right when it last looked.
static CLOCK_IS_RIGHT: AtomicBool = AtomicBool::new(false);

/// Notes whether the clock was found right.
pub fn note_clock(is_right: bool) {
    CLOCK_IS_RIGHT.store(is_right, Ordering::Relaxed);
}

/// Whether this process's sender found its clock right, or nothing against it, when it last looked.
#[must_use]
pub fn clock_is_right() -> bool {
    CLOCK_IS_RIGHT.load(Ordering::Relaxed)
}

/// When the Bot API last answered this process.
static HEARD: Mutex<Option<Instant>> = Mutex::new(None);

/// Notes that the Bot API answered.
pub fn note_heard() {
    *HEARD.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
}

/// Whether the Bot API answered this process within that time.
#[must_use]
pub fn heard_within(time: Duration) -> bool {
    HEARD.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|at| at.elapsed() < time)
}

/// One holder of the sender's lease.
pub struct Sender {
    pub(super) db: Db,
    pub(super) vault: Vault,
    pub(super) clock: Clock,
    pub(super) holidays: Arc<Holidays>,
    pub(super) messages: Messages,
    pub(super) messenger: Arc<dyn Messenger>,
    pub(super) token: i64,
    pub(super) until: CancellationToken,
    pub(super) calls: JoinSet<Call>,
    /// Nothing but alarms leaves: the clock is wrong, or not known to be right.
    pub(super) only_alarms: bool,
    /// Calls that ended and are not written down yet, and since when there are any.
    pub(super) ended: Vec<Call>,
    pub(super) ended_since: Option<Instant>,
    /// Attempts that are under way or not written down yet.
    pub(super) open: HashMap<AttemptId, Open>,
    pub(super) resting: Resting,
    /// How many claims there were, and when the last one began calls.
    pub(super) claims: usize,
    pub(super) began: Option<Instant>,
    /// The last claim began calls, or there was no turn for one: there is probably more.
    pub(super) is_hungry: bool,
    /// A transaction failed: outcomes are written down by themselves first, whatever is wrong with what is due.
    pub(super) has_failed: bool,
    /// Until when the Bot API wants nothing sent, as long as that is not on disk.
    pub(super) silence: Option<DateTime<Utc>>,
    /// A commit failed, and whether its intents are on disk is not known.
    pub(super) unsure: bool,
}

/// Whom an open attempt is for.
pub(super) struct Open {
    pub recipient: Uuid,
    pub chat_index: Vec<u8>,
}

impl Sender {
    /// A sender that holds the lease with fencing token `token`.
    #[must_use]
    pub fn new(
        db: Db,
        vault: Vault,
        clock: Clock,
        holidays: Arc<Holidays>,
        messages: Messages,
        messenger: Arc<dyn Messenger>,
        token: i64,
    ) -> Self {
        Self {
            db,
            vault,
            clock,
            holidays,
            messages,
            messenger,
            token,
            until: CancellationToken::new(),
            calls: JoinSet::new(),
            only_alarms: false,
            ended: Vec::new(),
            ended_since: None,
            open: HashMap::new(),
            resting: Resting::default(),
            claims: 0,
            began: None,
            is_hungry: false,
            has_failed: false,
            silence: None,
            unsure: false,
        }
    }

    /// Begins no call any more once `until` is cancelled.
    #[must_use]
    pub fn until(mut self, until: CancellationToken) -> Self {
        self.until = until;
        self
    }

    /// The sender's clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }
}
