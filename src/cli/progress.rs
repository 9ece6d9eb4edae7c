//! How far long work is, where somebody looks; a pipe or a log gets nothing.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// How often the progress is looked at.
pub const LOOK: Duration = Duration::from_millis(100);

/// The bar of a plan.
pub fn planning() -> ProgressBar {
    styled(ProgressBar::new(0), "planning [{bar:30}] {human_pos}/{human_len} moves, {elapsed}")
}

/// The bar of a file that is imported.
pub fn importing(file: &str) -> ProgressBar {
    let bar = ProgressBar::new(0).with_message(file.to_owned());
    styled(bar, "{msg} [{bar:30}] {human_pos}/{human_len} rows, {prefix} rejected, {elapsed}")
}

fn styled(bar: ProgressBar, template: &str) -> ProgressBar {
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
