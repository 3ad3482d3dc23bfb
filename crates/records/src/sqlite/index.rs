//! The port of the picture index over the table `pictures`.

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqlitePool};
use storage::pictures::{KnownPicture, PictureIndex, check_batch, check_limit};
use storage::{BucketName, ObjectKey, ObjectRef, StorageError, StorageErrorKind};

use super::classify;
use super::store::SqliteGenerationStore;

const SUBJECT: &str = "the picture index";

/// The rows of the objects in a list of JSON.
const FIND: &str = "SELECT p.object, g.owner, p.generation_id, p.number \
    FROM pictures p JOIN generations g ON g.id = p.generation_id \
    WHERE p.object IN (SELECT value FROM json_each($1))";

/// The rows of the first objects between two texts, both left out.
///
/// The keys of a bucket are the texts after `bucket/` and before `bucket0`, since `0` follows `/`; SQLite compares
/// texts by their bytes.
const PAGE: &str = "SELECT p.object, g.owner, p.generation_id, p.number \
    FROM pictures p JOIN generations g ON g.id = p.generation_id \
    WHERE p.object IN (SELECT DISTINCT object FROM pictures WHERE object > $1 AND object < $2 ORDER BY object LIMIT $3) \
    ORDER BY p.object, g.owner, p.generation_id, p.number";

const NEXT_BUCKET: &str = "SELECT object FROM pictures WHERE object > $1 ORDER BY object LIMIT 1";

/// Answers from the records which objects are pictures of theirs.
///
/// It shares the connections of the store that it was made from, and ends with it.
#[derive(Clone)]
pub struct SqlitePictureIndex {
    pool: SqlitePool,
}

impl std::fmt::Debug for SqlitePictureIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqlitePictureIndex")
            .field("connections", &self.pool.size())
            .finish_non_exhaustive()
    }
}

impl SqliteGenerationStore {
    /// Returns the index of the pictures that these records name.
    pub fn picture_index(&self) -> SqlitePictureIndex {
        SqlitePictureIndex {
            pool: self.pool().clone(),
        }
    }
}

#[async_trait]
impl PictureIndex for SqlitePictureIndex {
    async fn find(&self, objects: &[ObjectRef]) -> Result<Vec<KnownPicture>, StorageError> {
        check_batch(objects)?;
        let texts: Vec<_> = objects.iter().map(ToString::to_string).collect();
        let list = serde_json::to_string(&texts).map_err(|error| corrupt("find", error))?;
        let rows = sqlx::query(FIND).bind(list).fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| classify::of_index("find", SUBJECT, error))?;
        rows.iter().map(|row| known("find", row)).collect()
    }

    async fn page(
        &self,
        bucket: &BucketName,
        after: Option<ObjectKey>,
        limit: u16,
    ) -> Result<Vec<KnownPicture>, StorageError> {
        check_limit(limit)?;
        let start = after.map_or(String::new(), |key| key.to_string());
        let rows = sqlx::query(PAGE)
            .bind(format!("{bucket}/{start}"))
            .bind(format!("{bucket}0"))
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await;
        let rows = rows.map_err(|error| classify::of_index("page", SUBJECT, error))?;
        rows.iter().map(|row| known("page", row)).collect()
    }

    async fn buckets(&self) -> Result<Vec<BucketName>, StorageError> {
        let mut buckets = Vec::new();
        let mut after = String::new();
        loop {
            let row = sqlx::query(NEXT_BUCKET)
                .bind(&after)
                .fetch_optional(&self.pool)
                .await
                .map_err(|error| classify::of_index("buckets", SUBJECT, error))?;
            let Some(row) = row else {
                buckets.sort();
                return Ok(buckets);
            };
            let object = object("buckets", &row)?;
            after = format!("{}0", object.bucket);
            buckets.push(object.bucket);
        }
    }
}

fn known(operation: &'static str, row: &SqliteRow) -> Result<KnownPicture, StorageError> {
    let failed = |error| classify::of_index(operation, SUBJECT, error);
    let number: i64 = row.try_get("number").map_err(failed)?;
    Ok(KnownPicture {
        object: object(operation, row)?,
        owner: row.try_get("owner").map_err(failed)?,
        record_id: row.try_get("generation_id").map_err(failed)?,
        number: u8::try_from(number).map_err(|error| corrupt(operation, error))?,
    })
}

fn object(operation: &'static str, row: &SqliteRow) -> Result<ObjectRef, StorageError> {
    let text: &str = row
        .try_get("object")
        .map_err(|error| classify::of_index(operation, SUBJECT, error))?;
    text.parse().map_err(|error| corrupt(operation, error))
}

fn corrupt(
    operation: &'static str,
    cause: impl std::error::Error + Send + Sync + 'static,
) -> StorageError {
    StorageError::new(StorageErrorKind::Corrupt, operation, SUBJECT).with_source(cause)
}
