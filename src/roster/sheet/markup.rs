//! A forgiving look at markup that school systems write by hand: tags where there clearly are tags, and everything else,
//! a raw `&` or `<` included, is text. It holds one tag at a time and keeps no stack, so that depth costs nothing.

use encoding_rs::WINDOWS_1252;

use super::bounds::MAX_CELL_BYTES;
use super::cell::SheetError;
use super::meter::Deadline;

/// Longest tag, in bytes.
const TAG_WITHIN: usize = 4 << 10;
/// How many tags pass between two looks at the clock.
const TAGS_BETWEEN_LOOKS: u32 = 4096;

/// A tag of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    /// Without the namespace's prefix.
    pub name: &'a str,
    pub is_closing: bool,
    /// Closes itself (`<Cell/>`).
    pub is_empty: bool,
    pub attributes: &'a str,
}

impl<'a> Tag<'a> {
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Whether this opens an element `name` that has something in it.
    pub(super) fn opens(&self, name: &str) -> bool {
        self.is(name) && !self.is_closing && !self.is_empty
    }

    /// The raw value of an attribute, whatever its prefix.
    pub(super) fn attribute(&self, name: &str) -> Option<&'a str> {
        let mut rest = self.attributes;
        while let Some((key, after)) = rest.split_once('=') {
            let after = after.trim_start();
            let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            let (value, after) = after[1..].split_once(quote)?;
            let key = key.trim();
            if key.rsplit(':').next().is_some_and(|key| key.eq_ignore_ascii_case(name)) {
                return Some(value);
            }
            rest = after;
        }
        None
    }

    /// An attribute that is a number.
    pub(super) fn number(&self, name: &str) -> Option<u32> {
        self.attribute(name)?.trim().parse().ok()
    }
}

/// The tags of a text, one after the other.
pub(super) struct Tags<'a> {
    text: &'a str,
    /// Behind the last tag.
    pub at: usize,
    deadline: Deadline,
    seen: u32,
}

impl<'a> Tags<'a> {
    pub(super) fn new(text: &'a str, at: usize, deadline: Deadline) -> Self {
        Self { text, at, deadline, seen: 0 }
    }

    pub(super) fn next(&mut self) -> Result<Option<Tag<'a>>, SheetError> {
        self.seen = self.seen.wrapping_add(1);
        if self.seen.is_multiple_of(TAGS_BETWEEN_LOOKS) {
            self.deadline.check()?;
        }
        while let Some(found) = self.text[self.at..].find('<') {
            self.at += found;
            let rest = &self.text[self.at..];
            let skipped = [("<!--", "-->"), ("<![CDATA[", "]]>")]
                .into_iter()
                .find_map(|(start, end)| rest.starts_with(start).then(|| rest.find(end).map(|at| at + end.len())));
            if let Some(skipped) = skipped {
                // A comment that never ends swallows the rest.
                self.at += skipped.unwrap_or(rest.len());
            } else if let Some((tag, length)) = tag(rest) {
                self.at += length;
                return Ok(Some(tag));
            } else {
                self.at += 1;
            }
        }
        self.at = self.text.len();
        Ok(None)
    }

    /// The text up to the tag that ends the cell's data: its own closing tag, or if that was forgotten, whatever cannot
    /// stand in a cell. `is_rich` text has tags for its looks, which are left out. A text too long is cut where it still is
    /// too long.
    pub(super) fn data(&mut self, is_rich: bool) -> String {
        let mut data = String::new();
        let mut keep = |text: &str, is_raw: bool| {
            if data.len() > MAX_CELL_BYTES {
                return;
            }
            let text = &text[..text.floor_char_boundary(text.len().min(8 * MAX_CELL_BYTES))];
            if is_raw { data.push_str(text) } else { unescape(text, &mut data) }
        };
        loop {
            let rest = &self.text[self.at..];
            let Some(found) = rest.find('<') else {
                keep(rest, false);
                self.at = self.text.len();
                return data;
            };
            keep(&rest[..found], false);
            let rest = &rest[found..];
            self.at += found;
            if let Some(raw) = rest.strip_prefix("<![CDATA[") {
                let length = raw.find("]]>").unwrap_or(raw.len());
                keep(&raw[..length], true);
                self.at = (self.at + "<![CDATA[".len() + length + "]]>".len()).min(self.text.len());
                continue;
            }
            match tag(rest) {
                Some((tag, _)) if ends_data(&tag) => return data,
                Some((_, length)) if is_rich => self.at += length,
                _ => {
                    keep("<", true);
                    self.at += 1;
                }
            }
        }
    }
}

fn ends_data(tag: &Tag<'_>) -> bool {
    let outer = ["Cell", "Row", "Table", "Worksheet", "Workbook"];
    (tag.is_closing && tag.is("Data")) || outer.iter().any(|name| tag.is(name))
}

