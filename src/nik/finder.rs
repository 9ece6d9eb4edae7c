//! Finds what looks like a NIK in what people type: one finder for whatever hides, drops or refuses it.
//!
//! Sixteen digits are a NIK however they are spelled: digits of any script, with anything between them that is no letter. What has as
//! many digits and is plainly something else stays: two dates, a date with its hours, telephone numbers, an ID of ours.

use std::ops::Range;

use chrono::NaiveDate;

use super::{DIGITS, is_decoration};

/// Characters of an ID as it is written.
const ID_LENGTH: usize = 36;
/// Years that a date in a text may be of.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2100;
/// Digits of a telephone number, with the country's or the town's.
const OF_TELEPHONE: std::ops::RangeInclusive<usize> = 9..=14;

/// Whether a person's free text holds something like a NIK: 16 digits, however spelled. Such text is never stored.
#[must_use]
pub fn looks_like_nik(text: &str) -> bool {
    !found(text).is_empty()
}

/// A text with the digits of whatever looks like a NIK starred: for what is shown or logged of something that people typed. An
/// ID of ours may hold as many digits, and stays.
#[must_use]
pub fn without_niks(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut from = 0;
    for part in found(text) {
        shown.push_str(&text[from..part.start]);
        shown.extend(text[part.clone()].chars().map(|c| if c.is_numeric() { '*' } else { c }));
        from = part.end;
    }
    shown.push_str(&text[from..]);
    shown
}

/// Digits with what stands between them.
#[derive(Default)]
struct Run {
    /// From the first digit to behind the last one, in bytes.
    span: Range<usize>,
    digits: usize,
    /// The dates among them, and whether one of them has a time to the second, as a program writes it.
    dates: Vec<Range<usize>>,
    has_stamp: bool,
}

/// Where in a text something looks like a NIK, in bytes.
fn found(text: &str) -> Vec<Range<usize>> {
    // Almost everything that people write has fewer digits.
    if text.len() < DIGITS || text.chars().filter(|c| c.is_numeric()).count() < DIGITS {
        return Vec::new();
    }
    let (mut found, mut run, mut at) = (Vec::new(), Run::default(), 0);
    while let Some(c) = text[at..].chars().next() {
        if text.get(at..at + ID_LENGTH).is_some_and(|head| uuid::Uuid::try_parse(head).is_ok()) {
            found.extend(std::mem::take(&mut run).nik(text));
            at += ID_LENGTH;
            continue;
        }
        if let Some(date) = date_at(text, at) {
            run.add(at..at + date.length, date.digits);
            run.has_stamp |= date.is_stamp;
            run.dates.push(at..at + date.length);
            at += date.length;
            continue;
        }
        let end = at + c.len_utf8();
        if c.is_numeric() {
            run.add(at..end, 1);
        } else if !stands_between(c, &text[end..]) {
            found.extend(std::mem::take(&mut run).nik(text));
        }
        at = end;
    }
    found.extend(run.nik(text));
    found
}

impl Run {
    fn add(&mut self, part: Range<usize>, digits: usize) {
        if self.digits == 0 {
            self.span.start = part.start;
        }
        self.span.end = part.end;
        self.digits += digits;
    }

    /// Where the NIK stands, unless the run is something else.
    fn nik(self, text: &str) -> Option<Range<usize>> {
        if self.digits < DIGITS {
            return None;
        }
        let mut rest = String::new();
        let mut from = self.span.start;
        for date in &self.dates {
            rest.push_str(&text[from..date.start]);
            rest.push(' ');
            from = date.end;
        }
        rest.push_str(&text[from..self.span.end]);
        let left = rest.chars().filter(|c| c.is_numeric()).count();
        let is_other = if left < DIGITS && !self.dates.is_empty() {
            // Of exactly so many digits, a part may look like a date by chance.
            self.digits > DIGITS || self.has_stamp || is_hours(&rest)
        } else {
            is_telephones(&rest)
        };
        (!is_other).then_some(self.span)
    }
}

