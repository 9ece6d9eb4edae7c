use super::*;
use proptest::prelude::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn rules() -> DateRules {
    DateRules::alone(day("2026-11-23"))
}

fn read(text: &str) -> DateReading {
    date(&Cell::Text(text.into()), &rules())
}

fn doubt(reading: DateReading) -> (Why, Vec<NaiveDate>) {
    match reading {
        DateReading::Doubtful(doubt) => (doubt.why, doubt.readings().collect()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_date_written_in_many_ways() {
    for text in [
        "2009-02-21",
        "21/02/2009",
        "21-2-2009",
        "21.02.2009",
        "21 Februari 2009",
        "21-Feb-2009",
        "21 Pebruari 2009",
        "21 Febuari 2009",
        "21 Febr. 2009",
        "21FEB2009",
        "21 - II - 2009",
        "21/ii/2009",
        "Feb 21, 2009",
        "February 21st, 2009",
        "2009/02/21",
        "02/21/2009",
        "20090221",
        "21\u{2010}02\u{2011}2009",
        "２１／０２／２００９",
        "٢١/٠٢/٢٠٠٩",
        "21-Ⅱ-2009",
        "2009-02-21 00:00:00",
        "2009-02-21T00:00:00",
        "2009-02-21T00:00:00+07:00",
        "2009-02-21T00:00:00.000+0800",
        "21/02/2009 00:00:00",
        "21/02/2009 21:30",
        "21 Februari 2009 pukul 09.15 WITA",
        "Sabtu, 21 Februari 2009",
        "Jum'at 21 Februari 2009",
        "21 Februari 2009 (Sabtu)",
        "tgl. 21 Februari 2009",
        "tanggal 21 bulan 2 tahun 2009",
        "21 Februari 2009 M",
        "21 Februari 2009 M / 26 Safar 1430 H",
        "21 Februari 2009 (26 Safar 1430 H)",
        "21 Februari 2009 (17 th)",
        "21 Februari '09",
        "21-Feb-09",
        "21/02/09",
    ] {
        assert_eq!(read(text), DateReading::Read(day("2009-02-21")), "{text}");
    }
    assert_eq!(date(&Cell::Number(20_090_221.0), &rules()), DateReading::Read(day("2009-02-21")));
}

#[test]
fn months_are_known_short_old_and_worn() {
    for (word, month) in [
        ("Agust", 8),
        ("Agust.", 8),
        ("AGS", 8),
        ("Agt", 8),
        ("Sept", 9),
        ("Spt", 9),
        ("Nopember", 11),
        ("Nop", 11),
        ("Pebr", 2),
        ("Okt.", 10),
        ("Oct", 10),
        ("Des", 12),
        ("Dsember", 12),
        ("Juny", 6),
        ("July", 7),
        ("Mrt", 3),
        ("Apl", 4),
        ("Mei", 5),
        ("May", 5),
    ] {
        let expected = NaiveDate::from_ymd_opt(2009, month, 12).unwrap();
        assert_eq!(read(&format!("12 {word} 2009")), DateReading::Read(expected), "{word}");
    }
}

#[test]
fn two_readings_take_the_day_first_and_say_so() {
    assert_eq!(doubt(read("03/04/2009")), (Why::Order, vec![day("2009-04-03"), day("2009-03-04")]));
    assert_eq!(read("04/04/2009"), DateReading::Read(day("2009-04-04")));
    for (order, expected) in [(DateOrder::DayFirst, "2009-04-03"), (DateOrder::MonthFirst, "2009-03-04")] {
        let rules = DateRules { order, ..rules() };
        assert_eq!(date(&Cell::Text("03/04/2009".into()), &rules), DateReading::Read(day(expected)));
    }
}

#[test]
fn a_short_year_has_the_century_in_which_somebody_can_be_listed() {
    assert_eq!(read("21/02/81"), DateReading::Read(day("1981-02-21")));
    let pupils = DateRules { ages: Ages::at_level("SMA"), ..rules() };
    let short = |text: &str| date(&Cell::Text(text.into()), &pupils);
    assert_eq!(short("21/02/09"), DateReading::Read(day("2009-02-21")));
    assert_eq!(doubt(short("21/02/81")), (Why::Century, vec![day("1981-02-21")]));
    assert_eq!(doubt(read("21/02/24")), (Why::Century, vec![day("2024-02-21")]));
}

#[test]
fn a_moment_before_midnight_may_be_the_day_after() {
    let both = vec![day("2009-05-20"), day("2009-05-21")];
    for text in [
        "2009-05-20T17:00:00.000Z",
        "2009-05-20T16:00:00Z",
        "2009-05-20T16:52:48.000Z",
        "2009-05-20 17:00:00",
        "20-05-2009 23.59.59",
        "20/05/2009 5:00 PM",
    ] {
        assert_eq!(doubt(read(text)), (Why::Moment, both.clone()), "{text}");
    }
}

#[test]
fn date_cells_are_doubted_where_a_spreadsheet_exchanged_day_and_month() {
    let swapped = DateRules { cells_swapped: true, ..rules() };
    let both = vec![day("2009-04-05"), day("2009-05-04")];
    assert_eq!(doubt(date(&Cell::Date(day("2009-04-05")), &swapped)), (Why::Swapped, both.clone()));
    assert_eq!(readings(&Cell::Date(day("2009-04-05")), day("2026-11-23")), both);
    for clear in ["2009-04-04", "2009-04-13"] {
        assert_eq!(date(&Cell::Date(day(clear)), &swapped), DateReading::Read(day(clear)));
    }
    assert_eq!(date(&Cell::Date(day("2009-04-05")), &rules()), DateReading::Read(day("2009-04-05")));
}

#[test]
fn no_date_never_becomes_a_date() {
    for text in ["", "-", "0000-00-00", "0000-00-00 00:00:00", "1899-12-30", "tidak ada", "#VALUE!"] {
        assert_eq!(read(text), DateReading::Missing, "{text}");
    }
    for text in [
        "2009-02-30",
        "31/02/2009",
        "tahun 2009",
        "2009",
        "1/2/3/2009",
        "12009-02-01",
        "21 Februarius 2009",
        "21/05/2009 / 22/05/2009",
        "2009-05-21 2009-06-21",
        "21 Mei 2009 atau 22 Mei 2009",
        "21 Mei 2009 (22 Mei 2009)",
        "3, 21/05/2009",
        "21/05/2009 3",
        "21/05/2009?",
        "21 Mei 2009 Praya",
        "21052009",
        "21:05:2009",
        "17 tahun",
    ] {
        assert_eq!(read(text), DateReading::Unreadable, "{text}");
    }
    assert_eq!(date(&Cell::Number(39_865.0), &rules()), DateReading::Unreadable);
}

#[test]
fn a_place_and_a_date_in_one_cell() {
    for (text, place, date) in [
        ("Mataram, 3 Mei 2009", "Mataram", "3 Mei 2009"),
        ("Lombok Barat 03-05-2009", "Lombok Barat", "03-05-2009"),
        ("Lombok Timur, 21 - 05 - 2009", "Lombok Timur", "21 - 05 - 2009"),
        ("Praya,21/02/2009", "Praya", "21/02/2009"),
        ("Praya/21 Mei 2009", "Praya", "21 Mei 2009"),
        ("Praya ; 21 Mei 2009", "Praya", "21 Mei 2009"),
        ("Selong, Mei 3, 2009", "Selong", "Mei 3, 2009"),
        ("Selong, Kamis 21 Mei 2009", "Selong", "Kamis 21 Mei 2009"),
        ("Selong, tgl. 21 Mei 2009", "Selong", "tgl. 21 Mei 2009"),
        ("Praya (NTB), 21 Mei 2009", "Praya (NTB)", "21 Mei 2009"),
        ("Praya (21 Mei 2009)", "Praya", "(21 Mei 2009)"),
        ("UPT 3, 21/05/2009", "UPT 3", "21/05/2009"),
        ("SP 2 Timika, 21-05-2009", "SP 2 Timika", "21-05-2009"),
        ("Blok 10A Labangka, 21 Mei 2009", "Blok 10A Labangka", "21 Mei 2009"),
        ("Mei Mei, 21 Mei 2009", "Mei Mei", "21 Mei 2009"),
        ("Praya, 2009-05-21", "Praya", "2009-05-21"),
        ("2009-05-03", "", "2009-05-03"),
        ("Mataram, 31/02/2009", "Mataram", "31/02/2009"),
        ("Mataram", "Mataram", ""),
    ] {
        assert_eq!(place_and_date(text), (place, date), "{text}");
    }
}

#[test]
fn a_school_whose_pupils_turn_17_has_pupils_of_an_age() {
    for level in ["SMA", "SMK", "MA", "sma", "SMA Negeri", "MAN 2"] {
        assert_eq!(Ages::at_level(level), Ages { youngest: 13, oldest: 25 }, "{level}");
    }
    for level in ["", "PKBM", "Paket C", "SKB", "SLB", "SMALB", "SMA Terbuka", "SMP"] {
        assert_eq!(Ages::at_level(level), Ages::default(), "{level}");
    }
}

const MONTHS: [[&str; 5]; 12] = [
    ["Januari", "Jan", "January", "I", "JANUARI"],
    ["Februari", "Feb", "Pebruari", "II", "Febr"],
    ["Maret", "Mar", "March", "III", "Mrt"],
    ["April", "Apr", "APRIL", "IV", "Apr."],
    ["Mei", "May", "MEI", "V", "mei"],
    ["Juni", "Jun", "June", "VI", "juni"],
    ["Juli", "Jul", "July", "VII", "juli"],
    ["Agustus", "Agust", "August", "VIII", "Agt"],
    ["September", "Sept", "Sep", "IX", "september"],
    ["Oktober", "Okt", "October", "X", "Okt."],
    ["November", "Nop", "Nopember", "XI", "Nov"],
    ["Desember", "Des", "December", "XII", "Dec"],
];

proptest! {
    #[test]
    fn every_spelling_reads_back_to_its_date(
        days in 0..20_000_u64,
        month in 0..5_usize,
        between in "[-/. ]{1}",
        form in 0..8_usize,
        before in "(|Kamis, |tgl |Tanggal: )",
        behind in "(| M| 00:00:00| \\(17 tahun\\)|, Senin)",
    ) {
        let date = day("1970-01-02") + chrono::Days::new(days);
        let name = MONTHS[date.month0() as usize][month];
        let (y, m, d) = (date.year(), date.month(), date.day());
        let written = match form {
            0 => format!("{y}{between}{m:02}{between}{d:02}"),
            1 => format!("{d:02}{between}{m:02}{between}{y}"),
            2 => format!("{d}{between}{name}{between}{y}"),
            3 => format!("{y}{between}{name}{between}{d}"),
            4 => format!("{d:02}{name}{y}"),
            5 => format!("{y}{m:02}{d:02}"),
            6 => format!("{d} {between} {m} {between} {y}"),
            _ => format!("{d}\u{2013}{m}\u{2013}{y}"),
        };
        let text = format!("{before}{written}{behind}");
        match read(&text.replace("Tanggal: ", "")) {
            DateReading::Read(read) => prop_assert_eq!(read, date, "{}", text),
            DateReading::Doubtful(doubt) => {
                prop_assert!(doubt.readings().any(|reading| reading == date), "{}", text);
                prop_assert_eq!(doubt.why, Why::Order);
            }
            DateReading::Unreadable => prop_assert_eq!(form, 4, "{}", text),
            DateReading::Missing => prop_assert!(false, "{}", text),
        }
    }

    #[test]
    fn of_two_dates_none_is_taken(one in 0..15_000_u64, other in 0..15_000_u64, between in "( / | dan |, | - | )") {
        let written = |days| (day("1980-01-02") + chrono::Days::new(days)).format("%d/%m/%Y").to_string();
        prop_assert_eq!(read(&format!("{}{between}{}", written(one), written(other))), DateReading::Unreadable);
    }

    #[test]
    fn any_text_has_a_place_and_a_date(text in "\\PC{0,40}") {
        let (place, date) = place_and_date(&text);
        prop_assert!(text.starts_with(place) && text.ends_with(date));
        let _ = read(&text);
    }

    #[test]
    fn a_place_with_figures_stays_whole(place in "[A-Z][a-z]{3,8}( [0-9]{1,2})?", days in 0..15_000_u64) {
        let date = day("1980-01-02") + chrono::Days::new(days);
        let text = format!("{place}, {}", date.format("%d-%m-%Y"));
        let (found, written) = place_and_date(&text);
        prop_assume!(!place.starts_with("Mei") && !is_month(&place));
        prop_assert_eq!(found, place);
        prop_assert_eq!(written, date.format("%d-%m-%Y").to_string());
    }
}

fn is_month(place: &str) -> bool {
    place.split(' ').any(|word| month(word).is_some())
}
