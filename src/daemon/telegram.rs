//! Everything that touches the bot: sending notices, fetching what people write, answering. One node does all of it, through
//! one connection and one gate, so that Telegram's bounds hold for replies and notices together.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use tokio_util::sync::CancellationToken;

use super::lease::Lease;
use super::part::{AFTER_FAILURE, chain, rest};
use crate::desk::Desks;
use crate::link;
use crate::messenger::Messenger;
use crate::notice::send::{self, SendError, Sender, Step};
use crate::notice::silence::Obstacle;
use crate::telegram::courier::Courier;
use crate::telegram::uploads::Receiver;
use crate::telegram::{Fence, Line, Wire, conversation, inbox};

/// How often our clock is compared with the Bot API's.
const COMPARE_CLOCK: Duration = Duration::from_secs(300);
/// How far the clock may go its own way between two rounds.
const CLOCK_JUMP: TimeDelta = TimeDelta::minutes(1);
/// Pause while the clock is wrong.
const WRONG_CLOCK: Duration = Duration::from_secs(30);
/// Longest wait of the sender when nothing is due.
const IDLE: Duration = Duration::from_millis(500);
/// Pause of the answering part when nobody wrote.
const QUIET: Duration = Duration::from_millis(200);
/// How often it is looked whether somebody sent a file.
const LOOK_FOR_FILES: Duration = Duration::from_millis(500);
/// How long a stop waits for answers under way: one that is cut off is said again after the next start.
const LAST_ANSWERS: Duration = Duration::from_secs(5);
/// How long one call for updates waits for them.
const POLL: Duration = Duration::from_secs(20);
/// Two pollers disturb each other for this long before it is an alarm: a restart elsewhere may overlap for a moment.
const CONFLICT: TimeDelta = TimeDelta::minutes(1);

/// Works whenever this node holds the lease.
pub async fn run(desks: Desks, wire: Arc<Wire>, stop: CancellationToken) {
    let mut lease = Lease::keep(desks.db(), send::LEASE, &desks.config().node.name);
    let line: Arc<dyn Line> = wire.clone();
    // Outlives a lost lease: a file half read is read to its end, and whoever reads it, too, changes nothing.
    let mut receiver = Receiver::new(desks.clone(), line);
    while let Some((token, until)) = lease.held(&stop).await {
        let messenger: Arc<dyn Messenger> = wire.clone();
        let mut sender = Sender::new(
            desks.db().clone(),
            desks.vault().clone(),
            desks.clock().clone(),
            Arc::clone(desks.holidays()),
            desks.messages().clone(),
            messenger,
            token,
        )
        .until(until.clone())
        .remembering(desks.memory().cloned());
        let fence = Fence::of(token);
        // Before anything leaves: what an earlier holder was told to wait for holds for replies, too.
        match sender.recover().await {
            Ok(0) => {}
            Ok(lost) => {
                tracing::warn!(lost, "attempts of an interrupted sender are lost; `notice list --lost` shows them")
            }
            Err(error) => {
                tracing::error!(error = %chain(&error), "the sender cannot start");
                rest(&until, AFTER_FAILURE).await;
                until.cancel();
                continue;
            }
        }
        tracing::info!(token, "this node speaks with Telegram");
        tokio::join!(
            send(&mut sender, &until),
            name(&desks, &wire, &until),
            fetch(&desks, &wire, fence, &until),
            answer(&desks, &until),
            deliver(&desks, &wire, fence, &until),
            receive(&mut receiver, &until),
        );
        until.cancel();
    }
    lease.give_back().await;
}

/// Sends what is due, until the lease ends.
async fn send(sender: &mut Sender, until: &CancellationToken) {
    let mut compared: Option<Instant> = None;
    let mut told: Option<Obstacle> = None;
    let mut last = (sender.now(), Instant::now());
    while !until.is_cancelled() {
        // A clock that was set, or slept, is compared anew before anything leaves by it.
        let this = (sender.now(), Instant::now());
        let passed = TimeDelta::from_std(this.1 - last.1).unwrap_or_default();
        if ((this.0 - last.0) - passed).abs() > CLOCK_JUMP {
            compared = None;
        }
        last = this;
        if compared.is_none_or(|at| at.elapsed() > COMPARE_CLOCK) {
            match sender.obstacle().await {
                Ok(Some(obstacle)) if !obstacle.silences() => {
                    send::note_clock(false);
                    // Said once, for it may last for days.
                    if told
                        .as_ref()
                        .is_none_or(|told| std::mem::discriminant(told) != std::mem::discriminant(&obstacle))
                    {
                        tracing::error!(
                            ?obstacle,
                            "the clock is wrong, or compared with nothing: nothing is sent until it is right (`siap17 check`)"
                        );
                    }
                    told = Some(obstacle);
                    // What was begun before ends meanwhile.
                    if let Err(error) = sender.drain().await {
                        tracing::error!(error = %chain(&error), "the last answers cannot be written down");
                    }
                    rest(until, WRONG_CLOCK).await;
                    continue;
                }
                // While Telegram has us silent nothing leaves; the clock is compared before anything does.
                Ok(Some(_)) => {}
                Ok(None) => {
                    send::note_clock(true);
                    (compared, told) = (Some(Instant::now()), None);
                }
                Err(error) => {
                    tracing::error!(error = %chain(&error), "the clock cannot be compared");
                    rest(until, AFTER_FAILURE).await;
                    continue;
                }
            }
        }
        if let Err(error) = step(sender, until).await {
            tracing::error!(error = %chain(&error), "the sender failed and tries again");
            rest(until, AFTER_FAILURE).await;
        }
    }
    send::note_clock(false);
    if let Err(error) = sender.drain().await {
        tracing::error!(error = %chain(&error), "the last answers cannot be written down");
    }
}

