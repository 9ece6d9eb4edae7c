//! The numbers of formal letters: one number and one date for each day that a visit is announced for, however often it is
//! printed; and the pattern by which an office writes numbers.

use chrono::{Datelike, NaiveDate};
use sqlx::FromRow;

use super::schedule::Visit;
use crate::db::{DbError, Tx};
use crate::office::OfficeId;
use crate::{execute, fetch_one, fetch_optional};

/// Months as letters' numbers have them.
const ROMAN: [&str; 12] = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"];

/// A letter that was issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct Issued {
    /// Counts from 1 in each office and year.
    pub number: i32,
    pub issued_on: NaiveDate,
}

/// The letter about the day for which a visit is announced now, issued `today` if there is none yet. The caller holds the
/// office's turn, so that no number is given twice.
pub async fn issue(tx: &mut Tx, visit: &Visit, today: NaiveDate) -> Result<Issued, DbError> {
    let known = fetch_optional!(
        &mut *tx,
        Issued,
        "SELECT number, issued_on FROM visit_letter WHERE visit_id = $1 AND revision = $2",
        visit.id,
        visit.revision,
    )?;
    if let Some(known) = known {
        return Ok(known);
    }
    let number = next_number(tx, visit.office_id, today.year()).await?;
    execute!(
        tx,
        "INSERT INTO visit_letter (visit_id, revision, office_id, year, number, issued_on) VALUES ($1, $2, $3, $4, $5, $6)",
        visit.id,
        visit.revision,
        visit.office_id,
        today.year(),
        number,
        today,
    )?;
    Ok(Issued { number, issued_on: today })
}

async fn next_number(tx: &mut Tx, office: OfficeId, year: i32) -> Result<i32, DbError> {
    let sql = "SELECT MAX(number) FROM visit_letter WHERE office_id = $1 AND year = $2";
    let last = fetch_one!(tx, (Option<i32>,), sql, office, year)?.0;
    Ok(last.unwrap_or(0).saturating_add(1))
}

/// A number as the office writes it: `400.12/{n}/Disdukcapil/{month}/{year}`.
#[must_use]
pub fn written(pattern: &str, issued: Issued) -> String {
    let month = usize::try_from(issued.issued_on.month0()).ok().and_then(|at| ROMAN.get(at)).copied();
    pattern
        .replace("{n}", &issued.number.to_string())
        .replace("{month}", month.unwrap_or_default())
        .replace("{year}", &issued.issued_on.year().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_as_the_office_does() {
        let issued = Issued { number: 17, issued_on: "2026-11-23".parse().unwrap() };
        assert_eq!(written("400.12/{n}/Dukcapil/{month}/{year}", issued), "400.12/17/Dukcapil/XI/2026");
    }
}
