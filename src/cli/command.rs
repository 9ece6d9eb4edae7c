//! The commands and their arguments, as `design.md` fixes them for scripts and offices.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Parser, Subcommand};

use super::values::{Page, day, words};
use super::visit_command::VisitCommand;
use crate::notice::{NoticeId, State};
use crate::office::PauseKind;
use crate::staff::Role;
use crate::student::ClosedReason;

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
    Office(OfficeCommand),
    /// Mobile teams.
    #[command(subcommand)]
    Team(TeamCommand),
    /// Places where students are met.
    #[command(subcommand)]
    Place(PlaceCommand),
    /// Rosters that schools send.
    #[command(subcommand)]
    Roster(super::roster::RosterCommand),
    /// Students and their facts.
    #[command(subcommand)]
    Student(StudentCommand),
    /// Visits to places.
    #[command(subcommand)]
    Visit(VisitCommand),
    /// Cards, from the national status to the hand.
    #[command(subcommand)]
    Card(CardCommand),
    /// Notices and their ledger.
    #[command(subcommand)]
    Notice(NoticeCommand),
    /// Codes that link chats.
    #[command(subcommand)]
    Link(LinkCommand),
    /// Reports.
    #[command(subcommand)]
    Report(ReportCommand),
    /// What came in by the bot's `/lapor`.
    #[command(subcommand)]
    Complaint(ComplaintCommand),
    /// Staff accounts.
    #[command(subcommand)]
    Staff(StaffCommand),
    /// The audit chain.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// The sealing key.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Write a copy of the database (never of the key).
    Backup { file: PathBuf },
    /// Put a copy in the place of the database; it starts in hold.
    Restore { file: PathBuf },
    /// Read one old workbook for the siap17 process that started this one.
    #[command(hide = true)]
    ImportWorker,
}

#[derive(Debug, Subcommand)]
pub enum OfficeCommand {
    /// Declare an office, or change it; applying twice changes nothing.
    Apply { file: PathBuf },
    /// The declared offices.
    List(Page),
    /// Pause printing, recording or the counter until a day, that day included.
    Pause {
        kind: PauseKind,
        #[arg(long, value_parser = day)]
        until: NaiveDate,
        #[arg(long, value_parser = words)]
        reason: String,
    },
    /// End a pause today.
    Resume { kind: PauseKind },
}

#[derive(Debug, Subcommand)]
pub enum TeamCommand {
    /// The team cannot go out until a day, that day included.
    Broken {
        name: String,
        #[arg(long, value_parser = day)]
        until: NaiveDate,
    },
    /// The team goes out again.
    Repaired { name: String },
}

#[derive(Debug, Subcommand)]
pub enum PlaceCommand {
    /// Add places from a CSV, and change those that are known.
    Import { file: PathBuf },
    /// Schools, villages and communities.
    List(Page),
}

