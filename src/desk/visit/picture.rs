//! The plan as pictures, in the office's words.

use std::collections::HashMap;

use super::plan_report::PlanReport;
use crate::desk::context::{Desk, Done};
use crate::messages::{Arg, LANGUAGES, Messages};
use crate::office;
use crate::place;
use crate::staff::Right;
use crate::visit::picture::{self, Block, Dot, Picture, TeamRow, Words};
use crate::visit::plan::Reason;
use crate::visit::season;

impl Desk {
    /// The season's calendar and the map of the places, as one SVG.
    pub async fn plan_picture(&self, report: &PlanReport) -> Done<String> {
        self.require(Right::Visits)?;
        let mut tx = self.db.read().await?;
        let office = office::load(&mut tx, self.office.id).await?;
        let places = place::all(&mut tx, office.id).await?;
        drop(tx);
        let off = |team: &office::Team| {
            let days = report.from.iter_days().take_while(|day| *day <= report.to);
            days.filter(|day| team.devices_on(*day) == 0 || self.holidays.name(*day).is_some()).collect()
        };
        let teams: Vec<TeamRow> = (office.teams.iter())
            .map(|team| TeamRow { name: team.declared.name.clone(), base: season::base_of(team), off: off(team) })
            .collect();
        let row: HashMap<&str, usize> = (0..).zip(&teams).map(|(at, team)| (team.name.as_str(), at)).collect();
        let mut met: HashMap<&str, usize> = HashMap::new();
        let mut left: HashMap<&str, usize> = HashMap::new();
        for visit in &report.visits {
            *met.entry(&visit.place).or_default() += visit.students.len();
        }
        for student in &report.unplaced {
            // Whoever can wait is no gap in the plan.
            if let Some(place) = &student.place
                && !matches!(student.reason, Reason::NotDueYet | Reason::OutsideTheHorizon | Reason::LeftSchool)
            {
                *left.entry(place).or_default() += 1;
            }
        }
        let blocks = report.visits.iter().filter_map(|visit| {
            Some(Block {
                date: visit.date,
                team: *row.get(visit.team.as_str())?,
                place: format!("{} {}", visit.place, visit.place_name),
                students: visit.students.len(),
                state: visit.state,
            })
        });
        let dots = places.iter().filter_map(|place| {
            let code = place.code.as_str();
            let (met, left) = (met.get(code).copied().unwrap_or(0), left.get(code).copied().unwrap_or(0));
            Some(Dot { name: place.name.clone(), at: season::point_of(place)?, met, left })
        });
        let words = CatalogueWords(&self.messages);
        let arguments: [(&str, Arg); 3] = [
            ("office", office.declaration.name.clone().into()),
            ("from", report.from.to_string().into()),
            ("to", report.to.to_string().into()),
        ];
        let drawn = Picture {
            title: self.messages.text(LANGUAGES[0], "picture-title", &arguments),
            from: report.from,
            to: report.to,
            visits: blocks.collect(),
            places: dots.collect(),
            teams,
        };
        Ok(picture::draw(&drawn, &words))
    }
}

/// The words of the first language's catalogue.
struct CatalogueWords<'a>(&'a Messages);

impl Words for CatalogueWords<'_> {
    fn month(&self, year: i32, month: u32) -> String {
        format!("{} {year}", self.0.text(LANGUAGES[0], &format!("month-{month}"), &[]))
    }

    fn word(&self, id: &'static str) -> String {
        self.0.text(LANGUAGES[0], id, &[])
    }

    fn students(&self, met: usize, left: usize) -> String {
        let number = |count: usize| Arg::from(i64::try_from(count).unwrap_or(i64::MAX));
        self.0.text(LANGUAGES[0], "picture-students", &[("met", number(met)), ("left", number(left))])
    }
}
