//! Bytes → text, in whatever encoding a spreadsheet or a school's web system chose.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::bounds::MAX_RECODED_BYTES;
use super::cell::SheetError;

/// How far into a file an XML declaration is looked for, in bytes.
const DECLARATION_WITHIN: usize = 200;

/// And the encoding of a web page.
const META_WITHIN: usize = 8 << 10;

/// What helps where a copy of a text would be too large.
const SAVE_AS_UTF8: &str = "save it as UTF-8 or as .xlsx, or split the roster into smaller files";

/// The text of a file: UTF-8 or UTF-16 if the bytes say so, else the encoding that an XML declaration names, else cp1252,
/// the one old code page of Indonesian machines. What a file declares counts only where its bytes do not contradict it.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, SheetError> {
    let text = match unchanged(bytes) {
        Some(text) => Cow::Borrowed(text),
        None if bytes.len() > MAX_RECODED_BYTES => {
            let kind = "a text in another encoding than UTF-8";
            return Err(SheetError::LargeFile { kind, bytes: MAX_RECODED_BYTES, advice: SAVE_AS_UTF8 });
        }
        None => recoded(bytes),
    };
    // A stray control character happens; a file full of them is no text.
    let controls = controls(&text);
    if controls * 10 > text.len() {
        return Err(SheetError::NotATable("a file of unknown kind"));
    }
    // Of a text too long to be copied they stay, and part words.
    Ok(if controls > 0 && text.len() <= MAX_RECODED_BYTES { Cow::Owned(without_controls(&text)) } else { text })
}

/// The text of a file that is UTF-8 from end to end, where it lies.
fn unchanged(bytes: &[u8]) -> Option<&str> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(text).ok().filter(|_| wide_without_mark(bytes).is_none())
}

fn recoded(bytes: &[u8]) -> Cow<'_, str> {
    let encoding = match Encoding::for_bom(bytes) {
        Some((encoding, _)) => encoding,
        None => wide_without_mark(bytes).unwrap_or_else(|| narrow(bytes)),
    };
    let text = encoding.decode(bytes).0;
    if encoding == WINDOWS_1252 { without_doubtful(text) } else { text }
}

/// A capital with an accent right behind a small letter is no capital but a sign of another code page than this one, as of an
/// old Mac's (`Nur\u{d5}aini`): which one, nobody knows.
fn without_doubtful(text: Cow<'_, str>) -> Cow<'_, str> {
    let mut before = ' ';
    let mut is_doubtful = |c: char| {
        let is = !c.is_ascii() && c.is_uppercase() && before.is_lowercase();
        before = c;
        is
    };
    if !text.chars().any(&mut is_doubtful) {
        return text;
    }
    Cow::Owned(text.chars().map(|c| if is_doubtful(c) { char::REPLACEMENT_CHARACTER } else { c }).collect())
}

/// A control character that no table has.
fn is_control(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{9f}')
}

/// A text without control characters. Within a word or number nobody knows what stood there, and a sign for that does.
fn without_controls(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut is_after = false;
    for c in text.chars() {
        if is_control(c) {
            is_after = true;
            continue;
        }
        if is_after && c.is_alphanumeric() && kept.ends_with(char::is_alphanumeric) {
            kept.push(char::REPLACEMENT_CHARACTER);
        }
        kept.push(c);
        is_after = false;
    }
    kept
}

/// How many control characters a text has that no table has. Those made to part fields (`\x1c` to `\x1f`) are as good as blanks.
fn controls(text: &str) -> usize {
    let is_control = |byte: &&u8| matches!(**byte, 0..=8 | 14..=27 | 127);
    let high = if text.is_ascii() { 0 } else { text.chars().filter(|c| matches!(c, '\u{80}'..='\u{9f}')).count() };
    text.as_bytes().iter().filter(is_control).count() + high
}

/// UTF-16 without a byte-order mark shows as a zero in every other byte.
fn wide_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(400) & !1];
    let zeros = |odd: usize| head.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    let most = head.len() * 2 / 5;
    match (zeros(0), zeros(1)) {
        (0, low) if low > most => Some(UTF_16LE),
        (high, 0) if high > most => Some(UTF_16BE),
        _ => None,
    }
}

/// The text of a part of a file whose head names its encoding, which counts only where the bytes do not contradict it.
pub(super) fn decode_as<'a>(bytes: &'a [u8], label: Option<&str>) -> Result<Cow<'a, str>, SheetError> {
    let named = label.and_then(|label| Encoding::for_label(label.as_bytes()));
    match named.filter(|named| *named != UTF_8 && named.is_ascii_compatible() && !bytes.is_ascii()) {
        Some(named) if unchanged(bytes).is_none() => Ok(named.decode(bytes).0),
        _ => decode(bytes),
    }
}

