//! The tags and texts of a large XML part, one after the other, seen through a window of fixed size: whatever a part holds,
//! no more of it than the window is ever in memory, and the clock is looked at each time that the window moves on.

use std::io::Read;

use crate::roster::sheet::bounds::MAX_CELL_BYTES;
use crate::roster::sheet::cell::SheetError;
use crate::roster::sheet::markup::unescape;
use crate::roster::sheet::meter::Deadline;

/// How much of the part is seen at once, in bytes; no tag may be longer.
const WINDOW: usize = 64 << 10;
/// From how many bytes on, before its entities are resolved, nothing more of a text is kept. An entity of ten bytes may stand
/// for one, so that a text cut here still is longer than a cell may be.
const KEPT: usize = 16 * MAX_CELL_BYTES;
/// Longest prefix of a namespace where a name is looked for, in bytes, with the `<` before it.
const PREFIX_WITHIN: usize = 32;

/// What comes next in the part.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::roster::sheet) enum Token<'a> {
    Open(Element<'a>),
    /// The name, without the namespace's prefix.
    Close(&'a [u8]),
    /// A piece of text as it is written; a long text comes in several.
    Text(&'a [u8]),
    /// A piece of text in which an `&` is an `&`.
    Raw(&'a [u8]),
}

/// An opening tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::roster::sheet) struct Element<'a> {
    /// Without the namespace's prefix.
    pub name: &'a [u8],
    /// Closes itself; no closing tag follows.
    pub is_empty: bool,
    attributes: &'a [u8],
}

impl<'a> Element<'a> {
    /// The attributes with their raw values, up to the first that is none.
    pub(in crate::roster::sheet) fn attributes(&self) -> Attributes<'a> {
        Attributes(self.attributes)
    }

    /// The raw value of the attribute that is written exactly so.
    pub(in crate::roster::sheet) fn attribute(&self, name: &[u8]) -> Option<&'a [u8]> {
        self.attributes().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// The raw value of the attribute of this name, whatever its namespace's prefix.
    pub(in crate::roster::sheet) fn local_attribute(&self, name: &[u8]) -> Option<&'a [u8]> {
        self.attributes().find(|(key, _)| local(key) == name).map(|(_, value)| value)
    }

    /// An attribute's value with its entities resolved.
    pub(in crate::roster::sheet) fn text(&self, name: &[u8]) -> Option<String> {
        let mut text = String::new();
        unescape(std::str::from_utf8(self.attribute(name)?).ok()?, &mut text);
        Some(text)
    }
}

/// A cell with its value, each attribute as it is written.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::roster::sheet) struct PlainCell<'a> {
    pub address: Option<&'a [u8]>,
    pub style: Option<&'a [u8]>,
    pub kind: Option<&'a [u8]>,
    pub value: &'a str,
}

/// See [`Element::attributes`].
pub(in crate::roster::sheet) struct Attributes<'a>(&'a [u8]);

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.0.trim_ascii_start();
        let equals = position(rest, b'=')?;
        let key = rest[..equals].trim_ascii_end();
        let rest = rest[equals + 1..].trim_ascii_start();
        let quote = rest.first().copied().filter(|byte| matches!(byte, b'"' | b'\''))?;
        let rest = &rest[1..];
        let end = position(rest, quote)?;
        self.0 = &rest[end + 1..];
        Some((key, &rest[..end]))
    }
}

fn position(bytes: &[u8], wanted: u8) -> Option<usize> {
    bytes.iter().position(|byte| *byte == wanted)
}

/// Where `wanted` begins in `bytes`.
fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let mut from = 0;
    loop {
        from += position(&bytes[from..], first)?;
        if bytes[from..].starts_with(wanted) {
            return Some(from);
        }
        from += 1;
    }
}

/// A name without its namespace's prefix.
pub(in crate::roster::sheet) fn local(name: &[u8]) -> &[u8] {
    position(name, b':').map_or(name, |at| &name[at + 1..])
}

