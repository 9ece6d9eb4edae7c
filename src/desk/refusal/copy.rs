//! Why a copy of the database is not made or not put back.

use crate::coded;
use crate::db::CopyFault;

coded! {
    /// Why no copy is made, or the database stays as it is.
    pub enum CopyRefusal {
        "exists" => #[error("{file} exists already, or is a link; name a new file")]
            Exists { file: String },
        "postgres" => #[error("PostgreSQL is backed up with its own tools, such as pg_dump")]
            DumpedByServer,
        "postgres" => #[error(
            "PostgreSQL is restored with its own tools, such as pg_restore; siap17 knows the older database by itself and holds \
             everything back"
        )]
            RestoredByServer,
        "file" => #[error("{file} cannot be copied, or not be put in its place")]
            File { file: String, source: std::io::Error },
        "copy_unusable" => #[error("{file} cannot be restored; the database stays as it is")]
            Unusable { file: String, source: CopyFault },
        "copy_unusable" => #[error("{file} was written and cannot be used as a copy, so it was removed again")]
            Badly { file: String, source: CopyFault },
        "copy_of_other_key" => #[error(
            "{file} cannot be restored: it was sealed with key {expected}, and the key file holds {key}; put that key file back \
             first"
        )]
            OtherKey { file: String, expected: String, key: String },
        "copy_empty" => #[error("{file} cannot be restored: no office stands in it; take another copy")]
            NoOffice { file: String },
    }
}
