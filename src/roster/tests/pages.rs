//! Web pages and web archives with tables, under whatever name: what school systems written in PHP hand out.

use super::*;
use crate::roster::sheet::cell::Row;

const HEADER: &str = "<tr><th>Nama<th>Tanggal Lahir<th>NIK<th>NISN";

/// The rows of a file's sheet, empty cells as dots.
fn rows_of(bytes: &[u8], sheet: &str) -> Vec<(u32, String)> {
    let mut book = Book::open(bytes).unwrap();
    let mut rows = Vec::new();
    let show = |row: Row| {
        let cells = (0..row.width()).map(|column| match row.text(column) {
            "" => ".".to_owned(),
            text => text.to_owned(),
        });
        rows.push((row.number, cells.collect::<Vec<_>>().join("|")));
        ControlFlow::Continue(())
    };
    book.rows(sheet, |_| true, show).unwrap();
    rows
}

fn page(body: &str) -> Vec<String> {
    rows_of(format!("<html>{body}</html>").as_bytes(), "").into_iter().map(|(_, row)| row).collect()
}

fn students(bytes: &[u8]) -> Vec<(String, String, Option<String>)> {
    let rows = read_ok(bytes).rows;
    let students = rows.iter().filter_map(|row| row.student.as_ref());
    let nik = |student: &RosterRow| student.nik.as_ref().map(|nik| nik.digits().to_owned());
    students.map(|student| (student.name.clone(), student.birth_date.to_string(), nik(student))).collect()
}

fn expected() -> Vec<(String, String, Option<String>)> {
    [("Siti Contoh", "2009-01-01", "5271014101099801"), ("Zoë Nur’aini", "2009-02-03", "5271014302099802")]
        .map(|(name, birth, nik)| (name.to_owned(), birth.to_owned(), Some(nik.to_owned())))
        .to_vec()
}

#[test]
fn a_page_keeps_every_digit_however_it_is_written() {
    let tidy = "<table><thead><tr><td>Nama</td><td>Tanggal Lahir</td><td>NIK</td></tr></thead><tbody>\
                <tr><td>Siti Contoh</td><td>2009-01-01</td><td x:num=\"5271014101099801\" style='mso-number-format:\"\\@\"'>\
                5271014101099801</td></tr><tr><td>Zo&euml; Nur&rsquo;aini</td><td>2009-02-03</td><td>5271014302099802</td></tr>\
                </tbody></table>";
    let careless = "Notice: Undefined index in line 3<br />\n<TABLE border=1><TR><TD>Nama<TD>Tanggal Lahir<TD>NIK\n\
                    <TR><TD><B>Siti</B>\n  Contoh<TD>2009-01-01<TD>'5271014101099801\n<tr><td>Zo&#235; Nur&#146;aini\n\
                    <td>2009-02-03<td nowrap align=right>=\"5271014302099802\"";
    for (page, what) in [
        (tidy.to_owned(), "nothing but a table"),
        (
            format!("<!DOCTYPE html>\n<html><head><title>x</title></head><body><center>{tidy}</center></body></html>"),
            "a page",
        ),
        (format!("\u{feff}  <h3>Data Siswa</h3>{tidy}"), "a heading first"),
        (careless.to_owned(), "nothing is closed"),
        (format!("<html><style>td {{ mso-number-format: \"<td>\" }}</style>{tidy}"), "with a style"),
        (format!("<html><!--[if gte mso 9]><table><tr><td>x</td></tr></table><![endif]-->{tidy}"), "for Excel only"),
        (format!("<table><tr><td>Menu</td><td>{tidy}</td></tr></table>"), "a table for looks around it"),
        (
            format!("<table><tr><td>SMA Contoh</td></tr></table>{tidy}<table><tr><td>Mengetahui</td></tr></table>"),
            "several",
        ),
    ] {
        assert_eq!(students(page.as_bytes()), expected(), "{what}");
        let wide: Vec<u8> = "\u{feff}"
            .chars()
            .chain(page.chars())
            .collect::<String>()
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(students(&wide), expected(), "{what}, UTF-16");
    }
}

#[test]
fn a_page_may_be_in_an_old_encoding() {
    let body = format!("<table>{HEADER}<tr><td>Zo\u{eb} Contoh<td>2009-01-01</table>");
    let latin: Vec<u8> = body.chars().map(|c| c as u8).collect();
    for head in
        ["", "<meta http-equiv=\"Content-Type\" content=\"text/html; charset=iso-8859-1\">", "<meta charset=utf-8>"]
    {
        let file = [b"<html><head>", head.as_bytes(), b"</head>", &latin].concat();
        assert_eq!(students(&file)[0].0, "Zoë Contoh", "{head}");
    }
}

#[test]
fn cells_stand_where_their_spans_put_them() {
    let rows = page(
        "<table><tr><td rowspan=3>a<td colspan=2>b<td>c<tr><td>d<td><td rowspan='2'>e<tr><td>f<td>g\
         <tr><td colspan=0>h<td rowspan=x>i</table>",
    );
    assert_eq!(rows, ["a|b|.|c", ".|d|.|e", ".|f|g", "h|i"]);
    let mut book = Book::open(b"<table><tr><td rowspan=3>a<td colspan=2>b").unwrap();
    let merges = book.merges("").unwrap();
    let spans: Vec<_> = merges.into_iter().map(|merge| (merge.rows, merge.columns)).collect();
    assert_eq!(spans, [(1..=3, 0..=0), (1..=1, 1..=2)]);
}

