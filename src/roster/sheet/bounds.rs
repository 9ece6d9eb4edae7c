//! What a file from outside may cost: every bound is checked before memory or time is spent beyond it, and each refusal
//! names it.

/// Largest file of any form, in bytes: see the bounds of each.
pub const MAX_FILE_BYTES: usize = MAX_TEXT_BYTES;
/// Largest delimited or XML text, in bytes; it is read where it lies. 1,000,000 rows of the contract's CSV have 130 MB.
pub const MAX_TEXT_BYTES: usize = 256 << 20;
/// Largest text in another encoding than UTF-8, in bytes; a copy of it must be held, up to three times as long.
pub const MAX_RECODED_BYTES: usize = 48 << 20;
/// Largest `.xlsx`, in bytes; 200,000 rows of a Dapodik export with all 66 columns filled have 66 MB.
pub const MAX_XLSX_BYTES: usize = 96 << 20;
/// Largest `.xls`, in bytes, that a child process can hold within [`MAX_MEMORY_MIB`].
pub const MAX_XLS_BYTES: usize = 96 << 20;
/// Largest `.ods`, in bytes, that a child process can hold within [`MAX_MEMORY_MIB`].
pub const MAX_ODS_BYTES: usize = 32 << 20;
/// Largest `.xlsx` once unzipped, in bytes: 200,000 rows of a Dapodik export with all 66 columns filled have 625 MB.
pub const MAX_UNZIPPED_BYTES: u64 = 768 << 20;
/// Largest `.ods` once unzipped, in bytes.
pub(in crate::roster) const MAX_UNZIPPED_ODS_BYTES: u64 = 512 << 20;
/// Largest table of shared texts in an `.xlsx`, in bytes; it is held in memory as a whole. 200,000 rows of a Dapodik export
/// have 70 MB.
pub(super) const MAX_SHARED_TEXT_BYTES: usize = 96 << 20;
/// Most shared texts in an `.xlsx`, each of which costs four bytes more; 200,000 rows of a Dapodik export have 4,400,000.
pub(super) const MAX_SHARED_TEXTS: usize = 8_000_000;
/// Largest of the other parts of an `.xlsx` of which much is kept (list of sheets, styles), in bytes.
pub(super) const MAX_PART_BYTES: u64 = 16 << 20;
/// Most parts that a workbook may be zipped from; a real one has tens.
pub(super) const MAX_PARTS: usize = 2_000;
/// Most sheets in a workbook.
pub const MAX_SHEETS: usize = 200;
/// Most merged cells that are told of one sheet; the others are as if they were not.
pub(super) const MAX_MERGES: usize = 50_000;
/// Most rows with something in them, in a workbook.
pub const MAX_WORKBOOK_ROWS: u32 = 250_000;
/// Most rows with something in them, in a CSV: a million students, and what stands above them.
pub const MAX_CSV_ROWS: u32 = 1 << 20;
/// Last column that may hold something; Dapodik has 66.
pub const MAX_COLUMNS: u32 = 512;
/// Most filled cells in a sheet.
pub const MAX_CELLS: u32 = 20_000_000;
/// Last row of a sheet, as in every spreadsheet program; empty ones count.
pub(super) const MAX_SHEET_ROWS: u32 = 1 << 20;
/// Last row that can be told of any sheet, far below what a spreadsheet shows.
pub(in crate::roster) const LAST_ROW: u32 = (1 << 23) - 1;
/// Most rows and cells that are walked in one sheet, empty ones too: every row of a sheet with fifty cells that only have a
/// colour.
pub(super) const MAX_STEPS: u32 = 60_000_000;
/// Longest row of a delimited text, in bytes, and the most columns that it may have, empty ones too.
pub(super) const MAX_RECORD_BYTES: usize = 8 << 20;
pub(super) const MAX_RECORD_FIELDS: usize = 1 << 16;
/// Longest text in one cell, in bytes.
pub const MAX_CELL_BYTES: usize = 4 << 10;
/// Longest time that one file may take, in seconds; the largest that the other bounds let through take less than ten.
pub const MAX_SECONDS: u64 = 60;
/// Most memory for reading a file that can only be held as a whole (`.xls`, `.ods`), in MiB.
pub const MAX_MEMORY_MIB: u64 = 1024;
/// Most files that are held in child processes at once; whoever comes later waits.
pub(super) const MAX_WORKERS: usize = 2;

/// What helps where a file is already of the kind that takes least.
pub(in crate::roster) const SPLIT: &str = "split the roster into smaller files";
/// What helps where another form of the file takes less.
pub(in crate::roster) const SAVE_ANEW: &str = "save it as .xlsx, or split the roster into smaller files";
