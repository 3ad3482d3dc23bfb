//! At the moment of each outside call, from the submit to the link, the journal holds the step that leads to it.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use fal_client::JobHandle;
use imagen4_domain::testing::{ScriptedGenerator, user};
use imagen4_domain::{
    GenerateService, GeneratedPictures, Generation, GenerationStore, GeneratorError,
    ImageGenerator, Library, MemoryGenerationStore, ProgressSink,
};
use storage::pictures::testing::ScriptedSource;
use storage::pictures::{BucketMap, FetchError, IncomingPicture, PictureSource, PictureStorage};
use storage::testing::{FailingStore, ManualClock};
use storage::{
    Body, BucketName, BucketOutcome, Capabilities, Deletion, GetOptions, ListOptions, ListPage,
    MemoryStore, Object, ObjectInfo, ObjectKey, ObjectRef, ObjectStore, PutOptions, PutReceipt,
    Result as Stored, SignOptions, SignedUrl,
};

use crate::world::{four, objects, source, start};

/// Notes each call with the last step of the journal at that moment.
#[derive(Debug, Clone)]
struct Witness {
    store: Arc<MemoryGenerationStore>,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Witness {
    async fn note(&self, call: &str) {
        let newest = self
            .store
            .recent(&user("7"), 1, None)
            .await
            .unwrap()
            .remove(0);
        let journal = self.store.journal(&user("7"), &newest.id()).await.unwrap();
        let step = journal.last().unwrap().step.name();
        self.seen
            .lock()
            .unwrap()
            .push(format!("{call} after {step}"));
    }
}

#[derive(Debug)]
struct Watched<T>(T, Witness);

#[async_trait]
impl ImageGenerator for Watched<ScriptedGenerator> {
    async fn submit(&self, generation: &Generation) -> Result<JobHandle, GeneratorError> {
        self.1.note("submit").await;
        self.0.submit(generation).await
    }

    async fn wait(
        &self,
        job: &JobHandle,
        progress: &ProgressSink,
    ) -> Result<GeneratedPictures, GeneratorError> {
        self.1.note("wait").await;
        self.0.wait(job, progress).await
    }
}

#[async_trait]
impl PictureSource for Watched<ScriptedSource> {
    async fn open(&self, url: &str) -> Result<IncomingPicture, FetchError> {
        self.1.note("fetch").await;
        self.0.open(url).await
    }
}

#[async_trait]
impl ObjectStore for Watched<FailingStore<MemoryStore>> {
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }
    async fn put(&self, object: &ObjectRef, body: Body, options: PutOptions) -> Stored<PutReceipt> {
        self.1.note("put").await;
        self.0.put(object, body, options).await
    }
    async fn get(&self, object: &ObjectRef, options: GetOptions) -> Stored<Object> {
        self.0.get(object, options).await
    }
    async fn head(&self, object: &ObjectRef) -> Stored<ObjectInfo> {
        self.0.head(object).await
    }
    async fn delete(&self, object: &ObjectRef) -> Stored<()> {
        self.0.delete(object).await
    }
    async fn delete_many(&self, bucket: &BucketName, keys: &[ObjectKey]) -> Stored<Vec<Deletion>> {
        self.0.delete_many(bucket, keys).await
    }
    async fn list(&self, bucket: &BucketName, options: ListOptions) -> Stored<ListPage> {
        self.0.list(bucket, options).await
    }
    async fn sign_get(&self, object: &ObjectRef, options: SignOptions) -> Stored<SignedUrl> {
        self.1.note("link").await;
        self.0.sign_get(object, options).await
    }
    async fn ensure_bucket(&self, bucket: &BucketName) -> Stored<BucketOutcome> {
        self.1.note("bucket").await;
        self.0.ensure_bucket(bucket).await
    }
}

async fn trace(
    generator: ScriptedGenerator,
    settings: imagen4_domain::Imagen4Settings,
) -> Vec<String> {
    let clock = ManualClock::new(start());
    let store = Arc::new(MemoryGenerationStore::new());
    let witness = Witness {
        store: Arc::clone(&store),
        seen: Arc::default(),
    };
    let pictures = PictureStorage::new(
        Arc::new(Watched(objects(&clock), witness.clone())),
        Arc::new(Watched(source(), witness.clone())),
        BucketMap::default(),
    );
    let maker = Arc::new(Watched(generator, witness.clone()));
    let library = Library::new(
        Arc::clone(&store) as Arc<dyn GenerationStore>,
        pictures.clone(),
        Arc::new(clock.clone()),
    );
    let service =
        GenerateService::new(store, maker, pictures, Arc::new(clock)).with_settings(settings);
    let made = service.generate(&user("7"), four(), |_| {}).await.unwrap();
    let views = library.links(&made).await;
    assert!(views.iter().all(|view| view.link.is_some()));
    witness.seen.lock().unwrap().clone()
}

/// Returns the trace with repeats taken together, since four pictures go side by side.
fn kinds(mut trace: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    trace.retain(|line| seen.insert(line.clone()));
    trace
}

#[tokio::test(start_paused = true)]
async fn each_outside_call_comes_after_its_step() {
    let trace = trace(ScriptedGenerator::new(), crate::world::settings()).await;
    // Four pictures, each with its manifest.
    assert_eq!(
        trace.iter().filter(|line| line.starts_with("put")).count(),
        8
    );
    assert_eq!(
        trace
            .iter()
            .filter(|line| line.starts_with("fetch"))
            .count(),
        4
    );
    assert_eq!(
        kinds(trace),
        [
            "submit after submitting",
            "wait after submitted",
            "bucket after generated",
            "fetch after generated",
            "put after generated",
            "link after completed",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_second_submit_has_a_step_of_its_own() {
    let generator = ScriptedGenerator::new();
    generator.retire("fal-ai/imagen4/preview");
    let settings = crate::world::settings().with_on_retired(imagen4_domain::OnRetired::Successor);
    let trace = trace(generator, settings).await;
    assert_eq!(
        trace[..3],
        [
            "submit after submitting",
            "submit after submitting",
            "wait after submitted"
        ]
    );
}
