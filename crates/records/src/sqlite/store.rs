//! The port over SQLite.

use std::fmt;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use imagen4_domain::{
    Cursor, GalleryKind, Generation, GenerationId, GenerationStore, JournalEntry, State, Step,
    StoreError, StoreErrorKind, UserId,
};
use sqlx::sqlite::{SqlitePoolOptions, SqliteRow};
use sqlx::{Sqlite, SqliteConnection, SqlitePool, Transaction};

use super::classify::classify;
use super::config::SqliteSettings;
use super::migrate::migrate;
use super::rows;

/// Keeps generations in one SQLite file.
///
/// - **Durable**: a confirmed step survives the death of the process and the loss of power, as far as the disk
///   keeps what it has confirmed (WAL with `synchronous = FULL`).
/// - **Shared**: several processes of one machine may use the file at once; not over a network file system,
///   where SQLite's locks don't hold.
/// - It is the store of the galleries too.
/// - Clones share the connections.
#[derive(Clone)]
pub struct SqliteGenerationStore {
    pool: SqlitePool,
}

impl fmt::Debug for SqliteGenerationStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteGenerationStore")
            .field("connections", &self.pool.size())
            .finish_non_exhaustive()
    }
}

impl SqliteGenerationStore {
    /// Opens the database; directory, file and tables are made when they are missing.
    ///
    /// # Errors
    ///
    /// `Config` when the file cannot be opened or was written by a newer version; `Corrupt` when it is no
    /// database; `ReadOnly`; and the failures of the disk.
    ///
    /// # Cancellation
    ///
    /// The tables are there or not; open again.
    pub async fn open(settings: &SqliteSettings) -> Result<Self, StoreError> {
        if let Some(directory) = settings.path().parent() {
            let made = std::fs::create_dir_all(directory);
            made.map_err(|error| {
                StoreError::new(StoreErrorKind::Config, "open").with_source(error)
            })?;
        }
        let pool = SqlitePoolOptions::new()
            .max_connections(settings.connections())
            // Whoever waits for a connection waits for others that wait for the lock.
            .acquire_timeout(settings.busy_timeout() * 2)
            .connect_with(settings.connect_options())
            .await
            .map_err(|error| classify("open", error))?;
        migrate(&pool).await?;
        Ok(Self { pool })
    }

    /// Waits for the calls that are under way and closes the file; afterwards every call answers `Closed`.
    ///
    /// # Cancellation
    ///
    /// New calls are refused already; call again to finish closing.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    pub(super) fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    /// Begins a transaction that may write. The lock is taken at once: a read that turns into a write later
    /// would fail when another process wrote in between.
    pub(super) async fn begin(
        &self,
        operation: &'static str,
    ) -> Result<Transaction<'static, Sqlite>, StoreError> {
        let begun = self.pool.begin_with("BEGIN IMMEDIATE").await;
        begun.map_err(|error| classify(operation, error))
    }

    async fn generations(
        &self,
        operation: &'static str,
        query: sqlx::query::Query<'_, Sqlite, sqlx::sqlite::SqliteArguments>,
    ) -> Result<Vec<Generation>, StoreError> {
        let found = query.fetch_all(&self.pool).await;
        let found = found.map_err(|error| classify(operation, error))?;
        found
            .iter()
            .map(|row| rows::generation(operation, row))
            .collect()
    }
}

#[async_trait]
impl GenerationStore for SqliteGenerationStore {
    async fn create(&self, generation: &Generation) -> Result<(), StoreError> {
        let id = generation.id();
        if generation.revision() != 0 {
            return Err(StoreError::new(StoreErrorKind::IllegalStep, "create").with_id(id));
        }
        let first = JournalEntry::new(generation.created_at(), Step::Accepted);
        let mut transaction = self.begin("create").await?;
        if was_removed(&mut transaction, &id).await? {
            return Err(StoreError::new(StoreErrorKind::AlreadyExists, "create").with_id(id));
        }
        insert(&mut transaction, generation)
            .await
            .map_err(|error| error.with_id(id))?;
        rows::insert_entry(&mut transaction, "create", generation, &first).await?;
        transaction
            .commit()
            .await
            .map_err(|error| classify("create", error).with_id(id))
    }

    async fn advance(
        &self,
        owner: &UserId,
        id: &GenerationId,
        expected_revision: u64,
        entry: &JournalEntry,
    ) -> Result<Generation, StoreError> {
        let error = |kind| StoreError::new(kind, "advance").with_id(*id);
        let mut transaction = self.begin("advance").await?;
        let row = select_one(&mut transaction, "advance", owner, id).await?;
        let row = row.ok_or_else(|| error(StoreErrorKind::NotFound))?;
        let now = rows::generation("advance", &row)?;
        if now.revision() != expected_revision {
            return Err(error(StoreErrorKind::Conflict));
        }
        let next = now
            .apply(entry)
            .map_err(|illegal| error(StoreErrorKind::IllegalStep).with_source(illegal))?;
        update(&mut transaction, &next, expected_revision).await?;
        rows::insert_entry(&mut transaction, "advance", &next, entry).await?;
        rows::insert_pictures(&mut transaction, "advance", &next).await?;
        let committed = transaction.commit().await;
        committed.map_err(|error| classify("advance", error).with_id(*id))?;
        Ok(next)
    }

    async fn find(
        &self,
        owner: &UserId,
        id: &GenerationId,
    ) -> Result<Option<Generation>, StoreError> {
        let mut connection = self
            .pool
            .acquire()
            .await
            .map_err(|error| classify("find", error))?;
        let row = select_one(&mut connection, "find", owner, id).await?;
        row.map(|row| rows::generation("find", &row)).transpose()
    }

