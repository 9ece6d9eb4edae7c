//! The formal letter to a place as a page to print: letterhead, number, attachment, subject, addressee, body, signature and
//! copies, then the list of students by class. Its words stand in the catalogue; what is the office's own in its file.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::desk::{Desk, Letter};
use crate::messages::Arg;
use crate::nik::Sex;
use crate::notice::text::long_date;
use crate::office::LetterStyle;
use crate::place::PlaceKind;
use crate::student::Student;
use crate::visit::VisitState;

const STYLE: &str = "@page{size:A4;margin:12mm 20mm 12mm 25mm}\
*{box-sizing:border-box}body{font:11pt/1.35 'Bookman Old Style','Liberation Serif','DejaVu Serif',serif;margin:0;color:#000}\
.letter,.list{break-after:page}.list:last-child{break-after:auto}\
header{text-align:center;border-bottom:3px double #000;padding-bottom:2mm;margin-bottom:4mm}\
header h1{font-size:14pt;margin:0;font-weight:normal}header h2{font-size:16pt;margin:0}header p{font-size:9.5pt;margin:1mm 0 0;text-align:center}\
.top{display:flex;justify-content:space-between;align-items:flex-start;gap:6mm}.date{white-space:nowrap;margin:0}table{border-collapse:collapse}.head td{vertical-align:top;padding:0 2mm 0 0}\
.to{margin:4mm 0}.to p{margin:0}.facts{margin:2mm 0 2mm 10mm}.facts td{padding:0 2mm 0 0;vertical-align:top}\
p{margin:0 0 2mm;text-align:justify}ol{margin:0 0 2mm;padding-left:8mm}li{text-align:justify}\
.sign{margin:5mm 0 0 50%;break-inside:avoid}.sign p{text-align:left;margin:0}.sign .room{height:17mm}.sign .name{font-weight:bold;text-decoration:underline}\
.copies{margin-top:4mm;font-size:9.5pt;break-inside:avoid}.copies ol{margin:0}\
.list h3{font-size:12pt;text-align:center;margin:0 0 4mm}.list h4{font-size:11pt;margin:4mm 0 1mm;break-after:avoid}\
.of{margin-bottom:5mm;font-size:10pt}.of p{margin:0}\
.names{width:100%;font-size:10.5pt}.names th,.names td{border:1px solid #000;padding:.6mm 2mm;text-align:left}\
.names tr{break-inside:avoid}.names td:first-child{width:10mm;text-align:right}.names .sex{width:12mm;text-align:center}.names .nisn{width:32mm}\
@media screen{body{max-width:190mm;margin:10mm auto}.letter,.list{margin-bottom:15mm}}";

/// Every letter on pages of its own, ready to print.
#[must_use]
pub fn page(desk: &Desk, letters: &[Letter]) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="id" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { (text(desk, "letter-subject", &[])) }
                style { (PreEscaped(STYLE)) }
            }
            body { @for letter in letters { (one(desk, letter)) (list(desk, letter)) } }
        }
    };
    page.into_string()
}

/// Letters are written in Indonesian, whoever prints them.
fn text(desk: &Desk, id: &str, arguments: &[(&str, Arg)]) -> String {
    desk.messages().text("id", id, arguments)
}

fn date(desk: &Desk, date: chrono::NaiveDate) -> String {
    long_date(desk.messages(), "id", date)
}

/// "23 November 2026", as a letter is dated.
fn short_date(desk: &Desk, day: chrono::NaiveDate) -> String {
    let long = date(desk, day);
    long.split_once(", ").map_or(long.clone(), |(_, rest)| rest.to_owned())
}

fn letterhead(desk: &Desk, style: &LetterStyle) -> Markup {
    let declared = &desk.office().declaration;
    let phone = declared.phone.as_ref().map(|phone| text(desk, "letter-phone", &[("phone", phone.clone().into())]));
    let lines = [Some(declared.address.clone()), phone, style.email.clone(), style.website.clone()];
    html! {
        header {
            @if let Some(authority) = &style.authority { h1 { (authority) } }
            h2 { (style.agency.as_ref().unwrap_or(&declared.name)) }
            p { (lines.into_iter().flatten().collect::<Vec<_>>().join(" · ")) }
        }
    }
}

fn number(letter: &Letter) -> String {
    // Where the office numbers by hand, room to do so.
    letter.number.clone().unwrap_or_else(|| "…………………………".into())
}

