//! The plan as pictures: a calendar of the season, team by team, and a map of the places by how well they are served. Pure; one
//! SVG without scripts, fonts or links, so that it can be mailed, printed and shown by the console.

use std::collections::{BTreeMap, HashMap};

use chrono::{Datelike, NaiveDate, Weekday};
use maud::{Markup, html};

use super::VisitState;
use super::plan::Point;

/// Everything in pixels.
const MARGIN: u32 = 24;
const NAMES: u32 = 150;
const CELL: u32 = 24;
const ROW: u32 = 20;
const MONTH_GAP: u32 = 34;
const MAP: u32 = 520;
const WIDTH: u32 = MARGIN * 2 + NAMES + 31 * CELL;
/// More places than this are named by their tooltip only.
const MOST_NAMED: usize = 60;

/// What the pictures are drawn from.
#[derive(Debug, Clone, Default)]
pub struct Picture {
    pub title: String,
    /// The days of the plan.
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub teams: Vec<TeamRow>,
    pub visits: Vec<Block>,
    pub places: Vec<Dot>,
}

/// A team, its base, and the days on which it goes out.
#[derive(Debug, Clone)]
pub struct TeamRow {
    pub name: String,
    pub base: Point,
    /// Days on which the team stays at home.
    pub off: Vec<NaiveDate>,
}

/// A visit of the calendar.
#[derive(Debug, Clone)]
pub struct Block {
    pub date: NaiveDate,
    /// The team's place among the rows.
    pub team: usize,
    pub place: String,
    pub students: usize,
    pub state: VisitState,
}

/// A place of the map.
#[derive(Debug, Clone)]
pub struct Dot {
    pub name: String,
    pub at: Point,
    /// Students who wait to be recorded and are met by a visit.
    pub met: usize,
    /// Students who wait and for whom no visit was found, though they need one now.
    pub left: usize,
}

/// The words of the pictures, in the language of whoever looks.
pub trait Words {
    /// The name of a month, with its year.
    fn month(&self, year: i32, month: u32) -> String;
    fn word(&self, id: &'static str) -> String;
    /// Students of a visit, or those met and left of a place, for a tooltip.
    fn students(&self, met: usize, left: usize) -> String;
}

/// Draws the pictures.
#[must_use]
pub fn draw(picture: &Picture, words: &dyn Words) -> String {
    let months = months(picture.from, picture.to);
    let rows = u32::try_from(picture.teams.len()).unwrap_or(u32::MAX).max(1);
    let month_height = MONTH_GAP + rows.saturating_mul(ROW);
    let calendar = 64 + u32::try_from(months.len()).unwrap_or_default() * month_height;
    let map_top = calendar + 56;
    let height = map_top + MAP + 90;
    let drawn = html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(WIDTH) height=(height) viewBox={ "0 0 " (WIDTH) " " (height) }
            font-family="sans-serif" font-size="11" role="img" {
            title { (picture.title) }
            rect width=(WIDTH) height=(height) fill="#ffffff" {}
            text x=(MARGIN) y="30" font-size="18" font-weight="bold" { (picture.title) }
            (legend(MARGIN, 48, &states(words)))
            @for (at, month) in (0..).zip(&months) {
                (calendar_month(picture, *month, 64 + at * month_height, words))
            }
            text x=(MARGIN) y=(map_top - 20) font-size="15" font-weight="bold" { (words.word("picture-map")) }
            (legend(MARGIN, map_top, &coverages(words)))
            (map(picture, map_top + 16, words))
        }
    };
    drawn.into_string()
}

/// The first days of the months that the plan touches.
fn months(from: NaiveDate, to: NaiveDate) -> Vec<NaiveDate> {
    let mut months = Vec::new();
    let mut month = from.with_day(1).unwrap_or(from);
    while month <= to {
        months.push(month);
        match month.checked_add_months(chrono::Months::new(1)) {
            Some(next) => month = next,
            None => break,
        }
    }
    months
}

fn states(words: &dyn Words) -> Vec<(&'static str, String)> {
    [VisitState::Proposed, VisitState::Announced, VisitState::Confirmed]
        .map(|state| (colour(state), words.word(state_word(state))))
        .into_iter()
        .chain([(OFF, words.word("picture-off"))])
        .collect()
}

const OFF: &str = "#e5e7eb";

fn state_word(state: VisitState) -> &'static str {
    match state {
        VisitState::Proposed => "picture-proposed",
        VisitState::Announced => "picture-announced",
        VisitState::Confirmed | VisitState::Done | VisitState::Cancelled => "picture-confirmed",
    }
}

/// Colours that differ in lightness too, for whoever does not tell them apart.
fn colour(state: VisitState) -> &'static str {
    match state {
        VisitState::Proposed => "#bfdbfe",
        VisitState::Announced => "#f59e0b",
        VisitState::Confirmed | VisitState::Done | VisitState::Cancelled => "#15803d",
    }
}

