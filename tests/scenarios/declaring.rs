//! Offices and places as their files declare them: who may, what is refused, and what a stored one that cannot be read stops.

use crate::support::Office;

/// The sample declaration with some of it replaced.
fn sample(changes: &[(&str, &str)]) -> String {
    let mut text = include_str!("../../config/office.sample.toml").to_owned();
    for (find, put) in changes {
        assert!(text.contains(find), "{find}");
        text = text.replacen(find, put, 1);
    }
    text
}

fn apply(office: &Office, before: &[&str], text: &str) -> crate::support::Answer {
    let path = office.write("declared.toml", text);
    let arguments: Vec<&str> = before.iter().copied().chain(["office", "apply", path.to_str().unwrap()]).collect();
    office.run(&arguments)
}

/// The codes and names of the declared offices.
fn offices(office: &Office) -> Vec<(String, String)> {
    let list = office.json(&["office", "list"]);
    let text = |one: &serde_json::Value, key: &str| one[key].as_str().unwrap_or_default().to_owned();
    list["offices"].as_array().unwrap().iter().map(|one| (text(one, "code"), text(one, "name"))).collect()
}

const OTHER: [(&str, &str); 2] = [
    ("code = \"mataram\"", "code = \"lobar\""),
    ("name = \"Dinas Dukcapil Kota Mataram (contoh)\"", "name = \"Lobar\""),
];

on_both! {
    fn an_admin_changes_no_other_office(office) {
        office.run(&["staff", "add", "Bu Admin", "--role", "admin"]).ok();
        office.run(&["staff", "add", "Bu Loket", "--role", "counter"]).ok();
        assert_eq!(apply(office, &["--as", "Bu Loket"], &sample(&OTHER)).code, 1);
        assert_eq!(offices(office).len(), 1, "nothing is declared by whoever may not");
        // A new office: by an admin of an existing one.
        let created = apply(office, &["--json", "--as", "Bu Admin"], &sample(&OTHER)).ok().json();
        assert_eq!(created["applied"], "created");
        let before = offices(office);
        assert_eq!(before.len(), 2);
        // Now it is another office than hers.
        let changed = sample(&[OTHER[0], (OTHER[1].0, "name = \"Lobar diubah\"")]);
        for through in [&["--as", "Bu Admin"][..], &["--office", "mataram", "--as", "Bu Admin"]] {
            let told = apply(office, through, &changed).refused();
            assert!(told.contains("'Bu Admin' is no admin of the office 'lobar'") && told.contains("nothing was changed"), "{told}");
            assert_eq!(offices(office), before);
        }
        // An account of the same name there is another account, with its own role.
        office.run(&["--office", "lobar", "staff", "add", "Bu Admin", "--role", "counter"]).ok();
        assert!(apply(office, &["--as", "Bu Admin"], &changed).refused().contains("the role counter may not do this"));
        assert!(apply(office, &["--office", "mataram", "--as", "Bu Admin"], &changed).refused().contains("is no admin of"));
        let third = sample(&[("code = \"mataram\"", "code = \"ketiga\"")]);
        assert!(apply(office, &["--as", "Bu Admin"], &third).refused().contains("there are several offices"));
        assert!(apply(office, &["--office", "lobar", "--as", "Bu Admin"], &third).refused().contains("may not do this"));
        assert_eq!(offices(office), before);
        assert_eq!(apply(office, &["--office", "mataram", "--as", "Bu Admin"], &third).ok().code, 0);
        // Her own she changes, and whoever sits at the machine any.
        assert_eq!(apply(office, &["--as", "Bu Admin"], &sample(&[(OTHER[1].0, "name = \"Mataram diubah\"")])).ok().code, 0);
        assert_eq!(apply(office, &[], &changed).ok().code, 0);
        assert!(office.json(&["audit", "verify"])["broken"].is_null());
    }
}

on_both! {
    fn numbers_that_cannot_be_are_refused_and_nothing_stops(office) {
        for (find, put) in [
            ("minutes_per_student = 5.0", "minutes_per_student = nan"),
            ("speed_kmh = 30.0", "speed_kmh = inf"),
            ("detour = 1.3", "detour = -inf"),
            ("latitude = -8.5833", "latitude = nan"),
            ("longitude = 116.1167", "longitude = inf"),
            ("latitude = -8.5833", "latitude = 48.2"),
            ("day_starts = \"08:00:00\"", "day_starts = \"22:00:00\""),
            ("devices = 2", "devices = 4000000000"),
        ] {
            let told = apply(office, &[], &sample(&[(find, put)])).refused();
            let key = find.split(' ').next().unwrap();
            assert!(told.contains(key) || told.contains("midnight"), "{put}: {told}");
            assert!(told.contains("declared.toml"), "{told}");
            office.run(&["place", "list"]).ok();
        }
        assert_eq!(apply(office, &["--json"], &sample(&[])).ok().json()["applied"], "unchanged");
    }
}