async fn step(sender: &mut Sender, until: &CancellationToken) -> Result<(), SendError> {
    match sender.step().await? {
        Step::Began(_) => sender.wait(IDLE).await,
        Step::Idle => {
            rest(until, IDLE).await;
            Ok(())
        }
    }
}

/// Learns the bot's name, for the links on printed slips.
async fn name(desks: &Desks, wire: &Wire, until: &CancellationToken) {
    while !until.is_cancelled() {
        match wire.bot_name().await {
            Ok(name) => match link::remember_bot(desks.db(), &name).await {
                Ok(()) => return,
                Err(error) => tracing::warn!(error = %chain(&error), "the bot's name cannot be kept"),
            },
            Err(error) => tracing::warn!(error = %chain(&error), "the bot's name cannot be asked"),
        }
        rest(until, WRONG_CLOCK).await;
    }
}

/// Fetches updates, and puts them on disk before the next are asked for.
async fn fetch(desks: &Desks, wire: &Wire, fence: Fence, until: &CancellationToken) {
    let mut conflict_since: Option<DateTime<Utc>> = None;
    while !until.is_cancelled() {
        let polled = tokio::select! {
            polled = inbox::poll_once(desks.db(), desks.vault(), desks.clock(), wire, fence, POLL) => polled,
            () = until.cancelled() => return,
        };
        match polled {
            Ok(_) => conflict_since = None,
            Err(error) if error.is_conflict() => {
                let now = desks.clock().now();
                if now - *conflict_since.get_or_insert(now) > CONFLICT {
                    tracing::error!("somebody else polls with this bot's token");
                    if let Err(error) = inbox::alarm_conflict(desks.db(), desks.clock(), desks.messages()).await {
                        tracing::error!(error = %chain(&error), "the alarm cannot be written down");
                    }
                }
                rest(until, AFTER_FAILURE).await;
            }
            Err(error) => {
                tracing::warn!(error = %chain(&error), "updates cannot be fetched");
                rest(until, AFTER_FAILURE).await;
            }
        }
    }
}

/// Answers what was fetched, in order, onto the disk.
async fn answer(desks: &Desks, until: &CancellationToken) {
    while !until.is_cancelled() {
        match conversation::answer_oldest(desks).await {
            Ok(0) => rest(until, QUIET).await,
            Ok(_) => {}
            Err(error) => {
                tracing::error!(problem = error.name(), "answering failed and is tried again");
                rest(until, AFTER_FAILURE).await;
            }
        }
    }
}

/// Brings the answers to the chats.
async fn deliver(desks: &Desks, wire: &Wire, fence: Fence, until: &CancellationToken) {
    let mut courier = Courier::new(desks, wire, fence);
    while !until.is_cancelled() {
        let worked = match courier.step().await {
            Ok(_) => tokio::select! {
                worked = courier.wait(QUIET) => worked.map(|_| ()),
                () = until.cancelled() => Ok(()),
            },
            Err(error) => Err(error),
        };
        if let Err(error) = worked {
            tracing::error!(problem = error.name(), "answers cannot be brought and are tried again");
            rest(until, AFTER_FAILURE).await;
        }
    }
    if let Err(error) = courier.drain(LAST_ANSWERS).await {
        tracing::error!(problem = error.name(), "the last answers cannot be written down");
    }
}

/// Reads the rosters that were sent as files. What is not read to its end when the lease goes is read on all the same.
async fn receive(receiver: &mut Receiver, until: &CancellationToken) {
    while !until.is_cancelled() {
        match receiver.step().await {
            Ok(_) => tokio::select! {
                _ = receiver.wait(LOOK_FOR_FILES) => {}
                () = until.cancelled() => {}
            },
            Err(error) => {
                tracing::error!(problem = error.name(), "files cannot be looked for; it is tried again");
                rest(until, AFTER_FAILURE).await;
            }
        }
    }
    receiver.drain(LAST_ANSWERS).await;
}
