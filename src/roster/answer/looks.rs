//! How cells of the answer look.

use rust_xlsxwriter::{Color, Format};

/// Colours of a cell whose student is not taken, and of one to be looked at: those by which spreadsheets call a cell bad
/// and neutral.
pub(super) const RED: Color = Color::RGB(0x00FF_C7CE);
pub(super) const YELLOW: Color = Color::RGB(0x00FF_EB9C);

/// The format by which a spreadsheet leaves what is typed as it is.
pub(super) fn text_format() -> Format {
    const AS_TEXT: u8 = 49;
    Format::new().set_num_format_index(AS_TEXT)
}