    async fn recent(
        &self,
        owner: &UserId,
        limit: u32,
        before: Option<Cursor>,
    ) -> Result<Vec<Generation>, StoreError> {
        const FIRST: &str = "SELECT record FROM generations WHERE owner = $1 AND hidden = 0 \
                             ORDER BY created_at DESC, id DESC LIMIT $2";
        const NEXT: &str = "SELECT record FROM generations WHERE owner = $1 AND hidden = 0 \
                            AND (created_at, id) < ($3, $4) \
                            ORDER BY created_at DESC, id DESC LIMIT $2";
        let query = sqlx::query(if before.is_some() { NEXT } else { FIRST })
            .bind(owner.as_str())
            .bind(i64::from(limit));
        let query = match before {
            Some(end) => query
                .bind(rows::time_text(end.created_at))
                .bind(end.id.to_string()),
            None => query,
        };
        self.generations("recent", query).await
    }

    async fn journal(
        &self,
        owner: &UserId,
        id: &GenerationId,
    ) -> Result<Vec<JournalEntry>, StoreError> {
        const SQL: &str = "SELECT j.entry FROM journal_steps j JOIN generations g ON g.id = j.generation_id \
                           WHERE g.owner = $1 AND g.id = $2 AND g.hidden = 0 ORDER BY j.revision";
        let query = sqlx::query(SQL).bind(owner.as_str()).bind(id.to_string());
        let found = query.fetch_all(&self.pool).await;
        let found = found.map_err(|error| classify("journal", error).with_id(*id))?;
        found
            .iter()
            .map(|row| rows::entry("journal", row))
            .collect()
    }

    async fn unfinished(
        &self,
        older_than: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<Generation>, StoreError> {
        const SQL: &str = "SELECT record FROM generations WHERE unfinished = 1 AND updated_at < $1 \
                           ORDER BY updated_at, id LIMIT $2";
        let query = sqlx::query(SQL)
            .bind(rows::time_text(older_than))
            .bind(i64::from(limit));
        self.generations("unfinished", query).await
    }
}

async fn select_one(
    connection: &mut SqliteConnection,
    operation: &'static str,
    owner: &UserId,
    id: &GenerationId,
) -> Result<Option<SqliteRow>, StoreError> {
    sqlx::query("SELECT record FROM generations WHERE id = $1 AND owner = $2 AND hidden = 0")
        .bind(id.to_string())
        .bind(owner.as_str())
        .fetch_optional(connection)
        .await
        .map_err(|error| classify(operation, error).with_id(*id))
}

async fn was_removed(
    connection: &mut SqliteConnection,
    id: &GenerationId,
) -> Result<bool, StoreError> {
    let found = sqlx::query("SELECT id FROM removed_generations WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(connection)
        .await;
    let found = found.map_err(|error| classify("create", error).with_id(*id))?;
    Ok(found.is_some())
}

async fn insert(
    connection: &mut SqliteConnection,
    generation: &Generation,
) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO generations \
        (id, owner, created_at, updated_at, state, unfinished, model_used, request_id, revision, record, \
        kind, aspect_ratio, parent) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    sqlx::query(SQL)
        .bind(generation.id().to_string())
        .bind(generation.owner().as_str())
        .bind(rows::time_text(generation.created_at()))
        .bind(rows::time_text(generation.updated_at()))
        .bind(generation.state().name())
        .bind(unfinished(generation.state()))
        .bind(generation.model_used().as_str())
        .bind(generation.request_id().map(ToString::to_string))
        .bind(rows::revision_number("create", generation.revision())?)
        .bind(rows::json("create", generation)?)
        .bind(GalleryKind::of(generation.model_used()).as_str())
        .bind(generation.request().aspect_ratio().to_string())
        .bind(generation.parent().map(|parent| parent.to_string()))
        .execute(connection)
        .await
        .map_err(|error| classify("create", error))?;
    Ok(())
}

/// Writes the generation over the one with the revision before; the condition guards what the lock does.
async fn update(
    connection: &mut SqliteConnection,
    generation: &Generation,
    expected_revision: u64,
) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE generations SET updated_at = $1, state = $2, unfinished = $3, model_used = $4, \
        request_id = $5, revision = $6, record = $7, kind = $8 WHERE id = $9 AND revision = $10";
    let done = sqlx::query(SQL)
        .bind(rows::time_text(generation.updated_at()))
        .bind(generation.state().name())
        .bind(unfinished(generation.state()))
        .bind(generation.model_used().as_str())
        .bind(generation.request_id().map(ToString::to_string))
        .bind(rows::revision_number("advance", generation.revision())?)
        .bind(rows::json("advance", generation)?)
        .bind(GalleryKind::of(generation.model_used()).as_str())
        .bind(generation.id().to_string())
        .bind(rows::revision_number("advance", expected_revision)?)
        .execute(connection)
        .await
        .map_err(|error| classify("advance", error))?;
    match done.rows_affected() {
        1 => Ok(()),
        _ => Err(StoreError::new(StoreErrorKind::Conflict, "advance").with_id(generation.id())),
    }
}

fn unfinished(state: &State) -> i64 {
    i64::from(!state.is_final())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_connection_waits_for_the_disk_and_keeps_references() {
        let directory = tempfile::tempdir().unwrap();
        let settings = SqliteSettings::new(directory.path().join("records.sqlite"));
        let store = SqliteGenerationStore::open(&settings).await.unwrap();
        // FULL is 2. Source: SQLite, "PRAGMA synchronous".
        for (pragma, value) in [("PRAGMA synchronous", 2), ("PRAGMA foreign_keys", 1)] {
            let found: i64 = sqlx::query_scalar(pragma)
                .fetch_one(&store.pool)
                .await
                .unwrap();
            assert_eq!(found, value, "{pragma}");
        }
    }
}
