//! Files with damage: whatever happens to the bytes, the answer is a roster or one sentence, soon.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::refusals::with_part;
use super::*;
use crate::nik::{Nik, looks_like_nik};

const XML: &[u8] = include_bytes!("../../../tests/data/rosters/dapodik_xml_cp1252.xls");
const WIDE_XML: &[u8] = include_bytes!("../../../tests/data/rosters/dapodik_xml_utf16.xls");
const RESAVED: &[u8] = include_bytes!("../../../tests/data/rosters/dapodik_resaved.csv");

/// The sample as a page, and within a web archive.
static PAGE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let row = |cells: &Vec<String>| {
        format!("<tr>{}</tr>\n", cells.iter().map(|cell| format!("<td>{cell}</td>")).collect::<String>())
    };
    let rows: String = sample().iter().map(row).collect();
    format!("<html><head><style>td {{}}</style></head><body><h3>Data</h3><table border=1>{rows}</table></body></html>")
        .into_bytes()
});
static ARCHIVE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let head = "MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/html\r\n\
                Content-Transfer-Encoding: quoted-printable\r\n\r\n";
    [head.as_bytes(), &PAGE, b"\r\n--b--\r\n"].concat()
});

/// The sample as Excel would write it, with its texts in a table of their own.
static WORKBOOK: LazyLock<Vec<u8>> = LazyLock::new(|| xlsx(&[("Sheet1", &sample())]));

