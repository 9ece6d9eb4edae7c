//! Web pages with tables, which school systems hand out under the name `.xls`: pieces (tags and texts, however broken) → grid
//! (where in the sheet a cell goes) → page (a page as a sheet) · mhtml (a workbook saved as one web archive: several pages).

mod grid;
pub(super) mod mhtml;
pub(super) mod page;
mod pieces;
