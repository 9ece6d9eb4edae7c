//! Looks again and again how siap17 is, says so where it is asked for, and tells the head by a way that still works.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::part::{chain, rest};
use crate::db;
use crate::desk::Desks;
use crate::desk::health::{Health, Level, Part, Watchman};
use crate::jobs::Schedule;
use crate::jobs::health::Judge;
use crate::link;
use crate::messages::LANGUAGES;
use crate::messenger::{Messenger, Outcome, Outgoing};
use crate::notice::{ledger, send};
use crate::office;
use crate::staff::{self, Role};
use crate::telegram::Wire;

/// How often it is looked when nobody asks.
const EVERY: Duration = Duration::from_secs(10);
/// However often somebody asks, there is a pause.
const PAUSE: Duration = Duration::from_secs(1);
/// A disk that fails for this many looks in a row is no passing thing.
const CERTAIN: u32 = 2;
/// How often the head is told of a disk that goes on failing.
const AGAIN: Duration = Duration::from_secs(6 * 3600);

/// Looks until `stop`.
pub async fn run(
    desks: Desks,
    schedule: Arc<Schedule>,
    wire: Option<Arc<Wire>>,
    watchman: Arc<Watchman>,
    stop: CancellationToken,
) {
    let mut judge = Judge::new(desks.clone(), schedule, wire.is_some());
    let mut head = Head { desks, wire, chats: Vec::new(), failed: 0, told: None };
    let mut known: HashSet<String> = HashSet::new();
    while !stop.is_cancelled() {
        let began = Instant::now();
        let health = judge.look().await;
        say(&health, &mut known);
        watchman.say(health.clone(), began);
        tokio::select! {
            () = head.tell(&health) => {}
            () = stop.cancelled() => return,
        }
        rest(&stop, PAUSE).await;
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = watchman.wished() => {}
            () = stop.cancelled() => {}
        }
    }
}

/// Says in the log what is new, and what is well again.
fn say(health: &Health, known: &mut HashSet<String>) {
    let failing: HashSet<String> =
        Part::ALL.iter().filter(|part| health.fails(**part)).map(|part| part.name().to_owned()).collect();
    for finding in health.0.iter().filter(|finding| finding.level == Level::Failing) {
        if !known.contains(finding.part.name()) {
            tracing::error!(part = finding.part.name(), found = %finding.message, "not well");
        }
    }
    for part in known.difference(&failing) {
        tracing::info!(%part, "well again");
    }
    *known = failing;
}

/// Whoever is told, and what they were told.
struct Head {
    desks: Desks,
    wire: Option<Arc<Wire>>,
    /// The chats of heads and administrators as they were when the database was last read, while this node spoke with Telegram.
    chats: Vec<(i64, String)>,
    /// Looks in a row at which the disk failed.
    failed: u32,
    told: Option<Instant>,
}

impl Head {
    /// Tells of what fails: through the ledger, as long as that can be written, and else directly to the chats that are known.
    async fn tell(&mut self, health: &Health) {
        let is_of_the_disk = Part::ALL.into_iter().any(|part| part.is_of_the_disk() && health.fails(part));
        if is_of_the_disk {
            self.failed += 1;
            if self.failed >= CERTAIN && self.told.is_none_or(|at| at.elapsed() >= AGAIN) && self.tell_directly().await
            {
                self.told = Some(Instant::now());
            }
            return;
        }
        (self.failed, self.told) = (0, None);
        if let Err(error) = self.by_ledger(health).await {
            tracing::debug!(error = %chain(error.as_ref()), "the head's alarms and chats wait");
        }
    }

    /// Writes to the chats that are known; gives whether anybody may have read it, or nobody can.
    async fn tell_directly(&self) -> bool {
        let Some(wire) = self.wire.as_ref().filter(|_| !self.chats.is_empty()) else {
            tracing::error!("the database fails, and no chat of a head or administrator is known to be told so");
            return true;
        };
        let mut has_reached = false;
        for (chat, language) in &self.chats {
            if wire.turn(*chat).await.is_err() {
                return has_reached;
            }
            let text = self.desks.messages().text(language, "alarm-health-database", &[]);
            let outcome = wire.send(*chat, &Outgoing::plain(text)).await;
            has_reached |= !matches!(outcome, Outcome::Refused(_));
        }
        has_reached
    }

    /// Raises an alarm for what fails, once a day, and remembers whom to tell should the ledger fail.
    async fn by_ledger(&mut self, health: &Health) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let (desks, clock) = (&self.desks, self.desks.clock());
        let mut tx = desks.db().read().await?;
        let offices = office::all(&mut tx).await?;
        let speaks = db::holders(&mut tx)
            .await?
            .into_iter()
            .any(|holder| holder.lease == send::LEASE && holder.is_running && holder.node == desks.config().node.name);
        let mut chats = Vec::new();
        for office in offices.iter().filter(|_| speaks) {
            for account in staff::all(&mut tx, office.id).await? {
                if account.disabled_at.is_some() || !matches!(account.role, Role::Admin | Role::Head) {
                    continue;
                }
                for chat in link::chats_of(&mut tx, account.id.0).await? {
                    if chat.unreachable.is_none() {
                        chats.push((chat.chat_id(desks.vault())?, chat.language));
                    }
                }
            }
        }
        drop(tx);
        self.chats = chats;
        let words = |part| match part {
            Part::Jobs => Some("alarm-health-jobs"),
            Part::Backup => Some("alarm-health-backup"),
            Part::Sealer => Some("alarm-health-sealer"),
            _ => None,
        };
        let failing = Part::ALL.into_iter().filter(|part| health.fails(*part));
        let failing: Vec<(Part, &str)> = failing.filter_map(|part| words(part).map(|words| (part, words))).collect();
        if failing.is_empty() {
            return Ok(());
        }
        let mut tx = desks.db().write().await?;
        for office in &offices {
            for (part, words) in &failing {
                let occasion = format!("health:{}:{}", part.name(), clock.today(office.zone()));
                let text = desks.messages().text(LANGUAGES[0], words, &[]);
                ledger::raise_alarm(&mut tx, clock, office, &occasion, &text).await?;
            }
        }
        Ok(tx.commit().await?)
    }
}
