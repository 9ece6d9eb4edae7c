//! The words for a place's contact, and the buttons below them.

use std::collections::BTreeMap;

use super::contact::{Asked, Contact};
use crate::db::{DbError, Tx};
use crate::fetch_all;
use crate::messages::{Arg, Messages};
use crate::messenger::{Button, Outgoing, Tap, VisitReply};
use crate::notice::Kind;
use crate::notice::case::{NoticeRow, Setting};
use crate::notice::text::long_date;
use crate::student::short_name;
use crate::visit::{VisitId, VisitState};

/// Longest list of names, in characters: with the words around it, a message holds 4,096.
const LONGEST_LIST: usize = 2_800;

/// A student on the list as the contact reads it: class and shortened name, enough for the school to know who is meant.
pub type OnList = (Option<String>, String);

/// Reads the list of a visit, by class and name.
pub async fn students(tx: &mut Tx, visit: VisitId) -> Result<Vec<OnList>, DbError> {
    fetch_all!(
        tx,
        OnList,
        "SELECT s.class_name, s.name FROM visit_student l JOIN student s ON s.id = l.student_id
         WHERE l.visit_id = $1 ORDER BY s.class_name, s.name, s.id",
        visit,
    )
}

/// The question whether a visit suits, or what became of it.
#[must_use]
pub fn render(
    messages: &Messages,
    setting: &Setting<'_>,
    contact: &Contact,
    visit: &Asked,
    notice: &NoticeRow,
    list: &[OnList],
    language: &str,
) -> Outgoing {
    let id = match notice.variant.as_deref() {
        Some(variant) => format!("contact-{}-{variant}", notice.kind.name()),
        None => format!("contact-{}", notice.kind.name()),
    };
    let mut arguments = facts(messages, setting, contact, visit, language);
    let repeat = if notice.ever_lost { messages.text(language, "notice-repeat", &[]) } else { String::new() };
    arguments.push(("repeat", repeat.into()));
    // The occasion names the pause that it is about.
    let pause = setting.pauses.iter().find(|pause| notice.occasion.ends_with(&pause.id.to_string()));
    arguments.push(("reason", pause.map_or_else(String::new, |pause| pause.reason.clone()).into()));
    arguments.push(("list", by_class(messages, list, language).into()));
    let text = messages.text(language, &id, &arguments).lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    let asks = matches!(notice.kind, Kind::VisitRequest | Kind::VisitRequestReminder);
    let buttons = if asks && visit.state == VisitState::Announced {
        question(messages, language, visit.id, visit.revision)
    } else {
        Vec::new()
    };
    Outgoing { text: text.trim().to_owned(), buttons }
}

/// The same to be sent by hand, without buttons and without anybody's name on the list.
#[must_use]
pub fn by_hand(messages: &Messages, setting: &Setting<'_>, contact: &Contact, visit: &Asked) -> String {
    let mut arguments = facts(messages, setting, contact, visit, "id");
    let name = contact.place.contact_name.clone().unwrap_or_else(|| contact.place.name.clone());
    arguments.push(("name", name.into()));
    arguments.push(("office", setting.office.declaration.name.clone().into()));
    let id = if visit.state == VisitState::Cancelled { "contact-by_hand-cancelled" } else { "contact-by_hand" };
    messages.text("id", id, &arguments)
}

fn facts(
    messages: &Messages,
    setting: &Setting<'_>,
    contact: &Contact,
    visit: &Asked,
    language: &str,
) -> Vec<(&'static str, Arg)> {
    let time = |at: chrono::DateTime<chrono::Utc>| at.with_timezone(&setting.office.zone()).format("%H.%M").to_string();
    vec![
        ("place", contact.place.name.clone().into()),
        ("day", long_date(messages, language, visit.visit_on).into()),
        ("from", time(visit.starts_at).into()),
        ("until", time(visit.ends_at).into()),
        ("team", visit.team.clone().into()),
        ("count", visit.students.into()),
        ("bring", messages.text(language, "contact-bring", &[]).into()),
    ]
}

/// *Agree* and *another day*.
#[must_use]
pub fn question(messages: &Messages, language: &str, visit: VisitId, revision: i32) -> Vec<Vec<Button>> {
    let button = |id: &str, reply: VisitReply| {
        Button::new(messages.text(language, id, &[]), Tap::Visit { visit: visit.0, revision, reply })
    };
    vec![
        vec![button("contact-button-agree", VisitReply::Agree)],
        vec![button("contact-button-other", VisitReply::Days(0))],
    ]
}

/// "XI IPS 1 (2): SITI A., BUDI C.", one line a class; what is too long is counted.
fn by_class(messages: &Messages, list: &[OnList], language: &str) -> String {
    let mut classes: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (class, name) in list {
        classes.entry(class.as_deref().unwrap_or("–")).or_default().push(short_name(name));
    }
    let mut lines: Vec<String> = Vec::new();
    let (mut length, mut shown) = (0, 0);
    for (class, names) in &classes {
        let line = format!("• {class} ({}): {}", names.len(), names.join(", "));
        length += line.chars().count() + 1;
        if length > LONGEST_LIST {
            break;
        }
        shown += names.len();
        lines.push(line);
    }
    let rest = list.len() - shown;
    if rest > 0 {
        let rest = i64::try_from(rest).unwrap_or(i64::MAX);
        lines.push(messages.text(language, "contact-list-more", &[("count", rest.into())]));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_told_by_class_and_never_too_long_for_a_message() {
        let messages = Messages::load(None).unwrap();
        let one = |class: &str, name: &str| (Some(class.to_owned()), name.to_owned());
        let few = [one("XI 1", "Siti Aminah Putri"), one("XI 1", "Budi"), (None, "Ani Contoh".to_owned())];
        assert_eq!(by_class(&messages, &few, "id"), "• XI 1 (2): SITI A., BUDI\n• – (1): ANI C.");
        let many: Vec<OnList> = (0..900).map(|at| one(&format!("XI {}", at / 30), "Muhammad Rizki")).collect();
        let text = by_class(&messages, &many, "id");
        assert!(text.chars().count() < LONGEST_LIST + 100);
        let shown = text.matches("MUHAMMAD R.").count();
        assert!(text.ends_with(&format!("{} siswa lagi; daftar lengkap ada di surat.", 900 - shown)), "{text}");
    }
}
