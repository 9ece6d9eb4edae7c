//! What siap17 does at the desk by itself: it brings the ledger up to date, and tells the head what keeps it from that.

use chrono::{DateTime, TimeDelta, Utc};

use super::context::{Desk, Done};
use crate::db::Tx;
use crate::mailbox::files;
use crate::messages::{Arg, LANGUAGES};
use crate::messenger::Messenger;
use crate::notice::ledger::{self, Reading, Summary, Swept};
use crate::notice::silence::Obstacle;

/// What is wrong with the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockTrouble {
    /// It is so many seconds ahead of the Bot API's; fewer than 0 are behind.
    Differs { seconds: i64 },
    /// It is behind a notice that was sent.
    Behind { newest: DateTime<Utc> },
    /// The Bot API has not answered for long, so that it is compared with nothing.
    NotCompared,
    /// It lies far from when the ledger was last brought up to date, and is compared with nothing.
    Far { last: DateTime<Utc> },
}

impl ClockTrouble {
    /// What an obstacle to sending says about the clock, if it says something.
    #[must_use]
    pub fn of(obstacle: &Obstacle) -> Option<Self> {
        match obstacle {
            Obstacle::Silenced { .. } => None,
            Obstacle::ClockDiffers { seconds } => Some(Self::Differs { seconds: *seconds }),
            Obstacle::ClockBehind { newest } => Some(Self::Behind { newest: *newest }),
            Obstacle::ClockNotCompared => Some(Self::NotCompared),
        }
    }

    /// How far ahead of the real time the clock is, as far as anybody knows.
    fn ahead(self) -> TimeDelta {
        if let Self::Differs { seconds } = self { TimeDelta::seconds(seconds) } else { TimeDelta::zero() }
    }
}

impl Desk {
    /// Looks at the clock before anything is done by it that a wrong one would do harm with; `far` has one to compare it with.
    /// What a clock that was ahead has put off comes now.
    pub async fn read_clock(&self, far: Option<&dyn Messenger>) -> Done<Reading> {
        let reading = ledger::read_clock(&self.db, &self.clock, self.office.id, far).await?;
        self.follow(reading).await?;
        Ok(reading)
    }

    async fn follow(&self, reading: Reading) -> Done<()> {
        match reading {
            Reading::GoesOn => Ok(()),
            Reading::WasSetBack => {
                let mut tx = self.db.write().await?;
                files::come_now(&mut tx, self.clock.now()).await?;
                Ok(tx.commit().await?)
            }
            Reading::NotCompared => {
                let last = ledger::waits_for_clock(&mut self.db.read().await?, self.office.id).await?;
                let last = last.map_or_else(|| self.clock.now(), |(last, _)| last);
                tracing::error!(%last, "the clock lies far from when it was last read, and is compared with nothing: the ledger waits");
                self.tell_of_clock(ClockTrouble::Far { last }).await
            }
        }
    }

    /// Brings the ledger up to date for everybody whose moment has come or who was asked for; gives what that changed, and what the
    /// clock was found to be. By one that is to be compared first nothing is changed, and the head is told.
    pub async fn reconcile(&self, far: Option<&dyn Messenger>) -> Done<(Summary, Reading)> {
        let (summary, reading) = ledger::beat(&self.db, &self.clock, self.office.id, &self.holidays, far).await?;
        self.follow(reading).await?;
        Ok((summary, reading))
    }

    /// Looks at everybody, page by page, beside everything else. If anybody was missed, the office's head is told.
    pub async fn sweep(&self, far: Option<&dyn Messenger>) -> Done<Swept> {
        let swept = ledger::sweep(&self.db, &self.clock, self.office.id, far).await?;
        if swept.mended > 0 {
            tracing::error!(
                mended = swept.mended,
                "people were missed, and nothing explains it; their notices are mended"
            );
            let count = i64::try_from(swept.mended).unwrap_or(i64::MAX);
            let text = self.messages.text(LANGUAGES[0], "alarm-sweep", &[("count", count.into())]);
            let mut tx = self.db.write().await?;
            let occasion = format!("sweep:{}", self.today());
            ledger::raise_alarm(&mut tx, &self.clock, &self.office, &occasion, &text).await?;
            tx.commit().await?;
        }
        Ok(swept)
    }

    /// Tells the head what is wrong with the clock, once a day and kind.
    pub async fn tell_of_clock(&self, trouble: ClockTrouble) -> Done<()> {
        let moment = |at: DateTime<Utc>| at.with_timezone(&self.office.zone()).format("%d-%m-%Y %H:%M").to_string();
        let (name, words, arguments): (_, _, Vec<(&str, Arg)>) = match trouble {
            ClockTrouble::Differs { seconds } => {
                ("differs", "alarm-clock-differs", vec![("minutes", (seconds.abs() / 60).into())])
            }
            ClockTrouble::Behind { newest } => {
                ("behind", "alarm-clock-behind", vec![("newest", moment(newest).into())])
            }
            ClockTrouble::NotCompared => ("not_compared", "alarm-clock-not-compared", vec![]),
            ClockTrouble::Far { last } => ("far", "alarm-clock-far", vec![("last", moment(last).into())]),
        };
        let text = self.messages.text(LANGUAGES[0], words, &arguments);
        let day = (self.clock.now() - trouble.ahead()).with_timezone(&self.office.zone()).date_naive();
        let mut tx = self.db.write().await?;
        ledger::raise_alarm(&mut tx, &self.clock, &self.office, &format!("clock:{day}:{name}"), &text).await?;
        Ok(tx.commit().await?)
    }

    /// Whether the clock was in doubt on a day, for the day's report.
    pub(super) async fn clock_was_in_doubt(&self, tx: &mut Tx, day: chrono::NaiveDate) -> Done<bool> {
        Ok(ledger::was_alarmed(tx, self.office.id, &format!("clock:{day}:")).await?)
    }
}
