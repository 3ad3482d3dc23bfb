//! A gallery in numbers.

use imagen4_domain::{GalleryCounts, StoreError, StoreErrorKind, TimeSpan, UserId, UtcOffset};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqlitePool};

use crate::sqlite::classify::classify;
use crate::sqlite::rows;

/// One row for each hour of the user's day. Times are texts of one width, whose hour and minute stand at fixed places;
/// a day is added so that no hour is negative.
const SQL: &str = "SELECT \
    ((CAST(substr(created_at, 12, 2) AS INTEGER) * 60 + CAST(substr(created_at, 15, 2) AS INTEGER) \
        + $2 + 1440) / 60) % 24 AS hour, \
    COUNT(*) AS number, \
    SUM(favourite) AS favourites, \
    SUM(CASE WHEN created_at >= $3 AND created_at < $4 THEN 1 ELSE 0 END) AS in_span, \
    MAX(created_at) AS last \
    FROM generations WHERE owner = $1 AND state = 'completed' AND hidden = 0 GROUP BY hour";

pub(super) async fn count(
    pool: &SqlitePool,
    owner: &UserId,
    offset: UtcOffset,
    span: TimeSpan,
) -> Result<GalleryCounts, StoreError> {
    let rows = sqlx::query(SQL)
        .bind(owner.as_str())
        .bind(i64::from(offset.minutes()))
        .bind(rows::time_text(span.from))
        .bind(rows::time_text(span.until))
        .fetch_all(pool)
        .await;
    let rows = rows.map_err(|error| classify("counts", error))?;
    let mut counts = GalleryCounts::default();
    for row in &rows {
        add(&mut counts, row)?;
    }
    Ok(counts)
}

fn add(counts: &mut GalleryCounts, row: &SqliteRow) -> Result<(), StoreError> {
    let corrupt = || StoreError::new(StoreErrorKind::Corrupt, "counts");
    let number = |column| -> Result<u64, StoreError> {
        let found = row.try_get::<i64, _>(column);
        let found = found.map_err(|error| classify("counts", error))?;
        u64::try_from(found).map_err(|_| corrupt())
    };
    let hour = usize::try_from(number("hour")?).ok();
    let hour = hour.and_then(|hour| counts.by_hour.get_mut(hour));
    *hour.ok_or_else(corrupt)? += number("number")?;
    counts.favourites += number("favourites")?;
    counts.in_span += number("in_span")?;
    let last: &str = row
        .try_get("last")
        .map_err(|error| classify("counts", error))?;
    let last = last.parse().map_err(|_| corrupt())?;
    counts.last = counts.last.max(Some(last));
    Ok(())
}