/// What the window stands in.
#[derive(Clone, Copy)]
enum Inside {
    Content,
    /// `<![CDATA[`: text up to `]]>`.
    Raw,
    /// Something that says nothing, up to its end.
    Skipped(&'static [u8]),
}

/// A piece found in the window.
enum Piece {
    Tag(usize, usize),
    Text(usize, usize),
    Raw(usize, usize),
}

/// The tokens of one part.
pub(in crate::roster::sheet) struct Tokens<R> {
    source: R,
    /// How many bytes the part still says it has.
    left: u64,
    window: Box<[u8]>,
    start: usize,
    end: usize,
    is_over: bool,
    inside: Inside,
    deadline: Deadline,
    /// Where a text is put together; kept for the next one.
    pending: Vec<u8>,
}

impl<R: Read> Tokens<R> {
    /// A part that declares `size` bytes; one that then has others is damaged.
    pub(in crate::roster::sheet) fn new(source: R, size: u64, deadline: Deadline) -> Self {
        Self {
            source,
            left: size,
            window: vec![0; WINDOW].into(),
            start: 0,
            end: 0,
            is_over: false,
            inside: Inside::Content,
            deadline,
            pending: Vec::new(),
        }
    }

    /// The next token, or nothing at the part's end.
    pub(in crate::roster::sheet) fn next(&mut self) -> Result<Option<Token<'_>>, SheetError> {
        Ok(match self.piece()? {
            None => None,
            Some(Piece::Text(start, end)) => Some(Token::Text(&self.window[start..end])),
            Some(Piece::Raw(start, end)) => Some(Token::Raw(&self.window[start..end])),
            Some(Piece::Tag(start, end)) => Some(tag(&self.window[start..end])?),
        })
    }

