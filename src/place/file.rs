//! The file by which an office names its places: all lines or none, and every refusal with its line and column.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use chrono::{Datelike, NaiveDate};

use super::{NewPlace, PlaceError, PlaceKind};
use crate::calendar::Weekdays;
use crate::office::{LATITUDES, LONGITUDES};
use crate::words::{self, TextFault, quoted};
use crate::written;

/// The columns, each with the longest text that it takes, in characters.
const COLUMNS: [(&str, usize); 11] = [
    ("code", 40),
    ("kind", 20),
    ("name", 150),
    ("level", 40),
    ("kecamatan", 100),
    ("latitude", 40),
    ("longitude", 40),
    ("working_days", 40),
    ("last_day_grade_12", 40),
    ("contact_name", 100),
    ("contact_phone", 40),
];

/// Years that a last school day may be in.
const YEARS: RangeInclusive<i32> = 2000..=2200;

/// Reads a place file: the columns in any order, separated by `,` `;` or tab.
pub fn parse_file(bytes: &[u8]) -> Result<Vec<NewPlace>, PlaceError> {
    let text = std::str::from_utf8(bytes).map_err(|_| PlaceError::Encoding)?;
    // Marks that nobody sees come along from where a name was copied; whoever copied it cannot take them out.
    let text: String = text.chars().filter(|c| !written::is_unseen(*c)).collect();
    let first = text.lines().next().unwrap_or_default();
    let separator = [b';', b'\t', b','].into_iter().max_by_key(|byte| first.bytes().filter(|b| b == byte).count());
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator.unwrap_or(b','))
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(text.as_bytes());
    let wrong = |error: &csv::Error| PlaceError::Line {
        line: error.position().map_or(1, csv::Position::line),
        message: "the line cannot be read as CSV".into(),
    };
    let header: Vec<String> = reader.headers().map_err(|e| wrong(&e))?.iter().map(str::to_lowercase).collect();
    check_header(&header)?;
    let mut codes = HashSet::new();
    let mut places = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| wrong(&e))?;
        let line = Line { header: &header, number: record.position().map_or(0, csv::Position::line), record: &record };
        let place = line.place()?;
        if !codes.insert(place.code.clone()) {
            return Err(line.wrong(format!("the code {} stands on two lines", place.code)));
        }
        places.push(place);
    }
    Ok(places)
}

fn check_header(header: &[String]) -> Result<(), PlaceError> {
    let known = COLUMNS.map(|(name, _)| name);
    if let Some(unknown) = header.iter().find(|title| !known.contains(&title.as_str())) {
        let near = words::nearest(unknown, known).unwrap_or_default();
        let message = format!("unknown column '{}'; did you mean '{near}'?", quoted(unknown));
        return Err(PlaceError::Line { line: 1, message });
    }
    if let Some(twice) = known.iter().find(|name| header.iter().filter(|title| title == *name).count() > 1) {
        return Err(PlaceError::Line { line: 1, message: format!("the column '{twice}' stands there twice") });
    }
    if ["code", "name"].iter().any(|needed| !header.iter().any(|title| title == needed)) {
        return Err(PlaceError::Header(header.join(", ")));
    }
    Ok(())
}

/// One line of the file.
struct Line<'a> {
    header: &'a [String],
    number: u64,
    record: &'a csv::StringRecord,
}

