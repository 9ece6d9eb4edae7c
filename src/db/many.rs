//! Statements about many rows at once: one for some hundreds, instead of one for each.

use std::ops::ControlFlow;

use sqlx::encode::{Encode, IsNull};
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgConnection};
use tokio::sync::mpsc;

use super::{DbError, Tx, count_statement};

/// Fewer rows than this are not copied: a `COPY` says its end in a message of its own, for which sqlx leaves Nagle's algorithm
/// on, so that it may wait 40 ms.
pub const FEWEST_COPIED: usize = 100;
/// Most values bound in one statement; SQLite takes 32,766, PostgreSQL 65,535.
pub const MOST_BINDS: usize = 16_000;

/// A statement with its values, made ready while the database still works on another.
pub enum Statement {
    Sqlite(sqlx::QueryBuilder<sqlx::Sqlite>),
    Postgres(sqlx::QueryBuilder<sqlx::Postgres>),
    Copy(Copied),
}

/// Rows as PostgreSQL's `COPY … (FORMAT binary)` takes them, several times quicker than `INSERT` does. A value goes in as it is
/// encoded, without a cast: its type must be its column's.
pub struct Copied {
    statement: String,
    rows: PgArgumentBuffer,
    unfit: Option<BoxDynError>,
}

/// What `COPY … (FORMAT binary)` begins with: the signature, no flags, and no extension of the header.
const COPY_HEAD: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// Room that is made for a row, in bytes: a student's takes about so much.
const ROW_BYTES: usize = 512;
/// What it ends with, instead of a row's number of values.
const COPY_END: [u8; 2] = (-1_i16).to_be_bytes();

impl Copied {
    /// So many rows that an `INSERT INTO table (columns)` would write.
    #[must_use]
    pub fn new(insert: &str, count: usize) -> Self {
        let statement = insert.replacen("INSERT INTO", "COPY", 1) + " FROM STDIN (FORMAT binary)";
        let mut rows = PgArgumentBuffer::default();
        rows.reserve(count * ROW_BYTES);
        rows.extend_from_slice(COPY_HEAD);
        Self { statement, rows, unfit: None }
    }

    /// Begins a row of so many values.
    pub fn row(&mut self, values: usize) {
        self.rows.extend_from_slice(&i16::try_from(values).unwrap_or(-1).to_be_bytes());
    }

    /// Adds the next value of the row.
    pub fn put<'q>(&mut self, value: impl Encode<'q, sqlx::Postgres>) {
        let at = self.rows.len();
        self.rows.extend_from_slice(&(-1_i32).to_be_bytes());
        match value.encode(&mut self.rows) {
            Ok(IsNull::Yes) => {}
            Ok(IsNull::No) => {
                let start = at + size_of::<i32>();
                let length = i32::try_from(self.rows.len() - start).unwrap_or(i32::MAX);
                self.rows[at..start].copy_from_slice(&length.to_be_bytes());
            }
            Err(error) => self.unfit = Some(error),
        }
    }

    /// The rows as they are sent, from `from` on.
    fn bytes(&mut self, from: usize) -> Result<&[u8], sqlx::Error> {
        match self.unfit.take() {
            Some(error) => Err(sqlx::Error::Encode(error)),
            None => Ok(&self.rows[from..]),
        }
    }

    async fn run(mut self, connection: &mut PgConnection) -> Result<u64, sqlx::Error> {
        self.rows.extend_from_slice(&COPY_END);
        let mut copy = connection.copy_in_raw(&self.statement).await?;
        copy.send(self.bytes(0)?).await?;
        copy.finish().await
    }
}

