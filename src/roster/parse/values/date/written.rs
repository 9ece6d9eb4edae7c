//! A date as it is written in figures and words.

use std::borrow::Cow;

use chrono::{Datelike, NaiveDate};

use super::reading::{DateOrder, DateReading, DateRules, DateSign, Doubt, Why, compact};
use crate::nik::digit;

/// More parts than this has no date, with its weekday, time and whatever else explains it.
const MOST_TOKENS: usize = 20;
/// The longest text that is a date, in bytes.
const LONGEST: usize = 120;

/// A run of figures or letters, and what stands between it and the one before.
#[derive(Debug, Clone, Copy, Default)]
struct Token<'a> {
    before: &'a str,
    text: &'a str,
    is_number: bool,
}

/// A written date, before it is known which of its figures are what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parsed {
    shape: Shape,
    /// A time of day beside it says that the day after may be meant.
    is_before_midnight: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Date(NaiveDate),
    /// Day and month are told apart, the year has two digits.
    ShortYear {
        year: i32,
        month: u32,
        day: u32,
    },
    Figures {
        first: u32,
        second: u32,
        year: i32,
        is_short: bool,
    },
}

/// The date that a whole text is; nothing if any part of it is not explained.
pub(super) fn parsed(text: &str) -> Option<Parsed> {
    if text.len() > LONGEST {
        return None;
    }
    let text = plain(text);
    let text = without_remarks(in_brackets(&text))?;
    let (tokens, count) = tokens(&text)?;
    let rest = after(&tokens[..count], is_introduction);
    let (shape, rest) = shape(rest)?;
    let rest = after(rest, |word| matches!(word, "m" | "masehi"));
    let (is_before_midnight, rest) = time(rest)?;
    let rest = after(rest, |word| matches!(word, "m" | "masehi") || is_weekday(word));
    (rest.is_empty() || is_hijri(rest)).then_some(Parsed { shape, is_before_midnight })
}

impl Parsed {
    fn is_date(self) -> bool {
        match self.shape {
            Shape::Date(_) => true,
            Shape::ShortYear { month, day, .. } => ymd(2000, month, day).is_some(),
            Shape::Figures { first, second, year, is_short } => {
                let year = if is_short { 2000 } else { year };
                ymd(year, second, first).or(ymd(year, first, second)).is_some()
            }
        }
    }

    pub(super) fn reading(self, rules: &DateRules) -> Option<(DateReading, DateSign)> {
        let (reading, sign) = match self.shape {
            Shape::Date(date) => (DateReading::Read(date), DateSign::Nothing),
            Shape::ShortYear { year, month, day } => {
                (of_century(rules, |century| ymd(century + year, month, day))?, DateSign::Nothing)
            }
            Shape::Figures { first, second, year, is_short } => {
                let in_order = |first_is_day: bool| {
                    let (month, day) = if first_is_day { (second, first) } else { (first, second) };
                    if is_short {
                        of_century(rules, |century| ymd(century + year, month, day))
                    } else {
                        ymd(year, month, day).map(DateReading::Read)
                    }
                };
                ordered(in_order(true), in_order(false), rules.order)?
            }
        };
        Some((self.with_moment(reading), sign))
    }

    fn with_moment(self, reading: DateReading) -> DateReading {
        match reading {
            DateReading::Read(taken) if self.is_before_midnight => {
                DateReading::Doubtful(Doubt { taken, other: taken.succ_opt(), why: Why::Moment })
            }
            other => other,
        }
    }
}

/// Of the readings with the day first and the month first the one that is meant, as far as that is known.
fn ordered(
    day_first: Option<DateReading>,
    month_first: Option<DateReading>,
    order: DateOrder,
) -> Option<(DateReading, DateSign)> {
    match (day_first, month_first) {
        (Some(reading), None) => Some((reading, DateSign::DayFirst)),
        (None, Some(reading)) => Some((reading, DateSign::MonthFirst)),
        (Some(one), Some(other)) if one == other => Some((one, DateSign::Nothing)),
        (Some(day_first), Some(month_first)) => {
            let reading = match (order, taken(day_first)) {
                (DateOrder::DayFirst, _) => day_first,
                (DateOrder::MonthFirst, _) => month_first,
                (DateOrder::Unproved, Some(date)) => {
                    DateReading::Doubtful(Doubt { taken: date, other: taken(month_first), why: Why::Order })
                }
                (DateOrder::Unproved, None) => return None,
            };
            Some((reading, DateSign::Either))
        }
        (None, None) => None,
    }
}