#[derive(Debug, Subcommand)]
pub enum StudentCommand {
    /// By ID, NISN, NIK or the beginning of the name; any part of it, where no name begins so.
    Find {
        text: String,
        #[command(flatten)]
        page: Page,
    },
    /// What is known of a student.
    Show {
        student: String,
        /// Show the NIK too; the look is written down.
        #[arg(long)]
        with_nik: bool,
    },
    /// Why each notice did or did not go out.
    Why { student: String },
    /// Add a student whom no list names.
    Add {
        #[arg(long)]
        name: String,
        #[arg(long, value_parser = day)]
        birth_date: NaiveDate,
        #[arg(long)]
        nik: Option<String>,
        #[arg(long)]
        nisn: Option<String>,
        /// L or P.
        #[arg(long)]
        sex: Option<String>,
        /// The place's code.
        #[arg(long)]
        place: Option<String>,
        #[arg(long)]
        class: Option<String>,
        #[arg(long)]
        phone: Option<String>,
        #[arg(long)]
        ever_married: bool,
        /// Add them although somebody with this NISN, or this name and birth date, is known.
        #[arg(long)]
        although_known: bool,
    },
    /// Change one fact.
    Set {
        student: String,
        field: String,
        value: String,
        #[arg(long, value_parser = words)]
        reason: String,
    },
    /// Close a case: died, moved to another region, has a card, duplicate.
    Close {
        student: String,
        #[arg(long)]
        reason: ClosedReason,
        /// What is known of it, for the audit.
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Make B the same person as A.
    Merge { kept: String, duplicate: String },
    /// Everything that is kept of one student.
    Export { student: String },
}

#[derive(Debug, Subcommand)]
pub enum CardCommand {
    /// Take a sheet of NIK and national status.
    Status { file: PathBuf },
    /// Whose card can be printed.
    Queue {
        #[arg(long)]
        with_nik: bool,
        #[command(flatten)]
        page: Page,
    },
    /// Cards were printed: a file, or students by ID, NISN or name.
    Printed {
        #[arg(required = true)]
        students: Vec<String>,
        /// Where the blanks came from; the first pickup point otherwise.
        #[arg(long, value_name = "POINT")]
        at: Option<String>,
    },
    /// Printed cards lie ready at a pickup point.
    Ready {
        #[arg(required = true)]
        students: Vec<String>,
        #[arg(long, value_name = "POINT")]
        at: String,
    },
    /// Blanks.
    #[command(subcommand)]
    Stock(StockCommand),
    /// Hand a card out, by pickup code or student.
    Collect {
        card: String,
        /// Who came, if not the holder.
        #[arg(long, requires = "relation", value_parser = words)]
        by: Option<String>,
        /// What that person is to the holder.
        #[arg(long, value_parser = words)]
        relation: Option<String>,
    },
    /// Take a handing-out back.
    CollectUndo {
        student: String,
        #[arg(long, value_parser = words)]
        reason: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum StockCommand {
    /// Blanks came.
    Receive {
        count: u32,
        #[arg(long, value_name = "POINT")]
        at: String,
    },
    /// Blanks were spoilt.
    Spoil {
        count: u32,
        #[arg(long, value_name = "POINT")]
        at: String,
    },
    /// So many blanks were counted by hand.
    Count {
        count: u32,
        #[arg(long, value_name = "POINT")]
        at: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum NoticeCommand {
    /// Notices, newest last.
    List {
        #[arg(long)]
        state: Option<State>,
        /// Only those that ever had a lost attempt.
        #[arg(long)]
        lost: bool,
        #[command(flatten)]
        page: Page,
    },
    /// What would stand open on a day, with its words.
    Preview {
        #[arg(long, value_parser = day)]
        date: Option<NaiveDate>,
    },
    /// Try a failed notice again.
    Retry { notice: NoticeId },
    /// The person was told by someone.
    Told {
        notice: NoticeId,
        #[arg(long, value_parser = words)]
        by: String,
    },
    /// Hold everything back.
    Hold,
    /// Let notices go.
    Resume {
        /// Take the present for right although newer attempts exist.
        #[arg(long)]
        clock: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum LinkCommand {
    /// Printable slips for a place's students: one code for the student, one for a guardian.
    Slips {
        place: String,
        #[arg(long = "student", value_name = "ID")]
        students: Vec<String>,
        /// The page to print; may be left out with --json.
        #[arg(long, value_name = "F.html")]
        out: Option<PathBuf>,
    },
    /// A code for a place's contact.
    Contact { place: String },
    /// End every chat link of a student.
    Reset { student: String },
}

#[derive(Debug, Subcommand)]
pub enum ReportCommand {
    /// The day's work and the funnel.
    Daily {
        #[arg(long, value_parser = day)]
        date: Option<NaiveDate>,
        #[arg(long, value_name = "F.xlsx")]
        out: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub enum ComplaintCommand {
    /// Complaints and wishes for a correction, in the order they came.
    List(Page),
    /// Answer one, by its ID or the number that the person was told.
    Answer {
        complaint: String,
        #[arg(required = true)]
        text: Vec<String>,
    },
}

#[derive(Debug, Subcommand)]
pub enum StaffCommand {
    /// Make an account.
    Add {
        name: String,
        #[arg(long)]
        role: Role,
        #[arg(long, value_name = "CODE")]
        place: Option<String>,
    },
    /// Accounts, with their roles.
    List(Page),
    /// An account may do nothing any more.
    Disable { name: String },
    /// A code by which the account's holder links a chat.
    Link { name: String },
}

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Whether the record of who did what is whole.
    Verify,
}

#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make the key file; an existing one is never touched.
    New,
}
