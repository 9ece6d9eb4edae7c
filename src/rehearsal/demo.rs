//! The demonstration: a school year of the sample office, played through with the real rooms, the real client and a clock that
//! is moved by hand. Its people are those of the synthetic sample roster.

mod day_sheet;
mod stage;
mod summary;
mod voice;
mod year;

pub use summary::{Failure, Summary};
pub use voice::Voice;

/// Plays the year through. Nothing is left behind but what `voice` printed.
pub async fn play(voice: Voice) -> Result<Summary, Failure> {
    let stage = stage::Stage::set(voice).await?;
    year::live(stage).await
}