fn taken(reading: DateReading) -> Option<NaiveDate> {
    match reading {
        DateReading::Read(date) => Some(date),
        DateReading::Doubtful(doubt) => Some(doubt.taken),
        DateReading::Missing | DateReading::Unreadable => None,
    }
}

/// The date of a two-digit year: the latest that is not in the future, if such a person may stand on the list.
fn of_century(rules: &DateRules, date: impl Fn(i32) -> Option<NaiveDate>) -> Option<DateReading> {
    let century = rules.today.year() - rules.today.year().rem_euclid(100);
    let candidates = [century, century - 100].map(&date);
    let mut past = candidates.into_iter().flatten().filter(|date| *date <= rules.today);
    let latest = past.next()?;
    let fits = |date: &NaiveDate| rules.ages.hold(*date, rules.today);
    let fitting = std::iter::once(latest).chain(past).find(fits);
    Some(
        fitting
            .map_or(DateReading::Doubtful(Doubt { taken: latest, other: None, why: Why::Century }), DateReading::Read),
    )
}

fn ymd(year: i32, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, month, day)
}

/// A text in ASCII as far as figures, dashes, marks and Roman numerals have signs of their own elsewhere.
fn plain(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    const ROMAN: [&str; 12] = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"];
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{2010}'..='\u{2015}' | '⁃' | '−' | '﹘' | '﹣' | '－' => plain.push('-'),
            '／' | '⁄' | '∕' => plain.push('/'),
            '．' | '。' | '·' | '․' => plain.push('.'),
            '，' | '،' | '、' => plain.push(','),
            '：' => plain.push(':'),
            '（' => plain.push('('),
            '）' => plain.push(')'),
            '‘' | '’' | '`' | '´' | '′' | '＇' => plain.push('\''),
            '\u{2160}'..='\u{216b}' => plain.push_str(ROMAN[(u32::from(c) - 0x2160) as usize]),
            '\u{2170}'..='\u{217b}' => plain.push_str(ROMAN[(u32::from(c) - 0x2170) as usize]),
            c if c.is_whitespace() => plain.push(' '),
            c => plain.push(digit(c).unwrap_or(c)),
        }
    }
    Cow::Owned(plain)
}

/// What stands in brackets, if they are around the whole.
fn in_brackets(text: &str) -> &str {
    let inner = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    inner.filter(|inner| !inner.contains(['(', ')'])).unwrap_or(text)
}

/// The text without remarks in brackets; nothing if one of them may be a part of a date.
fn without_remarks(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains(['(', '[']) {
        return if text.contains([')', ']']) { None } else { Some(Cow::Borrowed(text)) };
    }
    let mut rest = text;
    let mut kept = String::with_capacity(rest.len());
    while let Some(open) = rest.find(['(', '[']) {
        let length = rest[open..].find([')', ']'])?;
        is_remark(&rest[open + 1..open + length]).then_some(())?;
        kept.push_str(&rest[..open]);
        kept.push(' ');
        rest = &rest[open + length + 1..];
    }
    kept.push_str(rest);
    Some(Cow::Owned(kept))
}

/// Whether what stands in brackets behind a date says nothing of it: words, an age, the date of the Muslim calendar.
fn is_remark(text: &str) -> bool {
    let Some((tokens, count)) = tokens(text) else { return false };
    let tokens = &tokens[..count];
    let numbers: Vec<&str> = tokens.iter().filter(|token| token.is_number).map(|token| token.text).collect();
    let is_age = || {
        let is_word = |token: &Token<'_>| {
            let word = token.text.to_lowercase();
            token.is_number || matches!(word.as_str(), "th" | "thn" | "tahun" | "umur" | "usia" | "bln" | "bulan")
        };
        numbers.iter().all(|number| number.len() <= 2) && numbers.len() <= 2 && tokens.iter().all(is_word) && count > 1
    };
    let has_month = || tokens.iter().any(|token| !token.is_number && month(token.text).is_some());
    !text.contains('?') && ((numbers.is_empty() && !has_month()) || is_age() || is_hijri(tokens))
}

