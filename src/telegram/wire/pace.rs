//! How many messages may leave, and when: pure, on moments that somebody else reads from the clock.
//!
//! Turns come by a schedule, so that a late one does not put off all that follow; what an idle time left over is used at once, but
//! never more than the bound in any second. A 429 means that the bound was set too high for now: it is halved, and comes
//! back step by step.

use std::collections::VecDeque;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
/// How much of the schedule may be made up for at once, after an idle time or a slow answer of the database.
const BURST: Duration = Duration::from_millis(200);
/// A bound above this is none.
const MOST: u32 = 1_000_000;
/// The least that is left of a bound after several 429s, as a part of it.
const LEAST: u32 = 8;
/// So long after a 429 is over, an eighth of the bound is given back, and then another each time.
const RECOVERY: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub struct Pace {
    /// Messages a second.
    bound: u32,
    /// When the next turn comes.
    next: Duration,
    /// Calls that began within the last second.
    begun: VecDeque<Duration>,
    /// Turns that were taken and not used yet.
    taken: usize,
    slowed: Option<Slowed>,
}

/// What a 429 taught.
#[derive(Debug, Clone, Copy)]
struct Slowed {
    /// Messages a second, to begin with.
    to: u32,
    /// From when on it recovers.
    from: Duration,
}

impl Pace {
    /// A pace of `bound` messages a second, whose first turn comes at `opens`.
    pub fn new(bound: u32, opens: Duration) -> Self {
        let bound = bound.clamp(1, MOST);
        Self { bound, next: opens, begun: VecDeque::new(), taken: 0, slowed: None }
    }

    /// Messages a second at `now`.
    pub fn rate(&self, now: Duration) -> u32 {
        let Some(slowed) = self.slowed else { return self.bound };
        let steps = now.saturating_sub(slowed.from).as_secs() / RECOVERY.as_secs();
        let back = u64::from(self.bound.div_ceil(LEAST)).saturating_mul(steps);
        self.bound.min(slowed.to.saturating_add(u32::try_from(back).unwrap_or(MOST)))
    }

    /// Takes up to `most` turns that are there at `now`; gives how many.
    pub fn take(&mut self, most: usize, now: Duration) -> usize {
        let rate = self.rate(now);
        let pause = SECOND / rate;
        while self.begun.front().is_some_and(|at| *at + SECOND <= now) {
            self.begun.pop_front();
        }
        // What was not used earlier than this is forgotten.
        let behind = BURST.saturating_sub(pause).max(pause);
        self.next = self.next.max(now.saturating_sub(behind));
        let Some(late) = now.checked_sub(self.next) else { return 0 };
        let scheduled = usize::try_from(late.as_nanos() / pause.as_nanos() + 1).unwrap_or(usize::MAX);
        let within = usize::try_from(rate).unwrap_or(usize::MAX).saturating_sub(self.begun.len() + self.taken);
        let turns = most.min(scheduled).min(within);
        self.next += pause * u32::try_from(turns).unwrap_or(u32::MAX);
        self.taken += turns;
        turns
    }

    /// How long the next call waits after the one before although there is a turn: what is made up for comes at twice the pace,
    /// not at one moment, so that a 429 to one call keeps the next ones back. `None` if it need not wait.
    pub fn rest(&self, now: Duration) -> Option<Duration> {
        let free = *self.begun.back()? + SECOND / self.rate(now) / 2;
        free.checked_sub(now).filter(|rest| !rest.is_zero())
    }

    /// A turn that was taken is used at `now`.
    pub fn begin(&mut self, now: Duration) {
        self.taken = self.taken.saturating_sub(1);
        self.begun.push_back(now);
    }

    /// So many turns that were taken are not used.
    pub fn give_back(&mut self, turns: usize, now: Duration) {
        self.taken = self.taken.saturating_sub(turns);
        let pause = SECOND / self.rate(now);
        self.next = self.next.saturating_sub(pause * u32::try_from(turns).unwrap_or(u32::MAX));
    }

    /// How long it is from `now` until there may be a turn.
    pub fn wait(&self, now: Duration) -> Duration {
        let scheduled = self.next.saturating_sub(now);
        let rate = usize::try_from(self.rate(now)).unwrap_or(usize::MAX);
        let is_full = self.begun.len() + self.taken >= rate;
        let oldest = self.begun.front().filter(|_| is_full);
        scheduled.max(oldest.map_or(Duration::ZERO, |at| (*at + SECOND).saturating_sub(now)))
    }

