//! A workbook or page saved as one web archive (`.mht`), which looks like a letter with attachments: its pages with tables are
//! its sheets.

use std::borrow::Cow;

use super::page::{Page, Pages, sheet_names};
use crate::roster::sheet::bounds::{MAX_RECODED_BYTES, MAX_SHEETS, SAVE_ANEW};
use crate::roster::sheet::cell::SheetError;
use crate::roster::sheet::encoding::decode_as;
use crate::roster::sheet::meter::Deadline;

/// How far into a file the head of an archive is looked for, and how long the head of a part may be, in bytes.
const HEAD_WITHIN: usize = 4 << 10;
/// Most parts that are looked at.
const MAX_PARTS: usize = 2_000;

/// Whether a file begins as a web archive does.
pub(in crate::roster::sheet) fn is_archive(bytes: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(HEAD_WITHIN)]).to_ascii_lowercase();
    let head = head.trim_start_matches(['\u{feff}', '\r', '\n', ' ']);
    let first = head.split([':', '\n', ' ']).next().unwrap_or_default();
    let is_header = matches!(first, "mime-version" | "from" | "content-type" | "date" | "subject" | "x-document-type");
    is_header
        && (head.contains("\nmime-version:") || head.starts_with("mime-version:") || head.contains("multipart/related"))
}

pub(in crate::roster::sheet) fn open<'a>(bytes: &'a [u8], deadline: Deadline) -> Result<Pages<'a>, SheetError> {
    if bytes.len() > MAX_RECODED_BYTES {
        return Err(SheetError::LargeFile { kind: "a web archive", bytes: MAX_RECODED_BYTES, advice: SAVE_ANEW });
    }
    let mut pages: Vec<Page<'a>> = Vec::new();
    let mut names = Vec::new();
    for part in parts(bytes) {
        deadline.check()?;
        let (head, body) = part;
        let head = Head::read(head);
        if !head.is_page() {
            continue;
        }
        let text = head.decoded(body)?;
        // The page that names the sheets only shows the others.
        let named = sheet_names(&text);
        if names.is_empty() {
            names = named;
        }
        if pages.len() == MAX_SHEETS {
            return Err(SheetError::TooMuch { what: "sheets", limit: MAX_SHEETS as u64 });
        }
        pages.push(Page { name: String::new(), text });
    }
    Pages::new(pages, deadline).map(|pages| pages.called(&names))
}

/// The parts of an archive, each with its head: what stands between its boundaries, or all of it if there are none.
fn parts(bytes: &[u8]) -> Vec<(&[u8], &[u8])> {
    let (head, body) = cut(bytes);
    let mut boundaries: Vec<Vec<u8>> = Head::read(head).boundary.into_iter().collect();
    if boundaries.is_empty() {
        return vec![(head, body)];
    }
    let mut parts = Vec::new();
    let mut begin: Option<usize> = None;
    let mut at = 0;
    while at < body.len() && parts.len() < MAX_PARTS {
        let line_end = body[at..].iter().position(|byte| *byte == b'\n').map_or(body.len(), |end| at + end + 1);
        let line = body[at..line_end].trim_ascii_end();
        let is_boundary = line.strip_prefix(b"--").is_some_and(|line| {
            boundaries.iter().any(|boundary| {
                line.strip_prefix(boundary.as_slice()).is_some_and(|rest| rest.is_empty() || rest == b"--")
            })
        });
        if is_boundary {
            if let Some(begin) = begin {
                parts.push(cut(&body[begin..at]));
            }
            begin = Some(line_end);
        } else if begin.is_some_and(|begin| at - begin < HEAD_WITHIN) && boundaries.len() < 8 && line.contains(&b'=') {
            // A part may have parts of its own.
            boundaries.extend(boundary(&String::from_utf8_lossy(line)));
        }
        at = line_end;
    }
    // An archive cut off still has what came before.
    parts.extend(begin.filter(|begin| *begin < body.len()).map(|begin| cut(&body[begin..])));
    parts
}

/// The head, which ends at the first empty line, and the rest.
fn cut(part: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    while at < part.len().min(HEAD_WITHIN) {
        let end = part[at..].iter().position(|byte| *byte == b'\n').map_or(part.len(), |end| at + end + 1);
        // Empty lines before the head are none of its lines.
        if part[at..end].trim_ascii().is_empty() && !part[..at].trim_ascii().is_empty() {
            return (&part[..at], &part[end..]);
        }
        at = end;
    }
    (part, &[])
}