    /// The next cell as a whole, if it is written as programs write nearly all of them, `<c r="B7" s="1" t="s"><v>12</v></c>`,
    /// and lies in the window. What is not is left to be read token by token.
    pub(in crate::roster::sheet) fn plain_cell(&mut self) -> Option<PlainCell<'_>> {
        if !matches!(self.inside, Inside::Content) {
            return None;
        }
        let seen = &self.window[self.start..self.end];
        let mut rest = seen.strip_prefix(b"<c ")?;
        let mut cell = PlainCell::default();
        loop {
            let (key, after) = match rest {
                [key, b'=', b'"', after @ ..] => (*key, after),
                _ => return None,
            };
            let end = position(after, b'"')?;
            let value = Some(&after[..end]);
            match key {
                b'r' => cell.address = value,
                b's' => cell.style = value,
                b't' => cell.kind = value,
                _ => return None,
            }
            match &after[end + 1..] {
                [b' ', after @ ..] => rest = after,
                [b'>', after @ ..] => {
                    rest = after;
                    break;
                }
                _ => return None,
            }
        }
        let rest = rest.strip_prefix(b"<v>")?;
        let end = rest.iter().position(|byte| matches!(byte, b'<' | b'&'))?;
        let (value, rest) = rest.split_at(end);
        let rest = rest.strip_prefix(b"</v></c>")?;
        cell.value = std::str::from_utf8(value).ok()?;
        self.start = self.end - rest.len();
        Some(cell)
    }

    /// The next token of a part that cannot end yet.
    pub(in crate::roster::sheet) fn more(&mut self) -> Result<Token<'_>, SheetError> {
        self.next()?.ok_or(SheetError::Damaged)
    }

    /// Appends the text up to the closing tag of the element that was opened last. A text too long is cut where it still is
    /// too long.
    pub(in crate::roster::sheet) fn text(&mut self, into: &mut String) -> Result<(), SheetError> {
        let mut pending = std::mem::take(&mut self.pending);
        let mut depth = 0;
        loop {
            match self.more()? {
                Token::Text(text) if pending.len() < KEPT => pending.extend_from_slice(text),
                Token::Raw(text) if pending.len() < KEPT => {
                    for byte in text {
                        pending.extend_from_slice(if *byte == b'&' { b"&amp;" } else { std::slice::from_ref(byte) });
                    }
                }
                Token::Open(element) if !element.is_empty => depth += 1,
                Token::Close(_) if depth == 0 => break,
                Token::Close(_) => depth -= 1,
                _ => {}
            }
        }
        unescape(whole(&pending)?, into);
        pending.clear();
        self.pending = pending;
        Ok(())
    }

    /// Passes over everything up to the closing tag of the element that was opened last.
    pub(in crate::roster::sheet) fn skip(&mut self) -> Result<(), SheetError> {
        let mut depth = 0;
        loop {
            match self.more()? {
                Token::Open(element) if !element.is_empty => depth += 1,
                Token::Close(_) if depth == 0 => return Ok(()),
                Token::Close(_) => depth -= 1,
                _ => {}
            }
        }
    }

    /// Goes to the first tag that opens an element whose name begins so, without a look at what lies before it; false if
    /// there is none up to the part's end.
    pub(in crate::roster::sheet) fn seek(&mut self, name: &[u8]) -> Result<bool, SheetError> {
        self.inside = Inside::Content;
        loop {
            let seen = &self.window[self.start..self.end];
            let mut from = 0;
            while let Some(at) = find(&seen[from..], name).map(|found| from + found) {
                let before = &seen[at.saturating_sub(PREFIX_WITHIN)..at];
                let open = before.iter().rposition(|byte| *byte == b'<');
                let is_name = |prefix: &[u8]| prefix.is_empty() || position(prefix, b':') == Some(prefix.len() - 1);
                if let Some(open) = open.filter(|open| is_name(&before[open + 1..])) {
                    self.start += at - (before.len() - open);
                    return Ok(true);
                }
                from = at + 1;
            }
            // What is left may be the first half of the tag.
            self.start = self.start.max(self.end.saturating_sub(name.len() + PREFIX_WITHIN));
            if self.is_over || !self.advance()? {
                return Ok(false);
            }
        }
    }

    /// Reads the part to its end, where its checksum is compared.
    pub(in crate::roster::sheet) fn finish(mut self) -> Result<(), SheetError> {
        while !self.is_over {
            self.start = self.end;
            self.advance()?;
        }
        if self.left == 0 { Ok(()) } else { Err(SheetError::Damaged) }
    }

    fn piece(&mut self) -> Result<Option<Piece>, SheetError> {
        loop {
            if self.start == self.end && (self.is_over || !self.advance()?) {
                return if matches!(self.inside, Inside::Content) { Ok(None) } else { Err(SheetError::Damaged) };
            }
            let (start, seen) = (self.start, &self.window[self.start..self.end]);
            match self.inside {
                Inside::Content if seen[0] != b'<' => {
                    self.start += position(seen, b'<').unwrap_or(seen.len());
                    return Ok(Some(Piece::Text(start, self.start)));
                }
                Inside::Content if matches!(seen.get(1), None | Some(b'?' | b'!')) => {
                    if seen.len() < b"<![CDATA[".len() && !self.is_over {
                        self.advance()?;
                        continue;
                    }
                    let (length, inside) = match seen {
                        [b'<', b'!', b'-', b'-', ..] => (4, Inside::Skipped(b"-->")),
                        [b'<', b'?', ..] => (2, Inside::Skipped(b"?>")),
                        _ if seen.starts_with(b"<![CDATA[") => (9, Inside::Raw),
                        [b'<', b'!', ..] => (2, Inside::Skipped(b">")),
                        _ => return Err(SheetError::Damaged),
                    };
                    self.start += length;
                    self.inside = inside;
                }
                Inside::Content => match tag_end(seen) {
                    Some(end) => {
                        self.start += end + 1;
                        return Ok(Some(Piece::Tag(start, self.start)));
                    }
                    None if seen.len() == WINDOW || self.is_over => return Err(SheetError::Damaged),
                    None => _ = self.advance()?,
                },
                Inside::Raw => {
                    let length = self.up_to(b"]]>")?;
                    if length > 0 {
                        return Ok(Some(Piece::Raw(self.start - length, self.start)));
                    }
                }
                Inside::Skipped(end) => _ = self.up_to(end)?,
            }
        }
    }

    /// Moves on to `mark`, and over it, or as far as surely nothing of it has been seen. Gives the bytes before it, which
    /// end where the cursor then stands unless that is behind the mark.
    fn up_to(&mut self, mark: &'static [u8]) -> Result<usize, SheetError> {
        let seen = &self.window[self.start..self.end];
        if let Some(length) = seen.windows(mark.len()).position(|window| window == mark) {
            if length > 0 {
                // The mark itself is passed over the next time.
                self.start += length;
                return Ok(length);
            }
            self.start += mark.len();
            self.inside = Inside::Content;
            return Ok(0);
        }
        let length = seen.len().saturating_sub(mark.len() - 1);
        self.start += length;
        if length == 0 && (self.is_over || !self.advance()?) {
            return Err(SheetError::Damaged);
        }
        Ok(length)
    }

    /// Moves the window on, keeping what has not been consumed; false if nothing more came.
    fn advance(&mut self) -> Result<bool, SheetError> {
        self.deadline.check()?;
        self.window.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        let before = self.end;
        while self.end < WINDOW && !self.is_over {
            let length = self.source.read(&mut self.window[self.end..]).map_err(|_| SheetError::Damaged)?;
            self.left = self.left.checked_sub(length as u64).ok_or(SheetError::Damaged)?;
            self.end += length;
            self.is_over = length == 0;
        }
        Ok(self.end > before)
    }
}

