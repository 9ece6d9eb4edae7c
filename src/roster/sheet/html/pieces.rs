//! A web page as tags and texts, as a browser would take it apart: a tag whose quotes do not match ends at its first `>`, and
//! comments, declarations, scripts and styles say nothing. It holds one piece at a time and keeps no stack.

use crate::roster::sheet::cell::SheetError;
use crate::roster::sheet::markup::{Tag, tag};
use crate::roster::sheet::meter::Deadline;

/// Longest tag, in bytes.
const TAG_WITHIN: usize = 16 << 10;
/// How many pieces pass between two looks at the clock.
const PIECES_BETWEEN_LOOKS: u32 = 4096;
/// What stands in these is no text.
const SILENT: [&str; 4] = ["script", "style", "xml", "title"];

/// What comes next on the page.
pub(super) enum Piece<'a> {
    Text(&'a str),
    Tag(Tag<'a>),
}

/// The pieces of a page, one after the other.
pub(super) struct Pieces<'a> {
    text: &'a str,
    at: usize,
    deadline: Deadline,
    seen: u32,
    /// Those of [`SILENT`] that nothing closes any more: looking for that again and again would take for ever.
    unclosed: [bool; SILENT.len()],
}

impl<'a> Pieces<'a> {
    pub(super) fn new(text: &'a str, deadline: Deadline) -> Self {
        Self { text, at: 0, deadline, seen: 0, unclosed: [false; SILENT.len()] }
    }

    /// What has not been read yet.
    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn next(&mut self) -> Result<Option<Piece<'a>>, SheetError> {
        loop {
            self.seen = self.seen.wrapping_add(1);
            if self.seen.is_multiple_of(PIECES_BETWEEN_LOOKS) {
                self.deadline.check()?;
            }
            let rest = self.rest();
            if rest.is_empty() {
                return Ok(None);
            }
            if let Some(length) = declaration(rest) {
                self.at += length;
            } else if let Some((tag, length)) = any_tag(rest) {
                self.at += length;
                self.pass_silent(&tag);
                return Ok(Some(Piece::Tag(tag)));
            } else {
                // A lone `<` is text.
                let skipped = usize::from(rest.starts_with('<'));
                let length = rest[skipped..].find('<').map_or(rest.len(), |at| at + skipped);
                self.at += length;
                return Ok(Some(Piece::Text(&rest[..length])));
            }
        }
    }

    /// Passes over what stands in the element that was just opened, if that is no text.
    fn pass_silent(&mut self, tag: &Tag<'_>) {
        let Some(which) = SILENT.iter().position(|name| tag.opens(name)) else { return };
        if self.unclosed[which] {
            return;
        }
        let name = SILENT[which].as_bytes();
        let rest = self.rest().as_bytes();
        let closes = |at: &usize| {
            rest[*at..].starts_with(b"</")
                && rest.get(at + 2..at + 2 + name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name))
        };
        match (0..rest.len()).find(closes) {
            Some(length) => self.at += length,
            None => self.unclosed[which] = true,
        }
    }
}

/// The length of a comment, a declaration or an instruction at the head of `text`. A comment that never ends swallows the rest.
fn declaration(text: &str) -> Option<usize> {
    if text.starts_with("<!--") {
        return Some(text.find("-->").map_or(text.len(), |at| at + 3));
    }
    if text.starts_with("<!") || text.starts_with("<?") {
        let within = &text[..text.floor_char_boundary(TAG_WITHIN)];
        return within.find('>').map(|at| at + 1);
    }
    None
}

