//! Listing: a walk through directories in the order of the bytes of the keys.
//!
//! In one directory a file sorts as its segment and a directory as its segment with `/` behind it; so the
//! walk comes by all keys in order, since `a`, `a-b`, `a/b` is the order of bytes, too.
//! Of each directory on the way only a page of names is kept.

use std::collections::{BinaryHeap, VecDeque};
use std::fs;
use std::io;
use std::path::PathBuf;

use super::classify;
use super::disk::Disk;
use super::layout::{Name, decode};
use super::record::Stamp;
use crate::error::Result;
use crate::name::{BucketName, ObjectKey};
use crate::object::{ListEntry, ListPage};
use crate::options::ListOptions;
use crate::paging;

/// The longest text that the names of a long segment are put together to.
const LONGEST_KEY: usize = 1024;

impl Disk {
    pub(super) fn list(&self, bucket: &BucketName, options: &ListOptions) -> Result<ListPage> {
        self.check_bucket("list", bucket)?;
        let failed = |cause| classify::error("list", bucket, cause);
        let wanted = usize::from(options.limit) + 1;
        let Some(mut walk) = Walk::new(self, bucket, options, wanted).map_err(failed)? else {
            return Ok(ListPage::default());
        };
        let mut entries = Vec::new();
        while entries.len() < wanted {
            match walk.next_entry().map_err(failed)? {
                Some(entry) => entries.push(entry),
                None => break,
            }
        }
        Ok(paging::cut(entries, options.limit))
    }
}

struct Walk<'a> {
    disk: &'a Disk,
    bucket: &'a BucketName,
    options: &'a ListOptions,
    /// How many names of a directory are kept at once.
    page: usize,
    /// The directories from the first one down to where the walk is.
    stack: Vec<Directory>,
}

/// A directory on the way: its next names, in order.
struct Directory {
    path: PathBuf,
    /// What all its keys start with: nothing, or text that ends with `/`.
    stem: String,
    next: VecDeque<Place>,
    /// The last of the names that were read, when there are more behind it.
    more_after: Option<Place>,
}

/// A name in a directory; ordered by its key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// The key of a file; of a directory what all its keys start with.
    key: String,
    path: PathBuf,
    is_directory: bool,
}

impl<'a> Walk<'a> {
    /// Starts in the deepest directory that holds all keys of the prefix, or nowhere when it can hold none.
    fn new(
        disk: &'a Disk,
        bucket: &'a BucketName,
        options: &'a ListOptions,
        page: usize,
    ) -> io::Result<Option<Self>> {
        let stem = options.prefix.rfind('/').map_or(0, |at| at + 1);
        let stem = &options.prefix[..stem];
        let segments: Vec<_> = stem.split_terminator('/').collect();
        let lawful = |segment: &&str| !matches!(*segment, "" | "." | "..");
        if stem.len() > LONGEST_KEY || !segments.iter().all(lawful) {
            return Ok(None);
        }
        let path = disk.layout.directory(bucket, &segments);
        if !fs::canonicalize(&path).is_ok_and(|real| real == path) {
            return Ok(None);
        }
        let mut walk = Self {
            disk,
            bucket,
            options,
            page,
            stack: Vec::new(),
        };
        walk.enter(path, stem.to_owned())?;
        Ok(Some(walk))
    }

    fn next_entry(&mut self) -> io::Result<Option<ListEntry>> {
        while let Some(place) = self.next_place()? {
            if place.is_directory {
                self.enter(place.path, place.key)?;
            } else if let Some(entry) = self.entry(&place)? {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }

    fn next_place(&mut self) -> io::Result<Option<Place>> {
        while let Some(mut directory) = self.stack.pop() {
            if directory.next.is_empty() && directory.more_after.is_some() {
                let after = directory.more_after.take();
                self.read(&mut directory, after.as_ref())?;
            }
            if let Some(place) = directory.next.pop_front() {
                self.stack.push(directory);
                return Ok(Some(place));
            }
        }
        Ok(None)
    }

    fn enter(&mut self, path: PathBuf, stem: String) -> io::Result<()> {
        let mut directory = Directory {
            path,
            stem,
            next: VecDeque::new(),
            more_after: None,
        };
        self.read(&mut directory, None)?;
        self.stack.push(directory);
        Ok(())
    }

    /// Reads the next page of names, those after `after`.
    fn read(&self, directory: &mut Directory, after: Option<&Place>) -> io::Result<()> {
        let mut first = BinaryHeap::new();
        let mut all = true;
        let mut keep = |place: Place| {
            if self.is_wanted(&place) && after.is_none_or(|after| place > *after) {
                first.push(place);
                if first.len() > self.page {
                    first.pop();
                    all = false;
                }
            }
        };
        read_names(directory.path.clone(), &directory.stem, &mut keep)?;
        let first = first.into_sorted_vec();
        directory.more_after = if all { None } else { first.last().cloned() };
        directory.next = first.into();
        Ok(())
    }

    fn is_wanted(&self, place: &Place) -> bool {
        let key = place.key.as_str();
        let prefix = self.options.prefix.as_str();
        let after = self.options.start_after.as_ref().map(ObjectKey::as_str);
        if place.is_directory {
            (key.starts_with(prefix) || prefix.starts_with(key))
                && after.is_none_or(|after| key > after || after.starts_with(key))
        } else {
            key.starts_with(prefix) && after.is_none_or(|after| key > after)
        }
    }

    /// Returns the entry for a file, or `None` when it has gone meanwhile or is none of ours.
    fn entry(&self, place: &Place) -> io::Result<Option<ListEntry>> {
        let Ok(key) = place.key.parse::<ObjectKey>() else {
            return Ok(None);
        };
        if !self.disk.layout.is_at(self.bucket, &key, &place.path) {
            return Ok(None);
        }
        match fs::symlink_metadata(&place.path) {
            Ok(file) => Ok(Some(Stamp::of(&file)?.entry(key))),
            Err(cause) if classify::is_absent(&cause) => Ok(None),
            Err(cause) => Err(cause),
        }
    }
}

/// Gives `keep` every file and directory of ours in `path`; the parts of long names are followed, so that
/// only whole names come.
fn read_names(path: PathBuf, stem: &str, keep: &mut impl FnMut(Place)) -> io::Result<()> {
    let mut open = vec![(path, stem.to_owned())];
    while let Some((path, stem)) = open.pop() {
        let names = match fs::read_dir(&path) {
            Ok(names) => names,
            // A delete has removed it meanwhile.
            Err(cause) if classify::is_absent(&cause) => continue,
            Err(cause) => return Err(cause),
        };
        for name in names {
            let name = name?;
            let kind = name.file_type()?;
            let text = name.file_name();
            let text = text.to_str().filter(|_| kind.is_file() || kind.is_dir());
            let is_directory = kind.is_dir();
            match text.and_then(|text| decode(text, is_directory)) {
                Some(Name::Part(part)) if stem.len() + part.len() <= LONGEST_KEY => {
                    open.push((name.path(), format!("{stem}{part}")));
                }
                Some(Name::File(segment)) => keep(Place {
                    key: format!("{stem}{segment}"),
                    path: name.path(),
                    is_directory,
                }),
                Some(Name::Directory(segment)) => keep(Place {
                    key: format!("{stem}{segment}/"),
                    path: name.path(),
                    is_directory,
                }),
                Some(Name::Part(_)) | None => {}
            }
        }
    }
    Ok(())
}
