//! The commands, one family a file: what it may be told, and what it does with the desk. Their words for people are in
//! `show/`.

pub mod card;
pub mod check;
pub mod complaint;
mod hits;
pub mod link;
pub mod maintenance;
pub mod notice;
pub mod office;
pub mod place;
pub mod report;
pub mod roster;
pub mod serve;
mod slips;
pub mod staff;
pub mod student;
pub mod team;
pub mod visit;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// siap17: from a school's roster to a card in the hand at 17.
#[derive(Debug, Parser)]
#[command(version, about, propagate_version = true)]
pub struct Cli {
    /// The daemon's settings.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The office's code; not needed while there is only one.
    #[arg(long, global = true, value_name = "CODE")]
    pub office: Option<String>,
    /// The staff account that acts; otherwise the operating system's user.
    #[arg(long = "as", global = true, value_name = "STAFF")]
    pub staff: Option<String>,
    /// Print one JSON document on stdout and nothing else there.
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// The daemon, until SIGTERM or Ctrl-C.
    Serve,
    /// A school year of the sample office, played through with a stand-in for Telegram; leaves nothing behind.
    Demo {
        /// Where the console will be shown; until there is one, the demonstration ends after its summary.
        #[arg(long, value_name = "ADDR")]
        listen: Option<std::net::SocketAddr>,
        /// End after the summary.
        #[arg(long)]
        once: bool,
    },
    /// Check configuration, database, key, holidays, Telegram and clock.
    Check,
    /// The office itself.
    #[command(subcommand)]
    Office(office::OfficeCommand),
    /// Mobile teams.
    #[command(subcommand)]
    Team(team::TeamCommand),
    /// Places where students are met.
    #[command(subcommand)]
    Place(place::PlaceCommand),
    /// Rosters that schools send.
    #[command(subcommand)]
    Roster(roster::RosterCommand),
    /// Students and their facts.
    #[command(subcommand)]
    Student(student::StudentCommand),
    /// Visits to places.
    #[command(subcommand)]
    Visit(visit::VisitCommand),
    /// Cards, from the national status to the hand.
    #[command(subcommand)]
    Card(card::CardCommand),
    /// Notices and their ledger.
    #[command(subcommand)]
    Notice(notice::NoticeCommand),
    /// Codes that link chats.
    #[command(subcommand)]
    Link(link::LinkCommand),
    /// Reports.
    #[command(subcommand)]
    Report(report::ReportCommand),
    /// What came in by the bot's `/lapor`.
    #[command(subcommand)]
    Complaint(complaint::ComplaintCommand),
    /// Staff accounts.
    #[command(subcommand)]
    Staff(staff::StaffCommand),
    /// The audit chain.
    #[command(subcommand)]
    Audit(maintenance::AuditCommand),
    /// The sealing key.
    #[command(subcommand)]
    Key(maintenance::KeyCommand),
    /// Write a copy of the database (never of the key).
    Backup { file: PathBuf },
    /// Put a copy in the place of the database; it starts in hold.
    Restore { file: PathBuf },
    /// Read one old workbook for the siap17 process that started this one.
    #[command(hide = true)]
    ImportWorker,
}