/// The tag at the head of `text` and its length, even if its quotes do not match.
fn any_tag(text: &str) -> Option<(Tag<'_>, usize)> {
    if !text.starts_with('<') {
        return None;
    }
    if let Some(found) = tag(text) {
        return Some(found);
    }
    let is_closing = text[1..].starts_with('/');
    let inner = &text[if is_closing { 2 } else { 1 }..];
    let inner = &inner[..inner.floor_char_boundary(TAG_WITHIN)];
    let inner = &inner[..inner.find('>')?];
    let name_end = inner.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(inner.len());
    let (name, attributes) = inner.split_at(name_end);
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic());
    let length = inner.len() + if is_closing { 3 } else { 2 };
    is_name.then_some((Tag { name, is_closing, is_empty: false, attributes }, length))
}

/// The value of an attribute as people write it: in quotes, without, or none at all.
pub(super) fn attribute<'a>(tag: &Tag<'a>, name: &str) -> Option<&'a str> {
    let mut rest = tag.attributes.trim_start();
    while !rest.is_empty() {
        let key_end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let (key, after) = rest.split_at(key_end);
        let after = after.trim_start();
        let (value, after) = match after.strip_prefix('=').map(str::trim_start) {
            None => ("", after),
            Some(value) => match value.chars().next().filter(|quote| matches!(quote, '"' | '\'')) {
                Some(quote) => value[1..].split_once(quote).unwrap_or((&value[1..], "")),
                None => value.split_at(value.find(char::is_whitespace).unwrap_or(value.len())),
            },
        };
        if key.eq_ignore_ascii_case(name) {
            return Some(value);
        }
        // A lone `=` has no key, and is passed over all the same.
        rest = after.trim_start();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roster::sheet::bounds::SPLIT;

    fn all(page: &str) -> Vec<String> {
        let mut pieces = Pieces::new(page, Deadline::start(SPLIT));
        let mut all = Vec::new();
        while let Some(piece) = pieces.next().unwrap() {
            all.push(match piece {
                Piece::Text(text) => text.to_owned(),
                Piece::Tag(tag) => format!("{}{}", if tag.is_closing { "/" } else { "" }, tag.name),
            });
        }
        all
    }

    #[test]
    fn a_page_is_taken_apart_as_a_browser_does() {
        for (page, expected) in [
            ("<!DOCTYPE html><P>a<br/>b</P>", vec!["P", "a", "br", "b", "/P"]),
            ("<!--[if gte mso 9]><td>x</td><![endif]-->a<![if !x]>b<![endif]>", vec!["a", "b"]),
            ("<style>td { a > b }</STYLE>c<script>'<td>'</script >", vec!["style", "/STYLE", "c", "script", "/script"]),
            ("<script>never closed <td>a", vec!["script", "never closed ", "td", "a"]),
            ("5 < 6 <7 & a<b", vec!["5 ", "< 6 ", "<7 & a", "<b"]),
            ("<td align=\"left>Andi</td>", vec!["td", "Andi", "/td"]),
            ("<td <b>x", vec!["td", "x"]),
            ("<!-- never closed <td>", vec![]),
        ] {
            assert_eq!(all(page), expected, "{page}");
        }
    }

    #[test]
    fn attributes_are_read_in_every_way_they_are_written() {
        let value = |attributes| {
            attribute(&Tag { name: "td", is_closing: false, is_empty: false, attributes }, "colspan").map(str::to_owned)
        };
        for attributes in
            [" colspan=2", " COLSPAN = '2'", " nowrap colspan=\"2\"", " x:num a=b=c colspan=2 =", "\ncolspan=2"]
        {
            assert_eq!(value(attributes).as_deref(), Some("2"), "{attributes}");
        }
        assert_eq!(value(" colspan").as_deref(), Some(""));
        assert_eq!(value(" title='colspan=2' = \" x"), None);
    }

    #[test]
    fn pages_without_end_take_no_time_without_end() {
        for page in ["<script>".repeat(500_000), "<td \"".repeat(300_000), "<!x".repeat(300_000), "<".repeat(2_000_000)]
        {
            let began = std::time::Instant::now();
            all(&page);
            assert!(began.elapsed().as_secs() < 20, "{}", &page[..8]);
        }
    }
}