/// A text's runs of figures and letters; nothing if it has more than a date has, or a sign that stands in none.
fn tokens(text: &str) -> Option<([Token<'_>; MOST_TOKENS], usize)> {
    let mut tokens = [Token::default(); MOST_TOKENS];
    let mut count = 0;
    let mut rest = text;
    loop {
        let start = rest.find(char::is_alphanumeric).unwrap_or(rest.len());
        let before = &rest[..start];
        if !before.chars().all(|c| matches!(c, ' ' | '-' | '/' | '.' | ',' | '\\' | '_' | '\'' | ':' | ';' | '+' | '|'))
        {
            return None;
        }
        rest = &rest[start..];
        let Some(first) = rest.chars().next() else { return Some((tokens, count)) };
        let is_number = first.is_ascii_digit();
        let length =
            if is_number { rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()) } else { word_length(rest) };
        *tokens.get_mut(count)? = Token { before, text: &rest[..length], is_number };
        count += 1;
        rest = &rest[length..];
    }
}

/// The length of the word at the head: an apostrophe between letters belongs to it (`Jum'at`).
fn word_length(text: &str) -> usize {
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let is_inside = c == '\'' && at > 0 && chars.peek().is_some_and(|(_, next)| next.is_alphabetic());
        if !(is_inside || (c.is_alphanumeric() && !c.is_ascii_digit())) {
            return at;
        }
    }
    text.len()
}

/// What follows the words that `explains` knows.
fn after<'a, 'b>(tokens: &'b [Token<'a>], explains: impl Fn(&str) -> bool) -> &'b [Token<'a>] {
    let is_known = |token: &Token<'_>| !token.is_number && explains(&token.text.to_lowercase());
    let known = tokens.iter().take_while(|token| is_known(token)).count();
    &tokens[known..]
}

fn is_introduction(word: &str) -> bool {
    is_weekday(word) || matches!(word, "tgl" | "tanggal" | "tggl" | "tg" | "pada" | "hari" | "lahir" | "ttl" | "on")
}

fn is_weekday(word: &str) -> bool {
    matches!(
        word,
        "senin"
            | "selasa"
            | "rabu"
            | "kamis"
            | "jumat"
            | "jum'at"
            | "sabtu"
            | "minggu"
            | "ahad"
            | "sen"
            | "sel"
            | "rab"
            | "kam"
            | "jum"
            | "sab"
            | "min"
            | "monday"
            | "tuesday"
            | "wednesday"
            | "thursday"
            | "friday"
            | "saturday"
            | "sunday"
            | "mon"
            | "tue"
            | "wed"
            | "thu"
            | "fri"
            | "sat"
            | "sun"
    )
}

/// Words between day, month and year that say which is which or nothing at all.
fn is_link(word: &str) -> bool {
    matches!(word, "bulan" | "bln" | "tahun" | "thn" | "th" | "st" | "nd" | "rd" | "of" | "the")
}

#[derive(Clone, Copy)]
enum Part<'a> {
    Number(&'a str),
    Month(u32),
}

/// The three parts of a date at the head of `tokens`, and what follows.
fn shape<'a, 'b>(tokens: &'b [Token<'a>]) -> Option<(Shape, &'b [Token<'a>])> {
    if let Some(date) = tokens.first().filter(|token| token.is_number).and_then(|token| compact(token.text)) {
        return Some((Shape::Date(date), &tokens[1..]));
    }
    let mut parts = [Part::Month(0); 3];
    let mut count = 0;
    for (at, token) in tokens.iter().enumerate() {
        if count > 0 && token.before.contains([':', '+']) {
            return None;
        }
        let part = if token.is_number {
            Part::Number(token.text)
        } else if let Some(month) = month(token.text).or_else(|| roman(token.text).filter(|_| count == 1)) {
            Part::Month(month)
        } else if count > 0 && is_link(&token.text.to_lowercase()) {
            continue;
        } else {
            return None;
        };
        parts[count] = part;
        count += 1;
        if count == parts.len() {
            return Some((shape_of(parts)?, &tokens[at + 1..]));
        }
    }
    None
}

