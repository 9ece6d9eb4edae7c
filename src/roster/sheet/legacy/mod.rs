//! `.xls` and `.ods`, which calamine can only hold as a whole: parent (starts and watches) ⇄ protocol ⇄ child → workbook.

pub mod child;
pub mod parent;
pub mod protocol;
pub(super) mod workbook;
