//! A text as it was meant: what programs and people wrap around a value is taken off once, before any field looks at it.

use crate::roster::parse::field::Field;
use crate::written::tidy;

/// The longest words that say "nothing here"; longer texts are not compared.
const LONGEST_WORD: usize = 16;
/// The longest label before a value, in bytes.
const LONGEST_LABEL: usize = 40;
/// A running number before a name has at most so many digits.
const RUNNING_DIGITS: usize = 4;

/// How freely a field's text may be unwrapped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Figures: no mark at either end belongs to them.
    Figures,
    /// A name: it may end in an apostrophe or a full stop, and a number before it is a running one.
    Name,
    Words,
}

impl Kind {
    fn of(field: Field) -> Self {
        match field {
            Field::Nik | Field::Nisn | Field::Npsn | Field::Phone | Field::Rt | Field::Rw => Self::Figures,
            Field::Name => Self::Name,
            _ => Self::Words,
        }
    }
}

/// A field's text as it was meant, or nothing if it stands there so already: without `="…"`, quotes and brackets around the
/// whole, labels (`NIK: …`), marks at the ends, running numbers before names, and with letters repaired that were read in a
/// wrong encoding. Unwrapping again changes nothing.
#[must_use]
pub fn unwrapped(field: Field, text: &str) -> Option<String> {
    let kind = Kind::of(field);
    if is_plain(kind, text) {
        return None;
    }
    let mut meant = text.to_owned();
    loop {
        let repaired = repaired(&meant).or_else(|| without_entities(&meant));
        let next = stripped(field, kind, repaired.as_deref().unwrap_or(&meant)).to_owned();
        if next == meant {
            return (meant != text).then_some(meant);
        }
        meant = next;
    }
}

/// Whether a quick look shows that nothing has to be taken off.
fn is_plain(kind: Kind, text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return true };
    let starts_well = first.is_ascii_alphanumeric() && !(kind == Kind::Name && first.is_ascii_digit());
    let ends_well = last.is_ascii_alphanumeric() || (*last == b'.' && kind != Kind::Figures);
    let is_harmless = |byte: &u8| match byte {
        b':' | b'=' | b'&' | 0x80.. => false,
        letter if kind == Kind::Figures => !letter.is_ascii_alphabetic(),
        _ => true,
    };
    starts_well && ends_well && bytes.iter().all(is_harmless)
}

/// One round of unwrapping.
fn stripped(field: Field, kind: Kind, text: &str) -> &str {
    let text = without_formula(text.trim());
    let text = without_marks(kind, text);
    let text = without_quotes(kind, text);
    let text = without_brackets(text);
    let text = without_label(field, kind, text);
    if kind == Kind::Name { without_number(text) } else { text }
}

/// `="0091234567"` keeps figures from becoming a number.
fn without_formula(text: &str) -> &str {
    match text.strip_prefix('=') {
        Some(rest) if rest.starts_with(|c: char| is_quote(c) || c.is_ascii_digit()) => rest,
        _ => text,
    }
}

fn is_quote(c: char) -> bool {
    is_double_quote(c) || is_single_quote(c)
}

fn is_double_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '‟' | '«' | '»' | '″' | '＂' | '˝' | '〝' | '〞')
}

fn is_single_quote(c: char) -> bool {
    matches!(c, '\'' | '‘' | '’' | '‚' | '‛' | '`' | '´' | '′' | '＇' | '‹' | '›')
}

/// Quotes around the whole, or stray ones at one end; not those around a word of it (`Ahmad "Adi"`), and not the apostrophe
/// in which a name may end (`Rafi'`).
fn without_quotes(kind: Kind, text: &str) -> &str {
    let inner = text.trim_matches(|c: char| is_double_quote(c) || c == ' ');
    let is_whole = !inner.starts_with(char::is_alphanumeric) || !inner.contains(is_double_quote);
    // One kind and one pair at a time: what stands between them may be wrapped once more.
    if is_whole && inner.len() < text.len() {
        return inner;
    }
    let Some(rest) = text.strip_prefix(is_single_quote) else {
        return if kind == Kind::Figures { text.trim_end_matches(is_single_quote) } else { text };
    };
    rest.strip_suffix(is_single_quote).unwrap_or(rest)
}

fn without_brackets(text: &str) -> &str {
    for (open, close) in [('(', ')'), ('[', ']'), ('{', '}'), ('<', '>')] {
        let inner = text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
        let is_whole = |inner: &&str| !inner.trim_start_matches(open).trim_end_matches(close).contains([open, close]);
        if let Some(inner) = inner.filter(is_whole) {
            return inner.trim();
        }
    }
    text
}