/// What the head of a part says of it.
#[derive(Default)]
struct Head {
    kind: String,
    charset: Option<String>,
    encoding: String,
    location: String,
    boundary: Option<Vec<u8>>,
}

impl Head {
    fn read(head: &[u8]) -> Self {
        // A line that begins with a blank goes on with the one before.
        let text = String::from_utf8_lossy(&head[..head.len().min(HEAD_WITHIN)]).replace('\r', "");
        let text = text.replace("\n ", " ").replace("\n\t", " ");
        let mut read = Self::default();
        for (key, value) in text.lines().filter_map(|line| line.split_once(':')) {
            let value = value.trim();
            match key.trim().to_ascii_lowercase().as_str() {
                "content-type" => {
                    read.kind = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
                    read.boundary = boundary(value);
                    let lower = value.to_ascii_lowercase();
                    read.charset = lower.split_once("charset=").map(|(_, rest)| {
                        rest.trim_start_matches('"').split(['"', ';', ' ']).next().unwrap_or_default().to_owned()
                    });
                }
                "content-transfer-encoding" => read.encoding = value.to_ascii_lowercase(),
                "content-location" => read.location = value.to_ascii_lowercase(),
                _ => {}
            }
        }
        read
    }

    fn is_page(&self) -> bool {
        // The strip of tabs below the sheets is a table, too.
        if self.location.ends_with("tabstrip.htm") {
            return false;
        }
        self.kind == "text/html"
            || (self.kind.is_empty() && [".htm", ".html"].iter().any(|end| self.location.ends_with(end)))
    }

    fn decoded<'a>(&self, body: &'a [u8]) -> Result<Cow<'a, str>, SheetError> {
        let charset = self.charset.as_deref();
        let owned = match self.encoding.as_str() {
            "quoted-printable" => quoted_printable(body),
            "base64" => base64(body),
            _ => return decode_as(body, charset),
        };
        decode_as(&owned, charset).map(|text| Cow::Owned(text.into_owned()))
    }
}

/// The boundary that a content type names.
fn boundary(value: &str) -> Option<Vec<u8>> {
    let at = value.to_ascii_lowercase().find("boundary=")?;
    let rest = value.get(at + "boundary=".len()..)?;
    let named = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next()?,
        None => rest.split([';', ' ', '\t']).next()?,
    };
    (!named.is_empty()).then(|| named.trim_end().as_bytes().to_vec())
}

/// `=3D` is `=`, and a `=` at a line's end is nothing, nor is the line's end; what is neither stays as it is.
fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'=' {
            plain.push(*first);
            continue;
        }
        let digit = |at: usize| after.get(at).and_then(|digit| char::from(*digit).to_digit(16));
        let line_end = after.iter().position(|byte| !matches!(byte, b' ' | b'\t')).unwrap_or(after.len());
        if let (Some(high), Some(low)) = (digit(0), digit(1)) {
            plain.push((high * 16 + low) as u8);
            rest = &after[2..];
        } else if let Some(rest_of_line) =
            after[line_end..].strip_prefix(b"\r\n").or(after[line_end..].strip_prefix(b"\n"))
        {
            rest = rest_of_line;
        } else {
            plain.push(b'=');
        }
    }
    plain
}

/// What is none of its signs is passed over.
fn base64(body: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(body.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0);
    for byte in body {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            plain.push((bits >> count) as u8);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_decoded() {
        assert_eq!(quoted_printable(b"a=3Db=\r\nc= \nd=zz=E9=4"), b"a=bcd=zz\xe9=4");
        assert_eq!(base64(b"TmFt\r\nYQ=="), b"Nama");
        assert_eq!(base64(b"!"), b"");
    }

    #[test]
    fn heads_and_boundaries_are_found_however_they_are_folded() {
        let head =
            Head::read(b"Content-Type: multipart/related;\r\n\ttype=\"text/html\";\r\n\tboundary=\"--=_A B\"\r\n");
        assert_eq!((head.kind.as_str(), head.boundary.as_deref()), ("multipart/related", Some(&b"--=_A B"[..])));
        let archive = b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\npreamble\n--x\nA: 1\n\none\n--x\n\
                        Content-Type: multipart/alternative; boundary=y\n\n--y\nA: 2\n\ntwo\n--y--\n--x\n\nA: 3\n\nthree";
        let parts: Vec<_> = parts(archive).into_iter().map(|(_, body)| body.trim_ascii()).collect();
        assert!(is_archive(archive));
        assert_eq!(parts, [&b"one"[..], b"", b"two", b"", b"three"]);
    }
}