/// Writes rows and those of them that follow in `more` for as long as nothing else does, which is then given back. What goes
/// into the same table goes by one `COPY`: the server works on it while the next rows are made ready, and nobody waits for
/// an end a hundred times.
pub async fn copy_while<T>(
    tx: &mut Tx,
    mut rows: Copied,
    more: &mut mpsc::Receiver<T>,
    rows_of: fn(T) -> ControlFlow<T, Copied>,
) -> Result<Option<T>, DbError> {
    let Tx::Postgres(tx) = tx else { return Err(DbError::Interrupted) };
    loop {
        let mut copy = tx.copy_in_raw(&rows.statement).await?;
        copy.send(rows.bytes(0)?).await?;
        let next = loop {
            match more.recv().await.map(rows_of) {
                Some(ControlFlow::Continue(mut same)) if same.statement == rows.statement => {
                    copy.send(same.bytes(COPY_HEAD.len())?).await?;
                }
                next => break next,
            }
        };
        copy.send(&COPY_END[..]).await?;
        copy.finish().await?;
        match next {
            Some(ControlFlow::Continue(others)) => rows = others,
            Some(ControlFlow::Break(other)) => return Ok(Some(other)),
            None => return Ok(None),
        }
    }
}

/// Runs statements one after the other.
pub async fn run_all(tx: &mut Tx, statements: Vec<Statement>) -> Result<(), DbError> {
    run_counted(tx, statements).await.map(drop)
}

/// The same, and gives the number of rows that they touched.
pub async fn run_counted(tx: &mut Tx, statements: Vec<Statement>) -> Result<u64, DbError> {
    let mut touched = 0;
    for statement in statements {
        count_statement();
        touched += match (statement, &mut *tx) {
            (Statement::Sqlite(mut query), Tx::Sqlite(tx)) => query.build().execute(&mut **tx).await?.rows_affected(),
            (Statement::Postgres(mut query), Tx::Postgres(tx)) => {
                query.build().execute(&mut **tx).await?.rows_affected()
            }
            (Statement::Copy(rows), Tx::Postgres(tx)) => rows.run(tx).await?,
            (Statement::Sqlite(_), Tx::Postgres(_)) | (Statement::Postgres(_) | Statement::Copy(_), Tx::Sqlite(_)) => {
                return Err(DbError::Interrupted);
            }
        };
    }
    Ok(touched)
}

/// Makes few statements that write many rows: `$head` is the statement up to its VALUES and begins with `INSERT`, `$tail` is
/// what follows them; without one, PostgreSQL gets many rows by `COPY`. Where a row cannot be written, those before it may be:
/// whoever sees the error gives the transaction up. SQLite would otherwise keep a copy of every page that a statement touches, to
/// be able to take back that statement alone.
#[macro_export]
macro_rules! insert_many {
    ($engine:expr, $head:expr, $rows:expr, |$row:ident| [$($value:expr),+ $(,)?], $tail:expr) => {{
        let rows_at_once = $crate::db::MOST_BINDS / [$(stringify!($value)),+].len();
        let mut statements = Vec::new();
        for rows in $rows.chunks(rows_at_once) {
            statements.push(match $engine {
                $crate::db::Engine::Sqlite => {
                    let head = $head.replacen("INSERT", "INSERT OR FAIL", 1);
                    let mut query = sqlx::QueryBuilder::<sqlx::Sqlite>::new(head);
                    query.push_values(rows, |mut values, $row| {
                        $(values.push_bind($value);)+
                    });
                    query.push($tail);
                    $crate::db::Statement::Sqlite(query)
                }
                $crate::db::Engine::Postgres if $tail.is_empty() && rows.len() >= $crate::db::FEWEST_COPIED => {
                    let mut copied = $crate::db::Copied::new($head, rows.len());
                    for $row in rows {
                        copied.row([$(stringify!($value)),+].len());
                        $(copied.put($value);)+
                    }
                    $crate::db::Statement::Copy(copied)
                }
                $crate::db::Engine::Postgres => {
                    let mut query = sqlx::QueryBuilder::<sqlx::Postgres>::new($head);
                    query.push_values(rows, |mut values, $row| {
                        $(values.push_bind($value);)+
                    });
                    query.push($tail);
                    $crate::db::Statement::Postgres(query)
                }
            });
        }
        statements
    }};
}

