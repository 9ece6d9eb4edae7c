//! The table of shared texts of an `.xlsx`: most of its cells only say a number in it. It must be at hand as a whole, so that
//! it is held as one long text and where each one ends: four bytes more than a text itself, however many there are.

use std::borrow::Cow;
use std::io::Read;

use super::tokens::{Token, Tokens};
use crate::roster::sheet::bounds::{MAX_CELL_BYTES, MAX_SHARED_TEXT_BYTES, MAX_SHARED_TEXTS};
use crate::roster::sheet::cell::SheetError;

/// The texts, in their order.
#[derive(Default)]
pub(super) struct SharedTexts {
    texts: String,
    ends: Vec<u32>,
    /// Whether a person sees nothing in one of them, or one is longer than a cell may be.
    has_odd: bool,
}

impl SharedTexts {
    pub(super) fn read(mut tokens: Tokens<impl Read>) -> Result<Self, SheetError> {
        let mut shared = Self::default();
        let mut text = String::new();
        while let Some(token) = tokens.next()? {
            match token {
                Token::Open(element) if element.name == b"si" => {
                    text.clear();
                    if !element.is_empty {
                        item(&mut tokens, b"si", &mut text)?;
                    }
                    shared.push(&text)?;
                }
                Token::Close(b"sst") => break,
                _ => {}
            }
        }
        tokens.finish()?;
        Ok(shared)
    }

    /// The text number `index`, from 0. One too long for a cell is cut where it still is too long.
    pub(super) fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)? as usize;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        self.texts.get(start..end)
    }

    /// Whether text number `index` is there, and surely something that a cell may hold.
    pub(super) fn is_usual(&self, index: usize) -> bool {
        !self.has_odd && index < self.ends.len()
    }

    fn push(&mut self, text: &str) -> Result<(), SheetError> {
        if self.ends.len() == MAX_SHARED_TEXTS {
            return Err(SheetError::TooMuch { what: "shared texts", limit: MAX_SHARED_TEXTS as u64 });
        }
        let text = &text[..text.ceil_char_boundary(MAX_CELL_BYTES + 1)];
        let end = self.texts.len() + text.len();
        if end > MAX_SHARED_TEXT_BYTES {
            return Err(SheetError::TooMuch { what: "bytes of shared texts", limit: MAX_SHARED_TEXT_BYTES as u64 });
        }
        self.has_odd |= text.len() > MAX_CELL_BYTES || text.trim_start().is_empty();
        self.texts.push_str(text);
        self.ends.push(end as u32);
        Ok(())
    }
}

/// Appends the text of the open element `closing` (`si` or `is`): its only text, or its runs one after the other, without
/// how they are pronounced.
pub(super) fn item(tokens: &mut Tokens<impl Read>, closing: &[u8], into: &mut String) -> Result<(), SheetError> {
    let mut depth = 0;
    loop {
        match tokens.more()? {
            Token::Open(element) if element.is_empty => {}
            Token::Open(element) if element.name == b"t" => {
                let keeps_space = element.attribute(b"xml:space") == Some(b"preserve");
                let start = into.len();
                tokens.text(into)?;
                tidy_run(into, start, keeps_space);
            }
            Token::Open(element) if element.name == b"rPh" => tokens.skip()?,
            Token::Open(_) => depth += 1,
            Token::Close(name) if depth == 0 => {
                return if name == closing { Ok(()) } else { Err(SheetError::Damaged) };
            }
            Token::Close(_) => depth -= 1,
            _ => {}
        }
    }
}

/// Takes from what stands in `text` from `start` on the white space that only the file's layout put there.
fn tidy_run(text: &mut String, start: usize, keeps_space: bool) {
    let run = &text[start..];
    let space = [' ', '\t', '\r', '\n'];
    let kept = if keeps_space { run } else { run.trim_matches(space) };
    if let Cow::Owned(unescaped) = without_escapes(kept) {
        text.truncate(start);
        text.push_str(&unescaped);
    } else if kept.len() < run.len() {
        let kept = kept.to_owned();
        text.truncate(start);
        text.push_str(&kept);
    }
}

