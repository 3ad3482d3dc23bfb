//! What a driver error means: the only file that matches on them.

use imagen4_domain::{StoreError, StoreErrorKind};
use sqlx::error::ErrorKind;
use storage::{StorageError, StorageErrorKind};

/// Returns the error of the port for a driver error in `operation`.
pub(super) fn classify(operation: &'static str, error: sqlx::Error) -> StoreError {
    StoreError::new(kind(&error), operation).with_source(error)
}

/// Returns the error of the picture index for a driver error in `operation`.
pub(super) fn of_index(
    operation: &'static str,
    subject: &'static str,
    error: sqlx::Error,
) -> StorageError {
    let kind = match kind(&error) {
        StoreErrorKind::Corrupt => StorageErrorKind::Corrupt,
        StoreErrorKind::Config | StoreErrorKind::Closed => StorageErrorKind::Config,
        _ => StorageErrorKind::Unavailable,
    };
    StorageError::new(kind, operation, subject).with_source(error)
}

fn kind(error: &sqlx::Error) -> StoreErrorKind {
    match error {
        sqlx::Error::Database(database) => match database.kind() {
            ErrorKind::UniqueViolation => StoreErrorKind::AlreadyExists,
            _ => of_code(database.code().and_then(|code| code.parse().ok())),
        },
        sqlx::Error::PoolClosed => StoreErrorKind::Closed,
        sqlx::Error::Configuration(_) => StoreErrorKind::Config,
        sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::Decode(_)
        | sqlx::Error::TypeNotFound { .. } => StoreErrorKind::Corrupt,
        _ => StoreErrorKind::Unavailable,
    }
}

/// Returns the kind of an extended result code; its low byte is the primary one.
/// Source: SQLite, "Result and Error Codes".
fn of_code(code: Option<u32>) -> StoreErrorKind {
    match code.map(|code| code & 0xff) {
        // PERM, READONLY, FULL.
        Some(3 | 8 | 13) => StoreErrorKind::ReadOnly,
        // CANTOPEN.
        Some(14) => StoreErrorKind::Config,
        // CORRUPT, NOTADB.
        Some(11 | 26) => StoreErrorKind::Corrupt,
        // BUSY, LOCKED, IOERR, INTERRUPT, NOMEM and whatever comes.
        _ => StoreErrorKind::Unavailable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_tell_what_to_do() {
        for (code, kind) in [
            (Some(5), StoreErrorKind::Unavailable),
            (Some(5 | 1 << 8), StoreErrorKind::Unavailable),
            (Some(6), StoreErrorKind::Unavailable),
            (Some(8), StoreErrorKind::ReadOnly),
            (Some(8 | 4 << 8), StoreErrorKind::ReadOnly),
            (Some(10), StoreErrorKind::Unavailable),
            (Some(11), StoreErrorKind::Corrupt),
            (Some(13), StoreErrorKind::ReadOnly),
            (Some(14), StoreErrorKind::Config),
            (Some(26), StoreErrorKind::Corrupt),
            (None, StoreErrorKind::Unavailable),
        ] {
            assert_eq!(of_code(code), kind, "{code:?}");
        }
    }

    #[test]
    fn errors_of_the_driver_itself_are_told_apart() {
        for (error, expected) in [
            (sqlx::Error::PoolClosed, StoreErrorKind::Closed),
            (sqlx::Error::PoolTimedOut, StoreErrorKind::Unavailable),
            (sqlx::Error::WorkerCrashed, StoreErrorKind::Unavailable),
            (
                sqlx::Error::ColumnNotFound("record".to_owned()),
                StoreErrorKind::Corrupt,
            ),
            (
                sqlx::Error::Configuration("x".into()),
                StoreErrorKind::Config,
            ),
        ] {
            assert_eq!(kind(&error), expected, "{error}");
        }
    }
}
