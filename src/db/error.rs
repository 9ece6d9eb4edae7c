//! Why the database did not do what it was asked, and whether asking again may help.

use std::io::ErrorKind as Io;
use std::path::PathBuf;

use sqlx::migrate::MigrateError;

/// Why the database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    #[error("the database address must begin with sqlite:// or postgres://, but begins otherwise")]
    Scheme,
    #[error("the database was made by a newer siap17; install that version or restore a backup of this one's")]
    Newer,
    #[error("the database {0} is in use by another siap17 serve; stop that one first")]
    Locked(PathBuf),
    #[error(
        "the database {0} is gone, or another stands in its place; nothing more is read from or written into the one that was \
         open. Put it back, or a copy (`siap17 restore FILE`, on PostgreSQL pg_restore), and start again"
    )]
    Gone(PathBuf),
    #[error(
        "the database is older than what was last served from it: an older copy stands in its place. Nothing is sent from it \
         before it is in hold, which the next start or the next command of siap17 puts it into"
    )]
    Older,
    #[error("another live siap17 serves under the node name '{0}'; give this one its own (node.name or SIAP17_NODE)")]
    NodeTaken(String),
    #[error("the database {0} cannot be opened")]
    Open(String, #[source] sqlx::Error),
    #[error("the database {0} cannot be opened; make sure that its folder may be written and the disk is not full")]
    OpenStorage(String, #[source] sqlx::Error),
    #[error("the file {path} cannot be used")]
    File { path: PathBuf, source: std::io::Error },
    #[error("the database schema cannot be brought up to date")]
    Migrate(#[source] MigrateError),
    #[error(
        "the database cannot be read or written; make sure that its folder may be written and the disk is not full"
    )]
    Storage(#[source] sqlx::Error),
    #[error(
        "the database file is damaged; stop siap17, keep the file as it is, and put the newest backup in its place with \
         `siap17 restore`"
    )]
    Damaged(#[source] sqlx::Error),
    #[error(
        "the database {0} is damaged, or is none; keep it as it is, and put the newest backup in its place with `siap17 restore`"
    )]
    OpenDamaged(String, #[source] sqlx::Error),
    #[error("what was being written was interrupted; nothing of it is kept, so do it again")]
    Interrupted,
    #[error("{0}")]
    Trouble(Trouble, #[source] sqlx::Error),
    #[error("the database refused a statement")]
    Statement(#[source] sqlx::Error),
}

/// What stands between the program and its database, or between two changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    #[error("the PostgreSQL server refuses connections; make sure that it runs at the configured address and port")]
    Refused,
    #[error("there is no route to the PostgreSQL server; look at the network and at the configured address")]
    NoRoute,
    #[error("the PostgreSQL server does not answer in time; look at the network, and whether the server is overloaded")]
    NoAnswer,
    #[error(
        "the PostgreSQL server has too many clients; raise its max_connections, or stop a siap17 that is not needed"
    )]
    TooManyClients,
    #[error(
        "the name of the PostgreSQL server's machine is not known; look at the address in database.url and at the network's DNS"
    )]
    UnknownHost,
    #[error(
        "the connection to the PostgreSQL server was cut; nothing of what was not confirmed is kept, so do it again"
    )]
    Cut,
    #[error(
        "the PostgreSQL server refuses the user or the password; look at both in database.url (or SIAP17_DATABASE_URL), and at the \
         server's pg_hba.conf"
    )]
    Password,
    #[error("the PostgreSQL server has no database of that name; make it with createdb, or correct database.url")]
    NoDatabase,
    #[error("the PostgreSQL user may not do this; make it the owner of its database and of all tables in it")]
    NoPermission,
    #[error("the PostgreSQL server is starting, stopping or recovering; wait until it runs")]
    Starting,
    #[error(
        "the database may only be read: the PostgreSQL server is a standby, or is set to read only; let database.url name the \
         primary server"
    )]
    ReadOnly,
    #[error("the disk of the PostgreSQL server is full; make room on it")]
    ServerDiskFull,
    #[error("another change met this one at the same moment; nothing of this one is kept, so do it again")]
    Conflict,
    #[error("another change holds what this one needs for too long; nothing of this one is kept, so do it again later")]
    Busy,
}

impl Trouble {
    fn of(error: &sqlx::Error) -> Option<Self> {
        match error {
            sqlx::Error::Io(error) => match error.kind() {
                Io::ConnectionRefused => Some(Self::Refused),
                Io::HostUnreachable | Io::NetworkUnreachable => Some(Self::NoRoute),
                Io::TimedOut => Some(Self::NoAnswer),
                Io::ConnectionReset | Io::ConnectionAborted | Io::BrokenPipe | Io::UnexpectedEof => Some(Self::Cut),
                // The system has no kind for it.
                _ if error.to_string().contains("lookup address") => Some(Self::UnknownHost),
                _ => None,
            },
            sqlx::Error::PoolTimedOut => Some(Self::NoAnswer),
            sqlx::Error::Database(_) => match State::of(error)? {
                State::Postgres(state) => match state.as_str() {
                    "40001" | "40P01" => Some(Self::Conflict),
                    "55P03" => Some(Self::Busy),
                    "53300" => Some(Self::TooManyClients),
                    "53100" => Some(Self::ServerDiskFull),
                    "28P01" | "28000" => Some(Self::Password),
                    "3D000" => Some(Self::NoDatabase),
                    "42501" => Some(Self::NoPermission),
                    "25006" => Some(Self::ReadOnly),
                    "57P01" | "57P02" | "57P03" => Some(Self::Starting),
                    _ => None,
                },
                State::Sqlite(BUSY | LOCKED) => Some(Self::Busy),
                State::Sqlite(_) => None,
            },
            _ => None,
        }
    }
}

