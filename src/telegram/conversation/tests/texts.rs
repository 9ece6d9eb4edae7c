//! The catalogue has a text for everything that the bot says, and each is short.

use std::path::Path;

use crate::messages::{LANGUAGES, Messages};

/// Longest text without the values put into it.
const SHORT: usize = 520;

fn names_in(folder: &Path, names: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            names_in(&path, names);
        } else {
            let text = std::fs::read_to_string(path).unwrap();
            let quoted = text.split('"').filter(|part| part.starts_with("bot-") && !part.contains(['{', ' ']));
            names.extend(quoted.filter(|part| part.len() > 4).map(str::to_owned));
        }
    }
}

/// Every kind of problem that a roster can have, as its catalogue of codes names them.
fn problems() -> impl Iterator<Item = &'static str> {
    [
        "nik_not_16_digits",
        "nik_unreadable",
        "nik_impossible_date",
        "nik_missing",
        "nik_date_differs",
        "nik_sex_differs",
        "nik_other_region",
        "nisn_padded",
        "nisn_missing",
        "birth_date_implausible",
        "birth_date_missing",
        "birth_date_unreadable",
        "birth_date_ambiguous",
        "name_missing",
        "sex_unreadable",
        "name_remark",
        "class_missing",
        "header_unknown",
        "sheet_unread",
        "nik_duplicate",
        "nisn_duplicate",
        "identity_conflict",
        "place_unknown",
        "possible_duplicate",
        "listed_elsewhere",
        "listed_though_closed",
        "wrong_file",
    ]
    .into_iter()
}

#[test]
fn everything_the_bot_says_is_in_the_catalogues_and_short() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut names = Vec::new();
    for folder in ["telegram", "desk"] {
        names_in(&source.join(folder), &mut names);
    }
    names.extend((1..=4).map(|step| format!("bot-step-{step}")));
    names.extend(["mother", "father", "guardian", "other"].map(|relation| format!("bot-relation-{relation}")));
    names.extend(["ktp", "kk", "sim", "passport"].map(|document| format!("bot-document-{document}")));
    names.extend(["used", "replaced", "reset", "expired", "burnt", "ended"].map(|word| format!("bot-code-{word}")));
    names.extend(problems().map(|code| format!("bot-problem-{code}")));
    assert!(names.len() > 90, "{}", names.len());
    let messages = Messages::load(None).unwrap();
    for language in LANGUAGES {
        for name in &names {
            let text = messages.text(language, name, &[]);
            assert!(&text != name && !text.is_empty(), "{language}: {name} is missing");
            assert!(text.chars().count() <= SHORT, "{language}: {name} is too long");
        }
    }
}