/// The encoding of a text with one byte a character, or UTF-8.
fn narrow(bytes: &[u8]) -> &'static Encoding {
    if std::str::from_utf8(bytes).is_ok() || is_partly_utf8(bytes) {
        return UTF_8;
    }
    // A declaration that the bytes have just refuted counts no more.
    declared(bytes).filter(|encoding| *encoding != UTF_8 && encoding.is_ascii_compatible()).unwrap_or(WINDOWS_1252)
}

/// UTF-8 in which a program cut some characters in two, or put in some of its own, still is UTF-8 where one longer character is
/// whole: in an old code page that does not happen by chance. What is broken shows as such.
fn is_partly_utf8(bytes: &[u8]) -> bool {
    bytes.utf8_chunks().any(|chunk| !chunk.valid().is_ascii())
}

/// What `<?xml … encoding="…"?>` says, or the `charset=…` of a web page.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.trim_ascii_start();
    if !head.starts_with(b"<?xml") {
        let head = String::from_utf8_lossy(&head[..head.len().min(META_WITHIN)]).to_ascii_lowercase();
        let label = head.split_once("<meta")?.1.split_once("charset")?.1.trim_start_matches([' ', '=', '"', '\'']);
        return Encoding::for_label(label.split([' ', '"', '\'', ';', '/', '>']).next()?.as_bytes());
    }
    let head = &head[..head.len().min(DECLARATION_WITHIN)];
    let declaration = head.strip_prefix(b"<?xml")?.split(|byte| *byte == b'>').next()?;
    let text: String = declaration.iter().map(|byte| char::from(*byte)).collect();
    let label = text.split_once("encoding")?.1.trim_start_matches(|c: char| c == '=' || c.is_whitespace());
    Encoding::for_label(label.trim_start_matches(['"', '\'']).split(['"', '\'']).next()?.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> String {
        decode(bytes).unwrap().into_owned()
    }

    #[test]
    fn cp1252_is_the_old_code_page_whatever_a_guess_would_say() {
        assert_eq!(decoded(b"Zo\xeb, 5271\xa001, Nur\x92aini"), "Zo\u{eb}, 5271\u{a0}01, Nur\u{2019}aini");
        assert_eq!(decoded(b"a\xa0b"), "a\u{a0}b");
    }

    #[test]
    fn a_character_cut_in_two_does_not_spoil_the_others() {
        assert_eq!(decoded(b"Zo\xc3\xab, Ren\xc3\xa9 Jos\xc3"), "Zo\u{eb}, Ren\u{e9} Jos\u{fffd}");
    }

    #[test]
    fn a_declaration_counts_only_where_the_bytes_agree() {
        assert_eq!(
            decoded(b"<?xml version=\"1.0\" encoding='iso-8859-15'?>\xa4"),
            "<?xml version=\"1.0\" encoding='iso-8859-15'?>\u{20ac}"
        );
        assert!(decoded(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>Zo\xeb").ends_with("Zo\u{eb}"));
        assert!(decoded("<?xml version=\"1.0\" encoding=\"windows-1252\"?>Zo\u{eb}".as_bytes()).ends_with("Zo\u{eb}"));
        assert!(decoded(b"<?xml version=\"1.0\" encoding=\"UTF-16\"?>Zo\xeb").ends_with("Zo\u{eb}"));
    }

    #[test]
    fn a_sign_of_another_code_page_is_not_taken_for_a_letter() {
        assert_eq!(decoded(b"Nur\xd5aini, Ren\x8e, Jo\xd2"), "Nur\u{fffd}aini, Ren\u{fffd}, Jo\u{fffd}");
        assert_eq!(decoded(b"JO\xc3O, \xc9lise, Sim\xf5es, O\xd5"), "JO\u{c3}O, \u{c9}lise, Sim\u{f5}es, O\u{d5}");
        assert_eq!(decoded(b"Ma\xd5ruf, Zo\xc3\xab"), "Ma\u{fffd}ruf, Zo\u{eb}", "not one whole file in it");
    }

    #[test]
    fn a_control_character_costs_one_word_at_most() {
        let text =
            "Citra\0 Sintetis;\u{1f}0091234567;5271\u{0}0101;Si\u{1}\u{2}ti;\u{b}x\u{1a}".to_owned() + &" ".repeat(60);
        let expected = "Citra Sintetis;0091234567;5271\u{fffd}0101;Si\u{fffd}ti;\u{b}x";
        assert_eq!(decoded(text.as_bytes()).trim_end(), expected);
    }

    #[test]
    fn what_is_no_text_is_told_apart() {
        assert!(decode(b"\x01\x02\x03\x00\x05\x00\x01").is_err());
    }
}
