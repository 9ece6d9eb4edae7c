//! The merged cells of an `.ods`, which calamine does not tell: its content is gone through once more, a window at a time.

use super::cell::SheetError;
use super::merges::{Merge, Merges};
use super::meter::Deadline;
use super::xlsx::archive::Archive;
use super::xlsx::tokens::{Element, Token};

/// Where in the wanted sheet the reader is.
#[derive(Default)]
struct Place {
    /// How many tables deep; a cell may hold a table of its own.
    depth: u32,
    /// From 1.
    row: u32,
    /// Where the next row stands.
    next_row: u32,
    /// Where the next cell stands, from 0.
    column: usize,
}

/// The merged cells of `sheet`.
pub(super) fn merges(archive: &mut Archive<'_>, sheet: &str, deadline: Deadline) -> Result<Vec<Merge>, SheetError> {
    let part = archive.find("content.xml").ok_or(SheetError::Damaged)?;
    archive.large_part(part, deadline, |mut tokens| {
        let mut merges = Merges::default();
        let mut place = Place { next_row: 1, ..Place::default() };
        while let Some(token) = tokens.next()? {
            match token {
                Token::Open(element)
                    if element.name == b"table"
                        && !element.is_empty
                        && (place.depth > 0 || element.text(b"table:name").is_some_and(|name| name == sheet)) =>
                {
                    place.depth += 1;
                }
                Token::Close(b"table") if place.depth > 0 => {
                    place.depth -= 1;
                    if place.depth == 0 {
                        break;
                    }
                }
                Token::Open(element) if place.depth == 1 => place.open(&element, &mut merges),
                _ => {}
            }
        }
        Ok(merges.into_all())
    })
}

impl Place {
    fn open(&mut self, element: &Element<'_>, merges: &mut Merges) {
        match element.name {
            b"table-row" => {
                self.row = self.next_row;
                self.next_row = self.row.saturating_add(count(element, b"number-rows-repeated"));
                self.column = 0;
            }
            b"table-cell" | b"covered-table-cell" => {
                let (down, across) =
                    (count(element, b"number-rows-spanned"), count(element, b"number-columns-spanned"));
                let last = (self.row.saturating_add(down - 1), self.column.saturating_add(across as usize - 1));
                merges.take((self.row, self.column), last);
                self.column = self.column.saturating_add(count(element, b"number-columns-repeated") as usize);
            }
            _ => {}
        }
    }
}

/// How many cells or rows an attribute says; one if it does not.
fn count(element: &Element<'_>, name: &[u8]) -> u32 {
    let written = element.local_attribute(name).and_then(|value| std::str::from_utf8(value).ok());
    written.and_then(|text| text.trim().parse().ok()).unwrap_or(1).max(1)
}
