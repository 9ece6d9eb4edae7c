//! Everything that touches the bot: sending notices, fetching what people write, answering. One node does all of it, through
//! one connection and one gate, so that Telegram's bounds hold for replies and notices together.

use std::mem::{Discriminant, discriminant};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use tokio_util::sync::CancellationToken;

use super::lease::Lease;
use super::part::{AFTER_FAILURE, chain, complain, rest};
use crate::clock::{Clock, Mark, Standing};
use crate::desk::{ClockTrouble, Desks};
use crate::link;
use crate::messenger::Messenger;
use crate::notice::send::{self, SendError, Sender, Step};
use crate::notice::silence::Obstacle;
use crate::telegram::courier::Courier;
use crate::telegram::uploads::Receiver;
use crate::telegram::{Fence, Line, Wire, conversation, inbox};

/// How often our clock is compared with the Bot API's.
const COMPARE_CLOCK: Duration = Duration::from_secs(300);
/// How long the Bot API gives no answer before that is an alarm.
const LONG_SILENCE: Duration = Duration::from_secs(900);
/// How often a clock that is wrong is looked at; also the pause before the bot's name is asked again.
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
        .until(until.clone());
        let fence = Fence::of(token);
        // Before anything leaves: what an earlier holder was told to wait for holds for replies, too.
        match sender.recover().await {
            Ok(0) => {}
            Ok(lost) => {
                tracing::warn!(lost, "attempts of an interrupted sender are lost; `notice list --lost` shows them")
            }
            Err(error) => {
                complain("starting to send", &error, chain(&error));
                rest(&until, AFTER_FAILURE).await;
                until.cancel();
                continue;
            }
        }
        tracing::info!(token, "this node speaks with Telegram");
        tokio::join!(
            send(&desks, &mut sender, &until),
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
async fn send(desks: &Desks, sender: &mut Sender, until: &CancellationToken) {
    let mut watch = Watch::default();
    while !until.is_cancelled() {
        if watch.is_stale(sender.clock()) {
            match sender.obstacle().await {
                Ok(obstacle) => watch.found(desks, sender.clock(), obstacle).await,
                Err(error) => {
                    complain("comparing the clock", &error, chain(&error));
                    rest(until, AFTER_FAILURE).await;
                    continue;
                }
            }
            // Whoever is told that the clock is wrong is told by it.
            sender.keep_to_alarms(watch.trouble.is_some());
        }
        if let Err(error) = step(sender, until).await {
            complain("sending", &error, chain(&error));
            rest(until, AFTER_FAILURE).await;
        }
    }
    send::note_clock(false);
    if let Err(error) = sender.drain().await {
        complain("writing down the last answers", &error, chain(&error));
    }
}

/// What the sender knows of its clock.
#[derive(Default)]
struct Watch {
    /// When the clock was looked at.
    looked: Option<Mark>,
    trouble: Option<ClockTrouble>,
    /// Since when the Bot API has not answered.
    silent_since: Option<Instant>,
    /// What was told of last, which may last for days.
    told: Option<Discriminant<ClockTrouble>>,
}

impl Watch {
    /// Whether the clock is to be looked at before anything leaves by it: it was set, the machine slept, an answer says another time,
    /// or the last look is long ago.
    fn is_stale(&self, clock: &Clock) -> bool {
        let Some(looked) = &self.looked else { return true };
        let lasts = if self.trouble.is_some() { WRONG_CLOCK } else { COMPARE_CLOCK };
        let differs = self.trouble.is_none() && matches!(clock.standing(), Standing::Differs { .. });
        differs || clock.was_set_since(looked) || clock.since(looked) > lasts
    }

    async fn found(&mut self, desks: &Desks, clock: &Clock, obstacle: Option<Obstacle>) {
        // While Telegram has us silent nothing leaves; the clock is looked at before anything does.
        let is_silenced = obstacle.as_ref().is_some_and(Obstacle::silences);
        self.looked = (!is_silenced).then(|| clock.mark());
        if is_silenced {
            return;
        }
        self.trouble = obstacle.as_ref().and_then(ClockTrouble::of);
        send::note_clock(self.trouble.is_none());
        self.silent_since = match self.trouble {
            Some(ClockTrouble::NotCompared) => self.silent_since.or_else(|| Some(Instant::now())),
            _ => None,
        };
        let Some(trouble) = self.trouble else {
            self.told = None;
            return;
        };
        if self.told == Some(discriminant(&trouble)) {
            return;
        }
        // A network that is away for a moment is no news.
        if self.silent_since.is_some_and(|since| since.elapsed() < LONG_SILENCE) {
            return;
        }
        tracing::error!(
            ?trouble,
            "the clock is wrong, or compared with nothing: only alarms are sent until it is right (`siap17 check`)"
        );
        match tell(desks, trouble).await {
            Ok(()) => self.told = Some(discriminant(&trouble)),
            Err(error) => tracing::error!(error = %chain(error.as_ref()), "the alarm cannot be written down"),
        }
    }
}

/// Tells the heads of all offices what is wrong with the clock.
async fn tell(desks: &Desks, trouble: ClockTrouble) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    for desk in desks.all().await? {
        desk.tell_of_clock(trouble).await?;
    }
    Ok(())
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
                Err(error) => complain("keeping the bot's name", &error, chain(&error)),
            },
            Err(error) => complain("asking the bot's name", &error, chain(&error)),
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
            Ok(_) => {
                send::note_heard();
                conflict_since = None;
            }
            Err(error) if error.is_conflict() => {
                let now = desks.clock().now();
                if now - *conflict_since.get_or_insert(now) > CONFLICT {
                    tracing::error!("somebody else polls with this bot's token");
                    if let Err(error) = inbox::alarm_conflict(desks.db(), desks.clock(), desks.messages()).await {
                        complain("writing down an alarm", &error, chain(&error));
                    }
                }
                rest(until, AFTER_FAILURE).await;
            }
            Err(error) => {
                complain("fetching updates", &error, chain(&error));
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
                complain("answering", &error, error.name().into());
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
            complain("bringing answers", &error, error.name().into());
            rest(until, AFTER_FAILURE).await;
        }
    }
    if let Err(error) = courier.drain(LAST_ANSWERS).await {
        complain("writing down the last answers", &error, error.name().into());
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
                complain("looking for files", &error, error.name().into());
                rest(until, AFTER_FAILURE).await;
            }
        }
    }
    receiver.drain(LAST_ANSWERS).await;
}
