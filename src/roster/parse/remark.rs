//! Remarks beside and behind a name. What is said of a parent is not said of the child, and what stands behind a name is no part of
//! it; what a remark means for the student is for a person to settle.

use super::field::normalised;
use super::values::says_left;

/// Whom a remark is about, if not the child.
const OF_PARENTS: [&str; 12] =
    ["ayah", "ibu", "bapak", "bpk", "ortu", "orang tua", "orangtua", "wali", "yatim", "piatu", "kakek", "nenek"];
/// Schools that one has left before one comes to ours.
const FORMER_SCHOOLS: [&str; 8] = ["smp", "mts", "sd", "mi", "smpn", "sdn", "seleksi", "paket b"];
/// Words behind a name that say that somebody has died.
const DEAD: [&str; 7] = ["alm", "almh", "almarhum", "almarhumah", "wafat", "meninggal", "md"];

/// Whether a status says that the student is at this school no longer.
#[must_use]
pub fn has_left(status: &str) -> bool {
    let said = format!(" {} ", normalised(status));
    let names = |words: &[&str]| words.iter().any(|word| said.contains(&format!(" {word} ")));
    says_left(status) && !names(&OF_PARENTS) && !names(&FORMER_SCHOOLS)
}

/// A name and the remark behind it: `Baiq Rekaan (pindah)`, `Citra Sintetis - Alm.`, `Dewi Buatan *`. What is not known as a remark
/// stays in the name.
#[must_use]
pub fn without_remark(name: &str) -> (&str, Option<&str>) {
    let name = name.trim();
    let starless = name.trim_end_matches(['*', ' ']);
    if starless.len() < name.len() && !starless.is_empty() {
        return (starless, Some("*"));
    }
    if let Some((before, inside)) = name.strip_suffix([')', ']']).and_then(|rest| rest.rsplit_once(['(', '['])) {
        let before = before.trim_end_matches([' ', '-', ',']);
        return if is_remark(inside) && !before.is_empty() { (before, Some(inside.trim())) } else { (name, None) };
    }
    for sign in [" - ", " – ", " — ", "/", ", "] {
        if let Some((before, behind)) = name.rsplit_once(sign)
            && is_remark(behind)
            && !before.trim().is_empty()
        {
            return (before.trim(), Some(behind.trim()));
        }
    }
    (name, None)
}

fn is_remark(text: &str) -> bool {
    let said = normalised(text);
    let is_short = said.split(' ').count() <= 4;
    is_short
        && (says_left(text)
            || DEAD.contains(&said.as_str())
            || matches!(said.as_str(), "mutasi masuk" | "pindahan" | "baru" | "tinggal kelas" | "mengulang"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_a_parent_is_not_said_of_the_child() {
        for status in [
            "Yatim (ayah meninggal)",
            "Ibu meninggal dunia",
            "Orang tua pindah kerja",
            "Lulus SMP",
            "Aktif",
            "Lulus seleksi",
        ] {
            assert!(!has_left(status), "{status}");
        }
        for status in ["Meninggal dunia", "Pindah", "Lulus", "Mutasi keluar"] {
            assert!(has_left(status), "{status}");
        }
    }

    #[test]
    fn a_remark_is_no_part_of_a_name() {
        for (text, name, remark) in [
            ("Baiq Rekaan (pindah)", "Baiq Rekaan", Some("pindah")),
            ("Citra Sintetis (Alm.)", "Citra Sintetis", Some("Alm.")),
            ("Dewi Buatan *", "Dewi Buatan", Some("*")),
            ("Eko Karangan - keluar", "Eko Karangan", Some("keluar")),
            ("Fajar (Ajar) Fiktif", "Fajar (Ajar) Fiktif", None),
            ("Gita Contoh (Gita)", "Gita Contoh (Gita)", None),
            ("Siti Nur-Aini", "Siti Nur-Aini", None),
            ("(pindah)", "(pindah)", None),
        ] {
            assert_eq!(without_remark(text), (name, remark), "{text}");
        }
    }
}