/// Whether a character may stand between the digits of one number, with `rest` behind it.
fn stands_between(c: char, rest: &str) -> bool {
    if is_decoration(c) {
        return true;
    }
    match c {
        // What is left of a number that is hidden already is no part of another.
        '*' => false,
        // A comma parts thousands; else it parts one number from the next.
        ',' => {
            let mut next = rest.chars();
            next.by_ref().take(3).filter(|c| c.is_numeric()).count() == 3
                && !next.next().is_some_and(|c| c == '.' || c.is_numeric())
        }
        c => {
            let next = rest.chars().find(|c| c.is_alphanumeric() || c.is_whitespace() || matches!(c, '*' | ','));
            !c.is_alphanumeric() && next.is_some_and(char::is_numeric)
        }
    }
}

/// A date in a text.
struct Date {
    /// With the time of day, if it is to the second; in bytes.
    length: usize,
    digits: usize,
    is_stamp: bool,
}

/// The date that begins at `at`: `2026-11-23`, `23/11/2026`, also with a time to the second behind it. What goes on with the same
/// sign and a digit, before or behind, is a longer number, unless it is the next date.
fn date_at(text: &str, at: usize) -> Option<Date> {
    let (before, rest) = (&text[..at], &text.as_bytes()[at..]);
    if before.ends_with(char::is_numeric) || !rest.first().is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let (length, digits, sign) = plain_date(rest)?;
    if let Some((time, more)) = time_after(&rest[length..]) {
        return Some(Date { length: length + time, digits: digits + more, is_stamp: true });
    }
    let goes_on = |rest: &[u8]| rest.first() == Some(&sign) && rest.get(1).is_some_and(u8::is_ascii_digit);
    let mut length_of_all = length;
    while goes_on(&rest[length_of_all..]) {
        let (next, _, _) = plain_date(&rest[length_of_all + 1..]).filter(|(_, _, other)| *other == sign)?;
        length_of_all += 1 + next;
    }
    let is_part = before.strip_suffix(char::from(sign)).is_some_and(|head| head.ends_with(char::is_numeric));
    // Of a chain of dates the ones behind stand behind a sign, too.
    let follows_date = (8..=10).any(|back| {
        let from = at.checked_sub(1 + back).filter(|from| text.is_char_boundary(*from));
        from.is_some_and(|from| {
            plain_date(&text.as_bytes()[from..]).is_some_and(|(length, _, other)| length == back && other == sign)
        })
    });
    (!is_part || follows_date).then_some(Date { length, digits, is_stamp: false })
}

