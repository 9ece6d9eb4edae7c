//! People who link their chats by slip, as they do at school.

use std::collections::HashMap;

use siap17::rehearsal::{Author, BotApi, Tapped};

use super::{Office, SCHOOL, eventually};

/// Months as the buttons name them.
const MONTHS: [&str; 12] = [
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
];

/// Someone with a slip: their chat, the student it is for, whose half it is, and the birth date that they give.
pub struct Person {
    pub chat: i64,
    pub nisn: String,
    pub role: &'static str,
    pub day: u32,
    pub month: usize,
}

/// The guardian of a student born on 1 December, with a chat of that number.
pub fn guardian(chat: i64, nisn: &str) -> Person {
    Person { chat, nisn: nisn.to_owned(), role: "guardian", day: 1, month: 12 }
}

/// What the bot wrote into a chat, oldest first.
pub fn heard(api: &BotApi, chat: i64) -> Vec<String> {
    api.lines(chat).into_iter().filter(|line| line.author == Author::Bot).map(|line| line.text).collect()
}

/// How many of the bot's messages in a chat hold these words.
pub fn count(api: &BotApi, chat: i64, words: &str) -> usize {
    heard(api, chat).iter().filter(|text| text.contains(words)).count()
}

/// Waits until the bot offers a button and taps it.
pub fn tap(api: &BotApi, chat: i64, label: &str) {
    eventually(&format!("chat {chat} can tap '{label}', it shows {:?}", heard(api, chat).last()), || {
        api.tap(chat, label) == Tapped::Yes
    });
}

/// Prints the school's slips and gives the codes by NISN and role.
pub fn slips(office: &Office) -> HashMap<(String, String), String> {
    let slips = office.json(&["link", "slips", SCHOOL]);
    let students: HashMap<String, String> = slips
        .as_array()
        .unwrap()
        .iter()
        .map(|slip| slip["student"].as_str().unwrap().to_owned())
        .map(|id| (id.clone(), office.json(&["student", "show", &id])["nisn"].as_str().unwrap_or_default().to_owned()))
        .collect();
    slips
        .as_array()
        .unwrap()
        .iter()
        .map(|slip| {
            let nisn = students[slip["student"].as_str().unwrap()].clone();
            ((nisn, slip["role"].as_str().unwrap().to_owned()), slip["code"].as_str().unwrap().to_owned())
        })
        .collect()
}

/// Everybody goes through the whole conversation, side by side; the daemon must be running.
pub fn link(office: &Office, api: &BotApi, people: &[Person]) {
    let codes = slips(office);
    for one in people {
        let code = &codes[&(one.nisn.clone(), one.role.to_owned())];
        api.write(one.chat, &format!("/start {code}"));
    }
    let all = |label: &dyn Fn(&Person) -> String| {
        for one in people {
            tap(api, one.chat, &label(one));
        }
    };
    all(&|_| "Setuju".into());
    all(&|_| "Ya, benar".into());
    all(&|one| one.day.to_string());
    all(&|one| MONTHS[one.month - 1].into());
    for one in people {
        eventually("the chat is linked", || count(api, one.chat, "Berhasil") > 0);
    }
}
