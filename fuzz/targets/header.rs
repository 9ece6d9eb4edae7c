//! Any rows → where the roster stands in them, or what is missing.

#![no_main]

use libfuzzer_sys::fuzz_target;
use siap17::roster::{Headings, Layouts};
use siap17::roster::sheet::book::Book;

fuzz_target!(|text: &str| {
    let rows = format!("sep=;\n{text}");
    if let Ok(mut book) = Book::open(rows.as_bytes())
        && let Ok(layouts) = Layouts::find(&mut book, text, &Headings::default())
    {
        let layout = layouts.first();
        assert!(layout.header_row < layout.first_data_row);
        assert!(layout.columns.len() >= 2, "a roster has at least a name and a birth date");
    }
});
