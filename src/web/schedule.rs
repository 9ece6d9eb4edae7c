//! `/jadwal`: where and when anybody may come to be recorded, for phones and as a poster for the notice board. Nobody's name
//! stands here, nothing runs here, and nothing is fetched from elsewhere.

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono::NaiveDate;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde::Deserialize;

use crate::clock::Clock;
use crate::db::{Db, DbError};
use crate::messages::{Arg, Messages};
use crate::notice::text::long_date;
use crate::office::{self, Office, OfficeError};
use crate::visit::session::{self, PublicDay};

/// As many days of one office as somebody reads.
const SHOWN: i64 = 200;
/// Only this page's own style; no script, no picture, no frame.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    // A session that is called off is gone a minute later.
    (header::CACHE_CONTROL, "public, max-age=60"),
];
const STYLE: &str = include_str!("schedule.css");

/// What the page needs.
#[derive(Clone)]
struct Source {
    db: Db,
    clock: Clock,
    messages: Messages,
}

/// The public routes.
pub fn router(db: Db, clock: Clock, messages: Messages) -> Router {
    Router::new().route("/jadwal", get(page)).with_state(Source { db, clock, messages })
}

/// `?bahasa=en` for English, `?kantor=CODE` for one of several offices.
#[derive(Debug, Deserialize)]
struct Wish {
    bahasa: Option<String>,
    kantor: Option<String>,
}

async fn page(State(source): State<Source>, Query(wish): Query<Wish>) -> Response {
    let language = if wish.bahasa.as_deref() == Some("en") { "en" } else { "id" };
    let words = Words { messages: &source.messages, language };
    match read(&source, wish.kantor.as_deref()).await {
        Ok(offices) if offices.is_empty() => {
            let text = words.say("page-no-office", &[]);
            (StatusCode::NOT_FOUND, HEADERS, frame(words, wish.kantor.as_deref(), &html! { p { (text) } }))
                .into_response()
        }
        Ok(offices) => {
            let body = html! { @for (office, days) in &offices { (section(words, &source.clock, office, days)) } };
            (HEADERS, frame(words, wish.kantor.as_deref(), &body)).into_response()
        }
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the public schedule cannot be read");
            let text = words.say("page-later", &[]);
            (StatusCode::SERVICE_UNAVAILABLE, HEADERS, frame(words, None, &html! { p { (text) } })).into_response()
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum PageError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Office(#[from] OfficeError),
}

/// Every office, or the one that is asked for, with its coming days.
async fn read(source: &Source, code: Option<&str>) -> Result<Vec<(Office, Vec<PublicDay>)>, PageError> {
    let mut tx = source.db.read().await?;
    let mut found = Vec::new();
    for office in office::all(&mut tx).await? {
        if code.is_none_or(|code| code == office.declaration.code) {
            let days = session::public(&mut tx, office.id, source.clock.now(), SHOWN).await?;
            found.push((office, days));
        }
    }
    Ok(found)
}

/// The catalogue in the reader's language.
#[derive(Clone, Copy)]
struct Words<'a> {
    messages: &'a Messages,
    language: &'a str,
}

impl Words<'_> {
    fn say(self, id: &str, arguments: &[(&str, Arg)]) -> String {
        self.messages.text(self.language, id, arguments)
    }

    fn date(self, date: NaiveDate) -> String {
        long_date(self.messages, self.language, date)
    }
}

fn frame(words: Words<'_>, office: Option<&str>, body: &Markup) -> String {
    let title = words.say("page-schedule", &[]);
    let other = if words.language == "en" { "id" } else { "en" };
    // The code comes from the address that was asked for: written back, it must stay a value.
    let office: Option<String> = office.map(|code| url::form_urlencoded::byte_serialize(code.as_bytes()).collect());
    let link = office.map_or_else(|| format!("?bahasa={other}"), |code| format!("?kantor={code}&bahasa={other}"));
    let page = html! {
        (DOCTYPE)
        html lang=(words.language) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (title) }
                    p.lead { (words.say("page-lead", &[])) }
                }
                main { (body) }
                footer.screen {
                    a href=(link) lang=(other) hreflang=(other) { (words.messages.text(other, "page-language", &[])) }
                }
            }
        }
    };
    page.into_string()
}

fn section(words: Words<'_>, clock: &Clock, office: &Office, days: &[PublicDay]) -> Markup {
    let declared = &office.declaration;
    let zone = office.zone();
    let age = i64::from(declared.policies.recording_age);
    let mut by_date: Vec<(NaiveDate, Vec<&PublicDay>)> = Vec::new();
    for day in days {
        match by_date.last_mut() {
            Some((date, list)) if *date == day.date => list.push(day),
            _ => by_date.push((day.date, vec![day])),
        }
    }
    html! {
        section {
            h2 { (declared.name) }
            aside {
                p { strong { (words.say("page-bring", &[])) } }
                p { (words.say("page-who", &[("age", age.into())])) }
            }
            @if by_date.is_empty() { p.none { (words.say("page-none", &[])) } }
            @for (date, list) in &by_date {
                div.day {
                    h3 { time datetime=(date.to_string()) { (words.date(*date)) } }
                    @for day in list {
                        div.session {
                            p.hours { (day.hours(zone)) " " span.zone { (zone_name(office, day)) } }
                            p.place { (day.place_name) }
                            @if let Some(kecamatan) = day.kecamatan_in_words() { p.area { (kecamatan) } }
                            @if let Some(title) = &day.title { p.title { (title) } }
                        }
                    }
                }
            }
            address {
                p { (words.say("page-office", &[])) " " (declared.name) ", " (declared.address) }
                @if let Some(phone) = &declared.phone { p { (words.say("page-phone", &[("phone", phone.clone().into())])) } }
                p.fresh { (words.say("page-fresh", &[("day", words.date(clock.today(zone)).into())])) }
            }
        }
    }
}

/// The zone as people call it.
fn zone_name(office: &Office, day: &PublicDay) -> String {
    match office.zone() {
        chrono_tz::Asia::Jakarta | chrono_tz::Asia::Pontianak => "WIB".into(),
        chrono_tz::Asia::Makassar => "WITA".into(),
        chrono_tz::Asia::Jayapura => "WIT".into(),
        zone => day.starts_at.with_timezone(&zone).format("%Z").to_string(),
    }
}