/// A text with Excel's own escapes resolved: `_x000D_` is a line end, `_x005F_` an underscore.
pub(super) fn without_escapes(text: &str) -> Cow<'_, str> {
    if !text.contains("_x") {
        return Cow::Borrowed(text);
    }
    let unit = |text: &str| {
        let digits = text.strip_prefix("_x")?.get(..4)?;
        let is_escape = text.as_bytes().get(6) == Some(&b'_') && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_escape.then(|| u16::from_str_radix(digits, 16).ok()).flatten()
    };
    let mut unescaped = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        unescaped.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some(first) = unit(rest) else {
            unescaped.push_str("_x");
            rest = &rest[2..];
            continue;
        };
        rest = &rest[7..];
        // Two halves make one character.
        let second = if (0xd800..0xdc00).contains(&first) { unit(rest) } else { None };
        let second = second.filter(|unit| (0xdc00..0xe000).contains(unit));
        if second.is_some() {
            rest = &rest[7..];
        }
        unescaped.extend(char::decode_utf16(std::iter::once(first).chain(second)).map(|c| c.unwrap_or('\u{fffd}')));
    }
    unescaped.push_str(rest);
    Cow::Owned(unescaped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roster::sheet::bounds::SPLIT;
    use crate::roster::sheet::meter::Deadline;

    fn read(items: &str) -> Result<SharedTexts, SheetError> {
        let part = format!("<?xml version=\"1.0\"?><x:sst uniqueCount=\"99999999999\">{items}</x:sst>\n");
        SharedTexts::read(Tokens::new(part.as_bytes(), part.len() as u64, Deadline::start(SPLIT)))
    }

    #[test]
    fn every_item_has_its_number_even_an_empty_one() {
        let shared = read(
            "<si><t>Satu</t></si><si/><x:si><x:t>A &amp;</x:t></x:si><si></si><si><t/></si>\
             <si><r><rPr><b/></rPr><t xml:space=\"preserve\">Budi </t></r><r><t>Contoh\n</t></r><rPh><t>x</t></rPh></si>\
             <si><t>a_x000D_b_x005F_x_x00_ _xD83D__xDE00__xD83D_</t></si>",
        )
        .unwrap();
        let all: Vec<_> = (0..8).map(|index| shared.get(index)).collect();
        let expected = ["Satu", "", "A &", "", "", "Budi Contoh", "a\rb_x_x00_ \u{1f600}\u{fffd}"];
        assert_eq!(all[..7], expected.map(Some));
        assert_eq!(all[7], None);
    }

    #[test]
    fn a_text_too_long_for_a_cell_is_kept_too_long_and_no_longer() {
        let shared = read(&format!("<si><t>{}</t></si><si><t>b</t></si>", "ä".repeat(1_000_000))).unwrap();
        let length = shared.get(0).map(str::len);
        assert!(length.is_some_and(|length| length > MAX_CELL_BYTES && length < MAX_CELL_BYTES + 4), "{length:?}");
        assert_eq!(shared.get(1), Some("b"));
    }

    #[test]
    fn too_many_texts_are_refused() {
        let error = read(&"<si/>".repeat(MAX_SHARED_TEXTS + 1)).err();
        assert_eq!(error, Some(SheetError::TooMuch { what: "shared texts", limit: 8_000_000 }));
        let long = "x".repeat(MAX_CELL_BYTES);
        let error = read(&format!("<si><t>{long}</t></si>").repeat(MAX_SHARED_TEXT_BYTES / MAX_CELL_BYTES + 1)).err();
        assert!(matches!(error, Some(SheetError::TooMuch { what: "bytes of shared texts", .. })));
    }

    #[test]
    fn a_table_cut_off_is_damaged() {
        for part in ["<sst><si><t>a</t>", "<sst><si><t>a"] {
            let tokens = Tokens::new(part.as_bytes(), part.len() as u64, Deadline::start(SPLIT));
            assert_eq!(SharedTexts::read(tokens).err(), Some(SheetError::Damaged));
        }
    }
}