/// Reads every row as `$row` for which a column is in `$list`: `$head` ends before the first fixed value, each `$next` stands
/// behind a fixed value, and the last of all ends with that column; `$tail` follows the list.
#[macro_export]
macro_rules! fetch_among {
    ($tx:expr, $row:ty, $head:expr, [$(($fixed:expr, $next:expr)),* $(,)?], $list:expr, $tail:expr) => {
        async {
            let mut found: Vec<$row> = Vec::new();
            for list in $list.chunks($crate::db::MOST_BINDS - 8) {
                $crate::db::count_statement();
                match $tx {
                    $crate::db::Tx::Sqlite(tx) => {
                        let mut query = sqlx::QueryBuilder::<sqlx::Sqlite>::new($head);
                        $(query.push_bind($fixed).push($next);)*
                        query.push(" IN (");
                        let mut values = query.separated(", ");
                        // Filled up with the last one, so that few texts are made ready for lists of all lengths.
                        let filled = list.len().next_power_of_two().min($crate::db::MOST_BINDS - 8);
                        for one in list.iter().chain(std::iter::repeat_n(&list[list.len() - 1], filled - list.len())) {
                            values.push_bind(one);
                        }
                        query.push(")").push($tail);
                        found.extend(query.build_query_as::<$row>().fetch_all(&mut **tx).await?);
                    }
                    $crate::db::Tx::Postgres(tx) => {
                        let mut query = sqlx::QueryBuilder::<sqlx::Postgres>::new($head);
                        $(query.push_bind($fixed).push($next);)*
                        // One text however long the list is, so that the server plans it once.
                        query.push(" = ANY(").push_bind(list).push(")").push($tail);
                        found.extend(query.build_query_as::<$row>().fetch_all(&mut **tx).await?);
                    }
                }
            }
            Ok::<Vec<$row>, $crate::db::DbError>(found)
        }
        .await
    };
}

/// Reads every row as `$row` that goes with one of some pairs: `$lefts` and `$rights` are as long as one another, `$body` is a
/// `SELECT` from `w CROSS JOIN` a table, with the pairs as `w.a` and `w.b`, and ends before the fixed value.
#[macro_export]
macro_rules! fetch_among_pairs {
    ($tx:expr, $row:ty, [$lefts:expr, $rights:expr], $body:expr, $fixed:expr) => {
        async {
            let mut found: Vec<$row> = Vec::new();
            let at_once = ($crate::db::MOST_BINDS - 8) / 2;
            for (lefts, rights) in $lefts.chunks(at_once).zip($rights.chunks(at_once)) {
                $crate::db::count_statement();
                match &mut *$tx {
                    $crate::db::Tx::Sqlite(tx) => {
                        // A comparison of two columns with a list of pairs would go through the whole table.
                        let mut query = sqlx::QueryBuilder::<sqlx::Sqlite>::new("WITH w (a, b) AS (");
                        query.push_values(lefts.iter().zip(rights), |mut values, (left, right)| {
                            values.push_bind(left).push_bind(right);
                        });
                        query.push(") ").push($body).push_bind($fixed);
                        found.extend(query.build_query_as::<$row>().fetch_all(&mut **tx).await?);
                    }
                    $crate::db::Tx::Postgres(tx) => {
                        let mut query =
                            sqlx::QueryBuilder::<sqlx::Postgres>::new("WITH w (a, b) AS (SELECT * FROM UNNEST(");
                        query.push_bind(lefts).push(", ").push_bind(rights).push(")) ").push($body).push_bind($fixed);
                        found.extend(query.build_query_as::<$row>().fetch_all(&mut **tx).await?);
                    }
                }
            }
            Ok::<Vec<$row>, $crate::db::DbError>(found)
        }
        .await
    };
}

/// Reads every row as `$row` for which a column is in `$list`, locked until the transaction ends (see [`fetch_locked`]): `$head`
/// ends with that column, `$tail` orders the rows by it, and so is `$list` ordered.
#[macro_export]
macro_rules! fetch_among_locked {
    ($tx:expr, $row:ty, $head:expr, $list:expr, $tail:expr) => {
        async {
            match $tx {
                tx @ $crate::db::Tx::Sqlite(_) => $crate::fetch_among!(&mut *tx, $row, $head, [], $list, $tail),
                $crate::db::Tx::Postgres(tx) => {
                    $crate::db::count_statement();
                    let sql = $crate::db::locking(&format!("{} = ANY($1){}", $head, $tail));
                    sqlx::query_as::<_, $row>(sql)
                        .bind($list)
                        .fetch_all(&mut **tx)
                        .await
                        .map_err($crate::db::DbError::from)
                }
            }
        }
        .await
    };
}
