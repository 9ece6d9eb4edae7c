//! Any bytes → a roster or one sentence. Old workbooks are read in this process, whose memory the fuzzer limits itself; what
//! it then finds in calamine costs the daemon one child process, and belongs reported there: a panic of calamine's is caught
//! as it is in the child, and to go on after it has used up the memory, run with `-fork=1 -ignore_ooms=1`.

#![no_main]

use std::panic::PanicHookInfo;
use std::sync::Once;

use libfuzzer_sys::fuzz_target;
use siap17::nik::looks_like_nik;
use siap17::roster::{Ages, Isolation, Rules, read_in};

/// The fuzzer's own hook would end the process at a panic that is about to be caught.
static HOOK: Once = Once::new();

fn told(info: &PanicHookInfo<'_>) {
    if !info.location().is_some_and(|place| place.file().contains("/calamine-")) {
        eprintln!("{info}");
    }
}

fuzz_target!(|bytes: &[u8]| {
    HOOK.call_once(|| std::panic::set_hook(Box::new(told)));
    let rules = Rules { region: "52.71".into(), today: "2026-11-23".parse().expect("a day"), ages: Ages::default() };
    if let Err(error) = read_in(&Isolation::Here, bytes, "daftar_pd-X-2026-11-02 08_15_30.xlsx", &rules) {
        assert!(!looks_like_nik(&error.to_string()), "a refusal holds what may be a NIK");
    }
});
