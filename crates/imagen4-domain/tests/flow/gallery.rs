//! The gallery over fakes: pages, favourites, numbers, once more, and away with it.

mod cache;
mod crashes;
mod delete;
mod filters;
mod mortal;
mod operations;
mod paging;
mod regenerate;

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use imagen4_domain::testing::{completed, user};
use imagen4_domain::{
    Catalogue, GalleryItem, Generation, GenerationId, GenerationStore, Imagen4Settings,
    RequestDraft,
};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(Catalogue::default);

/// Records a completed generation of user 7, whose pictures are those of the samples.
pub(crate) async fn made_at(
    store: &dyn GenerationStore,
    at: DateTime<Utc>,
    model: &str,
    ratio: &str,
) -> Generation {
    let draft = RequestDraft::new("a lighthouse at dawn");
    let draft = draft.with_model(model).with_aspect_ratio(ratio);
    let request = draft.check(&CATALOGUE, &Imagen4Settings::default());
    let new = Generation::new(GenerationId::new(at), user("7"), request.unwrap(), at);
    completed(store, new).await
}

pub(crate) fn names(items: &[GalleryItem]) -> Vec<GenerationId> {
    items.iter().map(GalleryItem::id).collect()
}
