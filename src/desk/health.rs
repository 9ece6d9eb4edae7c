//! How siap17 is: what was found, and where everybody reads it. Who judges stands above (`jobs::health`), for it looks at everything.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::sync::{Notify, watch};

/// What is found is no older than this when it is asked for, and no more often looked for.
const FRESH: Duration = Duration::from_secs(2);
/// So long whoever asks waits for a look.
const PATIENCE: Duration = Duration::from_secs(8);

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The database takes a change and is read.
    Database,
    /// The database's file is the one that was opened, and whole.
    File,
    /// Somebody sends, and speaks with Telegram.
    Sender,
    /// Somebody seals the audit.
    Sealer,
    /// Every job ran in its time.
    Jobs,
    Backup,
    /// The Bot API answers.
    Telegram,
    /// The clock is right.
    Clock,
    /// Notices go out.
    Hold,
}

impl Part {
    pub const ALL: [Self; 9] = [
        Self::Database,
        Self::File,
        Self::Sender,
        Self::Sealer,
        Self::Jobs,
        Self::Backup,
        Self::Telegram,
        Self::Clock,
        Self::Hold,
    ];

    /// The part as it is written in answers, alarms and numbers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::File => "file",
            Self::Sender => "sender",
            Self::Sealer => "sealer",
            Self::Jobs => "jobs",
            Self::Backup => "backup",
            Self::Telegram => "telegram",
            Self::Clock => "clock",
            Self::Hold => "hold",
        }
    }

    /// Whether nothing can be written, or be trusted to stay, while this part fails.
    #[must_use]
    pub fn is_of_the_disk(self) -> bool {
        matches!(self, Self::Database | Self::File)
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// As it should be.
    Well,
    /// Worth knowing; nothing fails by it.
    Note,
    Failing,
}

/// One thing that was found. Its words hold no secret and name nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub part: Part,
    pub level: Level,
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.part.name(), self.message)
    }
}

/// Everything that one look found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Health(pub Vec<Finding>);

impl Health {
    /// Notes what was found.
    pub fn found(&mut self, part: Part, level: Level, message: impl Into<String>) {
        self.0.push(Finding { part, level, message: message.into() });
    }

    /// What is not as it should be, the worst first.
    #[must_use]
    pub fn remarks(&self) -> Vec<&Finding> {
        let mut remarks: Vec<&Finding> = self.0.iter().filter(|finding| finding.level > Level::Well).collect();
        remarks.sort_by_key(|finding| std::cmp::Reverse(finding.level));
        remarks
    }

    /// Whether anything fails.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        Part::ALL.into_iter().any(|part| self.fails(part))
    }

    /// Whether this part fails.
    #[must_use]
    pub fn fails(&self, part: Part) -> bool {
        self.0.iter().any(|finding| finding.part == part && finding.level == Level::Failing)
    }
}

/// The newest look, and when it was.
#[derive(Debug, Clone)]
pub struct Seen {
    pub health: Health,
    pub at: Instant,
}

/// Where the newest look is read. Whoever asks often reads the same one; cheap to clone.
#[derive(Debug, Clone)]
pub struct Monitor {
    wish: Arc<Notify>,
    seen: watch::Receiver<Option<Seen>>,
}

/// Where whoever looks says what was found.
#[derive(Debug)]
pub struct Watchman {
    wish: Arc<Notify>,
    seen: watch::Sender<Option<Seen>>,
}

/// Both ends.
#[must_use]
pub fn monitor() -> (Watchman, Monitor) {
    let wish = Arc::new(Notify::new());
    let (sender, seen) = watch::channel(None);
    (Watchman { wish: Arc::clone(&wish), seen: sender }, Monitor { wish, seen })
}

impl Watchman {
    /// Waits until somebody asks for a look.
    pub async fn wished(&self) {
        self.wish.notified().await;
    }

    /// Says what a look found that began `at`.
    pub fn say(&self, health: Health, at: Instant) {
        self.seen.send_replace(Some(Seen { health, at }));
    }
}

impl Monitor {
    /// A look that is at most some seconds old; `None` if none comes to its end.
    pub async fn fresh(&self) -> Option<Health> {
        let mut seen = self.seen.clone();
        let asked = Instant::now();
        let is_fresh = |seen: &Option<Seen>| seen.as_ref().is_some_and(|seen| seen.at + FRESH >= asked);
        if !is_fresh(&seen.borrow()) {
            self.wish.notify_one();
        }
        let found = tokio::time::timeout(PATIENCE, seen.wait_for(is_fresh)).await.ok()?.ok()?;
        found.as_ref().map(|seen| seen.health.clone())
    }

    /// The newest look, however old.
    #[must_use]
    pub fn last(&self) -> Option<Health> {
        self.seen.borrow().as_ref().map(|seen| seen.health.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_asks_often_is_answered_by_one_look() {
        let (watchman, monitor) = monitor();
        let looks = tokio::spawn(async move {
            let mut looks = 0;
            while tokio::time::timeout(Duration::from_millis(300), watchman.wished()).await.is_ok() {
                looks += 1;
                let mut health = Health::default();
                health.found(Part::Backup, Level::Failing, "old");
                watchman.say(health, Instant::now());
            }
            looks
        });
        for _ in 0..20 {
            let health = monitor.fresh().await.unwrap();
            assert!(health.is_failing() && health.fails(Part::Backup) && !health.fails(Part::Database));
        }
        assert_eq!(looks.await.unwrap(), 1);
    }
}
