//! Every file that was ever linked: pictures, which can be drawn again, and uploads, which cannot.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::time::Instant;
use url::Url;
use uuid::Uuid;

use crate::simulator::draw::{self, PictureSpec};
use crate::simulator::fault::Fault;
use crate::simulator::time::after;
use crate::simulator::wishes::{Access, Lifecycle};

/// The most bytes of pictures kept; older ones are drawn again when they are asked for.
const BUDGET: usize = 256 * 1024 * 1024;

/// Every file that was ever linked.
#[derive(Debug)]
pub(in super::super) struct MediaStore {
    base: Url,
    files: Mutex<Files>,
}

#[derive(Debug, Default)]
struct Files {
    by_path: HashMap<String, File>,
    /// Paths of the pictures whose bytes are kept, the oldest first.
    kept: VecDeque<String>,
    size: usize,
}

/// What a file is made of.
#[derive(Debug, Clone)]
pub(in super::super) enum Content {
    Picture(PictureSpec),
    /// Something that was uploaded, with its content type.
    Upload(String),
}

/// A file and the rules for who gets it.
#[derive(Debug, Clone)]
pub(in super::super) struct File {
    pub(super) content: Content,
    pub(super) etag: String,
    pub(super) bytes: Option<Bytes>,
    pub(super) fault: Option<Fault>,
    pub(super) access: Access,
    pub(super) dies: Option<Instant>,
    /// How often it was asked for.
    pub(super) asked: u32,
}

impl File {
    /// Returns a file that is made now.
    pub(in super::super) fn new(content: Content, bytes: Bytes) -> Self {
        Self {
            content,
            etag: etag(&bytes),
            bytes: Some(bytes),
            fault: None,
            access: Access::Allow,
            dies: None,
            asked: 0,
        }
    }

    /// Sets how long it is kept from now on, and who may read it.
    pub(in super::super) fn kept(mut self, lifecycle: &Lifecycle, now: Instant) -> Self {
        self.access = lifecycle.access;
        self.dies = lifecycle.expires.map(|span| after(now, span));
        self
    }

    /// Sets what goes wrong with it.
    pub(in super::super) fn struck(mut self, fault: Option<Fault>, now: Instant) -> Self {
        if let Some(Fault::MediaExpires(span)) = fault {
            self.dies = Some(after(now, span));
        }
        self.fault = fault;
        self
    }

    pub(super) fn content_type(&self) -> &str {
        match &self.content {
            Content::Picture(spec) => spec.format.content_type(),
            Content::Upload(content_type) => content_type,
        }
    }

    /// Returns the kept bytes, or draws them again.
    pub(super) async fn bytes(&self) -> Option<Bytes> {
        match (&self.bytes, &self.content) {
            (Some(bytes), _) => Some(bytes.clone()),
            (None, Content::Picture(spec)) => {
                let spec = spec.clone();
                let drawn = tokio::task::spawn_blocking(move || draw::draw(&spec)).await;
                drawn.ok()?.ok().map(Bytes::from)
            }
            (None, Content::Upload(_)) => None,
        }
    }
}

impl MediaStore {
    pub(in super::super) fn new(base: Url) -> Self {
        Self {
            base,
            files: Mutex::default(),
        }
    }

    pub(in super::super) fn base(&self) -> &Url {
        &self.base
    }

    /// Returns the link to a path.
    pub(in super::super) fn link(&self, path: &str) -> String {
        format!("{}{path}", self.base.as_str().trim_end_matches('/'))
    }

    /// Keeps a file under a path.
    pub(in super::super) fn put(&self, path: &str, file: File) {
        let size = match (&file.content, &file.bytes) {
            (Content::Picture(_), Some(bytes)) => bytes.len(),
            _ => 0,
        };
        let mut files = self.lock();
        if size > 0 {
            files.kept.push_back(path.to_owned());
        }
        files.size += size;
        files.by_path.insert(path.to_owned(), file);
        files.shrink();
    }

    /// Returns a file that was asked for once more.
    pub(super) fn ask(&self, path: &str) -> Option<File> {
        let mut files = self.lock();
        let file = files.by_path.get_mut(path)?;
        file.asked = file.asked.saturating_add(1);
        Some(file.clone())
    }

    /// Destroys the file behind a link; its bytes count until they are let go of.
    pub(in super::super) fn destroy(&self, link: &str) {
        let path = Url::parse(link).map(|url| url.path().to_owned());
        if let (Ok(path), mut files) = (path, self.lock())
            && let Some(file) = files.by_path.remove(&path)
        {
            let is_kept = files.kept.contains(&path);
            files.kept.retain(|kept| *kept != path);
            let size = file.bytes.map_or(0, |bytes| bytes.len());
            files.size -= if is_kept { size } else { 0 };
        }
    }

    fn lock(&self) -> MutexGuard<'_, Files> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Files {
    /// Lets go of the oldest bytes until the rest is within the budget.
    fn shrink(&mut self) {
        while self.size > BUDGET {
            let Some(path) = self.kept.pop_front() else {
                return;
            };
            let bytes = self
                .by_path
                .get_mut(&path)
                .and_then(|file| file.bytes.take());
            self.size -= bytes.map_or(0, |bytes| bytes.len());
        }
    }
}

/// Returns a new path, in the form that FAL's links have; of the name only what is safe in one is left.
pub(in super::super) fn new_path(name: &str) -> String {
    let is_safe = |letter: &char| letter.is_ascii_alphanumeric() || "-._".contains(*letter);
    let name: String = name.chars().filter(is_safe).take(128).collect();
    let id = Uuid::new_v4().simple().to_string();
    format!("/files/b/{}/{}_{name}", &id[..8], &id[8..29])
}

/// Returns the entity tag of bytes.
pub(in super::super) fn etag(bytes: &[u8]) -> String {
    format!("\"{}\"", hex::encode(&Sha256::digest(bytes)[..16]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> MediaStore {
        MediaStore::new("http://127.0.0.1:9/".parse().unwrap())
    }

    #[test]
    fn a_name_cannot_lead_out_of_its_path() {
        let path = new_path("../a b?.png");
        assert!(path.ends_with("_..ab.png"), "{path}");
        assert_eq!(path.split('/').count(), 5);
        assert_ne!(path, new_path("../a b?.png"));
    }

    #[test]
    fn a_destroyed_file_is_gone() {
        let store = store();
        let file = File::new(Content::Upload("text/plain".to_owned()), "x".into());
        store.put("/files/b/1/x", file);
        assert_eq!(store.ask("/files/b/1/x").unwrap().asked, 1);
        store.destroy(&store.link("/files/b/1/x"));
        assert!(store.ask("/files/b/1/x").is_none());
    }
}
