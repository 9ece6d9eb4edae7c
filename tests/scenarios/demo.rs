//! The demonstration: what a newcomer sees first.

use crate::support::{Engine, Office};

#[test]
fn a_year_is_played_through_and_nothing_is_left_behind() {
    let office = Office::new(Engine::Sqlite);
    let list = || {
        let mut names: Vec<_> =
            std::fs::read_dir(office.folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = list();
    let summary = office.json(&["demo", "--once"]);
    assert_eq!(summary["students"], 37);
    assert!(summary["turned_17"].as_i64().unwrap() > 30, "{summary}");
    assert_eq!(summary["turned_17"], summary["with_one_verdict"]);
    assert!(summary["pickups"].as_i64().unwrap() > 20 && summary["visits"].as_i64().unwrap() >= 2, "{summary}");
    assert_eq!(summary["funnel"]["collected"], summary["pickups"]);
    for kind in [
        "turned_17",
        "card_ready",
        "collect_reminder",
        "collect_changed",
        "visit_announced",
        "recorded",
        "record_again",
    ] {
        assert!(summary["ledger"][kind]["sent"].as_i64().unwrap_or_default() > 0, "{kind}: {summary}");
    }
    assert!(summary["broken_bounds"].as_array().unwrap().is_empty(), "{summary}");
    assert_eq!(list(), before);
}