/// A date at the beginning of `text`: its length, how many digits it has, and the sign between its parts.
fn plain_date(text: &[u8]) -> Option<(usize, usize, u8)> {
    let number = |from: usize| {
        let digits = text.get(from..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let value: i32 = std::str::from_utf8(&text[from..from + digits.min(4)]).ok()?.parse().ok()?;
        Some((digits, value))
    };
    let (first, one) = number(0)?;
    let sign = *text.get(first).filter(|byte| matches!(byte, b'-' | b'/' | b'.'))?;
    let (second, month) = number(first + 1)?;
    let third_at = first + 1 + second + 1;
    text.get(third_at - 1).filter(|byte| **byte == sign)?;
    let (third, last) = number(third_at)?;
    let (year, day) = match (first, second, third) {
        (4, 1 | 2, 1 | 2) => (one, last),
        (1 | 2, 1 | 2, 4) => (last, one),
        _ => return None,
    };
    let is_date = YEARS.contains(&year)
        && NaiveDate::from_ymd_opt(year, u32::try_from(month).ok()?, u32::try_from(day).ok()?).is_some();
    is_date.then_some((third_at + third, first + second + third, sign))
}

/// The time to the second that stands behind a date, as programs write it: its length and how many digits it has.
fn time_after(text: &[u8]) -> Option<(usize, usize)> {
    text.first().filter(|byte| matches!(byte, b' ' | b'T' | b't' | b'_'))?;
    let two = |from: usize| match text.get(from..from + 2)? {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => Some((tens - b'0') * 10 + (ones - b'0')),
        _ => None,
    };
    let sign = *text.get(3).filter(|byte| matches!(byte, b':' | b'.' | b'_' | b'-'))?;
    text.get(6).filter(|byte| **byte == sign)?;
    if two(1)? > 23 || two(4)? > 59 || two(7)? > 60 || text.get(9).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let parts =
        if text.get(9) == Some(&b'.') { text[10..].iter().take_while(|byte| byte.is_ascii_digit()).count() } else { 0 };
    // Nothing counts finer than billionths.
    match parts {
        0 => Some((9, 6)),
        1..=9 => Some((10 + parts, 6 + parts)),
        _ => None,
    }
}

/// Whether a text holds no digits but those of hours: `08.00 - 10.00`.
fn is_hours(text: &str) -> bool {
    let is_hour = |word: &str| {
        let parts = word.split_once(['.', ':']);
        let within =
            |part: &str, most: u8| matches!(part.len(), 1 | 2) && part.parse::<u8>().is_ok_and(|value| value <= most);
        parts.is_some_and(|(hour, minute)| within(hour, 24) && minute.len() == 2 && within(minute, 59))
    };
    let mut words = text.split(|c: char| !(c.is_numeric() || matches!(c, '.' | ':')));
    words.all(|word| !word.contains(char::is_numeric) || is_hour(word.trim_matches(['.', ':'])))
}

/// Whether a text is several telephone numbers: of each as many digits as one has, the first of them 0 or the country's 62. No NIK
/// begins with 0, and none is as long as two of them.
fn is_telephones(text: &str) -> bool {
    let is_telephone = |part: &str| {
        let digits: String = part.chars().filter(|c| c.is_numeric()).collect();
        OF_TELEPHONE.contains(&digits.chars().count()) && (digits.starts_with('0') || digits.starts_with("62"))
    };
    let all = |parts: Vec<&str>| {
        let parts: Vec<&str> = parts.into_iter().filter(|part| part.contains(char::is_numeric)).collect();
        parts.len() > 1 && parts.into_iter().all(is_telephone)
    };
    all(text.split(['/', ';', ',', '|', '\n']).collect())
        || all(text.split(|c: char| c.is_whitespace() || c == '/').collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_looks_like_a_nik_is_starred() {
        assert_eq!(without_niks("invalid value '5271014302100999' for ID"), "invalid value '****************' for ID");
        assert_eq!(without_niks("a 52.7101.010109.9801 b 2026-11-26 1"), "a **.****.******.**** b 2026-11-26 1");
        assert_eq!(without_niks("527101430210099, ok"), "527101430210099, ok");
        let id = "01012345-6789-7012-8345-678901234567";
        assert_eq!(without_niks(&format!("5271014302100999 {id}")), format!("{} {id}", "*".repeat(16)));
        assert_eq!(without_niks("5271014302100999"), "*".repeat(16));
        assert_eq!(without_niks("5271_0143/0210-0999.csv"), "****_****/****-****.csv");
        assert_eq!(without_niks("nik ٥٢٧١٠١٠١٠١٠٩٩٨٠١."), format!("nik {}.", "*".repeat(16)));
    }

    #[test]
    fn a_nik_in_free_text_is_noticed() {
        for text in [
            "NIK saya 5271 0141 0209 9802 ya",
            "5271.0101.0109.9801",
            "5271/0101/0109/9801",
            "5271_0101_0109_9801",
            "5,271,010,101,099,801",
            "５２７１０１０１０１０９９８０１",
            "𝟓𝟐𝟕𝟏𝟎𝟏𝟎𝟏𝟎𝟏𝟎𝟗𝟗𝟖𝟎𝟏",
            "5️⃣2️⃣7️⃣1️⃣0️⃣1️⃣0️⃣1️⃣0️⃣1️⃣0️⃣9️⃣9️⃣8️⃣0️⃣1️⃣",
            "⁵²⁷¹⁰¹⁰¹⁰¹⁰⁹⁹⁸⁰¹",
            "5|2|7|1|0|1|0|1|0|1|0|9|9|8|0|1",
            "5271:0101:0109:9801",
            "(5271)(0101)(0109)(9801)",
            "5271\n0101\n0109\n9801",
            "2026-11-23 5271010101099801",
            "081234567890 5271010101099801",
            "SMA 1-5271010101099801",
        ] {
            assert!(looks_like_nik(text), "{text}");
        }
    }

    #[test]
    fn what_has_as_many_digits_and_is_no_nik_stays() {
        for text in [
            "kode 4821-9931, jam 08.00",
            "K7QM2-XPD4N",
            "2026-11-23 - 2026-11-30",
            "2026-11-23/2026-11-30",
            "23/11/2026 – 30/11/2026",
            "23-11-2026-30-11-2026",
            "20/11/2026 s.d. 05/12/2026 (2 kali)",
            "tanggal 20/11/2026 - 05/12/2026",
            "1.12.2026 - 5.12.2026 08.00-10.00",
            "23/11/2026 08.00 - 10.00",
            "081234567890 / 081398765432",
            "+62 812-3456-7890, +62 813-9876-5432",
            "0812 3456 7890 / 0813 9876 5432",
            "081234567890",
            "daftar_pd-SMKN 12-2026-11-02 08_15_30.xlsx",
            "2026-11-23 08:31:10.123456 +08:00",
            "2026-11-23T00:30:00.250000Z 2026-11-24T00:30:00.250000Z",
            "-8.583333,116.116667",
            "1,2,3,4,5,6,7,8,9,10,11,12,13",
            "0091234567, 0091234568, 0091234569",
            "01012345-6789-7012-8345-678901234567",
        ] {
            assert_eq!(without_niks(text), text);
            assert!(!looks_like_nik(text), "{text}");
        }
    }

    /// One digit as one of several scripts writes it.
    fn spelled(digit: u32, script: usize) -> char {
        const ZEROS: [char; 8] =
            ['0', '\u{ff10}', '\u{660}', '\u{6f0}', '\u{966}', '\u{1d7ce}', '\u{1d7f6}', '\u{a9d0}'];
        char::from_u32(u32::from(ZEROS[script % ZEROS.len()]) + digit).unwrap()
    }

    const BETWEEN: [&str; 24] = [
        "", "", "", " ", ".", "-", "/", "_", "\u{a0}", "\u{2003}", "\u{3000}", "\u{200b}", "\u{2066}", "–", "—", "−",
        " - ", ". ", "’", "\t", "\n", "\\", "·", "\u{ad}",
    ];

    proptest! {
        #[test]
        fn sixteen_digits_are_found_however_they_are_spelled(
            digits in prop::collection::vec((0..10_u32, 0..8_usize, 0..24_usize), 16),
            around in "[a-z ]{0,5}",
        ) {
            let nik: String = digits.iter().enumerate()
                .map(|(at, (digit, script, between))| format!("{}{}", if at > 0 { BETWEEN[*between] } else { "" }, spelled(*digit, *script)))
                .collect();
            let text = format!("{around}{nik}{around}");
            prop_assert!(looks_like_nik(&text), "{text}");
            let shown = without_niks(&text);
            prop_assert!(!shown.contains(char::is_numeric), "{shown}");
        }

        #[test]
        fn sixteen_digits_with_one_sign_are_found(
            groups in prop::collection::vec(1..7_usize, 1..16),
            digits in prop::collection::vec(0..10_u32, 16),
            sign in 0..24_usize,
        ) {
            let mut text = String::new();
            let (mut groups, mut left) = (groups.into_iter(), 0);
            for (at, digit) in digits.iter().enumerate() {
                if left == 0 {
                    text.push_str(if at > 0 { BETWEEN[sign] } else { "" });
                    left = groups.next().unwrap_or(4);
                }
                left -= 1;
                text.push(spelled(*digit, 0));
            }
            prop_assert!(looks_like_nik(&text), "{text}");
        }

        #[test]
        fn ranges_of_dates_and_telephones_stay(
            from in 0..3000_u64, days in 0..400_u64, form in 0..4_usize, sign in 0..5_usize, telephone in "0[1-9][0-9]{8,11}",
        ) {
            let first = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + chrono::Days::new(from);
            let last = first + chrono::Days::new(days);
            let form = ["%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%-d.%-m.%Y"][form];
            let sign = [" - ", " – ", " s.d. ", "–", " "][sign];
            let text = format!("{}{sign}{}", first.format(form), last.format(form));
            prop_assert_eq!(without_niks(&text), text);
            let numbers = format!("{telephone} / {telephone}");
            prop_assert_eq!(without_niks(&numbers), numbers);
            let told = format!("hubungi {telephone}");
            prop_assert_eq!(without_niks(&told), told);
        }

        #[test]
        fn nothing_that_is_shown_looks_like_a_nik(text in "[0-9 .'a\u{a0}é,:/_-]{0,60}") {
            let shown = without_niks(&text);
            prop_assert!(!looks_like_nik(&shown), "{shown}");
            prop_assert_eq!(shown.chars().count(), text.chars().count());
        }

        #[test]
        fn finding_never_panics(text in "\\PC{0,60}|[0-9\u{660}./ :T_-]{0,60}") {
            let _ = without_niks(&text);
        }
    }
}
