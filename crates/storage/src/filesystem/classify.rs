//! The one place that reads the errors of the file system.

use std::fmt;
use std::io;

use crate::error::{StorageError, StorageErrorKind};

/// Returns the error of `operation` on `subject` for a failure of the file system.
pub(super) fn error(
    operation: &'static str,
    subject: impl fmt::Display,
    cause: io::Error,
) -> StorageError {
    let kind = kind(cause.kind());
    let error = StorageError::new(kind, operation, subject);
    match detail(cause.kind()) {
        Some(detail) => error.with_detail(detail),
        None => error,
    }
    .with_source(cause)
}

/// Tells whether nothing is there; a file where a directory is looked for means the same.
pub(super) fn is_absent(cause: &io::Error) -> bool {
    matches!(
        cause.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// Tells whether the file system has no hard links, as FAT and some network file systems.
pub(super) fn is_without_links(cause: &io::Error) -> bool {
    matches!(
        cause.kind(),
        io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied
    )
}

fn kind(kind: io::ErrorKind) -> StorageErrorKind {
    use io::ErrorKind as Io;
    match kind {
        Io::NotFound => StorageErrorKind::NotFound,
        Io::AlreadyExists => StorageErrorKind::AlreadyExists,
        Io::PermissionDenied | Io::ReadOnlyFilesystem => StorageErrorKind::Denied,
        Io::InvalidFilename | Io::InvalidInput | Io::FileTooLarge => StorageErrorKind::InvalidInput,
        Io::UnexpectedEof => StorageErrorKind::Corrupt,
        Io::CrossesDevices | Io::Unsupported => StorageErrorKind::Config,
        Io::NotADirectory | Io::IsADirectory | Io::InvalidData => StorageErrorKind::Unexpected,
        Io::TimedOut => StorageErrorKind::TimedOut,
        // A full or failing disk, too many open files: it may be better in a moment.
        _ => StorageErrorKind::Unavailable,
    }
}

fn detail(kind: io::ErrorKind) -> Option<&'static str> {
    use io::ErrorKind as Io;
    match kind {
        Io::StorageFull | Io::QuotaExceeded => Some("there is no space left"),
        Io::ReadOnlyFilesystem => Some("the file system is read-only"),
        Io::InvalidFilename => Some("the path is too long for the file system"),
        Io::CrossesDevices => Some("the whole root must lie on one file system"),
        Io::Unsupported => Some("the file system cannot lock files"),
        Io::NotADirectory | Io::IsADirectory => Some("something else stands in the way"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_says_what_the_caller_can_do() {
        use io::ErrorKind as Io;
        for (cause, expected) in [
            (Io::NotFound, StorageErrorKind::NotFound),
            (Io::AlreadyExists, StorageErrorKind::AlreadyExists),
            (Io::PermissionDenied, StorageErrorKind::Denied),
            (Io::ReadOnlyFilesystem, StorageErrorKind::Denied),
            (Io::InvalidFilename, StorageErrorKind::InvalidInput),
            (Io::UnexpectedEof, StorageErrorKind::Corrupt),
            (Io::CrossesDevices, StorageErrorKind::Config),
            (Io::StorageFull, StorageErrorKind::Unavailable),
            (Io::Other, StorageErrorKind::Unavailable),
            (Io::IsADirectory, StorageErrorKind::Unexpected),
            (Io::TimedOut, StorageErrorKind::TimedOut),
        ] {
            let error = error("put", "bucket/key", cause.into());
            assert_eq!(error.kind(), expected, "{cause:?}");
        }
    }
}
