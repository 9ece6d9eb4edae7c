//! Lists on a terminal: one line an item.

use std::fmt::Write;

/// Problems of one file that are shown in words; `--json` lists them all.
pub const MOST_PROBLEMS: usize = 40;

/// One line an item, or `none` where there is no item.
pub fn lines<T>(items: &[T], none: &str, line: impl FnMut(&T) -> String) -> String {
    if items.is_empty() { none.to_owned() } else { items.iter().map(line).collect::<Vec<_>>().join("\n") }
}

/// The first `most` items, indented below a heading, and how many more there are.
pub fn first<T>(items: &[T], most: usize, line: impl Fn(&T) -> String) -> String {
    let mut text = String::new();
    for item in items.iter().take(most) {
        let _ = writeln!(text, "  {}", line(item));
    }
    if items.len() > most {
        let _ = writeln!(text, "  … and {} more; --json lists them all", items.len() - most);
    }
    text
}