/// What is done to a file, at a place given in thousandths of its length.
#[derive(Debug, Clone)]
enum Damage {
    Replace(usize, Vec<u8>),
    Insert(usize, Vec<u8>),
    Remove(usize, usize),
    Repeat(usize, usize, usize),
    Cut(usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    // What means something to one of the readers, and what means nothing to any.
    let bytes = prop_oneof![
        prop::collection::vec(any::<u8>(), 1..6),
        prop::sample::select(vec![
            "<",
            ">",
            "&",
            "\"",
            "'",
            ";",
            ",",
            "\t",
            "\n",
            "\r",
            "\0",
            "<Row>",
            "</Row>",
            "<Cell>",
            "</Data>",
            "<![CDATA[",
            "<!--",
            "ss:Index=\"0\"",
            "ss:Index=\"99999999999\"",
            "ss:MergeDown=\"4294967295\"",
            "\"\"",
            "sep=;",
            "\u{feff}",
            "<table>",
            "</table>",
            "<tr>",
            "<td>",
            "<td colspan=100000 rowspan=100000>",
            "<script>",
            "</td",
            "--b\r\n",
            "=",
            "=\"",
            "|",
            "\u{201c}",
            "\x1f",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    let at = 0..1000usize;
    prop_oneof![
        (at.clone(), bytes.clone()).prop_map(|(at, bytes)| Damage::Replace(at, bytes)),
        (at.clone(), bytes).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        (at.clone(), 1..5000usize).prop_map(|(at, length)| Damage::Remove(at, length)),
        (at.clone(), 1..2000usize, 2..20usize).prop_map(|(at, length, times)| Damage::Repeat(at, length, times)),
        at.prop_map(Damage::Cut),
    ]
}

fn damaged(file: &[u8], all: &[Damage]) -> Vec<u8> {
    let mut bytes = file.to_vec();
    for one in all {
        let place = |at: usize| bytes.len() * at / 1000;
        match one {
            Damage::Replace(at, with) => {
                let at = place(*at);
                let end = (at + with.len()).min(bytes.len());
                bytes.splice(at..end, with.iter().copied());
            }
            Damage::Insert(at, with) => {
                let at = place(*at);
                bytes.splice(at..at, with.iter().copied());
            }
            Damage::Remove(at, length) => {
                let at = place(*at);
                bytes.drain(at..(at + length).min(bytes.len()));
            }
            Damage::Repeat(at, length, times) => {
                let at = place(*at);
                let part = bytes[at..(at + length).min(bytes.len())].repeat(*times);
                bytes.splice(at..at, part);
            }
            Damage::Cut(at) => bytes.truncate(place(*at)),
        }
    }
    bytes
}

/// Reads a file; whatever comes of it says no NIK in its words.
fn survives(bytes: &[u8]) -> Result<(), TestCaseError> {
    match read(bytes, "x", &rules()) {
        Ok(reading) => {
            let problems = reading.problems.iter().chain(reading.rows.iter().flat_map(|row| &row.problems));
            for problem in problems {
                prop_assert!(!looks_like_nik(&problem.message), "{}", problem.message);
            }
        }
        Err(error) => prop_assert!(!looks_like_nik(&error.to_string()), "{error}"),
    }
    Ok(())
}

/// What the fuzzers found worth keeping; `fuzz/targets` say what the files are.
fn kept(target: &str) -> Vec<Vec<u8>> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let files: Vec<_> = folder.read_dir().unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect();
    assert!(!files.is_empty());
    files
}

#[test]
fn what_the_fuzzers_found_costs_only_that_file() {
    for text in kept("header") {
        survives(&[b"sep=;\n", text.as_slice()].concat()).unwrap();
    }
    let simple = xlsx(&[("Sheet1", &grid(&[&["x"]]))]);
    for parts in kept("sheet") {
        let mut parts = parts.splitn(2, |byte| *byte == 0);
        let (sheet, texts) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let workbook = with_part(&simple, "xl/worksheets/sheet1.xml", sheet);
        survives(&with_part(&workbook, "xl/sharedStrings.xml", texts)).unwrap();
    }
    // Old workbooks may fill any memory, and are read under limits elsewhere.
    let is_text = |file: &&Vec<u8>| !file.starts_with(b"PK") && !file.starts_with(b"\xd0\xcf");
    for file in kept("reader").iter().filter(is_text) {
        survives(file).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_time: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_xml_workbook(all in prop::collection::vec(damage(), 1..8)) {
        survives(&damaged(XML, &all))?;
        survives(&damaged(WIDE_XML, &all))?;
    }

    #[test]
    fn a_damaged_page(all in prop::collection::vec(damage(), 1..8)) {
        survives(&damaged(&PAGE, &all))?;
        survives(&damaged(&ARCHIVE, &all))?;
    }

    #[test]
    fn a_damaged_csv(all in prop::collection::vec(damage(), 1..8)) {
        survives(&damaged(RESAVED, &all))?;
    }

    #[test]
    fn a_workbook_with_a_damaged_sheet(all in prop::collection::vec(damage(), 1..8), shared in any::<bool>()) {
        // Damage in the zip itself is found by its checksum; this is damage that a faulty program zipped.
        let part = if shared { "xl/sharedStrings.xml" } else { "xl/worksheets/sheet1.xml" };
        let mut archive = ::zip::ZipArchive::new(std::io::Cursor::new(WORKBOOK.as_slice())).unwrap();
        let mut content = Vec::new();
        std::io::copy(&mut archive.by_name(part).unwrap(), &mut content).unwrap();
        survives(&with_part(&WORKBOOK, part, &damaged(&content, &all)))?;
    }
}

proptest! {
    #[test]
    fn markup_of_any_kind(body in "([<>&\"'/ =a]|<Row>|<Cell>|<Data>|</Data>|</Cell>|</Row>|ss:Index=|<!--|\\]\\]>|<!\\[CDATA\\[){0,60}") {
        let file = format!("<Workbook><Worksheet ss:Name=\"X\"><Table>{body}</Table></Worksheet></Workbook>");
        survives(file.as_bytes())?;
    }

    #[test]
    fn pages_of_any_kind(body in "([<>&\"'/ =a]|<tr>|<td>|</td>|</tr>|<table>|</table>|<br>|<!--|-->|<script>|colspan=|nama|tanggal lahir){0,60}") {
        survives(format!("<table><tr><td>Nama<td>Tanggal Lahir<tr>{body}").as_bytes())?;
        survives(format!("MIME-Version: 1.0\n\n<table><td>{body}").as_bytes())?;
    }

    #[test]
    fn text_of_any_kind(text in "([\\PC]|[,;\t\r\n\"]|nama|tanggal lahir|2009-01-01){0,120}") {
        survives(text.as_bytes())?;
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        survives(&wide)?;
    }

    #[test]
    fn a_nik_of_any_kind(text in "([0-9]{1,4}|[\\PC]|[.' ,E+\u{a0}\u{200b}-]){0,24}") {
        if let Ok(nik) = Nik::parse(&text) {
            prop_assert_eq!(nik.digits().len(), 16);
            // Never padded, never guessed: the digits are those of the text, in their order.
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            prop_assert_eq!(nik.digits(), digits);
        }
    }
}