fn coverages(words: &dyn Words) -> Vec<(&'static str, String)> {
    vec![
        ("#15803d", words.word("picture-all")),
        ("#facc15", words.word("picture-some")),
        ("#b91c1c", words.word("picture-none")),
        ("#9ca3af", words.word("picture-nobody")),
        ("#1f2937", words.word("picture-base")),
    ]
}

fn coverage(dot: &Dot) -> &'static str {
    match (dot.met, dot.left) {
        (0, 0) => "#9ca3af",
        (_, 0) => "#15803d",
        (0, _) => "#b91c1c",
        _ => "#facc15",
    }
}

fn legend(x: u32, y: u32, entries: &[(&str, String)]) -> Markup {
    html! {
        @for (at, (colour, word)) in (0..).zip(entries) {
            rect x=(x + at * 165) y=(y - 10) width="12" height="12" fill=(colour) stroke="#6b7280" {}
            text x=(x + at * 165 + 18) y=(y) { (word) }
        }
    }
}

fn calendar_month(picture: &Picture, first: NaiveDate, top: u32, words: &dyn Words) -> Markup {
    let days: Vec<NaiveDate> = first.iter_days().take_while(|day| day.month() == first.month()).collect();
    // A team's visits of one day share a cell.
    let mut cells: BTreeMap<(usize, NaiveDate), Vec<&Block>> = BTreeMap::new();
    for block in
        picture.visits.iter().filter(|block| (block.date.year(), block.date.month()) == (first.year(), first.month()))
    {
        cells.entry((block.team, block.date)).or_default().push(block);
    }
    let x = |day: NaiveDate| MARGIN + NAMES + day.day0() * CELL;
    html! {
        text x=(MARGIN) y=(top + 26) font-weight="bold" { (words.month(first.year(), first.month())) }
        @for day in &days {
            text x=(x(*day) + CELL / 2) y=(top + 26) text-anchor="middle" font-size="9"
                fill=@if day.weekday() == Weekday::Sun { "#b91c1c" } @else { "#4b5563" } { (day.day()) }
        }
        @for (at, team) in picture.teams.iter().enumerate() {
            @let y = top + MONTH_GAP + u32::try_from(at).unwrap_or_default() * ROW;
            text x=(MARGIN) y=(y + 14) { (shortened(&team.name, 22)) }
            @for day in days.iter().filter(|day| picture.from <= **day && **day <= picture.to) {
                @match cells.get(&(at, *day)) {
                    Some(blocks) => (cell(blocks, x(*day), y, words)),
                    None => {
                        rect x=(x(*day)) y=(y) width=(CELL - 2) height=(ROW - 2) stroke="#e5e7eb"
                            fill=@if team.off.contains(day) { (OFF) } @else { "#ffffff" } {}
                    }
                }
            }
        }
    }
}

/// One team's day: its number of students, in the colour of the visit that is least settled.
fn cell(blocks: &[&Block], x: u32, y: u32, words: &dyn Words) -> Markup {
    let settled = |state: VisitState| match state {
        VisitState::Proposed => 0,
        VisitState::Announced => 1,
        _ => 2,
    };
    let state =
        blocks.iter().map(|block| block.state).min_by_key(|state| settled(*state)).unwrap_or(VisitState::Proposed);
    let students: usize = blocks.iter().map(|block| block.students).sum();
    let ink = if state == VisitState::Confirmed { "#ffffff" } else { "#111827" };
    html! {
        g {
            title {
                @for (at, block) in blocks.iter().enumerate() {
                    @if at > 0 { "; " }
                    (block.place) ": " (words.students(block.students, 0))
                }
            }
            rect x=(x) y=(y) width=(CELL - 2) height=(ROW - 2) fill=(colour(state)) stroke="#6b7280" {}
            text x=(x + CELL / 2 - 1) y=(y + 13) text-anchor="middle" font-size="10" fill=(ink) { (students) }
        }
    }
}

