//! The port of the galleries over SQLite.

mod counts;
mod neighbours;
mod select;

use async_trait::async_trait;
use imagen4_domain::{
    Cursor, GalleryCounts, GalleryItem, GalleryQuery, GalleryStore, Generation, GenerationId,
    Neighbours, StoreError, StoreErrorKind, TimeSpan, UserId, UtcOffset,
};
use sqlx::{Row, SqliteConnection};

use self::select::Select;
use super::classify::classify;
use super::rows;
use super::store::SqliteGenerationStore;

#[async_trait]
impl GalleryStore for SqliteGenerationStore {
    async fn page(
        &self,
        owner: &UserId,
        query: &GalleryQuery,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Vec<GalleryItem>, StoreError> {
        let mut select = Select::of("record, favourite", owner, query);
        if let Some(end) = after {
            select = select.older_than(&rows::time_text(end.created_at), &end.id);
        }
        let mut select = select.newest_first(limit);
        let found = select.build().fetch_all(self.pool()).await;
        let found = found.map_err(|error| classify("page", error))?;
        found.iter().map(|row| rows::item("page", row)).collect()
    }

    async fn neighbours(
        &self,
        owner: &UserId,
        query: &GalleryQuery,
        id: &GenerationId,
    ) -> Result<Neighbours, StoreError> {
        let failed = |error| classify("neighbours", error).with_id(*id);
        // One transaction, so that all the answers are about the same moment.
        let mut moment = self.pool().begin().await.map_err(failed)?;
        let found = neighbours::find(&mut moment, owner, query, id).await;
        found
            .map_err(failed)?
            .ok_or_else(|| StoreError::new(StoreErrorKind::NotFound, "neighbours").with_id(*id))
    }

    async fn item(
        &self,
        owner: &UserId,
        id: &GenerationId,
    ) -> Result<Option<GalleryItem>, StoreError> {
        const SQL: &str = "SELECT record, favourite FROM generations \
                           WHERE id = $1 AND owner = $2 AND hidden = 0";
        let query = sqlx::query(SQL).bind(id.to_string()).bind(owner.as_str());
        let row = query.fetch_optional(self.pool()).await;
        let row = row.map_err(|error| classify("item", error).with_id(*id))?;
        row.map(|row| rows::item("item", &row)).transpose()
    }

    async fn counts(
        &self,
        owner: &UserId,
        offset: UtcOffset,
        span: TimeSpan,
    ) -> Result<GalleryCounts, StoreError> {
        counts::count(self.pool(), owner, offset, span).await
    }

    async fn set_favourite(
        &self,
        owner: &UserId,
        id: &GenerationId,
        favourite: bool,
    ) -> Result<(), StoreError> {
        const SQL: &str =
            "UPDATE generations SET favourite = $1 WHERE id = $2 AND owner = $3 AND hidden = 0";
        let done = sqlx::query(SQL)
            .bind(i64::from(favourite))
            .bind(id.to_string())
            .bind(owner.as_str())
            .execute(self.pool())
            .await;
        match done.map(|done| done.rows_affected()) {
            Ok(1) => Ok(()),
            Ok(_) => Err(StoreError::new(StoreErrorKind::NotFound, "set_favourite").with_id(*id)),
            Err(error) => Err(classify("set_favourite", error).with_id(*id)),
        }
    }

    async fn hide(&self, owner: &UserId, id: &GenerationId) -> Result<Generation, StoreError> {
        let failed = |error| classify("hide", error).with_id(*id);
        let error = |kind| StoreError::new(kind, "hide").with_id(*id);
        let mut transaction = self.begin("hide").await?;
        let row = sqlx::query("SELECT record FROM generations WHERE id = $1 AND owner = $2")
            .bind(id.to_string())
            .bind(owner.as_str())
            .fetch_optional(&mut *transaction)
            .await
            .map_err(failed)?;
        let row = row.ok_or_else(|| error(StoreErrorKind::NotFound))?;
        let generation = rows::generation("hide", &row)?;
        if !generation.state().is_final() {
            return Err(error(StoreErrorKind::IllegalStep));
        }
        sqlx::query("UPDATE generations SET hidden = 1 WHERE id = $1")
            .bind(id.to_string())
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(generation)
    }

    async fn remove(&self, owner: &UserId, id: &GenerationId) -> Result<(), StoreError> {
        let failed = |error| classify("remove", error).with_id(*id);
        let error = |kind| Err(StoreError::new(kind, "remove").with_id(*id));
        let mut transaction = self.begin("remove").await?;
        match is_hidden(&mut transaction, owner, id)
            .await
            .map_err(failed)?
        {
            None => return error(StoreErrorKind::NotFound),
            Some(false) => return error(StoreErrorKind::IllegalStep),
            Some(true) => {}
        }
        // What refers to others goes first.
        for sql in [
            "INSERT INTO removed_generations (id) VALUES ($1)",
            "DELETE FROM pictures WHERE generation_id = $1",
            "DELETE FROM journal_steps WHERE generation_id = $1",
            "DELETE FROM generations WHERE id = $1",
        ] {
            let statement = sqlx::query(sql).bind(id.to_string());
            statement.execute(&mut *transaction).await.map_err(failed)?;
        }
        transaction.commit().await.map_err(failed)
    }
}

async fn is_hidden(
    connection: &mut SqliteConnection,
    owner: &UserId,
    id: &GenerationId,
) -> Result<Option<bool>, sqlx::Error> {
    let row = sqlx::query("SELECT hidden FROM generations WHERE id = $1 AND owner = $2")
        .bind(id.to_string())
        .bind(owner.as_str())
        .fetch_optional(connection)
        .await?;
    row.map(|row| row.try_get::<i64, _>("hidden").map(|hidden| hidden != 0))
        .transpose()
}
