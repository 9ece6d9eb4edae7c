//! Chance that is the same every time.

/// Small and fast random numbers (SplitMix64), the same on every machine for ever: a plan depends on nothing else.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.roll()) * end as u128) >> 64) as usize
    }

    pub fn one_in(&mut self, n: u32) -> bool {
        self.below(n as usize) == 0
    }

    /// A number in 0..1, never 0.
    pub fn share(&mut self) -> f64 {
        ((self.roll() >> 11) + 1) as f64 / (1u64 << 53) as f64
    }
}
