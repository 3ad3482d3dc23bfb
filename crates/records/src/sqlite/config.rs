//! Where the database is and how it is opened.

use std::path::{Path, PathBuf};
use std::time::Duration;

use core_config::Reader;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

/// Where the database is and how long to wait for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteSettings {
    path: PathBuf,
    busy_timeout: Duration,
    connections: u32,
}

impl SqliteSettings {
    /// Returns the settings of the database in the file `path`: 5 s of patience with other writers, and four
    /// connections.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            busy_timeout: Duration::from_secs(5),
            connections: 4,
        }
    }

    /// Reads `DATABASE_URL`, in the form `sqlite:{path}` or `sqlite://{path}`; without it the database is the
    /// file `usual`.
    ///
    /// Returns `None` when a problem was noted. The value is never quoted in it, since the address of another
    /// kind of database may hold a password.
    pub fn read(reader: &mut Reader<'_>, usual: &Path) -> Option<Self> {
        const NAME: &str = "DATABASE_URL";
        let Some(url) = reader.text(NAME) else {
            return Some(Self::new(usual));
        };
        match path_of(&url) {
            Ok(path) => Some(Self::new(path)),
            Err((what, hint)) => {
                reader.problem(NAME, what, hint);
                None
            }
        }
    }

    /// Sets how long a call waits while another process writes.
    #[must_use]
    pub fn with_busy_timeout(mut self, limit: Duration) -> Self {
        self.busy_timeout = limit;
        self
    }

    /// Sets the number of connections, at least one. One at a time writes; the others read.
    #[must_use]
    pub fn with_connections(mut self, connections: u32) -> Self {
        self.connections = connections.max(1);
        self
    }

    /// Returns the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn connections(&self) -> u32 {
        self.connections
    }

    pub(super) fn busy_timeout(&self) -> Duration {
        self.busy_timeout
    }

    /// Returns how each connection is opened.
    ///
    /// A journal entry of something paid must survive the loss of power, so each commit waits for the disk
    /// (`synchronous = FULL`; with the default of WAL, `NORMAL`, the last commits may be rolled back).
    /// What is removed is overwritten in the file, since a prompt that was deleted must not be found there
    /// (`secure_delete`). Source: SQLite, "PRAGMA Statements".
    pub(super) fn connect_options(&self) -> SqliteConnectOptions {
        SqliteConnectOptions::new()
            .filename(&self.path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .pragma("secure_delete", "ON")
            .busy_timeout(self.busy_timeout)
    }
}

/// Returns the file that `url` names, or what is wrong and what to write.
fn path_of(url: &str) -> Result<PathBuf, (&'static str, &'static str)> {
    const FORM: &str = "write sqlite:path/to/records.sqlite";
    let Some((scheme, rest)) = url.split_once(':') else {
        return Err(("the value has no scheme", FORM));
    };
    match scheme {
        "sqlite" => {}
        "postgres" | "postgresql" => {
            return Err((
                "PostgreSQL is not built in yet: postgres arrives later",
                FORM,
            ));
        }
        _ => return Err(("this kind of database is not known", FORM)),
    }
    let path = rest.strip_prefix("//").unwrap_or(rest);
    if path.contains('?') {
        return Err(("parameters after the path are not taken", FORM));
    }
    match path {
        "" => Err(("the value has no path", FORM)),
        ":memory:" => Err(("a database in memory would forget what is paid for", FORM)),
        path => Ok(PathBuf::from(path)),
    }
}

#[cfg(test)]
mod tests {
    use core_config::MapSource;

    use super::*;

    fn read(url: &str) -> Result<PathBuf, String> {
        let source = MapSource::from([("DATABASE_URL", url)]);
        let mut reader = Reader::new(&source);
        let settings = SqliteSettings::read(&mut reader, Path::new("data/records.sqlite"));
        match (settings, reader.finish()) {
            (Some(settings), Ok(())) => Ok(settings.path),
            (None, Err(problems)) => Err(problems.to_string()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn without_an_address_the_usual_file_is_taken() {
        assert_eq!(read("").unwrap(), Path::new("data/records.sqlite"));
    }

    #[test]
    fn both_forms_of_an_address_name_a_file() {
        assert_eq!(
            read("sqlite:./data/r.sqlite").unwrap(),
            Path::new("./data/r.sqlite")
        );
        assert_eq!(
            read("sqlite:///var/lib/r.sqlite").unwrap(),
            Path::new("/var/lib/r.sqlite")
        );
        assert_eq!(
            read("sqlite:/var/lib/r.sqlite").unwrap(),
            Path::new("/var/lib/r.sqlite")
        );
    }

    #[test]
    fn every_other_address_is_a_problem_that_quotes_nothing() {
        for (url, says) in [
            (
                "postgres://user:canary@db/records",
                "postgres arrives later",
            ),
            (
                "postgresql://user:canary@db/records",
                "postgres arrives later",
            ),
            ("mysql://user:canary@db/records", "not known"),
            ("canary", "no scheme"),
            ("sqlite:", "no path"),
            ("sqlite::memory:", "forget"),
            ("sqlite:canary?mode=ro", "parameters"),
        ] {
            let problems = read(url).unwrap_err();
            assert!(
                problems.contains("DATABASE_URL") && problems.contains(says),
                "{problems}"
            );
            assert!(!problems.contains("canary"), "{problems}");
        }
    }
}
