//! How the parts of an `.xlsx` belong together: which sheets there are and where they stand, where the shared texts are, and
//! which styles show a number as a date.

use std::collections::HashMap;

use super::archive::Archive;
use super::tokens::{Element, Token};
use crate::roster::sheet::bounds::MAX_SHEETS;
use crate::roster::sheet::cell::SheetError;
use crate::roster::sheet::meter::Deadline;

/// What a workbook is put together from.
#[derive(Debug, Default)]
pub(super) struct Package {
    pub sheets: Vec<Sheet>,
    /// The part with the shared texts.
    pub shared_texts: Option<usize>,
    /// What each cell style makes of a number.
    pub styles: Vec<Shown>,
    /// Whether days are counted from 1904 on, as old Macs did, and not from 1900.
    pub is_1904: bool,
}

/// A sheet that holds cells.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sheet {
    pub name: String,
    /// Its part.
    pub part: usize,
    pub is_hidden: bool,
}

/// What a style makes of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    Number,
    Date,
}

/// Where a part is, and what it is to the part that names it.
struct Relation {
    kind: String,
    path: String,
}

impl Package {
    pub(super) fn read(archive: &mut Archive<'_>, deadline: Deadline) -> Result<Self, SheetError> {
        let root = relations(archive, "", "_rels/.rels", deadline)?;
        let document = root.into_values().find(|relation| relation.kind == "officeDocument");
        let workbook = document.map_or_else(|| "xl/workbook.xml".into(), |document| document.path);
        let (folder, file) = workbook.rsplit_once('/').unwrap_or(("", &workbook));
        let relations = relations(archive, folder, &join(folder, &format!("_rels/{file}.rels")), deadline)?;
        let part = |kind: &str, usual: &str| {
            let named = relations.values().find(|relation| relation.kind == kind);
            named.and_then(|relation| archive.find(&relation.path)).or_else(|| archive.find(&join(folder, usual)))
        };
        let (shared_texts, styles) = (part("sharedStrings", "sharedStrings.xml"), part("styles", "styles.xml"));
        let mut package = Self { shared_texts, ..Self::default() };
        let workbook = archive.find(&workbook).ok_or(SheetError::Damaged)?;
        package.read_workbook(archive, workbook, &relations, deadline)?;
        if let Some(styles) = styles {
            package.styles = read_styles(archive, styles, deadline)?;
        }
        Ok(package)
    }

    fn read_workbook(
        &mut self,
        archive: &mut Archive<'_>,
        part: usize,
        relations: &HashMap<String, Relation>,
        deadline: Deadline,
    ) -> Result<(), SheetError> {
        let mut found: Vec<(String, String, bool)> = Vec::new();
        let mut tokens = archive.small_part(part, deadline)?;
        while let Some(token) = tokens.next()? {
            match token {
                Token::Open(element) if element.name == b"sheet" => {
                    if found.len() == MAX_SHEETS {
                        return Err(SheetError::TooMuch { what: "sheets", limit: MAX_SHEETS as u64 });
                    }
                    let name = element.text(b"name").ok_or(SheetError::Damaged)?;
                    let is_hidden = element.attribute(b"state").is_some_and(|state| state != b"visible");
                    found.push((name, relation_id(&element).ok_or(SheetError::Damaged)?, is_hidden));
                }
                // An extension has an element of this name too, without the attribute.
                Token::Open(element) if element.name == b"workbookPr" => {
                    let counted = element.attribute(b"date1904").map(|value| matches!(value, b"1" | b"true"));
                    self.is_1904 = counted.unwrap_or(self.is_1904);
                }
                _ => {}
            }
        }
        tokens.finish()?;
        for (name, id, is_hidden) in found {
            let relation = relations.get(&id).ok_or(SheetError::Damaged)?;
            // The others hold a chart or a dialogue, and no cells.
            if relation.kind == "worksheet" {
                let part = archive.find(&relation.path).ok_or(SheetError::Damaged)?;
                self.sheets.push(Sheet { name, part, is_hidden });
            }
        }
        Ok(())
    }
}

/// `r:id`, whatever prefix the file gives to its namespace.
fn relation_id(element: &Element<'_>) -> Option<String> {
    let id = element.attributes().find(|(key, _)| key.ends_with(b":id"))?.1;
    Some(String::from_utf8_lossy(id).into_owned())
}

