//! What the holder of the sender's lease works with and remembers.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use chrono::{DateTime, Utc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::queue::Resting;
use crate::calendar::Holidays;
use crate::clock::Clock;
use crate::db::{Db, Memory};
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
    /// Where it is remembered, outside of the database, how far was sent from it.
    pub(super) memory: Option<Memory>,
    pub(super) calls: JoinSet<Call>,
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
            memory: None,
            calls: JoinSet::new(),
            ended: Vec::new(),
            ended_since: None,
            open: HashMap::new(),
            resting: Resting::default(),
            claims: 0,
            began: None,
            is_hungry: false,
            has_failed: false,
            unsure: false,
        }
    }

    /// Begins no call any more once `until` is cancelled.
    #[must_use]
    pub fn until(mut self, until: CancellationToken) -> Self {
        self.until = until;
        self
    }

    /// Lets nothing leave of which `memory` does not know that something left then: a copy made before is known by it.
    #[must_use]
    pub fn remembering(mut self, memory: Option<Memory>) -> Self {
        self.memory = memory;
        self
    }

    /// What the sender's clock says.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }
}