/// Marks that stand at the ends of a value and say nothing of it.
fn without_marks(kind: Kind, text: &str) -> &str {
    let at_start =
        |c: char| matches!(c, ' ' | '*' | ';' | ',' | ':' | '_' | '.' | '|' | '~' | '•' | '·' | '–' | '—' | '-' | '>');
    let at_end = |c: char| match c {
        ' ' | ';' | ',' | ':' | '_' | '|' | '~' => true,
        // Behind a name a star points to a remark.
        '*' => kind != Kind::Name,
        '.' | '-' | '–' | '—' => kind == Kind::Figures,
        _ => false,
    };
    text.trim_start_matches(at_start).trim_end_matches(at_end)
}

/// Words that a label of a field may consist of: at least one of the first, besides those of [`is_ornament`].
fn label_words(field: Field) -> &'static [&'static str] {
    match field {
        Field::Npsn => &["npsn"],
        Field::Nisn => &["nisn"],
        Field::Nik => &["nik", "kependudukan", "ktp"],
        Field::Name => &["nama", "nm", "name"],
        Field::Sex => &["jk", "kelamin", "gender", "sex"],
        Field::BirthPlace => &["ttl", "lahir", "tempat", "tmp", "tmpt", "tpt"],
        Field::BirthDate => &["ttl", "lahir", "tanggal", "tgl"],
        Field::ClassName => &["kelas", "kls", "rombel", "class"],
        Field::Rt => &["rt"],
        Field::Rw => &["rw"],
        Field::Kelurahan => &["kelurahan", "kel", "desa"],
        Field::Kecamatan => &["kecamatan", "kec"],
        Field::Phone => &["hp", "wa", "telp", "telepon", "tlp", "whatsapp"],
        Field::Status => &["status"],
        _ => &[],
    }
}

fn is_ornament(word: &str) -> bool {
    const WORDS: [&str; 16] = [
        "no", "nomor", "nmr", "induk", "siswa", "murid", "anak", "pd", "peserta", "didik", "santri", "lengkap",
        "jenis", "tanggal", "tgl", "lahir",
    ];
    WORDS.contains(&word)
}

/// A value without the name of its field before it: `NIK: 52…`, and before figures `No. NIK 52…`, too.
fn without_label(field: Field, kind: Kind, text: &str) -> &str {
    let end = match text.find([':', '=']) {
        Some(colon) => colon,
        None if kind == Kind::Figures => match text.find(|c: char| crate::nik::digit(c).is_some()) {
            Some(figure) if figure > 0 => figure,
            _ => return text,
        },
        None => return text,
    };
    // What stands in brackets or quotes is taken out of them first.
    if end > LONGEST_LABEL || text.starts_with(|c: char| is_quote(c) || matches!(c, '(' | '[' | '{' | '<')) {
        return text;
    }
    let label = text[..end].to_lowercase();
    let mut words = label.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).peekable();
    let keys = label_words(field);
    let mut has_key = false;
    let is_label = words.peek().is_some()
        && words.all(|word| {
            has_key |= keys.contains(&word);
            keys.contains(&word) || is_ornament(word)
        });
    if is_label && has_key { text[end..].trim_start_matches([':', '=', ' ']) } else { text }
}

/// A name without the running number of its row: `1. Andi`, `12) Siti`, `3 Budi`.
fn without_number(text: &str) -> &str {
    let rest = text.strip_prefix('(').unwrap_or(text);
    let name = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = rest.len() - name.len();
    let tail = name.trim_start_matches(['.', ')', ':', '-', '/', ' ']);
    let is_running = (1..=RUNNING_DIGITS).contains(&digits) && tail.len() < name.len();
    if is_running && tail.starts_with(|c: char| c.is_alphabetic() || is_quote(c)) { tail } else { text }
}

/// Whether a text's UTF-8 was read in a wrong encoding, which [`unwrapped`] undoes.
#[must_use]
pub fn is_misread(text: &str) -> bool {
    repaired(text).is_some()
}

/// A text whose UTF-8 was read as Windows-1252 (`Nurâ€™aini`), as it was; only where every letter shows it.
fn repaired(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let (bytes, _, is_lossy) = encoding_rs::WINDOWS_1252.encode(text);
    if is_lossy {
        return None;
    }
    let repaired = std::str::from_utf8(&bytes).ok()?;
    Some(tidy(repaired))
}

