//! The house's one rule: arrows run down only, and rooms of one floor do not know each other (ARCHITECTURE.md). Inside a room
//! there is no circle either: whoever reads a file needs to know only what lies below it.

mod circles;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The floors, the lowest first. Rooms of one line must not import each other, except on the ground.
const FLOORS: [&[&str]; 19] = [
    &[
        "age",
        "calendar",
        "cells",
        "clock",
        "coded",
        "config",
        "ids",
        "intake",
        "kept_file",
        "messages",
        "messenger",
        "nik",
        "vault",
        "words",
        "written",
    ],
    &["db"],
    &["audit"],
    &["office"],
    &["staff"],
    &["place"],
    &["student"],
    &["link"],
    &["roster", "visit", "card"],
    &["notice"],
    &["complaint"],
    &["mailbox"],
    &["report"],
    &["desk"],
    &["jobs", "telegram", "web"],
    &["daemon", "rehearsal"],
    &["cli"],
    &["main"],
    &["testing"],
];

fn floor_of(room: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&room))
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// Every room that a line names by `crate::ROOM` or `crate::{ROOM…, ROOM…}`.
fn named(text: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        let list = rest.strip_prefix('{').and_then(|list| list.split('}').next());
        for name in list.unwrap_or(rest).split(',').take(if list.is_some() { usize::MAX } else { 1 }) {
            let room: String = name.trim().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            rooms.push(room);
        }
    }
    rooms
}

#[test]
fn arrows_run_down_only() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let mut wrong: BTreeMap<String, String> = BTreeMap::new();
    for path in files {
        let relative = path.strip_prefix(&src).unwrap().to_string_lossy().into_owned();
        let room = relative.split(['/', '.']).next().unwrap().to_owned();
        if room == "lib" || room == "testing" || relative.contains("tests") || relative.contains("simulation") {
            continue;
        }
        let from = floor_of(&room).unwrap_or_else(|| panic!("{relative} stands in no room of the house"));
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for to in named(code).into_iter().filter(|to| *to != room) {
            // Macros stand at the top of the crate; they are the database's.
            let Some(floor) = floor_of(&to) else { continue };
            if floor > from || (floor == from && floor != 0) {
                wrong.insert(format!("{relative} → {to}"), room.clone());
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that run up or across:\n{:#?}", wrong.keys().collect::<Vec<_>>());
}

#[test]
fn nothing_imports_what_imports_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let read = |path: &PathBuf| {
        let relative = path.strip_prefix(&src).unwrap().to_string_lossy().into_owned();
        (relative, std::fs::read_to_string(path).unwrap())
    };
    let circles = circles::circles(&files.iter().map(read).collect());
    assert!(circles.is_empty(), "circles:\n{}", circles.join("\n"));
}

#[test]
fn faces_hold_no_sql() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for face in ["cli", "telegram", "web", "web.rs", "daemon", "daemon.rs", "jobs", "desk", "rehearsal"] {
        let mut files = Vec::new();
        let path = src.join(face);
        if path.is_dir() {
            sources(&path, &mut files)
        } else {
            files.push(path)
        }
        for path in files.iter().filter(|path| !path.to_string_lossy().contains("tests")) {
            let text = std::fs::read_to_string(path).unwrap();
            for word in ["SELECT ", "INSERT INTO ", "DELETE FROM ", "sqlx::"] {
                assert!(!text.contains(word), "{} holds '{word}'", path.display());
            }
        }
    }
}

#[test]
fn nobody_but_the_clock_reads_the_time() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    for path in files.iter().filter(|path| !path.ends_with("clock.rs")) {
        let text = std::fs::read_to_string(path).unwrap();
        for word in ["Utc::now()", "Local::now()", "SystemTime::now()"] {
            assert!(!text.contains(word), "{} reads the time by {word}", path.display());
        }
    }
}
