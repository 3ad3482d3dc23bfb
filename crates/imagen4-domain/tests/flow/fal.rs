//! The service with the generator over FAL's queue, which is scripted.

use std::sync::Arc;
use std::time::Duration;

use fal_client::testing::{JobScript, ScriptedFalQueue};
use fal_client::{FalError, FalErrorKind, FalQueue, Operation};
use imagen4_domain::testing::{MockPromptPolicy, user};
use imagen4_domain::{
    FalImageGenerator, GenerateErrorKind, GenerateService, GenerationStore, MemoryGenerationStore,
    OnRetired, PictureState, RequestDraft,
};
use serde_json::json;
use storage::pictures::{BucketMap, PictureStorage};
use storage::testing::ManualClock;

use crate::world::{link, objects, settings, source, start};

struct Fal {
    queue: ScriptedFalQueue,
    store: Arc<MemoryGenerationStore>,
    service: GenerateService,
}

impl Fal {
    fn new(on_retired: OnRetired) -> Self {
        let images = json!([{ "url": link(1, 1) }, { "url": link(1, 2), "width": null }]);
        let queue = ScriptedFalQueue::new(JobScript::gives(json!({ "images": images })));
        let as_queue: Arc<dyn FalQueue> = Arc::new(queue.clone());
        let generator = FalImageGenerator::new(as_queue, Arc::default(), Duration::from_mins(1));
        let clock = ManualClock::new(start());
        let (bytes, links) = (Arc::new(objects(&clock)), Arc::new(source()));
        let pictures = PictureStorage::new(bytes, links, BucketMap::default());
        let store = Arc::new(MemoryGenerationStore::new());
        let records: Arc<dyn GenerationStore> = Arc::clone(&store) as _;
        let service = GenerateService::new(records, Arc::new(generator), pictures, Arc::new(clock))
            .with_settings(settings().with_on_retired(on_retired));
        Self {
            queue,
            store,
            service,
        }
    }

    fn fail_submit(&self, kind: FalErrorKind) {
        let error = FalError::new(kind, Operation::Submit).with_status(404);
        self.queue.fail_next(Operation::Submit, error);
    }
}

fn draft() -> RequestDraft {
    RequestDraft::new("a lighthouse at dawn").with_images(2)
}

#[tokio::test(start_paused = true)]
async fn pictures_come_through_the_queue() {
    let fal = Fal::new(OnRetired::Refuse);
    let made = fal
        .service
        .generate(&user("7"), draft(), |_| {})
        .await
        .unwrap();
    let is_stored = |state: &PictureState| matches!(state, PictureState::Stored(_));
    assert!(
        made.pictures()
            .iter()
            .all(|picture| is_stored(&picture.state))
    );
    assert_eq!(made.billable_micros(), Some(1_000_000));
    assert_eq!(
        made.job().unwrap().endpoint.as_str(),
        "fal-ai/imagen4/preview"
    );
    assert_eq!(fal.queue.accepted(), 1);
}

#[tokio::test(start_paused = true)]
async fn application_not_found_is_a_retired_model() {
    let fal = Fal::new(OnRetired::Refuse);
    fal.fail_submit(FalErrorKind::ModelNotFound);
    let error = fal
        .service
        .generate(&user("7"), draft(), |_| {})
        .await
        .unwrap_err();
    assert_eq!(error.kind(), GenerateErrorKind::ModelRetired);
    assert_eq!(error.successor().unwrap().as_str(), "fal-ai/nano-banana");
    assert_eq!(fal.queue.accepted(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_successor_gets_the_same_request() {
    let fal = Fal::new(OnRetired::Successor);
    fal.fail_submit(FalErrorKind::ModelNotFound);
    let made = fal
        .service
        .generate(&user("7"), draft(), |_| {})
        .await
        .unwrap();
    assert_eq!(made.model_used().as_str(), "fal-ai/nano-banana");
    let submitted = fal.queue.submitted();
    let (endpoint, input, _) = submitted.last().unwrap();
    assert_eq!(endpoint.as_str(), "fal-ai/nano-banana");
    assert_eq!(
        (&input["num_images"], &input["aspect_ratio"]),
        (&json!(2), &json!("1:1"))
    );
    assert_eq!(fal.queue.accepted(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_submit_whose_answer_was_lost_is_unknown_and_sent_once() {
    let fal = Fal::new(OnRetired::Successor);
    let lost = FalError::new(FalErrorKind::Unavailable, Operation::Submit).into_unacknowledged();
    fal.queue.lose_next(Operation::Submit, lost);
    let error = fal
        .service
        .generate(&user("7"), draft(), |_| {})
        .await
        .unwrap_err();
    assert_eq!(error.kind(), GenerateErrorKind::Unknown);
    assert_eq!(
        (fal.queue.accepted(), fal.queue.calls(Operation::Submit)),
        (1, 1)
    );
    let recorded = fal
        .store
        .find(&user("7"), &error.id().unwrap())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(recorded.state().name(), "unknown");
}

#[tokio::test(start_paused = true)]
async fn a_submit_whose_answer_was_lost_but_for_its_id_is_found_again() {
    let fal = Fal::new(OnRetired::Refuse);
    let lost = FalError::new(FalErrorKind::Unavailable, Operation::Submit)
        .with_request_id("484ccb37".parse().unwrap())
        .into_unacknowledged();
    fal.queue.lose_next(Operation::Submit, lost);
    let owner = user("7");
    let outcome = fal.service.generate(&owner, draft(), |_| {}).await;
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), GenerateErrorKind::Unknown);
    assert_eq!(error.request_id().unwrap().as_str(), "484ccb37");
    let recorded = fal.store.find(&owner, &error.id().unwrap()).await.unwrap();
    assert_eq!(recorded.unwrap().request_id(), error.request_id());
}

#[tokio::test(start_paused = true)]
async fn trouble_on_the_way_to_a_paid_job_loses_nothing() {
    for operation in [Operation::Status, Operation::Result] {
        let fal = Fal::new(OnRetired::Refuse);
        for _ in 0..10 {
            let down = FalError::new(FalErrorKind::Unavailable, operation).into_exhausted(4);
            fal.queue.fail_next(operation, down);
        }
        let made = fal.service.generate(&user("7"), draft(), |_| {}).await;
        assert_eq!(made.unwrap().pictures().len(), 2, "{operation:?}");
        assert_eq!(fal.queue.accepted(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_generation_timeout_ends_the_generation() {
    let late = FalError::new(FalErrorKind::TimedOut, Operation::Result)
        .with_error_type("generation_timeout")
        .with_status(504);
    let fal = Fal::new(OnRetired::Refuse);
    fal.queue
        .add_script(JobScript::fails(late).with_silent_failure());
    let owner = user("7");
    let outcome = fal.service.generate(&owner, draft(), |_| {}).await;
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), GenerateErrorKind::Failed);
    let recorded = fal.store.find(&owner, &error.id().unwrap()).await.unwrap();
    assert_eq!(recorded.unwrap().state().name(), "failed");
}

#[tokio::test(start_paused = true)]
async fn the_policy_is_asked_once_for_each_request() {
    let fal = Fal::new(OnRetired::Refuse);
    let mut policy = MockPromptPolicy::new();
    policy.expect_check().times(1).returning(|_| Ok(()));
    let service = fal.service.with_policy(Arc::new(policy));
    service.generate(&user("7"), draft(), |_| {}).await.unwrap();
}
