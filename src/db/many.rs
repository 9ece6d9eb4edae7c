//! Statements about many rows at once: one for some hundreds, instead of one for each.

use super::{DbError, Tx};

/// Most values bound in one statement; SQLite takes 32,766, PostgreSQL 65,535.
pub const MOST_BINDS: usize = 32_000;

/// Which engine a statement is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// A statement with its values, made ready while the database still works on another.
pub enum Statement {
    Sqlite(sqlx::QueryBuilder<sqlx::Sqlite>),
    Postgres(sqlx::QueryBuilder<sqlx::Postgres>),
}

/// Runs statements one after the other.
pub async fn run_all(tx: &mut Tx, statements: Vec<Statement>) -> Result<(), DbError> {
    for statement in statements {
        match (statement, &mut *tx) {
            (Statement::Sqlite(mut query), Tx::Sqlite(tx)) => query.build().execute(&mut **tx).await.map(drop)?,
            (Statement::Postgres(mut query), Tx::Postgres(tx)) => query.build().execute(&mut **tx).await.map(drop)?,
            (Statement::Sqlite(_), Tx::Postgres(_)) | (Statement::Postgres(_), Tx::Sqlite(_)) => {
                return Err(DbError::Interrupted);
            }
        }
    }
    Ok(())
}

/// Makes few statements that write many rows: `$head` is the statement up to its VALUES and begins with `INSERT`, `$tail` is
/// what follows them. Where a row cannot be written, those before it may be: whoever sees the error gives the transaction up.
/// SQLite would otherwise keep a copy of every page that a statement touches, to be able to take back that statement alone.
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
/// behind a fixed value, the last one opening the list's bracket; `$tail` follows the closed bracket.
#[macro_export]
macro_rules! fetch_among {
    ($tx:expr, $row:ty, $head:expr, [$(($fixed:expr, $next:expr)),* $(,)?], $list:expr, $tail:expr) => {
        async {
            let mut found: Vec<$row> = Vec::new();
            for list in $list.chunks($crate::db::MOST_BINDS - 8) {
                match $tx {
                    $crate::db::Tx::Sqlite(tx) => {
                        let mut query = sqlx::QueryBuilder::<sqlx::Sqlite>::new($head);
                        $(query.push_bind($fixed).push($next);)*
                        let mut values = query.separated(", ");
                        for one in list {
                            values.push_bind(one);
                        }
                        query.push(")").push($tail);
                        found.extend(query.build_query_as::<$row>().fetch_all(&mut **tx).await?);
                    }
                    $crate::db::Tx::Postgres(tx) => {
                        let mut query = sqlx::QueryBuilder::<sqlx::Postgres>::new($head);
                        $(query.push_bind($fixed).push($next);)*
                        let mut values = query.separated(", ");
                        for one in list {
                            values.push_bind(one);
                        }
                        query.push(")").push($tail);
                        found.extend(query.build_query_as::<$row>().fetch_all(&mut **tx).await?);
                    }
                }
            }
            Ok::<Vec<$row>, $crate::db::DbError>(found)
        }
        .await
    };
}
