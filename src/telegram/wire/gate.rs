//! The one gate through which everything leaves, replies and notices alike: so many messages a second in all, one a second
//! to a chat, and nothing while Telegram told us to be silent. A busy chat never holds up the others.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::kept::KeptSilence;
use super::pace::Pace;
use crate::clock::Clock;

/// Between two messages to one chat (domain: *Telegram*).
const CHAT_PAUSE: Duration = Duration::from_secs(1);
/// A chat whose call never came to an end is free again after this long.
const LONGEST_CALL: Duration = Duration::from_secs(32);
/// Chats that are remembered at least before those that may be written to again are forgotten.
const MANY_CHATS: usize = 4096;
/// Longest nap while waiting, so that a moved clock is noticed; in a rehearsal it is moved all the time.
const NAP: Duration = Duration::from_millis(50);
const NAP_IN_REHEARSAL: Duration = Duration::from_millis(2);

#[derive(Debug)]
pub struct Gate {
    clock: Clock,
    /// Where a silence outlives the process.
    kept: Option<KeptSilence>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    opens: Duration,
    pace: Pace,
    chats: HashMap<i64, Duration>,
    /// How many chats there may be before free ones are forgotten.
    most_chats: usize,
    silent_until: Duration,
}

impl State {
    /// How long everything is silent from `now` on.
    fn silence(&self, now: Duration) -> Option<Duration> {
        self.silent_until.checked_sub(now).filter(|rest| !rest.is_zero())
    }

    /// When `chat` may be written to.
    fn free(&self, chat: i64) -> Duration {
        self.chats.get(&chat).copied().unwrap_or(self.opens)
    }

    fn begin(&mut self, chat: i64, now: Duration) {
        if self.chats.len() >= self.most_chats {
            self.chats.retain(|_, free| *free > now);
            // Where most are busy, looking through all of them for each call would cost more than the calls.
            self.most_chats = MANY_CHATS.max(2 * self.chats.len());
        }
        self.chats.insert(chat, now + LONGEST_CALL);
        self.pace.begin(now);
    }
}

impl Gate {
    /// A gate for `per_second` messages. It opens a second after its making: nobody knows what was sent before a restart.
    pub fn new(clock: Clock, per_second: u32) -> Self {
        let opens = clock.elapsed() + CHAT_PAUSE;
        let pace = Pace::new(per_second, opens);
        let (chats, most_chats) = (HashMap::new(), MANY_CHATS);
        let state = State { opens, pace, chats, most_chats, silent_until: Duration::ZERO };
        Self { clock, kept: None, state: Mutex::new(state) }
    }

    /// Keeps each silence that the Bot API asks for in `file`, and takes up the one that an earlier process left there.
    pub fn remember(&mut self, file: PathBuf) {
        let kept = KeptSilence::new(file);
        if let Some(rest) = kept.rest(self.clock.now()) {
            self.silence(rest);
        }
        self.kept = Some(kept);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a message's turn and begins it; while everything is silent, gives at once how long that lasts. Whoever began
    /// says when the call has [`ended`](Self::ended).
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
        if let Some(rest) = state.silence(now) {
            return Turn::Silent(rest);
        }
        let free = state.free(chat);
        if free > now {
            return Turn::In(free - now);
        }
        if let Some(rest) = state.pace.rest(now) {
            return Turn::In(rest);
        }
        if state.pace.take(1, now) == 0 {
            return Turn::In(state.pace.wait(now).max(Duration::from_millis(1)));
        }
        state.begin(chat, now);
        Turn::Now
    }

    /// Takes up to `most` turns that are there now, whichever chats they will be for.
    pub fn turns(&self, most: usize) -> Result<usize, Duration> {
        let now = self.clock.elapsed();
        let mut state = self.state();
        match state.silence(now) {
            Some(rest) => Err(rest),
            None => Ok(state.pace.take(most, now)),
        }
    }

    /// Turns that were taken are not used.
    pub fn give_back(&self, turns: usize) {
        let now = self.clock.elapsed();
        self.state().pace.give_back(turns, now);
    }

