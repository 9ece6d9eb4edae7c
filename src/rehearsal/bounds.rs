//! The Bot API's own bounds, kept as strictly as it ever keeps them, and a record of who broke them.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

/// Messages a second over all chats before the Bot API answers 429 (domain: *Telegram*).
const MOST_PER_SECOND: usize = 30;
const SECOND: Duration = Duration::from_secs(1);
/// Between two messages to one chat; a little under the second, since what left a second apart may arrive closer.
const CHAT_PAUSE: Duration = Duration::from_millis(900);
/// How long the Bot API asks to wait after its bounds were broken, in seconds.
const WAIT_SECONDS: u64 = 5;

#[derive(Debug, Default)]
pub struct Bounds {
    recent: VecDeque<Duration>,
    chats: HashMap<i64, Duration>,
    /// Nothing may be sent before this.
    silent_until: Duration,
    broken: Vec<String>,
}

impl Bounds {
    /// Lets a message at `now` pass, or gives the seconds to wait.
    pub fn pass(&mut self, chat: i64, now: Duration) -> Result<(), u64> {
        if now < self.silent_until {
            self.broken.push(format!("a message was sent {:?} before retry_after was over", self.silent_until - now));
            return Err((self.silent_until - now).as_secs() + 1);
        }
        while self.recent.front().is_some_and(|at| *at + SECOND <= now) {
            self.recent.pop_front();
        }
        if self.recent.len() >= MOST_PER_SECOND {
            self.broken.push(format!("more than {MOST_PER_SECOND} messages in a second"));
            return Err(self.silence(WAIT_SECONDS, now));
        }
        if self.chats.get(&chat).is_some_and(|last| *last + CHAT_PAUSE > now) {
            self.broken.push(format!("two messages to chat {chat} within a second"));
            return Err(self.silence(WAIT_SECONDS, now));
        }
        self.recent.push_back(now);
        self.chats.insert(chat, now);
        Ok(())
    }

    /// Silences everything for some seconds; gives them back.
    pub fn silence(&mut self, seconds: u64, now: Duration) -> u64 {
        self.silent_until = self.silent_until.max(now + Duration::from_secs(seconds));
        seconds
    }

    /// Each time the bounds were broken, in words.
    pub fn broken(&self) -> Vec<String> {
        self.broken.clone()
    }
}