#[test]
fn every_text_has_its_place() {
    for (body, rows) in [
        (
            "<h1>Kelas X</h1>SMA <b>Contoh</b><br>NPSN 1<table><tr><td>a<td>b</table>akhir",
            vec!["Kelas X", "SMA Contoh", "NPSN 1", "a|b", "akhir"],
        ),
        ("<table><caption>Kelas X</caption><tr><td>a<br>b<p>c</table>", vec!["Kelas X", "a b c"]),
        ("<table><tr><td>1<td>a<td><table><tr><td>b<td>c</table><td>d</table>", vec!["1|a|b c|d"]),
        ("<table><tr><td>x<td><table><tr><td>a<td>b<tr><td>c<td>d</table></td></tr></table>", vec!["x", "a|b", "c|d"]),
        ("<table><tr><td>1<td>a<td>b<table><tr><td>2<td>c<td>d", vec!["1|a|b", "2|c|d"]),
        ("<tr><td>a</td>,<td>b</td>", vec!["a|b"]),
        ("<table><tr><td>a</td></tr>lepas<tr><td>b</td></tr></table>", vec!["a", "lepas", "b"]),
        ("<table><tr><td>&nbsp;</td><td> </td></tr><tr><td>&lt;b&gt; &amp;amp;</td></tr></table>", vec!["<b> &amp;"]),
        ("</td></tr></table></table><table><tr><td>a", vec!["a"]),
    ] {
        assert_eq!(page(body), rows, "{body}");
    }
}

#[test]
fn rows_are_numbered_as_they_come() {
    let rows = rows_of(b"<table><tr><td>a</td></tr><tr></tr><tr><td></td></tr><tr><td>b</td></tr></table>", "");
    assert_eq!(rows, [(1, "a".to_owned()), (4, "b".to_owned())]);
}

#[test]
fn excels_own_name_for_the_sheet_is_kept() {
    let file = "<html xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><head><!--[if gte mso 9]><xml><x:ExcelWorkbook>\
                <x:ExcelWorksheets><x:ExcelWorksheet><x:Name>XI &amp; XII</x:Name></x:ExcelWorksheet></x:ExcelWorksheets>\
                </x:ExcelWorkbook></xml><![endif]--></head><table><tr><td>a</td></tr></table></html>";
    assert_eq!(Book::open(file.as_bytes()).unwrap().sheets(), ["XI & XII"]);
}

/// A web archive of parts: where each stands, how it is encoded, and its body.
fn archive(parts: &[(&str, &str, &str)]) -> Vec<u8> {
    let mut file = "MIME-Version: 1.0\r\nX-Document-Type: Workbook\r\nContent-Type: multipart/related;\r\n\tboundary=\"--=_1\"\r\n\r\n".to_owned();
    for (location, encoding, body) in parts {
        let kind = if location.ends_with("htm") { "text/html; charset=\"utf-8\"" } else { "text/css" };
        file += &format!(
            "----=_1\r\nContent-Location: file:///C:/x/{location}\r\nContent-Transfer-Encoding: {encoding}\r\nContent-Type: {kind}\r\n\r\n{body}\r\n"
        );
    }
    (file + "----=_1--\r\n").into_bytes()
}

#[test]
fn a_web_archive_is_a_workbook() {
    let quoted = "<table><tr><td>Nama</td><td class=3Dxl1>Tanggal Lahir</td><td>NIK</td></tr>=\r\n<tr><td>Siti Con=\r\ntoh</td>\
                  <td>2009-01-01</td><td>5271014101099801</td></tr><tr><td>Zo=C3=AB Nur=E2=80=99aini</td><td>2009-02-03</td>\
                  <td>5271014302099802</td></tr></table>";
    assert_eq!(students(&archive(&[("siswa.htm", "quoted-printable", quoted)])), expected());
    // <table><tr><td>a</table>
    let encoded = "PHRhYmxlPjx0cj48dGQ+\r\nYTwvdGFibGU+";
    let cover = "<frameset><xml><x:Name>X-1</x:Name><x:Name>X-2</x:Name></xml></frameset>";
    let file = archive(&[
        ("buku.htm", "7bit", cover),
        ("style.css", "7bit", "<table><tr><td>no"),
        ("sheet001.htm", "base64", encoded),
        ("sheet002.htm", "8bit", "<table><tr><td>b</table>"),
        ("tabstrip.htm", "7bit", "<table><tr><td>X-1<td>X-2</table>"),
    ]);
    assert_eq!(Book::open(&file).unwrap().sheets(), ["X-1", "X-2"]);
    assert_eq!((rows_of(&file, "X-1"), rows_of(&file, "X-2")), (vec![(1, "a".into())], vec![(1, "b".into())]));
}
