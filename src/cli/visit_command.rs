//! `siap17 visit …`: its commands and their arguments.

use std::path::PathBuf;

use chrono::{NaiveDate, NaiveTime};
use clap::Subcommand;

use super::values::{Page, day, degrees, time, words};
use crate::visit::feed::FeedId;
use crate::visit::order::OrderId;
use crate::visit::session::SessionId;
use crate::visit::{DayResult, Ikd, VisitId, VisitState};

#[derive(Debug, Subcommand)]
pub enum VisitCommand {
    /// Plan visits; settled ones stay, proposed ones are replaced.
    Plan {
        /// The first day; tomorrow otherwise.
        #[arg(long, value_parser = day)]
        from: Option<NaiveDate>,
        /// The last day; the office's horizon otherwise.
        #[arg(long, value_parser = day)]
        to: Option<NaiveDate>,
        /// Show the plan, and keep nothing.
        #[arg(long)]
        dry_run: bool,
        /// Also draw the season's calendar and the map of the places here, as SVG.
        #[arg(long, value_name = "F.svg")]
        picture: Option<PathBuf>,
    },
    /// Visits by day and hour.
    List {
        #[arg(long)]
        state: Option<VisitState>,
        /// The place's code.
        #[arg(long, value_name = "CODE")]
        place: Option<String>,
        #[arg(long, value_parser = day)]
        from: Option<NaiveDate>,
        #[arg(long, value_parser = day)]
        to: Option<NaiveDate>,
        #[command(flatten)]
        page: Page,
    },
    /// Settle a proposed visit: it stays as it is from now on.
    Announce { visit: VisitId },
    /// The words to send a place's contact by hand, with a link that opens WhatsApp.
    Invite {
        visit: VisitId,
        /// They were sent: nobody has to do so again.
        #[arg(long)]
        sent: bool,
    },
    /// Announced visits that nobody has answered: whom to call, whom to write to.
    Calls,
    /// The formal letter to a place, with the list of students, as a page to print.
    Letter {
        #[arg(required_unless_present = "state", conflicts_with = "state")]
        visit: Option<VisitId>,
        /// Every visit to come in this state, announced or confirmed, each on pages of its own.
        #[arg(long)]
        state: Option<VisitState>,
        #[arg(long, value_name = "F.html")]
        out: PathBuf,
    },
    /// The place has agreed; students are told.
    Confirm { visit: VisitId },
    /// Calendars to subscribe to, by links with a secret.
    #[command(subcommand)]
    Feed(FeedCommand),
    /// Put a settled visit on another day.
    Move {
        visit: VisitId,
        #[arg(long, value_parser = day)]
        to: NaiveDate,
    },
    /// Call a visit off; its students are planned again.
    Cancel {
        visit: VisitId,
        #[arg(long, value_parser = words)]
        reason: String,
    },
    /// The offline list of a visit, as a spreadsheet.
    Sheet {
        visit: VisitId,
        #[arg(long, value_name = "F.xlsx")]
        out: PathBuf,
        /// Show NIKs too; the look is written down.
        #[arg(long)]
        with_nik: bool,
    },
    /// Write down the day: a list that came back, or one student's result.
    Record {
        visit: VisitId,
        #[arg(value_name = "F.xlsx", required_unless_present = "student")]
        file: Option<PathBuf>,
        #[arg(long, value_name = "ID", requires = "result", conflicts_with = "file")]
        student: Option<String>,
        #[arg(long, requires = "student")]
        result: Option<DayResult>,
        #[arg(long, requires = "student", value_parser = words)]
        reason: Option<String>,
        /// What the student said to the digital ID (IKD).
        #[arg(long, requires = "student")]
        ikd: Option<Ikd>,
        /// The student came without standing on the list.
        #[arg(long, requires = "student")]
        walk_in: bool,
    },
    /// Orders: somebody asks the office to come.
    #[command(subcommand)]
    Order(OrderCommand),
    /// Plan an instance from a file, without any database, and print the plan.
    WhatIf {
        instance: PathBuf,
        /// How many improvements are tried; from the size otherwise.
        #[arg(long)]
        moves: Option<u64>,
        /// Stop after so many seconds.
        #[arg(long)]
        seconds: Option<f64>,
    },
    /// Evenings, weekends and village days that are open to everybody.
    #[command(subcommand)]
    Session(SessionCommand),
}