/// The places from above, north up; a degree of longitude is as long as one of latitude, which near the equator it nearly is.
fn map(picture: &Picture, top: u32, words: &dyn Words) -> Markup {
    let points = picture.places.iter().map(|dot| dot.at).chain(picture.teams.iter().map(|team| team.base));
    let points: Vec<Point> = points.collect();
    let width = f64::from(WIDTH - MARGIN * 2);
    let fit = Fit::new(&points, width, f64::from(MAP));
    let names = picture.places.len() <= MOST_NAMED;
    let mut dots: Vec<&Dot> = picture.places.iter().collect();
    // The large ones below, so that none is hidden.
    dots.sort_by_key(|dot| std::cmp::Reverse(dot.met + dot.left));
    let mut taken: HashMap<(i64, i64), ()> = HashMap::new();
    html! {
        rect x=(MARGIN) y=(top) width=(WIDTH - MARGIN * 2) height=(MAP) fill="#f9fafb" stroke="#d1d5db" {}
        @for dot in dots {
            @let (x, y) = fit.place(dot.at, f64::from(MARGIN), f64::from(top));
            @let radius = 4.0 + ((dot.met + dot.left) as f64).sqrt().min(16.0);
            g {
                title { (dot.name) ": " (words.students(dot.met, dot.left)) }
                circle cx=(one(x)) cy=(one(y)) r=(one(radius)) fill=(coverage(dot)) fill-opacity="0.8" stroke="#374151" {}
                // Names of neighbours would cover each other.
                @if names && taken.insert(((x / 110.0) as i64, (y / 14.0) as i64), ()).is_none() {
                    text x=(one(x + radius + 2.0)) y=(one(y + 3.0)) font-size="9" { (shortened(&dot.name, 20)) }
                }
            }
        }
        @for team in &picture.teams {
            @let (x, y) = fit.place(team.base, f64::from(MARGIN), f64::from(top));
            g {
                title { (team.name) }
                rect x=(one(x - 5.0)) y=(one(y - 5.0)) width="10" height="10" fill="#1f2937" {}
            }
        }
    }
}

/// How degrees become pixels.
struct Fit {
    west: f64,
    north: f64,
    scale: f64,
    left: f64,
    top: f64,
}

impl Fit {
    fn new(points: &[Point], width: f64, height: f64) -> Self {
        const BORDER: f64 = 30.0;
        let span = |of: fn(&Point) -> f64| {
            let low = points.iter().map(of).fold(f64::INFINITY, f64::min);
            let high = points.iter().map(of).fold(f64::NEG_INFINITY, f64::max);
            if low.is_finite() { (low, high) } else { (0.0, 0.0) }
        };
        let ((west, east), (south, north)) = (span(|point| point.longitude), span(|point| point.latitude));
        // A single place is in the middle, not infinitely large.
        let scale = ((width - 2.0 * BORDER) / (east - west).max(0.001))
            .min((height - 2.0 * BORDER) / (north - south).max(0.001));
        let left = (width - (east - west) * scale) / 2.0;
        let top = (height - (north - south) * scale) / 2.0;
        Self { west, north, scale, left, top }
    }

    fn place(&self, at: Point, x: f64, y: f64) -> (f64, f64) {
        (
            x + self.left + (at.longitude - self.west) * self.scale,
            y + self.top + (self.north - at.latitude) * self.scale,
        )
    }
}

fn one(number: f64) -> String {
    format!("{number:.1}")
}

fn shortened(name: &str, most: usize) -> String {
    if name.chars().count() <= most { name.to_owned() } else { name.chars().take(most - 1).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Plain;

    impl Words for Plain {
        fn month(&self, year: i32, month: u32) -> String {
            format!("{year}-{month:02}")
        }

        fn word(&self, id: &'static str) -> String {
            id.to_owned()
        }

        fn students(&self, met: usize, left: usize) -> String {
            format!("{met}+{left}")
        }
    }

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn names_are_escaped_and_every_visit_has_its_cell() {
        let here = Point { latitude: -8.6, longitude: 116.1 };
        let block = |day: &str, students, state| Block {
            date: date(day),
            team: 0,
            place: "SMAN <1> & \"Contoh\"".into(),
            students,
            state,
        };
        let picture = Picture {
            title: "Rencana".into(),
            from: date("2026-11-24"),
            to: date("2027-01-10"),
            teams: vec![TeamRow { name: "Tim A".into(), base: here, off: vec![date("2026-11-27")] }],
            visits: vec![
                block("2026-11-24", 41, VisitState::Confirmed),
                block("2026-11-24", 2, VisitState::Proposed),
                block("2027-01-05", 77, VisitState::Announced),
            ],
            places: vec![Dot { name: "SMAN <1>".into(), at: here, met: 43, left: 5 }],
        };
        let svg = draw(&picture, &Plain);
        assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>"));
        assert!(!svg.contains("<1>") && svg.contains("SMAN &lt;1&gt; &amp; &quot;Contoh&quot;: 41+0"));
        assert!(svg.contains(">43</text>") && svg.contains(">77</text>"), "visits of one day share a cell");
        for month in ["2026-11", "2026-12", "2027-01"] {
            assert!(svg.contains(&format!(">{month}</text>")), "{month}");
        }
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "a single place is in the middle");
        assert_eq!(
            svg.matches(OFF).count(),
            48 + 1 - 2 + 1,
            "every free day has a frame, the day off and the legend its colour"
        );
        assert!(svg.contains("43+5") && svg.contains("#facc15"));
        let nothing = draw(&Picture { from: date("2026-11-24"), to: date("2026-11-24"), ..Picture::default() }, &Plain);
        assert!(nothing.contains("</svg>") && !nothing.contains("NaN"));
    }
}
