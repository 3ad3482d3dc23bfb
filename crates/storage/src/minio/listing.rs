//! Pages of keys, without the keys that are none by our rules.

use minio::s3::types::ListEntry as DriverEntry;

use super::control_plane::ControlPlane;
use super::headers;
use crate::error::Result;
use crate::name::BucketName;
use crate::object::{ListEntry, ListPage};
use crate::options::ListOptions;
use crate::paging;

/// Returns one page.
///
/// Keys that other tools wrote against our rules (`a//b`, `folder/`) are left out; a page of nothing else
/// is read past, so that the listing always moves on.
pub(super) async fn page(
    control: &ControlPlane,
    bucket: &BucketName,
    options: ListOptions,
) -> Result<ListPage> {
    paging::check_limit(bucket, &options)?;
    let mut start_after = options.start_after.map(|key| key.as_str().to_owned());
    loop {
        let answer = control
            .list(
                bucket,
                &options.prefix,
                start_after.as_deref(),
                options.limit,
            )
            .await?;
        start_after = answer
            .contents
            .last()
            .filter(|_| answer.is_truncated)
            .map(|entry| entry.name.clone());
        let entries: Vec<_> = answer.contents.iter().filter_map(entry).collect();
        if !entries.is_empty() || start_after.is_none() {
            let last = entries.last().map(|entry| entry.key.clone());
            return Ok(ListPage {
                next_start_after: last.filter(|_| start_after.is_some()),
                entries,
            });
        }
    }
}

fn entry(entry: &DriverEntry) -> Option<ListEntry> {
    Some(ListEntry {
        key: entry.name.parse().ok()?,
        size_bytes: entry.size?,
        last_modified: entry.last_modified,
        etag: entry.etag.as_deref().map(headers::bare_etag),
    })
}
