//! Where a row stands in a file that may have several sheets.

use serde::Serialize;

use crate::roster::sheet::bounds::LAST_ROW;

/// How many bits of a stored number are the row's own; those above are the sheet's.
const ROW_BITS: u32 = LAST_ROW.trailing_ones();

/// A row of a file: on which of its rosters it stands (from 0), and its number as the spreadsheet shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Line(u32);

impl Line {
    /// A workbook has at most [`MAX_SHEETS`](crate::roster::sheet::bounds::MAX_SHEETS) sheets, and no sheet a row below [`LAST_ROW`].
    pub(in crate::roster) fn new(sheet: usize, row: u32) -> Self {
        let sheet = u32::try_from(sheet).unwrap_or_default() & 0xff;
        Self((sheet << ROW_BITS) | row.min(LAST_ROW))
    }

    /// Which of the file's rosters, from 0.
    #[must_use]
    pub fn sheet(self) -> usize {
        (self.0 >> ROW_BITS) as usize
    }

    /// As the spreadsheet shows it, from 1.
    #[must_use]
    pub fn row(self) -> u32 {
        self.0 & LAST_ROW
    }

    /// As it is stored, in the file's order; on the first sheet it is the row's own number.
    #[must_use]
    pub fn number(self) -> i32 {
        self.0.cast_signed()
    }
}

/// A stored row number as people find the row.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Spot {
    /// As the spreadsheet shows it; 0 for whoever is not in it.
    pub row: i32,
    /// The sheet, where the file has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
}

impl std::fmt::Display for Spot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.sheet {
            Some(sheet) => write!(f, "sheet {sheet}, row {}", self.row),
            None => write!(f, "row {}", self.row),
        }
    }
}

/// The names of an import's sheets in their order; none if there is only one.
#[derive(Debug, Clone, Default)]
pub struct Sheets(Vec<String>);

impl Sheets {
    /// From how they are stored.
    pub(in crate::roster) fn parse(text: Option<&str>) -> Self {
        Self(text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default())
    }

    /// Where the row with a stored number stands.
    #[must_use]
    pub fn spot(&self, number: i32) -> Spot {
        let line = Line(number.cast_unsigned());
        let sheet = self.0.get(line.sheet()).cloned().filter(|_| number > 0);
        Spot { row: line.row().cast_signed(), sheet }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_number_leads_back_to_its_row() {
        let sheets = Sheets(vec!["X-1".into(), "X-2".into()]);
        assert_eq!(Line::new(0, 7).number(), 7);
        for (sheet, row) in [(0, 1), (1, 7), (199, LAST_ROW)] {
            let line = Line::new(sheet, row);
            assert!(line.number() > 0);
            assert_eq!((line.sheet(), line.row()), (sheet, row));
        }
        assert!(Line::new(0, LAST_ROW) < Line::new(1, 1), "in the file's order");
        assert_eq!(sheets.spot(Line::new(1, 7).number()).to_string(), "sheet X-2, row 7");
        assert_eq!(Sheets::default().spot(7).to_string(), "row 7");
        assert_eq!(sheets.spot(0), Spot { row: 0, sheet: None });
    }
}