    /// A 429 came whose wait is over at `over`.
    pub fn slow_down(&mut self, now: Duration, over: Duration) {
        let least = self.bound.div_ceil(LEAST);
        self.slowed = Some(Slowed { to: (self.rate(now) / 2).max(least), from: over });
        // Nobody makes up for a silence.
        self.next = self.next.max(over);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BinaryHeap;

    use proptest::prelude::*;

    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    /// Lives through `steps`: what is asked for, how long later, how long the answer of the database takes, how many turns are given
    /// back. Gives when calls began.
    fn began(bound: u32, steps: &[(usize, u64, u64, usize)]) -> Vec<Duration> {
        let mut pace = Pace::new(bound, SECOND);
        let (mut now, mut calls) = (Duration::ZERO, Vec::new());
        for (most, idle, late, unused) in steps {
            now += MILLISECOND * u32::try_from(*idle).unwrap();
            let turns = pace.take(*most, now);
            let unused = turns.min(*unused);
            now += MILLISECOND * u32::try_from(*late).unwrap();
            pace.give_back(unused, now);
            for _ in unused..turns {
                pace.begin(now);
                calls.push(now);
            }
        }
        calls
    }

    proptest! {
        #[test]
        fn no_second_has_more_than_the_bound_whatever_is_taken_late_or_given_back(
            bound in 1_u32..60,
            steps in prop::collection::vec((0_usize..80, 0_u64..400, 0_u64..900, 0_usize..6), 1..200),
        ) {
            let calls = began(bound, &steps);
            for (at, begin) in calls.iter().enumerate() {
                let within = calls[at..].iter().take_while(|one| **one < *begin + SECOND).count();
                prop_assert!(within <= usize::try_from(bound).unwrap(), "{within} within a second of {begin:?}");
            }
        }

        #[test]
        fn who_asks_late_is_not_behind_for_ever(bound in 5_u32..60, late in 1_u64..15) {
            // A minute of asking every so often, each time a little too late.
            let steps = vec![(1_000, late, 0, 0); usize::try_from(61_000 / late).unwrap()];
            let sent = began(bound, &steps).len();
            let full = usize::try_from(bound * 60).unwrap();
            prop_assert!(sent + full / 50 + 15 >= full, "{sent} of {full}");
        }

        #[test]
        fn after_a_429_the_pace_comes_back_and_never_passes_the_bound(bound in 1_u32..100, times in 1_usize..6) {
            let mut pace = Pace::new(bound, Duration::ZERO);
            let mut over = SECOND;
            for _ in 0..times {
                let before = pace.rate(over);
                pace.slow_down(over, over + SECOND);
                over += SECOND;
                let after = pace.rate(over);
                prop_assert!(after >= 1 && (after < before || after == bound.div_ceil(LEAST)));
            }
            let rates: Vec<u32> = (0..=8).map(|steps| pace.rate(over + RECOVERY * steps)).collect();
            prop_assert!(rates.is_sorted() && rates[8] == bound, "{rates:?}");
        }
    }

    /// Sends as fast as it can for `seconds` where every call takes `latency`, with so many under way at once.
    fn sent(bound: u32, latency: Duration, in_flight: usize, seconds: u64) -> usize {
        let mut pace = Pace::new(bound, Duration::ZERO);
        let mut ends: BinaryHeap<std::cmp::Reverse<Duration>> = BinaryHeap::new();
        let (mut now, mut sent) = (Duration::ZERO, 0);
        while now < Duration::from_secs(seconds) {
            while ends.peek().is_some_and(|end| end.0 <= now) {
                ends.pop();
            }
            for _ in 0..pace.take(in_flight - ends.len(), now) {
                pace.begin(now);
                ends.push(std::cmp::Reverse(now + latency));
                sent += 1;
            }
            now += 7 * MILLISECOND;
        }
        sent
    }

    #[test]
    fn two_seconds_of_latency_cost_no_speed() {
        let full = sent(25, MILLISECOND, crate::notice::send::IN_FLIGHT, 60);
        assert!(full >= 1_495, "{full} in a minute");
        assert_eq!(sent(25, 2 * SECOND, crate::notice::send::IN_FLIGHT, 60), full);
        assert!(sent(25, 2 * SECOND, 25, 60) < full, "twenty-five under way are not enough");
    }
}