/// A text in which a web page's writing of marks is undone: `Nur&#39;aini`.
fn without_entities(text: &str) -> Option<String> {
    const NAMES: [(&str, &str); 8] = [
        ("&#39;", "'"),
        ("&#039;", "'"),
        ("&apos;", "'"),
        ("&quot;", "\""),
        ("&nbsp;", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ];
    let known = NAMES.iter().find(|(entity, _)| text.contains(entity))?;
    Some(tidy(&text.replace(known.0, known.1)))
}

/// Whether a name shows that a letter of it was lost or exchanged when its file was made: a replacement mark, a mark that no
/// name has, or a capital with an accent inside a word in small letters, as an old encoding leaves it.
#[must_use]
pub fn is_damaged(name: &str) -> bool {
    let mut before = ' ';
    let mut after_small = false;
    for c in name.chars() {
        if c == '\u{fffd}' || is_no_letter(c) {
            return true;
        }
        // A question mark between letters stands for one that a program could not write.
        if before == '?' && after_small && c.is_alphabetic() {
            return true;
        }
        if !c.is_ascii() && c.is_uppercase() && before.is_lowercase() {
            return true;
        }
        if c == '?' {
            after_small = before.is_alphabetic();
        }
        before = c;
    }
    false
}

/// Signs that stand in no name and come from letters read in a wrong encoding.
fn is_no_letter(c: char) -> bool {
    matches!(c, '\u{a1}'..='\u{a9}' | '\u{ab}'..='\u{b3}' | '\u{b5}' | '\u{b6}' | '\u{b8}' | '\u{b9}' | '\u{bb}'..='\u{bf}')
        || matches!(c, 'Ã' | 'Â' | '€' | '™' | '†' | '‡' | '‰' | 'Œ' | 'œ' | 'ƒ' | '˜' | '¤' | '×' | '÷')
        || matches!(c, '\u{2500}'..='\u{25ff}')
}

/// Whether a text says "nothing here": empty, `-`, `0`, `tidak ada`, or a spreadsheet's or program's word for it.
#[must_use]
pub fn is_missing(text: &str) -> bool {
    const WORDS: [&str; 14] = [
        "tidak ada",
        "belum ada",
        "tidak diketahui",
        "kosong",
        "null",
        "nil",
        "none",
        "n/a",
        "na",
        "nihil",
        "undefined",
        "invalid date",
        "object object",
        "[object object]",
    ];
    text.chars().all(|c| matches!(c, '0' | '-' | '–' | '—' | '.' | '_' | '/' | '?' | ' ' | ':'))
        || (text.len() <= LONGEST_WORD
            && (WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
                // As programs write it: somebody may be called Nan.
                || matches!(text, "NaN" | "nan" | "NaT")
                || is_error(text)))
}

/// `#REF!`, `#N/A`, `#NAME?`, `####`, `Err:502`: a formula without a value, or a column too narrow.
fn is_error(text: &str) -> bool {
    let is_number = |code: &str| !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_digit());
    let word = |rest: &str| {
        rest.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'/' | b'!' | b'?' | b'0' | b'#' | b'_'))
            && (rest.ends_with(['!', '?', '#']) || rest.eq_ignore_ascii_case("n/a"))
    };
    text.strip_prefix('#').is_some_and(word) || text.strip_prefix("Err:").is_some_and(is_number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn meant(field: Field, text: &str) -> String {
        unwrapped(field, text).unwrap_or_else(|| text.to_owned())
    }

    #[test]
    fn wraps_around_figures_go() {
        for text in [
            "0091234567",
            "=\"0091234567\"",
            "=0091234567",
            "\"0091234567\"",
            "“0091234567”",
            "'0091234567'",
            "´0091234567",
            "`0091234567",
            "NISN 0091234567",
            "NISN: 0091234567",
            "No. NISN = 0091234567",
            "(0091234567)",
            "[0091234567]",
            "0091234567;",
            "0091234567,",
            "0091234567*",
            "=\"NISN: 0091234567;\"",
        ] {
            assert_eq!(meant(Field::Nisn, text), "0091234567", "{text}");
        }
        assert_eq!(meant(Field::Nik, "NISN 0091234567"), "NISN 0091234567", "another field's label is no label");
        assert_eq!(meant(Field::Nik, "52************01"), "52************01");
    }

    #[test]
    fn names_are_freed_and_stay_names() {
        for text in [
            "Andi Fiktif",
            "=\"Andi Fiktif\"",
            "“Andi Fiktif”",
            " \"Andi Fiktif",
            "Andi Fiktif\"",
            "‘Andi Fiktif’",
            "1. Andi Fiktif",
            "12) Andi Fiktif",
            "(3) Andi Fiktif",
            "4 Andi Fiktif",
            "- Andi Fiktif",
            "Nama : Andi Fiktif",
            "Andi Fiktif ;",
        ] {
            assert_eq!(meant(Field::Name, text), "Andi Fiktif", "{text}");
        }
        for text in
            ["Rafi'", "Ahmad \"Adi\"", "Nur'aini S.Pd.", "A. Rahman", "I Gede Contoh", "Andi (Adi)", "Andi *", "3 2 1"]
        {
            assert_eq!(meant(Field::Name, text), text);
        }
        assert_eq!(meant(Field::ClassName, "1. Andi"), "1. Andi", "only a name has a running number before it");
        assert_eq!(meant(Field::Sex, "(L)"), "L");
        assert_eq!(meant(Field::ClassName, "Kelas : XI"), "XI");
    }

    #[test]
    fn letters_are_repaired_only_where_it_is_certain() {
        assert_eq!(meant(Field::Name, "Nurâ€™aini"), "Nur’aini");
        assert_eq!(meant(Field::Name, "JosÃ©"), "José");
        assert_eq!(meant(Field::Name, "Nur&#39;aini"), "Nur'aini");
        assert_eq!(meant(Field::Name, "José Ānandī"), "José Ānandī");
        for name in ["Nur\u{fffd}aini", "NurÕaini", "Nur?aini", "Nurâ€aini", "JosÃ", "Nur¿aini"] {
            assert!(is_damaged(&meant(Field::Name, name)), "{name}");
        }
        for name in ["José", "Nur’aini", "Élise", "Мария", "Ānandī", "Siti?", "ÉLISE", "D'Ávila"] {
            assert!(!is_damaged(name), "{name}");
        }
    }

    #[test]
    fn words_of_programs_are_nothing() {
        for text in [
            "#REF!",
            "#N/A",
            "#VALUE!",
            "#NAME?",
            "#DIV/0!",
            "####",
            "Err:502",
            "undefined",
            "NaN",
            "null",
            "0000-00-00 00:00:00",
        ] {
            assert!(is_missing(text), "{text}");
        }
        for text in ["Nan", "#1", "Null Contoh", "Error", "#XI IPA"] {
            assert!(!is_missing(text), "{text}");
        }
    }

    const FIELDS: [Field; 6] =
        [Field::Name, Field::Nik, Field::Nisn, Field::BirthPlace, Field::BirthDate, Field::ClassName];

    proptest! {
        #[test]
        fn unwrapping_again_changes_nothing(text in "[=\"'“‘(\\[*;:,. ]{0,4}(NIK|Nama|1\\.|Tgl)?[: ]{0,2}\\PC{0,20}[\"'”)\\]*;, ]{0,4}") {
            for field in FIELDS {
                let once = meant(field, &text);
                prop_assert_eq!(unwrapped(field, &once), None);
            }
            let _ = is_damaged(&text);
        }

        #[test]
        fn plain_text_stays(words in proptest::collection::vec("[A-Z][a-z]{1,9}('[a-z]{2})?", 1..4)) {
            let text = words.join(" ");
            prop_assert_eq!(unwrapped(Field::Name, &text), None);
            prop_assert_eq!(unwrapped(Field::BirthPlace, &text), None);
        }

        #[test]
        fn whatever_is_wrapped_comes_out(
            name in "[A-Z][a-z]{2,9} [A-Z][a-z]{2,9}",
            // Nobody puts quotes of one kind around quotes of the same kind.
            wraps in proptest::sample::subsequence(vec![4, 2, 5, 3, 0], 1..4),
            is_curly: bool,
        ) {
            let wrap = |text: String, wrap: &i32| match wrap {
                0 if !is_curly => format!("=\"{text}\""),
                0 => format!("“{text}”"),
                2 => format!("[{text}]"),
                3 => format!("{text};"),
                4 => format!("'{text}'"),
                _ => format!("Nama: {text}"),
            };
            let worn = wraps.iter().fold(name.clone(), wrap);
            prop_assert_eq!(meant(Field::Name, &worn), name, "{}", worn);
        }
    }
}
