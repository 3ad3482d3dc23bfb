//! Pages of a listing, cut the same way by every adapter of ours.

use crate::error::{Result, StorageError, StorageErrorKind};
use crate::name::BucketName;
use crate::object::{ListEntry, ListPage};
use crate::options::ListOptions;

/// Checks that the limit is 1 to 1000.
pub(crate) fn check_limit(bucket: &BucketName, options: &ListOptions) -> Result<()> {
    if (1..=1000).contains(&options.limit) {
        return Ok(());
    }
    Err(
        StorageError::new(StorageErrorKind::InvalidInput, "list", bucket)
            .with_detail(format!("the limit is {}, write 1 to 1000", options.limit)),
    )
}

/// Returns the page for `entries`, which hold one more than `limit` when there is a next page.
pub(crate) fn cut(mut entries: Vec<ListEntry>, limit: u16) -> ListPage {
    let more = entries.len() > usize::from(limit);
    entries.truncate(limit.into());
    let next_start_after = entries
        .last()
        .filter(|_| more)
        .map(|entry| entry.key.clone());
    ListPage {
        entries,
        next_start_after,
    }
}
