use super::*;

#[test]
fn spellings_of_one_name_agree_and_other_names_do_not() {
    assert!(is_same_name("SITI AMINAH", "Siti Aminah"));
    assert!(is_same_name("Muhammad Rizki Pratama", "Muhamad Rizki Pratama"));
    assert!(is_same_name("Ni Luh Putu Ayu Lestari", "Ayu Lestari"));
    for (short, whole) in [
        ("Moh. Rizki Aditya", "Muhammad Rizki Aditya"),
        ("M. Rizki", "Muhammad Rizki"),
        ("St Nurhaliza", "Siti Nurhaliza"),
        ("I G N Bagus", "I Gusti Ngurah Bagus"),
        ("H. Ahmad", "Ahmad"),
    ] {
        assert!(is_same_name(short, whole) && is_same_name(whole, short), "{short}");
    }
    assert!(!is_same_name("M. Rizki", "Muhammad Fauzan"));
    assert!(!is_same_name("A B", "Agus Budiman"), "initials alone are no name");
    assert!(!is_same_name("Siti Aminah", "Budi Santoso"));
    assert!(!is_same_name("Baiq Nurul Hidayah", "Lalu Ahmad Fauzi"));
}

#[test]
fn only_death_another_region_and_a_card_close() {
    for (words, expected) in [
        ("Wafat", Some(ClosedReason::Died)),
        ("meninggal dunia", Some(ClosedReason::Died)),
        ("Putus sekolah, ayah meninggal", None),
        ("Mutasi", None),
        ("Pindah ke luar kota", Some(ClosedReason::Moved)),
        ("mutasi luar provinsi", Some(ClosedReason::Moved)),
        ("Lulus", None),
        ("sudah punya KTP", Some(ClosedReason::HasCard)),
        ("belum punya KTP", None),
        ("Putus Sekolah", None),
    ] {
        assert_eq!(closing_reason(Some(words)), expected, "{words}");
    }
    assert_eq!(closing_reason(None), None);
}