fn shape_of(parts: [Part<'_>; 3]) -> Option<Shape> {
    use Part::{Month, Number};
    let full_year = |text: &str| if text.len() == 4 { text.parse::<i32>().ok() } else { None };
    let told = |day: &str, month: u32, year: &str| match full_year(year) {
        Some(year) => ymd(year, month, number(day)?).map(Shape::Date),
        None => Some(Shape::ShortYear { year: i32::try_from(two_digits(year)?).ok()?, month, day: number(day)? }),
    };
    match parts {
        [Number(year), Number(month), Number(day)] if year.len() == 4 => {
            ymd(full_year(year)?, number(month)?, number(day)?).map(Shape::Date)
        }
        [Number(year), Month(month), Number(day)] if year.len() == 4 => {
            ymd(full_year(year)?, month, number(day)?).map(Shape::Date)
        }
        [Number(day), Month(month), Number(year)] | [Month(month), Number(day), Number(year)] => told(day, month, year),
        [Number(first), Number(second), Number(year)] => {
            let (first, second) = (number(first)?, number(second)?);
            Some(match full_year(year) {
                Some(year) => Shape::Figures { first, second, year, is_short: false },
                None => {
                    let year = i32::try_from(two_digits(year)?).ok()?;
                    Shape::Figures { first, second, year, is_short: true }
                }
            })
        }
        _ => None,
    }
}

/// A day or month in figures.
fn number(part: &str) -> Option<u32> {
    if part.len() <= 2 { part.parse().ok() } else { None }
}

fn two_digits(part: &str) -> Option<u32> {
    if part.len() == 2 { part.parse().ok() } else { None }
}

/// A time of day behind a date, if there is one: whether it is one that a program makes of the next day's midnight.
fn time<'a, 'b>(tokens: &'b [Token<'a>]) -> Option<(bool, &'b [Token<'a>])> {
    let rest = after(tokens, |word| matches!(word, "t" | "pukul" | "jam" | "pkl"));
    let has_word = rest.len() < tokens.len();
    let Some(first) = rest.first().filter(|token| token.is_number && matches!(token.before, "" | " " | ", ")) else {
        return if has_word { None } else { Some((false, tokens)) };
    };
    let minutes = rest.get(1).filter(|token| token.is_number && matches!(token.before, ":" | "."))?;
    let is_next = |token: &&Token<'_>| token.is_number && token.before == minutes.before;
    let seconds = rest.get(2).filter(is_next);
    let part = |token: &Token<'_>, most: u32| number(token.text).filter(|number| *number <= most);
    let mut hour = part(first, 24)?;
    let (minute, second) = (part(minutes, 59)?, seconds.map_or(Some(0), |token| part(token, 59))?);
    let mut rest = &rest[if seconds.is_some() { 3 } else { 2 }..];
    if let Some(fraction) = rest.first().filter(|token| token.is_number && matches!(token.before, "." | ",")) {
        if seconds.is_none() || fraction.text.len() > 9 {
            return None;
        }
        rest = &rest[1..];
    }
    let half = rest.first().map(|token| token.text.to_lowercase()).unwrap_or_default();
    if matches!(half.as_str(), "am" | "pm") {
        hour = hour % 12 + if half == "pm" { 12 } else { 0 };
        rest = &rest[1..];
    }
    let rest = without_offset(after(rest, |word| matches!(word, "z" | "utc" | "gmt" | "wib" | "wita" | "wit")))?;
    let is_midnight_elsewhere = match (hour, minute, second) {
        (15..=17, 0, 0) | (23, 59, _) => true,
        // Jakarta's clock before it had zones.
        (16, 52, 48) => true,
        _ => false,
    };
    Some((is_midnight_elsewhere, rest))
}

/// `+07:00` or `-0800` behind a time.
fn without_offset<'a, 'b>(tokens: &'b [Token<'a>]) -> Option<&'b [Token<'a>]> {
    let Some(first) = tokens.first().filter(|token| token.is_number && matches!(token.before, "+" | "-" | " +")) else {
        return Some(tokens);
    };
    let has_minutes =
        first.text.len() == 2 && tokens.get(1).is_some_and(|token| token.is_number && token.before == ":");
    match first.text.len() {
        2 if has_minutes => Some(&tokens[2..]),
        2 | 4 => Some(&tokens[1..]),
        _ => None,
    }
}

