//! What stands beside a generation.

use imagen4_domain::{COUNTED, GalleryQuery, GenerationId, Neighbours, UserId};
use sqlx::{Row, SqliteConnection};

use super::select::Select;

/// Returns what stands beside `id`; `None` when the user has no such generation.
pub(super) async fn find(
    connection: &mut SqliteConnection,
    owner: &UserId,
    query: &GalleryQuery,
    id: &GenerationId,
) -> Result<Option<Neighbours>, sqlx::Error> {
    let Some(at) = created_at(connection, owner, id).await? else {
        return Ok(None);
    };
    let beside = || Select::of("id", owner, query);
    let number = || Select::counting(owner, query);
    let previous = beside().newer_than(&at, id).oldest_first(1);
    let next = beside().older_than(&at, id).newest_first(1);
    let is_meant = count(connection, number().only(id), 1).await? == 1;
    let newer = count(connection, number().newer_than(&at, id), COUNTED).await?;
    let total = count(connection, number(), COUNTED + 1).await?;
    Ok(Some(Neighbours {
        previous: name(connection, previous).await?,
        next: name(connection, next).await?,
        position: (is_meant && newer < COUNTED).then_some(newer + 1),
        total: (total <= COUNTED).then_some(total),
    }))
}

async fn created_at(
    connection: &mut SqliteConnection,
    owner: &UserId,
    id: &GenerationId,
) -> Result<Option<String>, sqlx::Error> {
    const SQL: &str =
        "SELECT created_at FROM generations WHERE id = $1 AND owner = $2 AND hidden = 0";
    let query = sqlx::query_scalar(SQL).bind(id.to_string());
    query.bind(owner.as_str()).fetch_optional(connection).await
}

async fn name(
    connection: &mut SqliteConnection,
    mut select: Select,
) -> Result<Option<GenerationId>, sqlx::Error> {
    let row = select.build().fetch_optional(connection).await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let name: &str = row.try_get("id")?;
    let name = name.parse();
    name.map(Some)
        .map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

/// Returns the number that a counting statement gives, up to `most`.
async fn count(
    connection: &mut SqliteConnection,
    select: Select,
    most: u32,
) -> Result<u32, sqlx::Error> {
    let mut select = select.up_to(most);
    let row = select.build().fetch_one(connection).await?;
    let found: i64 = row.try_get(0)?;
    Ok(u32::try_from(found).unwrap_or(most))
}
