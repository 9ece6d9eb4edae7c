//! What things cost in the search: in the order of what matters, a minute on the road being 1.

/// A due pupil who is not met in time.
pub const MISSED: i64 = 40_000;
/// A due or overdue pupil who is not met at all.
pub const NEVER: i64 = 12_000;
/// A pupil met without days to spare, where a plan wants them.
pub const HASTY: i64 = 2_500;
/// A day that somebody waits for whom there are none to spare: he is met soon, whoever else may come later.
pub const WAIT: i64 = 1;
pub const DAY: i64 = 1_000;
pub const STOP: i64 = 60;
pub const MINUTE: i64 = 1;
/// A stop of the plan before this one that is not kept: ten of them for a team-day, one for a stop and some driving.
pub const MOVED: i64 = 100;
