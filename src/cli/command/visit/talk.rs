//! `siap17 visit announce|invite|calls`: the conversation with a place's contact, as far as it goes by hand.

use std::path::Path;

use chrono::NaiveDate;
use serde::Serialize;
use serde_json::json;

use super::letter;
use crate::cli::answer::{Answer, Outcome};
use crate::cli::files::write;
use crate::cli::show;
use crate::cli::show::visit::line;
use crate::desk::{ByHand, Desk, Unanswered};
use crate::visit::schedule::Listed;
use crate::visit::{VisitId, VisitState};

/// An announced visit, and the words for its contact where the bot cannot bring them.
#[derive(Serialize)]
struct Announced {
    #[serde(flatten)]
    visit: Listed,
    by_hand: Option<ByHand>,
}

/// Announces a visit.
pub async fn announce(desk: &Desk, visit: VisitId, answer: Answer) -> Outcome {
    let visit = desk.announce_visit(visit).await?;
    let by_hand = match visit.id {
        Some(id) => Some(desk.visit_by_hand(id).await?).filter(|words| !words.by_bot),
        None => None,
    };
    answer.give(&Announced { visit, by_hand }, |Announced { visit, by_hand }| {
        let mut text = format!("announced: {}", line(visit, desk.office().zone()));
        if let Some(words) = by_hand {
            text.push_str(
                "\nNo chat of the place can be reached; send this by hand, then say `siap17 visit invite ID --sent`:\n",
            );
            text.push_str(&show::calls::by_hand(words));
        }
        text
    })
}

/// The words to be sent by hand.
pub async fn invite(desk: &Desk, visit: VisitId, sent: bool, answer: Answer) -> Outcome {
    let words = if sent { desk.visit_told_by_hand(visit).await? } else { desk.visit_by_hand(visit).await? };
    answer.give(&words, |words| match (sent, words.by_bot) {
        (true, _) => "written down: the contact was told by hand".into(),
        (false, true) => format!("(the bot writes to this contact by itself)\n{}", show::calls::by_hand(words)),
        (false, false) => show::calls::by_hand(words),
    })
}

/// One line of what `visit letter --json` prints.
#[derive(Serialize)]
struct LetterLine {
    visit: Option<VisitId>,
    number: Option<String>,
    issued_on: NaiveDate,
    students: usize,
}

/// Writes letters to print.
pub async fn letters(
    desk: &Desk,
    visit: Option<VisitId>,
    state: Option<VisitState>,
    out: &Path,
    answer: Answer,
) -> Outcome {
    let letters = desk.visit_letters(visit, state).await?;
    write(desk.own_files(), out, letter::page(desk, &letters).as_bytes())?;
    let lines = letters.into_iter().map(|letter| LetterLine {
        visit: letter.visit.id,
        number: letter.number,
        issued_on: letter.issued_on,
        students: letter.students.len(),
    });
    let lines: Vec<LetterLine> = lines.collect();
    answer.give(&json!({"letters": lines}), |_| {
        let what = if lines.len() == 1 { "letter is" } else { "letters are" };
        format!("{} {what} written to {}", lines.len(), out.display())
    })
}

/// What `visit calls --json` prints.
#[derive(Serialize)]
struct Calls {
    calls: Vec<Unanswered>,
}

/// Whom to call, whom to write to.
pub async fn calls(desk: &Desk, answer: Answer) -> Outcome {
    let calls = desk.visit_calls().await?;
    answer.give(&Calls { calls }, |list| show::calls::calls(&list.calls))
}