/// Where the tag at the head of `bytes` ends: at the first `>` that no quote encloses.
fn tag_end(bytes: &[u8]) -> Option<usize> {
    let mut quote = 0;
    for (at, byte) in bytes.iter().copied().enumerate() {
        if quote == 0 {
            match byte {
                b'>' => return Some(at),
                b'"' | b'\'' => quote = byte,
                _ => {}
            }
        } else if byte == quote {
            quote = 0;
        }
    }
    None
}

/// A whole tag, from its `<` to its `>`.
fn tag(bytes: &[u8]) -> Result<Token<'_>, SheetError> {
    let inner = &bytes[1..bytes.len() - 1];
    if let Some(name) = inner.strip_prefix(b"/") {
        return Ok(Token::Close(local(name.trim_ascii_end())));
    }
    let (inner, is_empty) = inner.strip_suffix(b"/").map_or((inner, false), |inner| (inner, true));
    let name_end = inner.iter().position(u8::is_ascii_whitespace).unwrap_or(inner.len());
    let (name, attributes) = inner.split_at(name_end);
    if name.is_empty() {
        return Err(SheetError::Damaged);
    }
    Ok(Token::Open(Element { name: local(name), is_empty, attributes }))
}

/// Bytes as text; a character at their end may have been cut in two.
fn whole(bytes: &[u8]) -> Result<&str, SheetError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).map_err(|_| SheetError::Damaged)
        }
        Err(_) => Err(SheetError::Damaged),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roster::sheet::bounds::SPLIT;

    /// A source that gives what it has in small pieces.
    struct Trickle<'a>(&'a [u8], usize);

    impl Read for Trickle<'_> {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            let length = self.0.len().min(self.1).min(into.len());
            into[..length].copy_from_slice(&self.0[..length]);
            self.0 = &self.0[length..];
            Ok(length)
        }
    }

    fn tokens(part: &[u8]) -> Tokens<&[u8]> {
        Tokens::new(part, part.len() as u64, Deadline::start(SPLIT))
    }

    fn all(part: &str) -> Result<Vec<String>, SheetError> {
        let mut tokens = Tokens::new(Trickle(part.as_bytes(), 7), part.len() as u64, Deadline::start(SPLIT));
        let mut all = Vec::new();
        while let Some(token) = tokens.next()? {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            all.push(match token {
                Token::Open(element) => {
                    let mut written = format!("<{}", text(element.name));
                    for (key, value) in element.attributes() {
                        written += &format!(" {}={}", text(key), text(value));
                    }
                    written + if element.is_empty { "/" } else { "" }
                }
                Token::Close(name) => format!("/{}", text(name)),
                Token::Text(bytes) => text(bytes),
                Token::Raw(bytes) => format!("!{}", text(bytes)),
            });
        }
        Ok(all)
    }

    #[test]
    fn tags_texts_and_what_says_nothing() {
        let part = "<?xml version=\"1.0\"?><!DOCTYPE a><x:a  b = '>' x:c=\"'\"><!-- <no> ->- --><c d=\"1\"/>t &amp; u<![CDATA[<&]]]]></x:a >";
        assert_eq!(all(part).unwrap(), ["<a b=> x:c='", "<c d=1/", "t &amp; u", "!<&]]", "/a"]);
        assert_eq!(all("<a/>").unwrap(), ["<a/"]);
        assert_eq!(all("<a b=1 c=\"2\"/>").unwrap(), ["<a/"]);
    }

    #[test]
    fn a_plain_cell_is_read_at_once_and_any_other_is_left() {
        let plain = "<c r=\"B7\" s=\"1\" t=\"s\"><v>12</v></c>";
        let part = format!("{plain}<c t=\"n\"><v></v></c><d/>");
        let mut tokens = tokens(part.as_bytes());
        assert_eq!(tokens.plain_cell(), None, "nothing of it has been seen yet");
        tokens.advance().unwrap();
        let cell = tokens.plain_cell().unwrap();
        let expected = PlainCell { address: Some(b"B7"), style: Some(b"1"), kind: Some(b"s"), value: "12" };
        assert_eq!(cell, expected);
        assert_eq!(tokens.plain_cell(), Some(PlainCell { kind: Some(b"n"), ..PlainCell::default() }));
        assert_eq!(tokens.plain_cell(), None);
        assert!(matches!(tokens.next(), Ok(Some(Token::Open(element))) if element.name == b"d"));
        for other in [
            "<c r='B7'><v>1</v></c>",
            "<c  r=\"B7\"><v>1</v></c>",
            "<c r=\"B7\"/>",
            "<c r=\"B7\" ><v>1</v></c>",
            "<c r=\"B7\" cm=\"1\"><v>1</v></c>",
            "<c r=\"B7\"><f>1</f><v>1</v></c>",
            "<c r=\"B7\"><v>1&amp;</v></c>",
            "<c r=\"B7\"><v>1</v> </c>",
            "<c r=\"B7\"><v>1<!-- --></v></c>",
            "<c><v>1</v></c>",
            "<col r=\"B7\"><v>1</v></col>",
        ] {
            let mut tokens = self::tokens(other.as_bytes());
            tokens.advance().unwrap();
            assert_eq!(tokens.plain_cell(), None, "{other}");
            assert!(matches!(tokens.next(), Ok(Some(Token::Open(_)))), "{other}");
        }
        for length in 0..plain.len() {
            let mut tokens = self::tokens(&plain.as_bytes()[..length]);
            tokens.advance().unwrap();
            assert_eq!(tokens.plain_cell(), None, "cut after {length} bytes");
        }
        let mut tokens = self::tokens(b"<c t=\"str\"><v>\xff</v></c>");
        tokens.advance().unwrap();
        assert_eq!(tokens.plain_cell(), None, "no text");
    }

    #[test]
    fn a_tag_is_found_wherever_the_window_cuts_it() {
        let text = "<v>mergeCells</v><x:c m:mergeCell='1'/>".repeat(3_000);
        for (prefix, shift) in (0..90).flat_map(|shift| [("", shift), ("x:", shift)]) {
            let part = format!("<d>{}{text}<{prefix}mergeCells><b/>", " ".repeat(shift));
            let mut tokens = Tokens::new(Trickle(part.as_bytes(), 1 << 20), part.len() as u64, Deadline::start(SPLIT));
            assert_eq!(tokens.seek(b"mergeCell"), Ok(true));
            assert!(matches!(tokens.next(), Ok(Some(Token::Open(element))) if element.name == b"mergeCells"));
            assert_eq!(tokens.seek(b"mergeCell"), Ok(false));
        }
    }

    #[test]
    fn what_has_no_end_is_damaged() {
        for part in ["<", "<a", "<a b=\">", "<!-- -", "<![CDATA[ ]]", "<?xml", "< a>", "<!"] {
            assert_eq!(all(part), Err(SheetError::Damaged), "{part}");
        }
        assert_eq!(all(&format!("<a b=\"{}\">", "x".repeat(WINDOW))), Err(SheetError::Damaged));
    }

    #[test]
    fn texts_are_put_together_and_cut_where_they_are_too_long() {
        let text = |inner: &str| {
            let part = format!("<t>{inner}</t>");
            let mut tokens = tokens(part.as_bytes());
            let mut text = String::new();
            tokens.next().unwrap();
            tokens.text(&mut text).map(|()| text)
        };
        assert_eq!(text("A &amp; B<b>C</b><![CDATA[&amp;]]>&#68;").unwrap(), "A & BC&amp;D");
        for long in
            ["x".repeat(WINDOW * 3), "&#x00041;".repeat(WINDOW), "ä".repeat(WINDOW), "<![CDATA[ä]]>".repeat(WINDOW)]
        {
            let text = text(&long).unwrap();
            assert!(text.len() > MAX_CELL_BYTES && text.len() <= KEPT + 5 * WINDOW, "{}", text.len());
        }
        let mut broken = tokens(b"<t>a\xff</t>");
        broken.next().unwrap();
        assert_eq!(broken.text(&mut String::new()), Err(SheetError::Damaged));
    }

    #[test]
    fn a_part_is_as_long_as_it_says() {
        for (declared, expected) in [(4, Ok(())), (3, Err(SheetError::Damaged)), (5, Err(SheetError::Damaged))] {
            assert_eq!(Tokens::new(&b"<a/>"[..], declared, Deadline::start(SPLIT)).finish(), expected);
        }
    }

    #[test]
    fn time_that_is_over_is_noticed_within_one_window() {
        let part = "<a>".repeat(WINDOW);
        let mut tokens = Tokens::new(part.as_bytes(), part.len() as u64, Deadline::over());
        assert!(matches!(tokens.next(), Err(SheetError::TooSlow { .. })));
    }
}
