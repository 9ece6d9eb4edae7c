//! The one gate through which everything leaves, replies and notices alike: so many messages a second in all, one a second
//! to a chat, and nothing while Telegram told us to be silent. A busy chat never holds up the others.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Clock;

/// Between two messages to one chat (domain: *Telegram*).
const CHAT_PAUSE: Duration = Duration::from_secs(1);
/// Chats that are remembered before those that may send again are forgotten.
const MANY_CHATS: usize = 4096;
/// Longest nap while waiting, so that a moved clock is noticed; in a rehearsal it is moved all the time.
const NAP: Duration = Duration::from_millis(50);
const NAP_IN_REHEARSAL: Duration = Duration::from_millis(2);

#[derive(Debug)]
pub struct Gate {
    clock: Clock,
    pause: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    opens: Duration,
    next: Duration,
    chats: HashMap<i64, Duration>,
    silent_until: Duration,
}

impl Gate {
    /// A gate for `per_second` messages. It opens a second after its making: nobody knows what was sent before a restart.
    pub fn new(clock: Clock, per_second: u32) -> Self {
        let opens = clock.elapsed() + CHAT_PAUSE;
        let pause = CHAT_PAUSE / per_second.max(1);
        let state = State { opens, next: opens, chats: HashMap::new(), silent_until: Duration::ZERO };
        Self { clock, pause, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a message's turn; while everything is silent, gives at once how long that lasts.
    pub async fn pass(&self, chat: i64) -> Result<(), Duration> {
        loop {
            let wait = match self.try_pass(chat) {
                Turn::Now => return Ok(()),
                Turn::Silent(rest) => return Err(rest),
                Turn::In(wait) => wait,
            };
            let nap = if self.clock.is_rehearsal() { NAP_IN_REHEARSAL } else { NAP };
            tokio::time::sleep(wait.min(nap)).await;
        }
    }

    fn try_pass(&self, chat: i64) -> Turn {
        let now = self.clock.elapsed();
        let mut state = self.state();
        if state.silent_until > now {
            return Turn::Silent(state.silent_until - now);
        }
        let chat_free = state.chats.get(&chat).copied().unwrap_or(state.opens);
        let free = chat_free.max(state.next);
        if free > now {
            return Turn::In(free - now);
        }
        if state.chats.len() > MANY_CHATS {
            state.chats.retain(|_, free| *free > now);
        }
        state.chats.insert(chat, now + CHAT_PAUSE);
        state.next = now + self.pause;
        Turn::Now
    }

    /// A call to a chat has ended: its message may have arrived as late as now, so the chat's second begins only now.
    pub fn ended(&self, chat: i64) {
        let free = self.clock.elapsed() + CHAT_PAUSE;
        self.state().chats.insert(chat, free);
    }

    /// Nothing passes for this long.
    pub fn silence(&self, duration: Duration) {
        let until = self.clock.elapsed() + duration;
        let mut state = self.state();
        state.silent_until = state.silent_until.max(until);
    }

    pub fn is_silent(&self) -> bool {
        self.state().silent_until > self.clock.elapsed()
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Turn {
    Now,
    In(Duration),
    Silent(Duration),
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn moved(clock: &Clock, milliseconds: i64) {
        // The clock's reading is cut to microseconds, so one more makes up for what was cut.
        clock.move_to(clock.now() + TimeDelta::milliseconds(milliseconds) + TimeDelta::microseconds(1));
    }

    #[test]
    fn it_starts_empty_paces_all_and_each_chat_and_keeps_silence() {
        let clock = Clock::starting_at("2026-11-23T00:00:00Z".parse().unwrap());
        let gate = Gate::new(clock.clone(), 25);
        assert!(matches!(gate.try_pass(1), Turn::In(_)), "nothing in the first second");
        moved(&clock, 1000);
        assert_eq!(gate.try_pass(1), Turn::Now);
        assert!(matches!(gate.try_pass(2), Turn::In(wait) if wait <= Duration::from_millis(40)));
        moved(&clock, 40);
        assert_eq!(gate.try_pass(2), Turn::Now, "a busy chat holds up nobody else");
        moved(&clock, 40);
        assert!(matches!(gate.try_pass(1), Turn::In(wait) if wait > Duration::from_millis(500)));
        // A call that took long arrived late: the second counts from its end.
        moved(&clock, 900);
        gate.ended(1);
        moved(&clock, 900);
        assert!(matches!(gate.try_pass(1), Turn::In(wait) if wait > Duration::from_millis(50)));
        moved(&clock, 100);
        assert_eq!(gate.try_pass(1), Turn::Now);
        gate.silence(Duration::from_secs(34));
        moved(&clock, 30_100);
        assert!(matches!(gate.try_pass(3), Turn::Silent(rest) if rest <= Duration::from_secs(4)));
        moved(&clock, 4_000);
        assert_eq!(gate.try_pass(3), Turn::Now);
    }
}
