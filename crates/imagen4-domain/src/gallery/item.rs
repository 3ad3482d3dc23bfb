//! What a gallery shows.

use serde::{Deserialize, Serialize};

use super::cursor::GalleryCursor;
use crate::GenerationId;
use crate::generation::Generation;

/// How far a position and a total are counted; beyond that they are not told.
pub const COUNTED: u32 = 1_000;

/// One generation in its owner's gallery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GalleryItem {
    /// The generation.
    pub generation: Generation,
    /// Whether it is one of the owner's favourites.
    pub favourite: bool,
}

impl GalleryItem {
    /// Returns the name of the generation.
    pub fn id(&self) -> GenerationId {
        self.generation.id()
    }

    /// Returns the generation whose settings it was made with, when it was made again; that one may be gone.
    pub fn parent(&self) -> Option<GenerationId> {
        self.generation.parent()
    }
}

/// One page of a gallery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GalleryPage {
    /// What is on it, newest first.
    pub items: Vec<GalleryItem>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<GalleryCursor>,
}

/// What stands beside a generation in a gallery, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Neighbours {
    /// The one before it: the next newer one.
    pub previous: Option<GenerationId>,
    /// The one after it: the next older one.
    pub next: Option<GenerationId>,
    /// Its place, from 1; `None` when the filter does not show it, and beyond the first [`COUNTED`].
    pub position: Option<u32>,
    /// How many the filter shows; `None` when they are more than [`COUNTED`].
    pub total: Option<u32>,
}
