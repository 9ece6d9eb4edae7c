//! One crew's day on the board, its stops, and the bits of those whom they meet.

/// A stop of a route, with the pupils met there as bits of the route.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    pub site: u32,
    /// Where the stop's words begin.
    pub at: u32,
    pub count: u32,
}

/// One crew's day.
#[derive(Debug, Default)]
pub struct Route {
    pub stops: Vec<Load>,
    pub bits: Vec<u64>,
    /// Driving minutes from where the day begins over the stops to the base.
    pub travel: u32,
    pub count: u32,
}

impl Clone for Route {
    fn clone(&self) -> Self {
        Self { stops: self.stops.clone(), bits: self.bits.clone(), travel: self.travel, count: self.count }
    }

    fn clone_from(&mut self, other: &Self) {
        self.stops.clone_from(&other.stops);
        self.bits.clone_from(&other.bits);
        self.travel = other.travel;
        self.count = other.count;
    }
}

/// A possible place for pupils of one site.
#[derive(Debug, Clone, Copy)]
pub struct Spot {
    pub route: usize,
    /// Position among the route's stops.
    pub position: usize,
    /// Whether the crew stops there anyway.
    pub joins: bool,
    /// Pupils it has room for.
    pub room: u32,
    /// Additional driving minutes.
    pub extra: u32,
}

/// How many ones there are.
pub fn ones(bits: &[u64]) -> u32 {
    bits.iter().map(|word| word.count_ones()).sum()
}

/// How many ones two bit sets share.
pub fn common(a: &[u64], b: &[u64]) -> u32 {
    a.iter().zip(b).map(|(a, b)| (a & b).count_ones()).sum()
}

/// The first `most` ones of a word.
pub fn first(mut bits: u64, most: u32) -> u64 {
    let mut taken = 0;
    for _ in 0..most {
        let one = bits & bits.wrapping_neg();
        taken |= one;
        bits ^= one;
    }
    taken
}
