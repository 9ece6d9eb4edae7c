//! What tells one database from a copy of it: the file on SQLite, cluster and database on PostgreSQL.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;

use super::{Db, DbError, file_of};

impl Db {
    /// What this database is called by whatever keeps it. A copy is called otherwise: a file has another number or place, a
    /// restored dump another cluster or database. A standby that takes over is the same.
    pub async fn identity(&self) -> Result<String, DbError> {
        let pool = match self {
            Self::Sqlite { file, .. } => return Ok(format!("{}#{}", absolute(file.path()).display(), file.number())),
            Self::Postgres(pool) => pool,
        };
        let sql = "SELECT has_function_privilege('pg_control_system()', 'EXECUTE'), oid::BIGINT
             FROM pg_database WHERE datname = current_database()";
        let (may_ask, database): (bool, i64) = sqlx::query_as(sql).fetch_one(pool).await?;
        // Some who rent out servers do not tell; then the database's own number is all that there is.
        let cluster: i64 = if may_ask {
            sqlx::query_as::<_, (i64,)>("SELECT system_identifier FROM pg_control_system()").fetch_one(pool).await?.0
        } else {
            0
        };
        Ok(format!("{cluster}:{database}"))
    }
}

/// Where the database with this address is, without anything secret: what is remembered of it is found by that.
pub(super) fn address(url: &str) -> String {
    if let Some(file) = file_of(url) {
        return absolute(&file).display().to_string();
    }
    PgConnectOptions::from_str(url).map_or_else(
        |_| "PostgreSQL".to_owned(),
        |options| {
            let database = options.get_database().unwrap_or_else(|| options.get_username());
            format!("PostgreSQL {}:{}/{database}", options.get_host(), options.get_port())
        },
    )
}

/// The file's path by whichever way it was named; the file itself need not exist.
fn absolute(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (std::fs::canonicalize(folder), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf()),
    }
}
