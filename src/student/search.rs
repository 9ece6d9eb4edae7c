//! Finding a student by what a person types.

use uuid::Uuid;

use super::{Student, StudentError, StudentId, by_nik, by_nisn, load, name_key};
use crate::db::{DbError, Tx};
use crate::nik::Nik;
use crate::office::OfficeId;
use crate::vault::Vault;
use crate::{fetch_all, fetch_optional};

/// Longest text that is looked for in names, in bytes; a longer one is nobody's.
const LONGEST_SEARCH: usize = 1000;
/// So many namesakes are counted; more say nothing more.
const MOST_NAMESAKES: i64 = 50;
/// So much of what was typed is repeated in a message, in characters.
const LONGEST_QUOTE: usize = 60;

/// Names that begin with what was typed, behind the name and the ID of the last one: a walk along an index.
pub(crate) const BY_BEGINNING: &str = "SELECT * FROM student WHERE office_id = $1 AND name_key >= $2 AND name_key < $3
         AND (name_key, id) > ($4, $5)
     ORDER BY name_key, id LIMIT $6";
/// Names that hold it further on, behind the name and the ID of the last one. Every name has to be looked at, but in the index of
/// names alone.
const BY_PART: &str = "SELECT * FROM student WHERE office_id = $1
         AND name_key IN (SELECT n.name_key FROM student n
             WHERE n.name_key LIKE $2 AND n.name_key >= $5 AND NOT (n.name_key >= $3 AND n.name_key < $4))
         AND (name_key, id) > ($5, $6)
     ORDER BY name_key, id LIMIT $7";
const NAME_OF: &str = "SELECT name_key FROM student WHERE id = $1";
/// Sorts behind whatever begins a name, byte by byte.
const LAST_LETTER: char = char::MAX;

/// Students found by what a person types: an ID, a NISN, a NIK, or a part of a name. Names that begin with it come first, those
/// that hold it further on after them. Of a name one page: up to `limit` students after the student `after`.
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
    let after = match after {
        None => (String::new(), Uuid::nil()),
        Some(id) => match fetch_optional!(&mut *tx, (String,), NAME_OF, id)? {
            Some((name,)) => (name, id.0),
            None => return Ok(Vec::new()),
        },
    };
    let end = format!("{key}{LAST_LETTER}");
    let begins = after.1.is_nil() || after.0.starts_with(&key);
    let mut found = match begins {
        true => fetch_all!(&mut *tx, Student, BY_BEGINNING, office, &key, &end, &after.0, after.1, limit)?,
        false => Vec::new(),
    };
    let rest = limit - i64::try_from(found.len()).unwrap_or(limit);
    if rest > 0 {
        let after = if begins { (String::new(), Uuid::nil()) } else { after };
        found.extend(fetch_all!(tx, Student, BY_PART, office, format!("%{key}%"), key, end, after.0, after.1, rest)?);
    }
    Ok(found)
}

/// The one student that `text` (ID, NISN, NIK or name) means. A name that begins so goes before one that only holds it.
pub async fn resolve(tx: &mut Tx, vault: &Vault, office: OfficeId, text: &str) -> Result<Student, StudentError> {
    let mut found = find(tx, vault, office, text, None, MOST_NAMESAKES).await?;
    let key = name_key(text);
    let begin = found.iter().take_while(|student| name_key(&student.name).starts_with(&key)).count();
    found.truncate(if begin > 0 { begin } else { found.len() });
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
