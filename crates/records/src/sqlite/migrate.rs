//! Brings the database to the form that this version writes.

use imagen4_domain::{GalleryKind, ModelId, StoreError, StoreErrorKind};
use sqlx::{Row, SqliteConnection, SqlitePool};

use super::classify::classify;

/// The forms of the database in their order; each is applied once, in one commit with its number.
const MIGRATIONS: &[(i64, &str)] = &[
    (1, include_str!("../../migrations/0001_generations.sql")),
    (GALLERY, include_str!("../../migrations/0002_gallery.sql")),
];

/// The form that brought the columns of galleries.
const GALLERY: i64 = 2;

const CREATE_VERSIONS: &str =
    "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL PRIMARY KEY)";

/// The database was written by a newer version of the program.
#[derive(Debug, thiserror::Error)]
#[error("the database has form {found} and this version knows form {known}; use the newer version")]
struct FromTheFuture {
    found: i64,
    known: i64,
}

/// Applies what is missing. Several processes may do so at once: the first one to write does it.
pub(super) async fn migrate(pool: &SqlitePool) -> Result<(), StoreError> {
    let failed = |error| classify("migrate", error);
    // The lock is taken at the beginning, so that nobody decides by what another one is about to change.
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    sqlx::query(CREATE_VERSIONS)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
    let row = sqlx::query("SELECT COALESCE(MAX(version), 0) AS version FROM schema_version")
        .fetch_one(&mut *transaction)
        .await
        .map_err(failed)?;
    let found: i64 = row.try_get("version").map_err(failed)?;
    let known = MIGRATIONS.last().map_or(0, |(version, _)| *version);
    if found > known {
        let error = StoreError::new(StoreErrorKind::Config, "migrate");
        return Err(error.with_source(FromTheFuture { found, known }));
    }
    for (version, sql) in MIGRATIONS.iter().filter(|(version, _)| *version > found) {
        sqlx::raw_sql(*sql)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        if *version == GALLERY {
            fill_kinds(&mut transaction).await.map_err(failed)?;
        }
        sqlx::query("INSERT INTO schema_version (version) VALUES ($1)")
            .bind(version)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
    }
    transaction.commit().await.map_err(failed)
}

/// Fills the kind of old rows, model by model, by the same rule as that of new ones.
async fn fill_kinds(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let models = sqlx::query_scalar("SELECT DISTINCT model_used FROM generations");
    let models: Vec<String> = models.fetch_all(&mut *connection).await?;
    for model in models {
        // What was changed by hand to something that is no model keeps the default.
        let Ok(known) = model.parse::<ModelId>() else {
            continue;
        };
        sqlx::query("UPDATE generations SET kind = $1 WHERE model_used = $2")
            .bind(GalleryKind::of(&known).as_str())
            .bind(model)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_count_from_one() {
        let versions: Vec<_> = MIGRATIONS.iter().map(|(version, _)| *version).collect();
        assert!(
            versions
                .into_iter()
                .eq(1..=MIGRATIONS.len().try_into().unwrap())
        );
    }
}