fn one(desk: &Desk, letter: &Letter) -> Markup {
    let style = &desk.office().declaration.letter;
    let Letter { visit, place, students, .. } = letter;
    let zone = desk.office().zone();
    let time = |at: chrono::DateTime<chrono::Utc>| at.with_timezone(&zone).format("%H.%M").to_string();
    let agreed = visit.state == VisitState::Confirmed;
    let day = date(desk, visit.date);
    let zone_name = text(desk, &format!("letter-zone-{}", zone_word(zone)), &[]);
    let count = i64::try_from(students.len()).unwrap_or(i64::MAX);
    let when =
        [("from", time(visit.starts_at).into()), ("until", time(visit.ends_at).into()), ("zone", zone_name.into())];
    let head = [
        ("letter-number", number(letter)),
        ("letter-kind", text(desk, "letter-kind-important", &[])),
        ("letter-attachment", text(desk, "letter-attachment-list", &[])),
        ("letter-about", text(desk, "letter-subject", &[])),
    ];
    let facts = [
        ("letter-day", day.clone()),
        ("letter-time", text(desk, "letter-time-span", &when)),
        ("letter-place", place.name.clone()),
        ("letter-team", visit.team.clone()),
        ("letter-students", text(desk, "letter-students-count", &[("count", count.into())])),
    ];
    let addressee = if place.kind == PlaceKind::School { "letter-to-school" } else { "letter-to-place" };
    let opening = match (agreed, visit.revision > 1) {
        (true, _) => "letter-opening-agreed",
        (false, true) => "letter-opening-moved",
        (false, false) => "letter-opening",
    };
    html! {
        section class="letter" {
            (letterhead(desk, style))
            div class="top" {
                table class="head" {
                    @for (label, value) in &head { tr { td { (text(desk, label, &[])) } td { ":" } td { (value) } } }
                }
                p class="date" {
                    @if let Some(city) = &style.city { (city) ", " }
                    (short_date(desk, letter.issued_on))
                }
            }
            div class="to" {
                p { (text(desk, "letter-to", &[])) }
                p { b { (text(desk, addressee, &[("place", place.name.clone().into())])) } }
                @if let Some(name) = &place.contact_name { p { (text(desk, "letter-attention", &[("name", name.clone().into())])) } }
                p { (text(desk, "letter-at", &[("where", place.kecamatan.clone().unwrap_or_else(|| "Tempat".into()).into())])) }
            }
            p { (text(desk, "letter-greeting", &[])) }
            p { (style.basis.clone().unwrap_or_else(|| text(desk, "letter-basis", &[]))) }
            p { (text(desk, opening, &[])) }
            table class="facts" {
                @for (label, value) in &facts { tr { td { (text(desk, label, &[])) } td { ":" } td { (value) } } }
            }
            p { (text(desk, "letter-please", &[])) }
            ol {
                @for item in ["letter-please-room", "letter-please-tell", "letter-please-bring", "letter-please-teacher"] {
                    li { (text(desk, item, &[])) }
                }
            }
            @if let Some(day) = letter.answer_by { p { (text(desk, "letter-answer", &[("day", date(desk, day).into())])) } }
            p { (text(desk, "letter-free", &[])) }
            p { (text(desk, "letter-closing", &[])) }
            (signature(style))
            @if !style.copies.is_empty() {
                div class="copies" {
                    (text(desk, "letter-copies", &[]))
                    ol { @for copy in &style.copies { li { (copy) } } }
                }
            }
        }
    }
}

fn signature(style: &LetterStyle) -> Markup {
    html! {
        div class="sign" {
            p { (style.signatory_title) "," }
            div class="room" {}
            p class="name" { (style.signatory_name.as_deref().unwrap_or("…………………………")) }
            @if let Some(rank) = &style.signatory_rank { p { (rank) } }
            @if let Some(id) = &style.signatory_id { p { "NIP " (id) } }
        }
    }
}

/// The attachment: who is to be recorded, by class. No NIK and no birth date stand there.
fn list(desk: &Desk, letter: &Letter) -> Markup {
    let mut classes: Vec<(&str, Vec<&Student>)> = Vec::new();
    for student in &letter.students {
        let class = student.class_name.as_deref().unwrap_or("–");
        match classes.last_mut() {
            Some((last, students)) if *last == class => students.push(student),
            _ => classes.push((class, vec![student])),
        }
    }
    let of = [("number", number(letter).into()), ("day", short_date(desk, letter.issued_on).into())];
    let place = [("place", letter.place.name.clone().into()), ("day", date(desk, letter.visit.date).into())];
    let sex = |student: &Student| match student.sex {
        Some(Sex::Female) => "P",
        Some(Sex::Male) => "L",
        None => "",
    };
    html! {
        section class="list" {
            div class="of" { p { (text(desk, "letter-list-of", &of)) } }
            h3 { (text(desk, "letter-list-title", &place)) }
            @for (class, students) in &classes {
                h4 { (text(desk, "letter-list-class", &[("class", (*class).into()), ("count", i64::try_from(students.len()).unwrap_or(i64::MAX).into())])) }
                table class="names" {
                    thead { tr {
                        th { (text(desk, "sheet-column-number", &[])) }
                        th { (text(desk, "sheet-column-name", &[])) }
                        th class="sex" { (text(desk, "sheet-column-sex", &[])) }
                        th class="nisn" { (text(desk, "sheet-column-nisn", &[])) }
                    } }
                    tbody {
                        @for (at, student) in (1..).zip(students) {
                            tr {
                                td { (at.to_string()) }
                                td { (student.name) }
                                td class="sex" { (sex(student)) }
                                td class="nisn" { (student.nisn.as_deref().unwrap_or_default()) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Indonesia's zones in the catalogue's words.
fn zone_word(zone: chrono_tz::Tz) -> &'static str {
    match zone {
        chrono_tz::Asia::Jakarta | chrono_tz::Asia::Pontianak => "wib",
        chrono_tz::Asia::Makassar => "wita",
        chrono_tz::Asia::Jayapura => "wit",
        _ => "local",
    }
}
