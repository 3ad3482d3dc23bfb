//! A world whose records are lost: made through the real service, and rebuilt from its buckets alone.

#![expect(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a check reports by panicking, as every assertion does"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use storage::pictures::testing::sample_picture;
use storage::pictures::{
    BucketMap, FetchError, ImageFormat, IncomingPicture, ManifestPolicy, PictureSource,
    PictureStorage,
};
use storage::testing::{FailingStore, Failure, ManualClock, Operation};
use storage::{MemoryStore, ObjectKey, ObjectRef, ObjectStore, Sha256Digest, StorageErrorKind};

use super::{ScriptedGenerator, user};
use crate::{
    GenerateService, Generation, GenerationId, GenerationStore, Imagen4Settings, JournalEntry,
    MemoryGenerationStore, OnRetired, Picture, PictureState, Progress, RebuildService,
    RequestDraft, State, Step,
};

/// How many users share the generations.
const USERS: usize = 7;

/// What a rebuilt record says of a picture that is not in the bucket.
const NOT_THERE: &str = "it was not in the store when the records were rebuilt";

/// Generations with everything that a record can have, and the pictures that are left of them.
#[derive(Debug)]
pub struct LostWorld {
    pictures: PictureStorage,
    objects: Arc<FailingStore<MemoryStore>>,
    originals: BTreeMap<GenerationId, (Generation, Vec<JournalEntry>)>,
}

/// Gives a picture of some format and size for every link.
#[derive(Debug)]
struct AnyPicture;

#[async_trait]
impl PictureSource for AnyPicture {
    async fn open(&self, url: &str) -> Result<IncomingPicture, FetchError> {
        let [first, second, ..] = *Sha256Digest::of(url.as_bytes()).as_bytes();
        let format = ImageFormat::ALL[usize::from(first) % ImageFormat::ALL.len()];
        let (width, height) = (512 + u32::from(first), 512 + u32::from(second));
        IncomingPicture::of_bytes(sample_picture(format, width, height, url.as_bytes())).await
    }
}

impl LostWorld {
    /// Makes `count` generations of several users, models, sizes and seeds, with one to four pictures; some
    /// pictures are not stored, some are deleted, and so are some whole generations, whose records are erased.
    pub async fn made(count: usize, buckets: BucketMap, manifests: ManifestPolicy) -> Self {
        let clock = ManualClock::new("2026-11-22T23:50:00.123456Z".parse().unwrap());
        let objects = FailingStore::new(MemoryStore::new(Arc::new(clock.clone())));
        let objects = Arc::new(objects);
        let as_store: Arc<dyn ObjectStore> = Arc::clone(&objects) as _;
        let pictures =
            PictureStorage::new(as_store, Arc::new(AnyPicture), buckets).with_manifests(manifests);
        pictures.ensure_buckets().await.unwrap();
        let refused = Failure::of(Operation::Put, StorageErrorKind::Denied);
        objects.fail(refused.on_keys(|key| key.ends_with("_3.gif")));
        let records: Arc<dyn GenerationStore> = Arc::new(MemoryGenerationStore::new());
        let generator = ScriptedGenerator::new();
        generator.retire("fal-ai/imagen4/preview/fast");
        let settings = Imagen4Settings::default().with_on_retired(OnRetired::Successor);
        let service = GenerateService::new(
            Arc::clone(&records),
            Arc::new(generator),
            pictures.clone(),
            Arc::new(clock.clone()),
        )
        .with_settings(settings);
        let mut world = Self {
            pictures,
            objects,
            originals: BTreeMap::new(),
        };
        for place in 0..count {
            clock.advance(TimeDelta::milliseconds(1_717));
            let owner = user(&format!("tg:{}", place % USERS));
            let time = clock.clone();
            let passes = move |progress: &Progress| match progress {
                Progress::Submitted { .. } => time.advance(TimeDelta::microseconds(3_250_017)),
                Progress::Saving { .. } => time.advance(TimeDelta::microseconds(1_700_003)),
                _ => {}
            };
            let made = service.generate(&owner, draft(place), passes).await;
            world.lose_some(place, made.unwrap(), &records).await;
        }
        world
    }

    /// Returns the pictures, whose records are lost.
    pub fn pictures(&self) -> &PictureStorage {
        &self.pictures
    }

    /// Deletes every tenth generation whole, and one picture of every sixteenth.
    async fn lose_some(
        &mut self,
        place: usize,
        made: Generation,
        records: &Arc<dyn GenerationStore>,
    ) {
        let mut generation = made;
        if place % 10 == 3 {
            for picture in generation.pictures() {
                self.delete(picture).await;
            }
            let (owner, id) = (generation.owner().clone(), generation.id());
            let erased = JournalEntry::new(generation.updated_at(), Step::Erased);
            let revision = generation.revision();
            let advanced = records.advance(&owner, &id, revision, &erased).await;
            generation = advanced.unwrap();
        } else if place % 16 == 5 {
            self.delete(&generation.pictures()[0]).await;
        }
        let journal = records.journal(generation.owner(), &generation.id()).await;
        let kept = (generation.clone(), journal.unwrap());
        self.originals.insert(generation.id(), kept);
    }

    async fn delete(&self, picture: &Picture) {
        if let PictureState::Stored(stored) = &picture.state {
            let bucket = stored.object.bucket.clone();
            let manifest: ObjectKey = format!("{}.json", stored.object.key).parse().unwrap();
            let manifest = ObjectRef::new(bucket, manifest);
            self.objects.delete(&stored.object).await.unwrap();
            self.objects.delete(&manifest).await.unwrap();
        }
    }

