//! Any text → a NIK of exactly the digits that stand in it, or none.

#![no_main]

use libfuzzer_sys::fuzz_target;
use siap17::nik::Nik;

fuzz_target!(|text: &str| {
    if let Ok(nik) = Nik::parse(text) {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        assert_eq!(nik.digits(), digits);
        assert_eq!(nik.masked().len(), 16);
        let _ = (nik.sex(), nik.region());
    }
});
