//! Text with separators: records (where a row and a field end, however the quotes stand) → delimited (rows of cells).

pub(super) mod delimited;
mod records;