impl Line<'_> {
    fn wrong(&self, message: String) -> PlaceError {
        PlaceError::Line { line: self.number, message }
    }

    fn place(&self) -> Result<NewPlace, PlaceError> {
        self.check_texts()?;
        let code = self.field("code").ok_or_else(|| self.wrong("the code is missing".into()))?.to_owned();
        let kind = match self.field("kind") {
            None | Some("school") => PlaceKind::School,
            Some("village") => PlaceKind::Village,
            Some("community") => PlaceKind::Community,
            Some(other) => {
                let near = words::nearest(other, ["school", "village", "community"]).unwrap_or_default();
                let message =
                    format!("kind '{}' is none of school, village, community; did you mean '{near}'?", quoted(other));
                return Err(self.wrong(message));
            }
        };
        if kind == PlaceKind::School && !(code.len() == 8 && code.bytes().all(|b| b.is_ascii_alphanumeric())) {
            let shown = quoted(&code);
            return Err(self.wrong(format!("a school's code is its NPSN of 8 characters, but this is '{shown}'")));
        }
        let name = self.field("name").ok_or_else(|| self.wrong("the name is missing".into()))?.to_owned();
        let owned = |column| self.field(column).map(str::to_owned);
        let working_days = self.field("working_days").map_or(Ok(Weekdays::default()), |text| {
            text.parse().map_err(|error| self.wrong(format!("working_days {error}")))
        })?;
        Ok(NewPlace {
            kind,
            name,
            level: owned("level"),
            kecamatan: owned("kecamatan"),
            latitude: self.degrees("latitude", LATITUDES)?,
            longitude: self.degrees("longitude", LONGITUDES)?,
            working_days,
            last_day_grade_12: self.day("last_day_grade_12")?,
            contact_name: owned("contact_name"),
            contact_phone: owned("contact_phone"),
            code,
        })
    }

    /// Refuses what would not be kept: the place's columns and what stands beyond them.
    fn check_texts(&self) -> Result<(), PlaceError> {
        for (text, title) in self.record.iter().zip(self.header) {
            let column = COLUMNS.into_iter().find(|(name, _)| name == title);
            let Some((column, longest)) = column else { continue };
            words::one_line(text, longest).map_err(|fault: TextFault| PlaceError::Text {
                line: self.number,
                column,
                fault,
            })?;
        }
        let beyond = self.record.iter().skip(self.header.len()).any(|text| !text.is_empty());
        if beyond {
            return Err(
                self.wrong("there are more values than columns; put a value that holds the separator in quotes".into())
            );
        }
        Ok(())
    }

    fn field(&self, name: &str) -> Option<&str> {
        let at = self.header.iter().position(|title| title == name)?;
        self.record.get(at).filter(|text| !text.is_empty())
    }

    fn degrees(&self, name: &str, range: RangeInclusive<f64>) -> Result<Option<f64>, PlaceError> {
        let Some(text) = self.field(name) else { return Ok(None) };
        match text.parse::<f64>() {
            Ok(value) if range.contains(&value) => Ok(Some(value)),
            Ok(value) if value.is_finite() => Err(self.wrong(format!(
                "{name} '{}' is not in Indonesia; it lies between {} and {}",
                quoted(text),
                range.start(),
                range.end()
            ))),
            _ => Err(self.wrong(format!("{name} '{}' is not a number of degrees such as -8.5833", quoted(text)))),
        }
    }

    fn day(&self, name: &str) -> Result<Option<NaiveDate>, PlaceError> {
        let Some(text) = self.field(name) else { return Ok(None) };
        let date = text.parse::<NaiveDate>().ok().filter(|date| YEARS.contains(&date.year()));
        date.map(Some).ok_or_else(|| {
            self.wrong(format!(
                "{name} '{}' is not a date (YYYY-MM-DD) from {} to {}",
                quoted(text),
                YEARS.start(),
                YEARS.end()
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        parse_file(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn a_place_file_is_read_by_its_column_names() {
        let text = "name;code;working_days;kecamatan\nSMA Contoh;50200001;1-6;Ampenan\n";
        let places = parse_file(text.as_bytes()).unwrap();
        assert_eq!((places[0].code.as_str(), places[0].working_days.to_string().as_str()), ("50200001", "1,2,3,4,5,6"));
    }

    #[test]
    fn a_wrong_line_is_named() {
        assert_eq!(error("code,nama\n1,x\n"), "line 1: unknown column 'nama'; did you mean 'name'?");
        assert_eq!(error("code,name,name\n1,x,y\n"), "line 1: the column 'name' stands there twice");
        assert!(error("code,name\n123,SMA\n").starts_with("line 2: a school's code is its NPSN"));
        assert!(error("code,name,latitude\n50200001,SMA,x\n").contains("latitude 'x'"));
        assert!(error("code,name,working_days\n50200001,SMA,senin\n").contains("line 2: working_days 'senin'"));
        assert!(error("code,kind,name\nV1,vilage,Ampenan\n").contains("did you mean 'village'?"));
        assert!(error("code,name,last_day_grade_12\n50200001,SMA,0001-01-01\n").contains("last_day_grade_12"));
        assert!(error("code,name\n50200001,SMA Satu, Mataram\n").contains("more values than columns"));
    }

    #[test]
    fn what_is_no_number_or_lies_elsewhere_is_refused() {
        for value in ["nan", "inf", "-inf", "91", "116.1", "1e9"] {
            let told = error(&format!("code,name,latitude\n50200001,SMA,{value}\n"));
            assert!(told.starts_with("line 2: latitude"), "{value}: {told}");
        }
        for value in ["nan", "inf", "-8.5", "181"] {
            let told = error(&format!("code,name,longitude\n50200001,SMA,{value}\n"));
            assert!(told.starts_with("line 2: longitude"), "{value}: {told}");
        }
    }

    #[test]
    fn texts_that_are_not_kept_are_refused_with_line_and_column() {
        for column in ["name", "level", "kecamatan", "contact_name", "contact_phone"] {
            let of = |value: &str| {
                let (title, rest) = if column == "name" { ("", String::new()) } else { (",name", ",SMA".to_owned()) };
                error(&format!("code,{column}{title}\n50200001,\"{value}\"{rest}\n"))
            };
            for value in ["a\nb", "a\u{1b}[2Jb", "a\u{2028}b", "a\0b", "5271011508090001", &"a".repeat(200_000)] {
                let told = of(value);
                assert!(told.starts_with(&format!("line 2, column {column}: the text ")), "{told}");
                assert!(told.len() < 200 && !told.contains("5271011508090001"), "{told}");
            }
        }
        assert!(error("code,kind,name\n5271011508090001,village,Ampenan\n").starts_with("line 2, column code:"));
    }
}