/// What the relations at `path` say of the parts in `folder`, by their ids. A part without relations has none.
fn relations(
    archive: &mut Archive<'_>,
    folder: &str,
    path: &str,
    deadline: Deadline,
) -> Result<HashMap<String, Relation>, SheetError> {
    let mut relations = HashMap::new();
    let Some(part) = archive.find(path) else { return Ok(relations) };
    let mut tokens = archive.small_part(part, deadline)?;
    while let Some(token) = tokens.next()? {
        if let Token::Open(element) = token
            && element.name == b"Relationship"
            && let (Some(id), Some(kind), Some(target)) =
                (element.text(b"Id"), element.text(b"Type"), element.text(b"Target"))
        {
            let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
            relations.insert(id, Relation { kind, path: join(folder, &target) });
        }
    }
    tokens.finish()?;
    Ok(relations)
}

/// Where `target` leads from `folder`.
fn join(folder: &str, target: &str) -> String {
    let from = if target.starts_with(['/', '\\']) { "" } else { folder };
    let mut path: Vec<&str> = Vec::new();
    for step in from.split('/').chain(target.split(['/', '\\'])) {
        match step {
            "" | "." => {}
            ".." => _ = path.pop(),
            step => path.push(step),
        }
    }
    path.join("/")
}

fn read_styles(archive: &mut Archive<'_>, part: usize, deadline: Deadline) -> Result<Vec<Shown>, SheetError> {
    let mut formats: HashMap<u32, Shown> = HashMap::new();
    let mut styles = Vec::new();
    let mut are_cells = false;
    let mut tokens = archive.small_part(part, deadline)?;
    while let Some(token) = tokens.next()? {
        match token {
            Token::Open(element) if element.name == b"numFmt" => {
                if let (Some(id), Some(format)) = (number(&element, b"numFmtId"), element.text(b"formatCode")) {
                    formats.insert(id, shown(&format));
                }
            }
            Token::Open(element) if element.name == b"cellXfs" => are_cells = !element.is_empty,
            Token::Close(b"cellXfs") => are_cells = false,
            Token::Open(element) if are_cells && element.name == b"xf" => {
                let id = number(&element, b"numFmtId").unwrap_or(0);
                styles.push(formats.get(&id).copied().unwrap_or_else(|| built_in(id)));
            }
            _ => {}
        }
    }
    tokens.finish()?;
    Ok(styles)
}

fn number(element: &Element<'_>, name: &[u8]) -> Option<u32> {
    std::str::from_utf8(element.attribute(name)?).ok()?.trim().parse().ok()
}

/// What the formats that every spreadsheet knows by number show: 14–22 are dates and times of day, the two others those of
/// East Asia.
fn built_in(id: u32) -> Shown {
    if matches!(id, 14..=22 | 27..=36 | 50..=58) { Shown::Date } else { Shown::Number }
}

/// Whether a format shows a date: it has a day, month, year or time of day outside of what stands there literally. A length
/// of time (`[h]:mm`) is a number.
fn shown(format: &str) -> Shown {
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        match c.to_ascii_lowercase() {
            // What these stand before is shown as it is.
            '\\' | '_' | '*' => _ = chars.next(),
            '"' => _ = chars.find(|c| *c == '"'),
            '[' => {
                let inner: String = chars.by_ref().take_while(|c| *c != ']').collect::<String>().to_ascii_lowercase();
                let first = inner.chars().next();
                if first.is_some_and(|unit| matches!(unit, 'h' | 'm' | 's') && inner.chars().all(|c| c == unit)) {
                    return Shown::Number;
                }
            }
            // Only the first of up to four formats counts, that for numbers above zero.
            ';' => break,
            'd' | 'm' | 'y' | 'h' | 's' => return Shown::Date,
            _ => {}
        }
    }
    Shown::Number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_that_show_a_date() {
        for format in [
            "dd/mm/yyyy",
            "H:MM:SS;@",
            "m\"M\"d\"D\";@",
            "[$-404]e\"x\"m",
            "*-yyyy",
            "[$-421]dd mmmm yyyy;@",
            "h:mm AM/PM",
        ] {
            assert_eq!(shown(format), Shown::Date, "{format}");
        }
        for format in [
            "General",
            "0",
            "@",
            "#,##0\\ [$\u{20bd}-46D]",
            "[Red]0",
            "0_ ;[Red]\\-0\\ ",
            "\\Y0",
            "#,##0\" YMD\"",
            "[h]:mm:ss",
            "[ss]",
            "[Blue]\\+[h]:mm",
            "#,##0*y",
            "0;yyyy",
            "\"d",
        ] {
            assert_eq!(shown(format), Shown::Number, "{format}");
        }
    }

    #[test]
    fn targets_are_found_from_their_folder() {
        for (folder, target, expected) in [
            ("xl", "worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"),
            ("xl", "/xl/worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"),
            ("xl", "../data/./sheet.xml", "data/sheet.xml"),
            ("", "xl\\workbook.xml", "xl/workbook.xml"),
            ("", "../../a", "a"),
        ] {
            assert_eq!(join(folder, target), expected);
        }
    }
}