/// What a database said of an error: PostgreSQL's SQLSTATE, or SQLite's primary code.
enum State {
    Postgres(String),
    Sqlite(u32),
}

const BUSY: u32 = 5;
const LOCKED: u32 = 6;
const NOMEM: u32 = 7;
const READONLY: u32 = 8;
const INTERRUPT: u32 = 9;
const IOERR: u32 = 10;
const CORRUPT: u32 = 11;
const FULL: u32 = 13;
const CANTOPEN: u32 = 14;
const PROTOCOL: u32 = 15;
const NOTADB: u32 = 26;

impl State {
    fn of(error: &sqlx::Error) -> Option<Self> {
        let sqlx::Error::Database(error) = error else { return None };
        let code = error.code()?;
        if error.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_none() {
            return Some(Self::Postgres(code.into_owned()));
        }
        // The higher bits say it in more detail.
        code.parse::<u32>().ok().map(|code| Self::Sqlite(code & 0xff))
    }

    /// Whether the statement may succeed later as it is. A list of what passes, not of what does not: a statement that can never
    /// succeed would be tried for ever.
    fn passes(&self) -> bool {
        match self {
            Self::Sqlite(code) => {
                matches!(*code, BUSY | LOCKED | NOMEM | READONLY | INTERRUPT | IOERR | FULL | CANTOPEN | PROTOCOL)
            }
            Self::Postgres(state) => match state.get(..2) {
                // Connection, resources, and who may come in at all, which somebody will mend.
                Some("08" | "28" | "53" | "3D") => true,
                // Rolled back by the server, but for a constraint's sake.
                Some("40") => state != "40002",
                // A standby that is not promoted yet; a transaction that was idle or open for too long; a lock that was not had
                // in time; a server that starts or stops; a disk that fails.
                _ => matches!(
                    state.as_str(),
                    "25006" | "25P03" | "25P04" | "55P03" | "57P01" | "57P02" | "57P03" | "57P05" | "58000" | "58030"
                ),
            },
        }
    }
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        match Trouble::of(&error) {
            Some(trouble) => Self::Trouble(trouble, error),
            None if is_of_storage(&error) => Self::Storage(error),
            None if is_damage(&error) => Self::Damaged(error),
            None => Self::Statement(error),
        }
    }
}

impl DbError {
    /// An error of a statement to which no answer came within the time that was set for it.
    #[must_use]
    pub fn no_answer() -> Self {
        Self::Trouble(Trouble::NoAnswer, sqlx::Error::PoolTimedOut)
    }

    /// An error of opening the database that is shown as `name`.
    pub(super) fn of_opening(name: &str, error: sqlx::Error) -> Self {
        match Trouble::of(&error) {
            Some(trouble) => Self::Trouble(trouble, error),
            None if is_of_storage(&error) => Self::OpenStorage(name.to_owned(), error),
            None if is_damage(&error) => Self::OpenDamaged(name.to_owned(), error),
            None => Self::Open(name.to_owned(), error),
        }
    }

    /// Whether a UNIQUE rule stopped the statement.
    #[must_use]
    pub fn is_duplicate(&self) -> bool {
        matches!(self, Self::Statement(sqlx::Error::Database(error)) if error.is_unique_violation())
    }

    /// Whether a lock was not had within the time that was set for it.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Trouble(Trouble::Busy, _))
    }
}

/// SQLite's READONLY, IOERR, FULL and CANTOPEN: nothing is wrong with what was asked.
fn is_of_storage(error: &sqlx::Error) -> bool {
    matches!(State::of(error), Some(State::Sqlite(READONLY | IOERR | FULL | CANTOPEN)))
}

fn is_damage(error: &sqlx::Error) -> bool {
    matches!(State::of(error), Some(State::Sqlite(CORRUPT | NOTADB)))
}

/// The database's own error among the causes of `error`.
fn cause<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a sqlx::Error> {
    std::iter::successors(Some(error), |error| error.source()).find_map(|error| error.downcast_ref())
}

/// Whether retrying may succeed: a connection, lock or resource error, and nothing that is wrong with the statement itself.
#[must_use]
pub fn is_passing(error: &(dyn std::error::Error + 'static)) -> bool {
    cause(error).is_some_and(|error| match error {
        sqlx::Error::Database(_) => State::of(error).is_some_and(|state| state.passes()),
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        _ => false,
    })
}

/// Whether a lock was not had in time: whoever holds it, such as a long import, lets go of it in the end.
#[must_use]
pub fn waits_for_lock(error: &(dyn std::error::Error + 'static)) -> bool {
    matches!(cause(error).and_then(Trouble::of), Some(Trouble::Busy))
}

/// Whether two transactions stood in each other's way (a deadlock, a serialization failure, a lock that was not had in time), so
/// that the one that was rolled back is to be run again.
#[must_use]
pub fn is_conflict(error: &(dyn std::error::Error + 'static)) -> bool {
    let trouble = cause(error).and_then(Trouble::of);
    matches!(trouble, Some(Trouble::Conflict | Trouble::Busy))
}
