//! What the record store is asked for.

use serde::Serialize;

use super::days::TimeSpan;
use super::kind::GalleryKind;
use crate::AspectRatio;
use crate::catalogue::ModelId;
use crate::generation::Generation;

/// How many generations are recent, as many as the cache keeps the names of.
pub const RECENT: u32 = 50;

/// What the record store is asked for: a [`GalleryFilter`](crate::GalleryFilter) at a moment.
///
/// What is found fulfils every part that is set. Its JSON names a page in the cache.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize)]
pub struct GalleryQuery {
    /// The kind of the model that made the pictures.
    pub kind: Option<GalleryKind>,
    /// The model that made the pictures.
    pub model: Option<ModelId>,
    /// The shape that was asked for.
    pub aspect_ratio: Option<AspectRatio>,
    /// Whether only favourites are meant.
    pub favourites: bool,
    /// How many of the newest of the whole gallery are looked at.
    pub newest: Option<u32>,
    /// When they were created.
    pub created: Option<TimeSpan>,
}

impl GalleryQuery {
    /// Tells whether a generation is meant, as far as it alone can tell: [`newest`](Self::newest) is left out.
    pub fn matches(&self, generation: &Generation, is_favourite: bool) -> bool {
        let model = generation.model_used();
        self.kind.is_none_or(|kind| kind == GalleryKind::of(model))
            && self.model.as_ref().is_none_or(|wanted| wanted == model)
            && self
                .aspect_ratio
                .is_none_or(|ratio| ratio == generation.request().aspect_ratio())
            && (!self.favourites || is_favourite)
            && self
                .created
                .is_none_or(|span| span.contains(generation.created_at()))
    }
}
