//! The adapter that keeps objects as plain files in a directory (feature `fs`).
//!
//! # Layout
//!
//! ```text
//! root/imagen4/2026/01/31/{id}_1.png              the bytes: open it with any viewer
//! root/.meta/imagen4/2026/01/31/{id}_1.png.json   content type, metadata, digest
//! root/.tmp  root/.locks  root/.layout            bodies on their way in, locks, version
//! ```
//!
//! A key is its path wherever that is possible. It is written differently where it must be:
//!
//! | in a key | in the path | why |
//! |---|---|---|
//! | a last segment without dot: `a` | `a.%` | files have a dot and directories have none, so `a` and `a/b` both have a place |
//! | a dot in another segment: `v1.2/a.png` | `v1%2E2/a.png` | the same |
//! | a leading dot, a trailing dot or space | `%2E`, `%20` | hidden files, and names that Windows cuts |
//! | `%` and `< > : " \| ? *` | `%25` … | the escape itself, and names that Windows refuses |
//! | a name longer than 200 bytes | parts that end with `%-`, as directories | file systems take 255 |
//! | upper case and all beyond ASCII | `%XX`, only where the file system folds them | macOS, Windows |
//!
//! Files that are no such names are not listed.
//!
//! # Promises
//!
//! A put is one rename or one exclusive link, so readers see whole objects, and create-only has one
//! winner among processes, too.
//! Bytes and metadata stay together through a crash: the metadata names the length and the exact time of
//! the bytes it belongs to, and an overwrite writes the metadata of both first.
//! A crash in the middle of a delete may leave the metadata of bytes that are gone; nobody sees it, and
//! `remove_left_overs` clears it.
//! Symbolic links below the root are not followed.
//! The root must lie on one file system, which must know file locks.

mod classify;
mod commit;
mod config;
mod disk;
mod layout;
mod left_overs;
mod opening;
mod reading;
mod record;
mod store;
#[cfg(test)]
mod syncing_tests;
mod upload;
mod walk;

pub use self::config::FilesystemSettings;
pub use self::left_overs::LeftOvers;
pub use self::store::FilesystemStore;