/// `18 Jumadil Akhir 1430 H`: the same day in the Muslim calendar.
fn is_hijri(tokens: &[Token<'_>]) -> bool {
    let [day, words @ .., year, sign] = tokens else { return false };
    let is_year = year.is_number && year.text.parse().is_ok_and(|year: u32| (1300..1500).contains(&year));
    let is_sign = matches!(sign.text.to_lowercase().as_str(), "h" | "hijriah" | "hijriyah");
    day.is_number
        && number(day.text).is_some_and(|day| (1..=30).contains(&day))
        && (1..=3).contains(&words.len())
        && words.iter().all(|word| !word.is_number)
        && is_year
        && is_sign
}

fn roman(word: &str) -> Option<u32> {
    const NUMERALS: [&str; 12] = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"];
    let position = NUMERALS.iter().position(|numeral| word.eq_ignore_ascii_case(numeral))?;
    u32::try_from(position + 1).ok()
}

/// The months' names, Indonesian and English, old spellings and those that are cut off or worn down beyond a slip.
const MONTHS: [&[&str]; 12] = [
    &["januari", "january"],
    &["februari", "february", "pebruari", "feb", "peb"],
    &["maret", "march", "mrt"],
    &["april", "apl"],
    &["mei", "may", "mey"],
    &["juni", "june", "juny"],
    &["juli", "july", "jully"],
    &["agustus", "august", "agt", "agst", "ags"],
    &["september", "spt"],
    &["oktober", "october"],
    &["november", "nopember"],
    &["desember", "december"],
];

/// The shortest cut of a month's name, and the shortest name in which a slip is forgiven.
const SHORTEST_CUT: usize = 3;
const FORGIVING_LENGTH: usize = 5;

/// A month by its name, cut to three letters or more or with one slip.
pub(in crate::roster::parse::values) fn month(word: &str) -> Option<u32> {
    if word.len() < SHORTEST_CUT || word.len() > 12 {
        return None;
    }
    let word = word.to_ascii_lowercase();
    let numbered = || (1..).zip(MONTHS);
    let is_cut = |name: &&str| name.starts_with(word.as_str());
    let exact = numbered().find(|(_, names)| names.iter().any(is_cut));
    let slip = |name: &&str| name.len() >= FORGIVING_LENGTH && strsim::osa_distance(name, &word) == 1;
    let mut slips = numbered().filter(|(_, names)| word.len() >= FORGIVING_LENGTH - 1 && names.iter().any(slip));
    match exact {
        Some((month, _)) => Some(month),
        None => slips.next().filter(|_| slips.next().is_none()).map(|(month, _)| month),
    }
}

/// Whether a text is a date, or ends in one.
#[must_use]
pub fn ends_in_date(text: &str) -> bool {
    text.contains(|c: char| digit(c).is_some()) && parsed(place_and_date(text).1).is_some_and(Parsed::is_date)
}

/// `Mataram, 3 Mei 2009` → its place and its date. The date is the longest end of the text that is one, so that a place may
/// have figures; where none is, what begins with the first figure, or with a month's name before it, is no place.
#[must_use]
pub fn place_and_date(text: &str) -> (&str, &str) {
    let mut before = ' ';
    let starts = text.char_indices().filter(|(_, c)| {
        let is_figure = |c: char| digit(c).is_some();
        let is_start = (c.is_alphanumeric() && (!before.is_alphanumeric() || is_figure(*c) != is_figure(before)))
            || (matches!(c, '(' | '[') && text.ends_with([')', ']']));
        before = *c;
        is_start
    });
    let date = starts.map(|(at, _)| at).find(|at| parsed(&text[*at..]).is_some_and(Parsed::is_date));
    let at = date.unwrap_or_else(|| {
        let figure = text.find(|c: char| digit(c).is_some()).unwrap_or(text.len());
        let head = text[..figure].trim_end();
        let month_before = head.rsplit([' ', ',', '/']).next().filter(|word| month(word).is_some());
        month_before.map_or(figure, |word| head.len() - word.len())
    });
    (text[..at].trim_end_matches([' ', ',', '/', '-', '.', ':', ';']), &text[at..])
}
