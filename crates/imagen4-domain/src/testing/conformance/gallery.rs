//! The rules that every [`GalleryStore`] keeps, one function each, and a macro that makes tests of them.

mod changing;
mod counting;
mod showing;

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use chrono::TimeDelta;

pub use changing::*;
pub use counting::*;
pub use showing::*;

use super::{StoreFixture, owner, start};
use crate::testing::samples::completed;
use crate::{
    Catalogue, Cursor, GalleryItem, GalleryQuery, GalleryStore, Generation, GenerationId,
    GenerationStore, Imagen4Settings, RequestDraft,
};

/// An empty store under test, as the store of records and of galleries, and what it needs to live.
pub struct GalleryFixture {
    records: StoreFixture,
    gallery: Arc<dyn GalleryStore>,
}

impl fmt::Debug for GalleryFixture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.gallery.fmt(f)
    }
}

impl GalleryFixture {
    /// Returns the fixture of an empty store.
    pub fn new<S: GenerationStore + GalleryStore>(store: S) -> Self {
        Self::keeping(store, ())
    }

    /// Returns the fixture of an empty store that needs `keep` to live on, such as a temporary directory.
    pub fn keeping<S: GenerationStore + GalleryStore>(
        store: S,
        keep: impl Any + Send + Sync,
    ) -> Self {
        let store = Arc::new(store);
        Self {
            records: StoreFixture::keeping(Arc::clone(&store), keep),
            gallery: store,
        }
    }

    /// Returns the store of the galleries.
    pub fn gallery(&self) -> &Arc<dyn GalleryStore> {
        &self.gallery
    }

    /// Returns the store of the records.
    pub fn records(&self) -> &StoreFixture {
        &self.records
    }

    /// Records a completed generation of the default model, asked for so many seconds after the start.
    async fn shown(&self, user: &str, second: i64) -> Generation {
        let model = "fal-ai/imagen4/preview";
        self.made_by(user, second, model, "1:1").await
    }

    /// Records a completed generation of this model and shape.
    async fn made_by(&self, user: &str, second: i64, model: &str, ratio: &str) -> Generation {
        let draft = RequestDraft::new("a lighthouse at dawn").with_model(model);
        let request = draft
            .with_aspect_ratio(ratio)
            .check(&Catalogue::default(), &Imagen4Settings::default())
            .unwrap();
        let at = start() + TimeDelta::seconds(second);
        let new = Generation::new(GenerationId::new(at), owner(user), request, at);
        self.complete(new).await
    }

    async fn complete(&self, new: Generation) -> Generation {
        completed(self.records.store().as_ref(), new).await
    }

    async fn page(
        &self,
        user: &str,
        query: &GalleryQuery,
        after: Option<Cursor>,
        limit: u32,
    ) -> Vec<GalleryItem> {
        let page = self.gallery.page(&owner(user), query, after, limit).await;
        page.unwrap()
    }

    /// Returns the names of all that `query` means, by pages of two.
    async fn names(&self, user: &str, query: &GalleryQuery) -> Vec<GenerationId> {
        let (mut names, mut after) = (Vec::new(), None);
        loop {
            let page = self.page(user, query, after, 2).await;
            let Some(last) = page.last() else {
                return names;
            };
            after = Some(Cursor::of(&last.generation));
            names.extend(page.iter().map(GalleryItem::id));
        }
    }

    async fn mark(&self, generation: &Generation) {
        let (user, id) = (generation.owner(), generation.id());
        self.gallery.set_favourite(user, &id, true).await.unwrap();
    }

    async fn delete(&self, generation: &Generation) {
        let (user, id) = (generation.owner(), generation.id());
        self.gallery.hide(user, &id).await.unwrap();
        self.gallery.remove(user, &id).await.unwrap();
    }
}

/// Returns the query that means everything.
fn all() -> GalleryQuery {
    GalleryQuery::default()
}

/// Makes one test of each rule of galleries for one store.
///
/// The caller gives the attributes of a test and an expression of type
/// [`GalleryFixture`](crate::testing::conformance::GalleryFixture), which may await.
///
/// ```
/// mod memory {
///     use imagen4_domain::memory::MemoryGenerationStore;
///     use imagen4_domain::testing::conformance::GalleryFixture;
///
///     imagen4_domain::gallery_store_conformance!(
///         #[tokio::test]
///         fixture = GalleryFixture::new(MemoryGenerationStore::new())
///     );
/// }
/// ```
#[macro_export]
macro_rules! gallery_store_conformance {
    ($(#[$attribute:meta])+ fixture = $fixture:expr) => {
        $crate::gallery_store_conformance! { @rules [$(#[$attribute])+] ($fixture)
            only_what_is_completed_is_shown
            a_gallery_begins_with_the_newest
            a_gallery_holds_no_other_users
            a_page_has_its_limit
            pages_repeat_and_skip_nothing_while_others_come_and_go
            those_of_one_moment_are_paged_by_name
            each_part_of_a_query_is_kept
            a_query_of_several_parts_keeps_all_of_them
            the_newest_are_counted_before_anything_else
            the_ends_of_a_span_are_kept
            a_gallery_goes_by_the_model_that_was_used
            neighbours_are_the_next_newer_and_the_next_older
            neighbours_are_those_that_are_meant
            what_is_not_meant_has_neighbours_and_no_position
            an_item_is_told_in_any_state
            a_parent_is_kept
            counts_are_those_of_what_is_shown
            hours_are_those_of_the_user
            a_favourite_is_kept_until_it_is_taken_back
            a_favourite_stays_one_when_the_record_moves_on
            what_is_hidden_is_found_by_no_call
            what_is_hidden_can_be_hidden_again
            what_is_under_way_cannot_be_hidden
            whatever_is_over_can_be_hidden
            only_what_is_hidden_is_removed
            what_was_removed_is_gone_and_its_name_stays_taken
            another_user_changes_nothing
            what_is_missing_is_not_found
        }
    };
    (@rules $attributes:tt $fixture:tt $($rule:ident)+) => {
        $($crate::gallery_store_conformance! { @rule $attributes $fixture $rule })+
    };
    (@rule [$(#[$attribute:meta])+] ($fixture:expr) $rule:ident) => {
        $(#[$attribute])+
        async fn $rule() {
            let fixture: $crate::testing::conformance::GalleryFixture = $fixture;
            $crate::testing::conformance::$rule(&fixture).await;
        }
    };
}
