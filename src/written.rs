//! Text that people write, as it is kept: without what nobody sees. Every door through which such text comes uses this one
//! reading, so that a name is the same name wherever it was typed, and no mark turns around what a list shows.

/// What is not seen although it stands in a text, from the first to the last of each run: format characters (direction marks,
/// embeddings, isolates, joiners, soft hyphens, tags), variation selectors and fillers. Ascending.
const UNSEEN: [(char, char); 31] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{202a}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{fffe}', '\u{ffff}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1345f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{1fffe}', '\u{1ffff}'),
    ('\u{2fffe}', '\u{2ffff}'),
    ('\u{e0000}', '\u{e0fff}'),
    ('\u{efffe}', '\u{effff}'),
    ('\u{ffffe}', '\u{fffff}'),
    ('\u{10fffe}', '\u{10ffff}'),
];

/// Whether a character is not seen and says nothing: it is left out of what is kept. White space and control characters are not
/// among them, since they part words.
#[must_use]
pub fn is_unseen(c: char) -> bool {
    if c < '\u{ad}' {
        return false;
    }
    let at = UNSEEN.partition_point(|(_, last)| *last < c);
    UNSEEN.get(at).is_some_and(|(first, _)| *first <= c)
}

/// A text on one line, without what nobody sees: white space at the ends, runs of it (non-breaking too), control characters,
/// what [`is_unseen`] names, and the apostrophe by which spreadsheets mark a number as text.
#[must_use]
pub fn tidy(text: &str) -> String {
    if is_tidy(text) {
        return text.to_owned();
    }
    // What is not seen may stand before the apostrophe.
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || is_unseen(c));
    let text = text.strip_prefix('\'').unwrap_or(text);
    let mut tidy = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() {
            if !tidy.is_empty() && !tidy.ends_with(' ') {
                tidy.push(' ');
            }
        } else if !is_unseen(c) {
            tidy.push(c);
        }
    }
    tidy.truncate(tidy.trim_end().len());
    tidy
}

/// A text of several lines without what nobody sees: its lines and spaces stay as they are.
#[must_use]
pub fn seen(text: &str) -> String {
    let is_kept = |c: &char| matches!(c, '\n' | '\t') || !(c.is_control() || is_unseen(*c));
    // Lines that end in the way of old machines stay lines.
    text.replace("\r\n", "\n").chars().filter(is_kept).collect()
}

/// Whether nothing has to be taken from a text, as far as a quick look tells.
fn is_tidy(text: &str) -> bool {
    let mut before = b' ';
    for byte in text.bytes() {
        if !matches!(byte, b' '..=b'~') || (byte == b' ' && before == b' ') {
            return false;
        }
        before = byte;
    }
    before != b' ' && !text.starts_with('\'')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_nobody_sees_is_left_out() {
        for unseen in [
            '\u{ad}', '\u{34f}', '\u{61c}', '\u{180e}', '\u{200b}', '\u{200d}', '\u{202e}', '\u{2060}', '\u{2065}',
            '\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}', '\u{206a}', '\u{3164}', '\u{fe0f}', '\u{feff}',
        ] {
            assert_eq!(tidy(&format!("Siti{unseen}Contoh")), "SitiContoh", "{:x}", u32::from(unseen));
        }
        for tag in ['\u{e0001}', '\u{e0041}', '\u{e0100}', '\u{13431}'] {
            assert_eq!(tidy(&format!("{tag}Siti {tag}Contoh{tag}")), "Siti Contoh");
        }
        assert_eq!(tidy("\u{2067}'0091234567\u{2069}"), "0091234567");
        assert_eq!(tidy(" Siti\u{a0}\r\n\u{85}Nur'aini\u{1b}[0m "), "Siti Nur'aini [0m");
        assert_eq!(tidy("Ni Luh Ayu Ānandī Мария 李"), "Ni Luh Ayu Ānandī Мария 李", "letters of every script stay");
        assert_eq!(seen("baris satu\r\n  baris\u{2067} dua\u{0}\n"), "baris satu\n  baris dua\n");
    }

    proptest! {
        #[test]
        fn what_is_kept_holds_no_control_and_nothing_unseen(text in "\\PC{0,12}[\\p{Cc}\\p{Cf}\\p{Zs}\\p{Zl}\\p{Zp}']{0,6}\\PC{0,12}[\\p{Cf}]{0,3}") {
            let format = format_characters();
            let kept = tidy(&text);
            prop_assert!(!kept.chars().any(|c| c.is_control() || format(c)), "{kept:?}");
            prop_assert_eq!(kept.trim(), &kept);
            let lines = seen(&text);
            prop_assert!(!lines.chars().any(|c| (c.is_control() && !matches!(c, '\n' | '\t')) || format(c)), "{lines:?}");
        }
    }

    /// The general category Cf as Unicode 14 lists it, written down apart from the table above.
    fn format_characters() -> impl Fn(char) -> bool {
        |c| {
            matches!(
                u32::from(c),
                0xad | 0x600..=0x605 | 0x61c | 0x6dd | 0x70f | 0x890..=0x891 | 0x8e2 | 0x180e | 0x200b..=0x200f
                    | 0x202a..=0x202e | 0x2060..=0x2064 | 0x2066..=0x206f | 0xfeff | 0xfff9..=0xfffb | 0x110bd | 0x110cd
                    | 0x13430..=0x1343f | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a | 0xe0001 | 0xe0020..=0xe007f
            )
        }
    }
}
