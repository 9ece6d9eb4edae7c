//! Any bytes → a roster or one sentence. Old workbooks are read in this process, whose memory the fuzzer limits itself; what
//! it then finds in calamine costs the daemon one child process, and belongs reported there.

#![no_main]

use libfuzzer_sys::fuzz_target;
use siap17::nik::looks_like_nik;
use siap17::roster::{Isolation, Rules, read_in};

fuzz_target!(|bytes: &[u8]| {
    let rules = Rules { region: "52.71".into(), today: "2026-11-23".parse().expect("a day") };
    if let Err(error) = read_in(&Isolation::Here, bytes, "daftar_pd-X-2026-11-02 08_15_30.xlsx", &rules) {
        assert!(!looks_like_nik(&error.to_string()), "a refusal holds what may be a NIK");
    }
});
