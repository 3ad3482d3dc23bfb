//! The statement that finds what a gallery shows.

use imagen4_domain::{GalleryQuery, GenerationId, UserId};
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{QueryBuilder, Sqlite};

use crate::sqlite::rows;

/// What a gallery shows at all. The indexes have these words in their conditions, so they must stand here as they are.
const SHOWN: &str = " AND state = 'completed' AND hidden = 0";

/// A statement over what a query means.
pub(super) struct Select(QueryBuilder<Sqlite>);

impl Select {
    /// Begins the statement that gives `columns` of what `query` means.
    pub(super) fn of(columns: &'static str, owner: &UserId, query: &GalleryQuery) -> Self {
        let mut sql = QueryBuilder::new("SELECT ");
        sql.push(columns);
        Self::from(sql, owner, query)
    }

    /// Begins the statement that gives the number of what `query` means; end it with [`up_to`](Self::up_to).
    pub(super) fn counting(owner: &UserId, query: &GalleryQuery) -> Self {
        let sql = QueryBuilder::new("SELECT COUNT(*) FROM (SELECT id");
        Self::from(sql, owner, query)
    }

    fn from(mut sql: QueryBuilder<Sqlite>, owner: &UserId, query: &GalleryQuery) -> Self {
        sql.push(" FROM ");
        match query.newest {
            None => sql.push("generations"),
            Some(newest) => {
                sql.push("(SELECT * FROM generations WHERE owner = ");
                sql.push_bind(owner.as_str().to_owned()).push(SHOWN);
                sql.push(" ORDER BY created_at DESC, id DESC LIMIT ");
                sql.push_bind(i64::from(newest)).push(")")
            }
        };
        sql.push(" WHERE owner = ");
        sql.push_bind(owner.as_str().to_owned()).push(SHOWN);
        Self(sql).meant(query)
    }

    fn meant(mut self, query: &GalleryQuery) -> Self {
        let sql = &mut self.0;
        if query.favourites {
            sql.push(" AND favourite = 1");
        }
        if let Some(kind) = query.kind {
            sql.push(" AND kind = ").push_bind(kind.as_str());
        }
        if let Some(model) = &query.model {
            sql.push(" AND model_used = ")
                .push_bind(model.as_str().to_owned());
        }
        if let Some(ratio) = query.aspect_ratio {
            sql.push(" AND aspect_ratio = ")
                .push_bind(ratio.to_string());
        }
        if let Some(span) = query.created {
            sql.push(" AND created_at >= ")
                .push_bind(rows::time_text(span.from));
            sql.push(" AND created_at < ")
                .push_bind(rows::time_text(span.until));
        }
        self
    }

    /// Leaves only what is older than a place.
    pub(super) fn older_than(self, created_at: &str, id: &GenerationId) -> Self {
        self.beside("<", created_at, id)
    }

    /// Leaves only what is newer than a place.
    pub(super) fn newer_than(self, created_at: &str, id: &GenerationId) -> Self {
        self.beside(">", created_at, id)
    }

    fn beside(mut self, than: &'static str, created_at: &str, id: &GenerationId) -> Self {
        self.0.push(" AND (created_at, id) ").push(than).push(" (");
        self.0.push_bind(created_at.to_owned()).push(", ");
        self.0.push_bind(id.to_string()).push(")");
        self
    }

    /// Leaves only this generation.
    pub(super) fn only(mut self, id: &GenerationId) -> Self {
        self.0.push(" AND id = ").push_bind(id.to_string());
        self
    }

    /// Takes the newest so many.
    pub(super) fn newest_first(self, limit: u32) -> Self {
        self.ordered(" ORDER BY created_at DESC, id DESC LIMIT ", limit)
    }

    /// Takes the oldest so many.
    pub(super) fn oldest_first(self, limit: u32) -> Self {
        self.ordered(" ORDER BY created_at, id LIMIT ", limit)
    }

    /// Ends a statement that counts: no further than `most`.
    pub(super) fn up_to(mut self, most: u32) -> Self {
        self.0.push(" LIMIT ").push_bind(i64::from(most)).push(")");
        self
    }

    fn ordered(mut self, order: &'static str, limit: u32) -> Self {
        self.0.push(order).push_bind(i64::from(limit));
        self
    }

    pub(super) fn build(&mut self) -> Query<'_, Sqlite, SqliteArguments> {
        self.0.build()
    }
}