    /// Returns the records that can come back, as they are to be: each with the pictures that are left.
    async fn expected(&self) -> BTreeMap<GenerationId, (serde_json::Value, Vec<JournalEntry>)> {
        let mut expected = BTreeMap::new();
        for (id, (original, journal)) in &self.originals {
            if *original.state() == State::Erased {
                continue;
            }
            let mut pictures = original.pictures().to_vec();
            let mut left = 0;
            for picture in &mut pictures {
                if self.is_left(picture).await {
                    left += 1;
                } else {
                    picture.state = PictureState::Unobtainable {
                        reason: NOT_THERE.to_owned(),
                    };
                }
            }
            if left > 0 {
                let mut record = serde_json::to_value(original).unwrap();
                record["pictures"] = serde_json::to_value(pictures).unwrap();
                expected.insert(*id, (record, journal.clone()));
            }
        }
        expected
    }

    async fn is_left(&self, picture: &Picture) -> bool {
        match &picture.state {
            PictureState::Stored(stored) => self.objects.head(&stored.object).await.is_ok(),
            _ => false,
        }
    }

    /// Rebuilds into `fresh`, a store that holds nothing, and sees to it that every record is the original one
    /// but for what [`RebuildService`] names; `prompt` gives what stands in the place of a prompt.
    pub async fn check_rebuilt(
        &self,
        fresh: Arc<dyn GenerationStore>,
        page: u16,
        prompt: impl Fn(&str) -> String,
    ) {
        let expected = self.expected().await;
        let service = RebuildService::new(Arc::clone(&fresh), self.pictures.clone());
        let service = service.with_page(page);
        let dry = service.clone().with_dry_run(true).run(None, |_| {}).await;
        assert_eq!(dry.as_ref().unwrap().rebuilt, expected.len());
        assert!(
            everything(&fresh).await.is_empty(),
            "a dry run writes nothing"
        );

        let first = service.run(None, |_| {}).await.unwrap();
        assert_eq!(first, dry.unwrap());
        assert_eq!(first.not_rebuilt, 0);
        let rebuilt = everything(&fresh).await;
        assert_eq!(rebuilt.len(), expected.len());
        for (id, (original, journal)) in &expected {
            let found = &rebuilt[id];
            same_but_for_what_is_named(original, found, &prompt);
            let told = fresh.journal(found.owner(), id).await.unwrap();
            same_steps(journal, &told);
        }

        let second = service.run(None, |_| {}).await.unwrap();
        assert_eq!((second.rebuilt, second.already_there), (0, expected.len()));
        assert_eq!(
            everything(&fresh).await,
            rebuilt,
            "a second run changes nothing"
        );
    }
}

/// Returns the request in this place: every model, shape and number of pictures comes up.
fn draft(place: usize) -> RequestDraft {
    const MODELS: [&str; 5] = [
        "imagen4",
        "imagen4-fast",
        "imagen4-ultra",
        "nano-banana",
        "nano-banana-2",
    ];
    const RATIOS: [&str; 3] = ["1:1", "16:9", "3:4"];
    let model = MODELS[place % MODELS.len()];
    let draft = RequestDraft::new(format!("a lighthouse, number {place}, \"ночью\" 🦊"))
        .with_model(model)
        .with_aspect_ratio(RATIOS[place % RATIOS.len()])
        .with_images(u32::try_from(place % 4 + 1).unwrap());
    let imagen = model == "imagen4" || model == "imagen4-ultra";
    match (imagen, place % 2) {
        (true, 0) => draft.with_seed(u32::try_from(place).unwrap()),
        _ => draft,
    }
}

async fn everything(store: &Arc<dyn GenerationStore>) -> BTreeMap<GenerationId, Generation> {
    let mut all = BTreeMap::new();
    for number in 0..USERS {
        let owner = user(&format!("tg:{number}"));
        let found = store.recent(&owner, u32::MAX >> 1, None).await.unwrap();
        all.extend(found.into_iter().map(|one| (one.id(), one)));
    }
    all
}

fn same_but_for_what_is_named(
    original: &serde_json::Value,
    found: &Generation,
    prompt: impl Fn(&str) -> String,
) {
    let mut wanted = original.clone();
    let mut record = serde_json::to_value(found).unwrap();
    let text = wanted["prompt"].as_str().unwrap();
    wanted["prompt"] = prompt(text).into();
    let time = |record: &mut serde_json::Value| {
        let taken = record["updated_at"].take();
        let time: chrono::DateTime<chrono::Utc> = taken.as_str().unwrap().parse().unwrap();
        time
    };
    let (before, after) = (time(&mut wanted), time(&mut record));
    assert_eq!(record, wanted);
    let earlier = before - after;
    assert!(
        earlier >= TimeDelta::zero() && earlier < TimeDelta::seconds(5),
        "{earlier}"
    );
}

/// The steps are the same; the time of a submit and the links are not known any more.
fn same_steps(original: &[JournalEntry], found: &[JournalEntry]) {
    let names =
        |all: &[JournalEntry]| -> Vec<_> { all.iter().map(|one| one.step.name()).collect() };
    assert_eq!(names(found), names(original));
    for (before, after) in original.iter().zip(found) {
        match (&before.step, &after.step) {
            (Step::Submitting { model: asked }, Step::Submitting { model }) => {
                assert_eq!(model, asked);
            }
            (
                Step::Generated { links, .. },
                Step::Generated {
                    links: lost,
                    billable_micros,
                },
            ) => {
                assert_eq!((after.at, lost.len()), (before.at, links.len()));
                assert!(billable_micros.is_some());
                assert!(lost.iter().all(|link| link.url.is_empty()));
            }
            (Step::Completed { .. }, Step::Completed { .. }) => {}
            _ => assert_eq!(after, before),
        }
    }
}
