//! `/data`: what is kept of whom, for how long, and how to have it put right (UU 27/2022).

use super::talk::Talk;
use crate::messages::Arg;
use crate::messenger::Tap;
use crate::student::{self, Student};
use crate::telegram::inbox::InboxError;

/// `/data`.
pub(super) async fn command(talk: &mut Talk<'_>) -> Result<(), InboxError> {
    let students = talk.students().await?;
    let all: Vec<&Student> = students.iter().collect();
    let mut parts = Vec::new();
    for student in &students {
        let known = |is_known: bool| Arg::from(if is_known { "yes" } else { "no" });
        let arguments = [
            ("who", student::label_among(student, &all).into()),
            ("nik", known(student.nik_sealed.is_some())),
            ("phone", known(student.phone_sealed.is_some())),
        ];
        parts.push(talk.text("bot-data-of", &arguments));
    }
    parts.push(talk.text("bot-data-chat", &[]));
    let retention = &talk.desks.config().retention;
    let days = |days: u16| Arg::Number(days.into());
    let office = talk.office_name();
    let arguments = [
        ("files", days(retention.files)),
        ("updates", days(retention.updates)),
        ("backups", days(retention.backups)),
        ("office", office.into()),
    ];
    parts.push(talk.text("bot-data-how-long", &arguments));
    if let Some(url) = talk.own_office().and_then(|office| office.declaration.privacy_url.clone()) {
        parts.push(talk.text("bot-opening-read-url", &[("url", url.into())]));
    }
    let rows = match students.is_empty() {
        true => Vec::new(),
        false => vec![vec![talk.button("bot-button-correct", Tap::Correct { student: None })]],
    };
    talk.say_text(parts.join("\n\n"), rows);
    Ok(())
}