#[derive(Debug, Subcommand)]
pub enum SessionCommand {
    /// Hold a session; whoever lives near and is not recorded is told, and it stands on the public list.
    Add {
        /// The place's code.
        #[arg(long, value_name = "CODE")]
        place: String,
        #[arg(long, value_name = "D", value_parser = day)]
        on: NaiveDate,
        #[arg(long, value_name = "HH:MM", value_parser = time)]
        from: NaiveTime,
        #[arg(long, value_name = "HH:MM", value_parser = time)]
        to: NaiveTime,
        #[arg(long, value_name = "NAME")]
        team: Option<String>,
        /// What stands on the public list besides place and hours.
        #[arg(long, value_name = "T", value_parser = words)]
        title: Option<String>,
    },
    /// Sessions by day and hour.
    List {
        #[arg(long, value_parser = day)]
        from: Option<NaiveDate>,
        #[arg(long, value_parser = day)]
        to: Option<NaiveDate>,
        #[command(flatten)]
        page: Page,
    },
    /// Call a session off; whoever was told is told.
    Cancel {
        session: SessionId,
        #[arg(long, value_parser = words)]
        reason: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum OrderCommand {
    /// Take an order; the next plan finds a day for it.
    Add(OrderAdd),
    /// Orders in the order they came.
    List(Page),
    /// Answer an order, once.
    #[command(group = clap::ArgGroup::new("answer").required(true))]
    Answer {
        order: OrderId,
        /// The team comes, on the day that the plan has found or the one that --on names.
        #[arg(long, group = "answer")]
        accept: bool,
        #[arg(long, value_parser = day, requires = "accept")]
        on: Option<NaiveDate>,
        /// Nobody comes; say why with --reason.
        #[arg(long, group = "answer", requires = "reason")]
        decline: bool,
        #[arg(long, value_parser = words, requires = "decline")]
        reason: Option<String>,
    },
}

#[derive(Debug, clap::Args)]
pub struct OrderAdd {
    /// The place's code; for a visit at home the student's own place otherwise.
    #[arg(long, value_name = "CODE")]
    pub place: Option<String>,
    /// How many people are expected.
    #[arg(long, value_name = "N", required_unless_present = "home")]
    pub expected: Option<i32>,
    /// The first wished day; tomorrow otherwise.
    #[arg(long, value_parser = day)]
    pub from: Option<NaiveDate>,
    /// The last wished day; thirty days later otherwise.
    #[arg(long, value_parser = day)]
    pub to: Option<NaiveDate>,
    /// Who asks.
    #[arg(long, value_parser = words)]
    pub by: String,
    #[arg(long, value_parser = words)]
    pub phone: Option<String>,
    /// Visit this student at home.
    #[arg(long, value_name = "STUDENT", conflicts_with = "expected")]
    pub home: Option<String>,
    /// Where the home is, in degrees; the student's place otherwise.
    #[arg(long, value_name = "LATITUDE,LONGITUDE", value_parser = degrees, requires = "home", allow_hyphen_values = true)]
    pub at: Option<(f64, f64)>,
    /// What keeps the student at home.
    #[arg(long, value_parser = words, requires = "home")]
    pub need: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum FeedCommand {
    /// Make a calendar of a team, a place or the whole office; its link is shown this once.
    #[command(group(clap::ArgGroup::new("of").required(true).args(["team", "place", "all"])))]
    Add {
        #[arg(long, value_name = "NAME")]
        team: Option<String>,
        /// The place's code.
        #[arg(long, value_name = "CODE")]
        place: Option<String>,
        /// Every visit of the office.
        #[arg(long)]
        all: bool,
    },
    /// Every calendar that was made, without its link.
    List(Page),
    /// Close a calendar; its link leads nowhere any more.
    Revoke { feed: FeedId },
}
