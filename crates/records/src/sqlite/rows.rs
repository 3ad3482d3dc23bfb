//! Generations and journal entries as rows, and back.

use chrono::{DateTime, SecondsFormat, Utc};
use imagen4_domain::{
    GalleryItem, Generation, JournalEntry, Picture, PictureState, StoreError, StoreErrorKind,
};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::classify::classify;

/// Returns the text of a time: RFC 3339 in UTC with microseconds, one width, sorted like the times.
pub(super) fn time_text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Returns a revision as the database has it.
pub(super) fn revision_number(operation: &'static str, revision: u64) -> Result<i64, StoreError> {
    // No generation has that many steps, so a larger number is one that nobody has reached.
    i64::try_from(revision).map_err(|_| StoreError::new(StoreErrorKind::Conflict, operation))
}

pub(super) fn json<T: serde::Serialize>(
    operation: &'static str,
    value: &T,
) -> Result<String, StoreError> {
    serde_json::to_string(value)
        .map_err(|error| StoreError::new(StoreErrorKind::Corrupt, operation).with_source(error))
}

/// Reads the generation of a row with the column `record`.
pub(super) fn generation(
    operation: &'static str,
    row: &SqliteRow,
) -> Result<Generation, StoreError> {
    from_json(operation, row, "record")
}

/// Reads the gallery's item of a row with the columns `record` and `favourite`.
pub(super) fn item(operation: &'static str, row: &SqliteRow) -> Result<GalleryItem, StoreError> {
    let favourite: i64 = row
        .try_get("favourite")
        .map_err(|error| classify(operation, error))?;
    Ok(GalleryItem {
        generation: generation(operation, row)?,
        favourite: favourite != 0,
    })
}

/// Reads the journal entry of a row with the column `entry`.
pub(super) fn entry(operation: &'static str, row: &SqliteRow) -> Result<JournalEntry, StoreError> {
    from_json(operation, row, "entry")
}

fn from_json<T: serde::de::DeserializeOwned>(
    operation: &'static str,
    row: &SqliteRow,
    column: &str,
) -> Result<T, StoreError> {
    let text: &str = row
        .try_get(column)
        .map_err(|error| classify(operation, error))?;
    // The error of the parser quotes what is out of place, so only the place is kept.
    serde_json::from_str(text).map_err(|error| {
        let place = Unreadable {
            line: error.line(),
            column: error.column(),
        };
        StoreError::new(StoreErrorKind::Corrupt, operation).with_source(place)
    })
}

/// The JSON of a record does not say what it should.
#[derive(Debug, thiserror::Error)]
#[error("the JSON is wrong at line {line}, column {column}")]
struct Unreadable {
    line: usize,
    column: usize,
}

/// Writes the entry that led to `generation`.
pub(super) async fn insert_entry(
    connection: &mut SqliteConnection,
    operation: &'static str,
    generation: &Generation,
    entry: &JournalEntry,
) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO journal_steps (generation_id, revision, at, step, entry) \
                       VALUES ($1, $2, $3, $4, $5)";
    sqlx::query(SQL)
        .bind(generation.id().to_string())
        .bind(revision_number(operation, generation.revision())?)
        .bind(time_text(entry.at))
        .bind(entry.step.name())
        .bind(json(operation, entry)?)
        .execute(connection)
        .await
        .map_err(|error| classify(operation, error))?;
    Ok(())
}

/// Writes where each picture is; a generation gets its pictures once.
pub(super) async fn insert_pictures(
    connection: &mut SqliteConnection,
    operation: &'static str,
    generation: &Generation,
) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO pictures \
        (generation_id, number, state, object, content_type, size_bytes, sha256, dies_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    for picture in generation.pictures() {
        let columns = PictureColumns::of(picture);
        sqlx::query(SQL)
            .bind(generation.id().to_string())
            .bind(i64::from(picture.number))
            .bind(columns.state)
            .bind(columns.object)
            .bind(columns.content_type)
            .bind(columns.size_bytes)
            .bind(columns.sha256)
            .bind(columns.dies_at)
            .execute(&mut *connection)
            .await
            .map_err(|error| classify(operation, error))?;
    }
    Ok(())
}

#[derive(Default)]
struct PictureColumns {
    state: &'static str,
    object: Option<String>,
    content_type: Option<String>,
    size_bytes: Option<i64>,
    sha256: Option<String>,
    dies_at: Option<String>,
}

impl PictureColumns {
    fn of(picture: &Picture) -> Self {
        match &picture.state {
            PictureState::Stored(stored) => Self {
                state: "stored",
                object: Some(stored.object.to_string()),
                content_type: Some(stored.content_type.clone()),
                size_bytes: i64::try_from(stored.size_bytes).ok(),
                sha256: Some(stored.sha256.to_string()),
                dies_at: None,
            },
            PictureState::Fallback(fallback) => Self {
                state: "fallback",
                dies_at: Some(time_text(fallback.dies_at)),
                ..Self::default()
            },
            PictureState::Unobtainable { .. } => Self {
                state: "unobtainable",
                ..Self::default()
            },
        }
    }
}