/// The tag at the head of `text`, which begins with `<`, and its length.
pub(super) fn tag(text: &str) -> Option<(Tag<'_>, usize)> {
    let bytes = text.as_bytes();
    let is_closing = bytes.get(1) == Some(&b'/');
    let start = if is_closing { 2 } else { 1 };
    if !bytes.get(start)?.is_ascii_alphabetic() {
        return None;
    }
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'_' | b'-' | b'.');
    let name_end = start + bytes[start..].iter().take(TAG_WITHIN).position(|byte| !is_name(byte))?;
    if !(bytes[name_end].is_ascii_whitespace() || matches!(bytes[name_end], b'/' | b'>')) {
        return None;
    }
    let mut quote = None;
    for (at, &byte) in bytes.iter().enumerate().take(name_end + TAG_WITHIN).skip(name_end) {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            (None, b'<') => return None,
            (None, b'>') => {
                let is_empty = bytes[at - 1] == b'/';
                let attributes = &text[name_end..at - usize::from(is_empty && at > name_end)];
                let name = text[start..name_end].rsplit(':').next().unwrap_or_default();
                return Some((Tag { name, is_closing, is_empty, attributes }, at + 1));
            }
            _ => {}
        }
    }
    None
}

/// Appends a text with its entities resolved; an `&` that begins none is itself.
pub(super) fn unescape(text: &str, into: &mut String) {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        into.push_str(before);
        // The longest that is known is `&#1114111;`.
        let name = after.bytes().take(9).position(|byte| byte == b';').and_then(|end| after.get(..end));
        match name.and_then(|name| Some((name, entity(name)?))) {
            Some((name, c)) => {
                into.push(c);
                rest = &after[name.len() + 1..];
            }
            None => {
                // The one that is often written without its end.
                let blank = after.strip_prefix("nbsp");
                into.push(if blank.is_some() { '\u{a0}' } else { '&' });
                rest = blank.unwrap_or(after);
            }
        }
    }
    into.push_str(rest);
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{a0}'),
        "lsquo" => Some('\u{2018}'),
        "rsquo" => Some('\u{2019}'),
        "ldquo" => Some('\u{201c}'),
        "rdquo" => Some('\u{201d}'),
        "ndash" => Some('\u{2013}'),
        "mdash" => Some('\u{2014}'),
        "acute" => Some('\u{b4}'),
        _ if !name.starts_with('#') => accented(name),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            code.ok().and_then(char::from_u32).map(|c| if matches!(c, '\u{80}'..='\u{9f}') { of_cp1252(c) } else { c })
        }
    }
}

/// `&eacute;` and its like: a Latin letter and its accent.
fn accented(name: &str) -> Option<char> {
    let (letter, accent) = (name.get(..1)?, name.get(1..)?);
    let of = |letters: &str, accented: &str| letters.find(letter).and_then(|at| accented.chars().nth(at));
    match accent {
        "grave" => of("AEIOUaeiou", "ÀÈÌÒÙàèìòù"),
        "acute" => of("AEIOUYaeiouy", "ÁÉÍÓÚÝáéíóúý"),
        "circ" => of("AEIOUaeiou", "ÂÊÎÔÛâêîôû"),
        "tilde" => of("ANOano", "ÃÑÕãñõ"),
        "uml" => of("AEIOUaeiouy", "ÄËÏÖÜäëïöüÿ"),
        "ring" => of("Aa", "Åå"),
        "cedil" => of("Cc", "Çç"),
        _ => None,
    }
}

/// What is meant by a number that is a control character's: programs write those of the old code page.
fn of_cp1252(c: char) -> char {
    WINDOWS_1252.decode_without_bom_handling(&[c as u8]).0.chars().next().unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roster::sheet::bounds::SPLIT;

    #[test]
    fn tags_and_what_only_looks_like_one() {
        let text = "a < b <3 <x <!-- <no/> --> <ss:Cell ss:Index='3' Name=\"a>b<c\"/> </Row> <?pi?> <end";
        let mut tags = Tags::new(text, 0, Deadline::start(SPLIT));
        let cell = tags.next().unwrap().unwrap();
        assert!(cell.is("cell") && cell.is_empty && !cell.is_closing);
        assert_eq!((cell.number("Index"), cell.attribute("name")), (Some(3), Some("a>b<c")));
        assert_eq!(cell.attribute("Other"), None);
        assert!(tags.next().unwrap().unwrap().is_closing);
        assert_eq!(tags.next(), Ok(None));
    }

    #[test]
    fn entities_and_lone_ampersands() {
        let mut text = String::new();
        unescape("A & B &amp; C&#x41;&#66; &unknown; &lt;b&gt; &", &mut text);
        assert_eq!(text, "A & B & CAB &unknown; <b> &");
        text.clear();
        unescape("Zo&euml; Nur&rsquo;aini Ma&#146;ruf a&nbspb &Ntilde; &xacute; &acute; &e\u{301}cute;", &mut text);
        assert_eq!(text, "Zoë Nur’aini Ma’ruf a\u{a0}b Ñ &xacute; ´ &e\u{301}cute;");
    }

    #[test]
    fn tags_without_end_take_no_time_without_end() {
        for text in
            ["<a ".repeat(2_000_000), "<a \"".repeat(1_000_000), "<a '\"".repeat(1_000_000), "<".repeat(4_000_000)]
        {
            let began = std::time::Instant::now();
            let _ = Tags::new(&text, 0, Deadline::start(SPLIT)).next();
            assert!(began.elapsed().as_secs() < 20);
        }
    }
}
