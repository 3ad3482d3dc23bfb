//! Rebuilding the records from the manifests beside the pictures, when the database is lost.

mod plan;
mod report;

use std::collections::BTreeMap;
use std::sync::Arc;

use storage::StorageError;
use storage::pictures::{FoundPicture, PictureStorage, SurveyCursor, SurveyPage};

pub use report::{NotRebuilt, RebuildPage, RebuildTotals, Unrebuilt};

use self::plan::Plan;
use crate::catalogue::Catalogue;
use crate::generation::Generation;
use crate::replay::{Replay, Replayed};
use crate::service::GenerationCache;
use crate::store::GenerationStore;

/// How many objects a step looks at, unless set otherwise.
const PAGE: u16 = 500;

/// Rebuilds records from the bucket alone.
///
/// A record is written by the same steps as the first time, with the times that the manifests hold, so the
/// store keeps every rule of its contract. A second run changes nothing, and one that was cut off goes on.
/// A record that is there already stays as it is, whatever a manifest says: also one that was erased. The
/// name of one that was deleted is taken, and it does not come back.
///
/// What cannot be as it was:
/// - `updated_at`: nothing is written beside a picture after the record is completed, so it is the time at
///   which the last of the pictures was put, to the second, or the end of the job if that is later
/// - pictures that were not stored: they become `Unobtainable`, since a manifest holds no link; so do those
///   that were deleted alone
/// - the prompts, when manifests keep their hash or nothing: a text in brackets stands in their place
/// - favourites, and which generation was made again from which: no manifest tells them
/// - in the journal: the time of each `Submitting`, which becomes that of the creation, and the provider's
///   links, which become empty
///
/// A generation without a stored picture (refused, failed, unfinished, erased) leaves no trace in the bucket
/// and does not come back.
#[derive(Debug, Clone)]
pub struct RebuildService {
    replay: Replay,
    pictures: PictureStorage,
    catalogue: Arc<Catalogue>,
    page: u16,
    is_dry: bool,
}

impl RebuildService {
    /// Returns the service that writes to `store` what the buckets of `pictures` tell.
    pub fn new(store: Arc<dyn GenerationStore>, pictures: PictureStorage) -> Self {
        Self {
            replay: Replay::new(store),
            pictures,
            catalogue: Arc::default(),
            page: PAGE,
            is_dry: false,
        }
    }

    /// Sets the models, whose successors tell which models were asked in between.
    #[must_use]
    pub fn with_catalogue(mut self, catalogue: Arc<Catalogue>) -> Self {
        self.catalogue = catalogue;
        self
    }

    /// Sets the cache, a clone of the one that the services have: what it knows of a user is old once a record of
    /// theirs was written. Without it lists may miss the record for a day, and pages for five minutes.
    #[must_use]
    pub fn with_cache(mut self, cache: GenerationCache) -> Self {
        self.replay = self.replay.with_cache(cache);
        self
    }

    /// Sets how many objects a step looks at, 1 to 1000: memory follows it.
    #[must_use]
    pub fn with_page(mut self, objects: u16) -> Self {
        self.page = objects.clamp(1, 1000);
        self
    }

    /// Sets whether nothing is written: the reports say what would be.
    #[must_use]
    pub fn with_dry_run(mut self, is_dry: bool) -> Self {
        self.is_dry = is_dry;
        self
    }

    /// Goes through all buckets and tells each page to `on_page`, which may keep its cursor for another run.
    ///
    /// # Errors
    ///
    /// The error of the first page that could not be listed; go on from the last cursor that was told.
    ///
    /// # Cancellation
    ///
    /// Some records are rebuilt; run again.
    pub async fn run(
        &self,
        from: Option<SurveyCursor>,
        mut on_page: impl FnMut(&RebuildPage) + Send,
    ) -> Result<RebuildTotals, StorageError> {
        let mut totals = RebuildTotals::default();
        let mut cursor = from;
        loop {
            let page = self.step(cursor.as_ref()).await?;
            totals.add(&page);
            on_page(&page);
            match page.next {
                Some(next) => cursor = Some(next),
                None => return Ok(totals),
            }
        }
    }

    /// Rebuilds what one page of a bucket tells: from the beginning, or from `from`.
    ///
    /// # Errors
    ///
    /// Those of [`PictureStorage::survey`]. What fails for one generation is told in the page.
    ///
    /// # Cancellation
    ///
    /// Some records are rebuilt; repeat the step.
    pub async fn step(&self, from: Option<&SurveyCursor>) -> Result<RebuildPage, StorageError> {
        let survey = self.pictures.survey(from, self.page).await?;
        let SurveyPage {
            found,
            unusable,
            next,
        } = survey;
        let mut page = RebuildPage {
            pictures: found.len(),
            not_rebuilt: unusable.into_iter().map(Unrebuilt::from).collect(),
            next,
            ..RebuildPage::default()
        };
        for here in grouped(found) {
            let Some(first) = here.first() else {
                continue;
            };
            match self.rebuild(first, &here).await {
                Ok(Some((Replayed::Written, generation))) => page.rebuilt.push(generation),
                Ok(Some((Replayed::AlreadyThere, _))) => page.already_there += 1,
                // The page of its first picture tells of it.
                Ok(None) => {}
                Err(reason) => page.not_rebuilt.push(Unrebuilt::of(first, reason)),
            }
        }
        Ok(page)
    }

    /// Rebuilds the generation of the pictures `here`; `None` when the page of its first picture does.
    async fn rebuild(
        &self,
        first: &FoundPicture,
        here: &[FoundPicture],
    ) -> Result<Option<(Replayed, Generation)>, NotRebuilt> {
        let is_whole = here.len() == usize::from(first.manifest.count);
        let all = if is_whole {
            here.to_vec()
        } else {
            let all = self.pictures.siblings(first).await;
            all.map_err(|error| NotRebuilt::NoAnswer(error.kind()))?
        };
        // Siblings may lie on several pages, which is how it is with shards; the first of them stands for all.
        if all.first().map(|one| &one.object) != Some(&first.object) {
            return Ok(None);
        }
        let plan = Plan::of(&all, &self.catalogue)?;
        let replayed = if self.is_dry {
            self.replay.look(&plan.first, &plan.entries).await
        } else {
            self.replay.write(&plan.first, &plan.entries).await
        };
        Ok(Some(replayed?))
    }
}

/// Returns the pictures of a page by generation, each by number.
fn grouped(found: Vec<FoundPicture>) -> impl Iterator<Item = Vec<FoundPicture>> {
    let mut groups: BTreeMap<String, Vec<FoundPicture>> = BTreeMap::new();
    for one in found {
        let id = one.manifest.generation_id.clone();
        groups.entry(id).or_default().push(one);
    }
    for group in groups.values_mut() {
        group.sort_by_key(|one| one.manifest.number);
        group.dedup_by_key(|one| one.manifest.number);
    }
    groups.into_values()
}