on_both! {
    fn words_that_nobody_knows_are_refused_with_the_nearest(office) {
        let scope = |word: &str| sample(&[("scope = \"schools\"", &format!("scope = \"{word}\""))]);
        for (word, near) in [("skools", "schools"), ("Ampennan", "Ampenan"), ("50200002", "50200001")] {
            let told = apply(office, &[], &scope(word)).refused();
            assert!(told.contains(&format!("did you mean \"{near}\"?")), "{told}");
        }
        for word in ["ampenan", "50200001", "all", "office"] {
            apply(office, &[], &scope(word)).ok();
        }
        let days = apply(office, &[], &sample(&[("working_days = \"1-4\"", "working_days = \"senin-kamis\"")])).refused();
        assert!(days.contains("Senin is 1"), "{days}");
        let hours = apply(office, &[], &sample(&[("monday = \"08:00-15:30\"", "monady = \"08:00-15:30\"")])).refused();
        assert!(hours.contains("did you mean 'monday'?"), "{hours}");
        let kind = sample(&[("# roster_by_bot = false", "uncertain = { turned17 = \"ask\" }")]);
        assert!(apply(office, &[], &kind).refused().contains("did you mean 'turned_17'?"));
        let policy = apply(office, &[], &sample(&[("consent = \"guardian\"", "consent = \"gardian\"")])).refused();
        assert!(policy.contains("did you mean 'guardian'?"), "{policy}");
    }
}

on_both! {
    fn a_stored_declaration_that_cannot_be_read_stops_no_right_one(office) {
        office.run(&["staff", "add", "Bu Admin", "--role", "admin"]).ok();
        apply(office, &[], &sample(&OTHER)).ok();
        // As it was stored before numbers were looked at.
        office.sql("UPDATE office SET declaration = REPLACE(declaration, '\"minutes_per_student\":5.0', '\"minutes_per_student\":null') WHERE code = 'mataram'");
        let list = office.json(&["office", "list"]);
        let broken = list["offices"].as_array().unwrap().iter().find(|one| one["code"] == "mataram").unwrap();
        assert!(broken["error"].as_str().unwrap().contains("cannot be read"), "{list}");
        assert!(office.run(&["office", "list"]).ok().out.contains("mataram  ERROR"));
        let check = office.run(&["--json", "check"]).json().to_string();
        assert!(check.contains("mataram: nothing of it works"), "{check}");
        let told = office.run(&["--office", "mataram", "place", "list"]).refused();
        assert!(told.contains("apply its file again"), "{told}");
        // The other goes on, in the daemon, too.
        office.run(&["--office", "lobar", "place", "list"]).ok();
        let api = office.bot_api();
        let daemon = office.serve();
        assert!(daemon.get("/metrics").1.contains("siap17_hold{office=\"lobar\"}"));
        assert_eq!(daemon.get("/healthz").0, 200);
        // A wrong one is still refused, a right one is taken, from an account of the office, too.
        assert_eq!(apply(office, &[], &sample(&[("detour = 1.3", "detour = nan")])).code, 1);
        apply(office, &["--as", "Bu Admin"], &sample(&[])).ok();
        office.run(&["--office", "mataram", "place", "list"]).ok();
        drop((daemon, api));
    }
}

on_both! {
    fn places_with_texts_that_are_not_kept_are_refused_by_line_and_column(office) {
        let long = "a".repeat(200_000);
        let before = office.json(&["place", "list"]);
        for (column, value) in [
            ("name", "SMA\u{1b}[2J"),
            ("kecamatan", "5271011508090001"),
            ("contact_name", "Ibu\u{7}Ratna"),
            ("contact_name", long.as_str()),
            ("level", "SMA\nMA"),
        ] {
            let rest = if column == "name" { ("", "") } else { (",name", ",SMA CONTOH DUA") };
            let text = format!("code,{column}{}\n50200002,\"{value}\"{}\n", rest.0, rest.1);
            let path = office.write("places.csv", &text);
            let told = office.run(&["place", "import", path.to_str().unwrap()]).refused();
            assert!(told.contains(&format!("line 2, column {column}: the text")), "{told}");
            assert!(told.len() < 400 && !told.contains("5271011508090001"), "{told}");
        }
        let path = office.write("places.csv", "code,name,latitude\n50200002,SMA,nan\n");
        assert!(office.run(&["place", "import", path.to_str().unwrap()]).refused().contains("line 2: latitude 'nan'"));
        assert_eq!(office.json(&["place", "list"]), before);
    }
}
