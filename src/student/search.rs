//! Finding a student by what a person types.

use super::{Student, StudentError, StudentId, by_nik, by_nisn, load, name_key};
use crate::db::{DbError, Tx};
use crate::fetch_all;
use crate::nik::Nik;
use crate::office::OfficeId;
use crate::vault::Vault;

/// Longest text that is looked for in names, in bytes; a longer one is nobody's.
const LONGEST_SEARCH: usize = 1000;
/// So many namesakes are counted; more say nothing more.
const MOST_NAMESAKES: i64 = 50;
/// So much of what was typed is repeated in a message, in characters.
const LONGEST_QUOTE: usize = 60;

const BY_NAME: &str = "SELECT * FROM student WHERE office_id = $1 AND name_key LIKE $2
         AND ($3 IS NULL OR (name_key, id) > (SELECT a.name_key, a.id FROM student a WHERE a.id = $3))
     ORDER BY name_key, id LIMIT $4";

/// Students found by what a person types: an ID, a NISN, a NIK, or part of a name; at most `limit` of a name after `after`.
pub async fn find(
    tx: &mut Tx,
    vault: &Vault,
    office: OfficeId,
    text: &str,
    after: Option<StudentId>,
    limit: i64,
) -> Result<Vec<Student>, DbError> {
    if let Ok(id) = text.parse::<StudentId>() {
        return Ok(load(tx, id).await?.filter(|student| student.office_id == office).into_iter().collect());
    }
    if let Ok(nik) = Nik::parse(text) {
        return Ok(by_nik(tx, vault, office, &nik).await?.into_iter().collect());
    }
    let by_number = by_nisn(tx, office, text.trim()).await?;
    if !by_number.is_empty() {
        return Ok(by_number);
    }
    // A key holds letters, digits and spaces only, so nobody can search with LIKE's wildcards.
    let key = name_key(text);
    if key.is_empty() || key.len() > LONGEST_SEARCH {
        return Ok(Vec::new());
    }
    fetch_all!(tx, Student, BY_NAME, office, format!("%{key}%"), after, limit)
}

/// The one student that `text` (ID, NISN, NIK or name) means.
pub async fn resolve(tx: &mut Tx, vault: &Vault, office: OfficeId, text: &str) -> Result<Student, StudentError> {
    let mut found = find(tx, vault, office, text, None, MOST_NAMESAKES).await?;
    match (found.len(), found.pop()) {
        (1, Some(student)) => Ok(student),
        (0, _) | (_, None) => {
            // What was typed may be a NIK, and a NIK stands in no message; an ID never is one.
            let hidden = text.parse::<StudentId>().is_err() && crate::nik::looks_like_nik(text);
            Err(StudentError::Unknown(if hidden { "with this NIK".to_owned() } else { quoted(text) }))
        }
        (count, _) => Err(StudentError::Ambiguous { text: quoted(text), count }),
    }
}

/// The beginning of what was typed, for a message about it.
fn quoted(text: &str) -> String {
    let mut begun: String = text.chars().take(LONGEST_QUOTE).collect();
    if begun.len() < text.len() {
        begun.push('…');
    }
    format!("'{begun}'")
}
