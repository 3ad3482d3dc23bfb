//! The port of files that models are given.

use std::{
    fmt::{self, Debug},
    sync::Arc,
};

use async_trait::async_trait;
use bytes::Bytes;
use url::Url;

use crate::{FalError, FalErrorKind, ObjectLifecycle, Operation};

/// Keeps files at FAL, so that a model's input can name them.
///
/// - **Repeats.** Each upload is a new file.
/// - An upload that fails leaves no file that anybody can read.
/// - **Clones** of an adapter share their connections.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait FalFiles: Debug + Send + Sync + 'static {
    /// Uploads a file and returns its address.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a file that is empty or too large, before anything is sent.
    ///
    /// # Cancellation
    ///
    /// All parts under way are dropped, and the file never appears.
    async fn upload(&self, file: UploadFile) -> Result<FileUrl, FalError>;
}

macro_rules! forward {
    ($pointer:ident) => {
        #[deny(clippy::missing_trait_methods)]
        #[async_trait]
        impl<F: FalFiles + ?Sized> FalFiles for $pointer<F> {
            async fn upload(&self, file: UploadFile) -> Result<FileUrl, FalError> {
                (**self).upload(file).await
            }
        }
    };
}

forward!(Arc);
forward!(Box);

/// A file to upload.
///
/// `Debug` shows its size and type, and neither its bytes nor its name.
#[derive(Clone, PartialEq, Eq)]
pub struct UploadFile {
    bytes: Bytes,
    content_type: String,
    name: String,
    lifecycle: ObjectLifecycle,
}

impl UploadFile {
    /// Returns a file of these bytes and this content type, as `image/png`.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a content type that does not fit into a header.
    pub fn new(bytes: impl Into<Bytes>, content_type: &str) -> Result<Self, FalError> {
        let is_type = |byte: u8| byte.is_ascii_alphanumeric() || b"/+-._;= ".contains(&byte);
        let fits = content_type.len() <= 128 && content_type.bytes().all(is_type);
        if !fits || !content_type.contains('/') {
            return Err(bad_file(
                "the content type of an upload has the form image/png",
            ));
        }
        Ok(Self {
            bytes: bytes.into(),
            content_type: content_type.to_owned(),
            name: "file".to_owned(),
            lifecycle: ObjectLifecycle::default(),
        })
    }

    /// Sets the name, which becomes a part of the address that whoever has it can read; 1 to 128 letters,
    /// digits, `-`, `.` and `_`, and whatever else is cut out.
    #[must_use]
    pub fn with_name(mut self, name: &str) -> Self {
        let kept = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        let name: String = name.chars().filter(kept).take(128).collect();
        // A leading dot would make it hidden, or lead upwards.
        let name = name.trim_start_matches('.');
        if !name.is_empty() {
            name.clone_into(&mut self.name);
        }
        self
    }

    /// Sets how long FAL keeps the file and who may read it.
    #[must_use]
    pub fn with_lifecycle(mut self, lifecycle: ObjectLifecycle) -> Self {
        self.lifecycle = lifecycle;
        self
    }

    /// Returns the bytes.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Returns the content type.
    pub fn content_type(&self) -> &str {
        &self.content_type
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns how long FAL keeps the file and who may read it.
    pub fn lifecycle(&self) -> &ObjectLifecycle {
        &self.lifecycle
    }
}

impl Debug for UploadFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadFile")
            .field("bytes", &self.bytes.len())
            .field("content_type", &self.content_type)
            .finish_non_exhaustive()
    }
}

/// The address of an uploaded file, for a model's input.
///
/// Whoever has it can read the file, so `Debug` hides all but the host.
#[derive(Clone, PartialEq, Eq)]
pub struct FileUrl(Url);

impl FileUrl {
    /// Returns an address that FAL named.
    pub fn new(url: Url) -> Self {
        Self(url)
    }

    /// Returns the address; never log it.
    pub fn expose(&self) -> &str {
        self.0.as_str()
    }
}

impl Debug for FileUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileUrl({:?})", self.0.host_str().unwrap_or_default())
    }
}

pub(crate) fn bad_file(rule: &'static str) -> FalError {
    FalError::new(FalErrorKind::InvalidInput, Operation::Upload)
        .with_reason(rule)
        .with_unsent()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_bytes_nor_names_nor_addresses_show() {
        let file = UploadFile::new("canary", "image/png")
            .unwrap()
            .with_name("canary.png");
        let url = FileUrl::new("https://v3.fal.media/files/canary".parse().unwrap());
        let shown = format!("{file:?} {url:?}");
        assert!(!shown.contains("canary"), "{shown}");
        assert!(shown.contains("v3.fal.media"), "{shown}");
    }

    #[test]
    fn a_type_that_breaks_out_of_its_header_is_no_type() {
        for bad in ["", "png", "image/png\r\nx: y", "image/pñg", "image/\"x\""] {
            assert!(UploadFile::new("x", bad).is_err(), "{bad:?}");
        }
        assert!(UploadFile::new("x", "text/plain; charset=utf-8").is_ok());
    }

    #[test]
    fn names_are_plain() {
        let name = |text| {
            let file = UploadFile::new("x", "image/png").unwrap();
            file.with_name(text).name().to_owned()
        };
        assert_eq!(name("../my cat?.png"), "mycat.png");
        assert_eq!(name(".."), "file");
        assert_eq!(name("кот"), "file");
    }
}