    /// Whether `chat` may be written to now.
    pub fn is_free(&self, chat: i64) -> bool {
        self.state().free(chat) <= self.clock.elapsed()
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

    /// The Bot API asked to wait for this long: nothing passes, and then less than before for a while.
    pub fn slow_down(&self, wait: Duration) {
        let now = self.clock.elapsed();
        let mut state = self.state();
        // Of several calls under way each is told so; that is one lesson.
        let is_news = state.silence(now).is_none();
        let is_longer = now + wait > state.silent_until;
        let over = state.silent_until.max(now + wait);
        state.silent_until = over;
        if is_news {
            state.pace.slow_down(now, over);
        }
        // Whoever else asks the gate meanwhile waits here: nothing passes before the silence is on disk.
        if let Some(kept) = self.kept.as_ref().filter(|_| is_longer) {
            kept.keep(self.clock.now(), wait);
        }
    }

    /// How long everything is silent from now on; `None` while it is not.
    pub fn silent_for(&self) -> Option<Duration> {
        let now = self.clock.elapsed();
        self.state().silence(now)
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
        gate.ended(1);
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
        moved(&clock, 2_000);
        assert!(!gate.is_free(1), "while its call is under way a chat is written to by nobody else");
        gate.silence(Duration::from_secs(34));
        moved(&clock, 30_100);
        assert!(matches!(gate.try_pass(3), Turn::Silent(rest) if rest <= Duration::from_secs(4)));
        moved(&clock, 4_000);
        assert_eq!(gate.try_pass(3), Turn::Now);
    }
    #[test]
    fn free_chats_are_forgotten_and_busy_ones_are_not_looked_through_for_each_call() {
        let clock = Clock::starting_at("2026-11-23T00:00:00Z".parse().unwrap());
        let gate = Gate::new(clock.clone(), 1_000_000);
        moved(&clock, 1_000);
        for chat in 0..10_000 {
            moved(&clock, 1);
            assert_eq!(gate.try_pass(chat), Turn::Now);
            // Each is busy for a second and half a minute more, should its call never end.
        }
        let most = gate.state().most_chats;
        assert!(most > 10_000, "with {most} each further call would look through all of them");
        moved(&clock, 60_000);
        for chat in 10_000..30_000 {
            moved(&clock, 1);
            assert_eq!(gate.try_pass(chat), Turn::Now);
            gate.ended(chat);
        }
        assert!(gate.state().chats.len() < 2 * MANY_CHATS, "{} are remembered", gate.state().chats.len());
    }

    #[test]
    fn a_turn_that_was_taken_is_used_once_or_goes_back_and_a_429_slows_down() {
        let clock = Clock::starting_at("2026-11-23T00:00:00Z".parse().unwrap());
        let gate = Gate::new(clock.clone(), 25);
        moved(&clock, 2_000);
        assert_eq!(gate.turns(100), Ok(5), "a fifth of a second is made up for");
        assert_eq!(gate.turns(100), Ok(0));
        gate.give_back(4);
        assert_eq!(gate.turns(100), Ok(4));
        gate.give_back(4);
        assert_eq!(gate.try_pass(7), Turn::Now);
        assert!(!gate.is_free(7) && gate.is_free(8));
        assert!(matches!(gate.try_pass(8), Turn::In(_)), "two never leave at one moment");
        gate.ended(7);
        gate.slow_down(Duration::from_secs(3));
        gate.slow_down(Duration::from_secs(3));
        assert!(
            matches!(gate.try_pass(8), Turn::Silent(_)),
            "a turn that was there before is none while all is silent"
        );
        assert!(gate.turns(1).is_err());
        moved(&clock, 3_000);
        let mut sent = 0;
        for _ in 0..100 {
            moved(&clock, 10);
            sent += gate.turns(100).unwrap();
        }
        assert!((8..=12).contains(&sent), "{sent} in the second after: half, not a quarter");
    }
}
