//! The generator over a scripted queue.

use std::io;
use std::sync::Mutex;

use chrono::DateTime;
use fal_client::testing::{JobScript, ScriptedFalQueue};
use fal_client::{BillableUnits, FalError, FalErrorKind, Operation};
use serde_json::json;

use super::*;
use crate::{
    AspectRatio, GenerationId, Imagen4Settings, Inputs, Model, OutputFormat, Price, RequestDraft,
};

fn generation() -> Generation {
    let draft = RequestDraft::new("a lighthouse at dawn")
        .with_images(2)
        .with_seed(7);
    let request = draft
        .check(&Catalogue::default(), &Imagen4Settings::default())
        .unwrap();
    let now = DateTime::UNIX_EPOCH;
    Generation::new(GenerationId::new(now), "7".parse().unwrap(), request, now)
}

fn generator(queue: &ScriptedFalQueue) -> FalImageGenerator {
    FalImageGenerator::new(
        Arc::new(queue.clone()),
        Arc::default(),
        Duration::from_mins(1),
    )
}

fn two_pictures() -> JobScript {
    let images = json!([{"url": "https://v3b.fal.media/1.png"}, {"url": "https://v3b.fal.media/2.png", "width": null}]);
    JobScript::gives(json!({ "images": images, "description": "" }))
}

#[tokio::test(start_paused = true)]
async fn a_job_gives_links_and_tells_how_it_goes() {
    let queue = ScriptedFalQueue::new(two_pictures().with_polls(2, 2));
    let generator = generator(&queue);
    let job = generator.submit(&generation()).await.unwrap();

    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&heard);
    let sink = ProgressSink::new(move |progress| ear.lock().unwrap().push(progress.clone()));
    let given = generator.wait(&job, &sink).await.unwrap();
    assert_eq!(
        given.links,
        ["https://v3b.fal.media/1.png", "https://v3b.fal.media/2.png"]
    );
    assert_eq!(given.kept_for.as_secs(), 604_800);
    assert_eq!(given.billable_units, Some(BillableUnits::from_units(1)));
    assert!(!format!("{given:?}").contains("fal.media"));

    let heard = heard.lock().unwrap();
    let queued = heard
        .iter()
        .filter(|one| matches!(one, Progress::Queued { .. }))
        .count();
    assert!(queued >= 1, "{heard:?}");
    assert_eq!(
        heard
            .iter()
            .filter(|one| **one == Progress::Running)
            .count(),
        1,
        "{heard:?}"
    );
}

#[tokio::test]
async fn the_model_gets_what_it_takes_and_seven_days_are_asked_for() {
    let queue = ScriptedFalQueue::new(two_pictures());
    generator(&queue).submit(&generation()).await.unwrap();
    let submitted = queue.submitted();
    let (endpoint, input, options) = &submitted[0];
    assert_eq!(endpoint.as_str(), "fal-ai/imagen4/preview");
    assert_eq!(
        *input,
        json!({
            "prompt": "a lighthouse at dawn", "aspect_ratio": "1:1", "num_images": 2, "seed": 7,
            "output_format": "png",
        })
    );
    assert_eq!(options.output_expires(), Some(KEPT_FOR));
}

#[tokio::test(start_paused = true)]
async fn no_picture_is_a_verdict_and_an_unreadable_output_is_none() {
    for (output, kind, verdict) in [
        (json!({"images": []}), GeneratorErrorKind::NoPictures, true),
        (
            json!({"images": [{"url": ""}]}),
            GeneratorErrorKind::NoPictures,
            true,
        ),
        (
            json!({"pictures": "canary"}),
            GeneratorErrorKind::Unknown,
            false,
        ),
    ] {
        let queue = ScriptedFalQueue::new(JobScript::gives(output));
        let generator = generator(&queue);
        let job = generator.submit(&generation()).await.unwrap();
        let error = generator
            .wait(&job, &ProgressSink::none())
            .await
            .unwrap_err();
        assert_eq!((error.kind(), error.is_verdict()), (kind, verdict));
        assert!(!format!("{error:?}").contains("canary"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_time_out_keeps_the_job() {
    let queue = ScriptedFalQueue::new(JobScript::endless());
    let generator = generator(&queue);
    let job = generator.submit(&generation()).await.unwrap();
    let error = generator
        .wait(&job, &ProgressSink::none())
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.is_verdict()),
        (GeneratorErrorKind::TimedOut, false)
    );
    assert_eq!(queue.cancelled(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_has_the_words_of_the_model() {
    let refusal = FalError::new(FalErrorKind::Refused, Operation::Result)
        .with_error_type("content_policy_violation")
        .with_reason("no dragons");
    let queue = ScriptedFalQueue::new(JobScript::fails(refusal).with_silent_failure());
    let generator = generator(&queue);
    let job = generator.submit(&generation()).await.unwrap();
    let error = generator
        .wait(&job, &ProgressSink::none())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), GeneratorErrorKind::Refused);
    assert_eq!(error.reason(), "no dragons");
}

#[tokio::test]
async fn a_request_that_the_model_does_not_take_costs_no_call() {
    let queue = ScriptedFalQueue::new(two_pictures());
    // A catalogue that has changed since the request was checked.
    let known = Catalogue::default();
    let mut narrow = known.find("imagen4").unwrap().clone();
    narrow.inputs.max_images = 1;
    let mut renamed = narrow.clone();
    renamed.id = "fal-ai/other".parse().unwrap();
    for (catalogue, kind) in [
        (known.with(narrow), GeneratorErrorKind::InvalidInput),
        (Catalogue::of([renamed]), GeneratorErrorKind::Config),
    ] {
        let generator = FalImageGenerator::new(
            Arc::new(queue.clone()),
            Arc::new(catalogue),
            Duration::from_mins(1),
        );
        let error = generator.submit(&generation()).await.unwrap_err();
        assert_eq!(error.kind(), kind);
    }
    assert_eq!(queue.calls(Operation::Submit), 0);
}

#[tokio::test]
async fn a_webhook_bears_the_id_of_its_generation() {
    let queue = ScriptedFalQueue::new(two_pictures());
    let base = "https://pictures.example/fal".parse().unwrap();
    let generation = generation();
    let generator = generator(&queue).with_webhook(base);
    generator.submit(&generation).await.unwrap();
    let submitted = queue.submitted();
    let webhook = submitted[0].2.webhook().unwrap();
    assert_eq!(webhook.id(), Some(generation.id().to_string().as_str()));
}

#[tokio::test(start_paused = true)]
async fn every_line_is_told_once() {
    let queue = ScriptedFalQueue::new(two_pictures().with_polls(1, 3));
    let generator = generator(&queue);
    let job = generator.submit(&generation()).await.unwrap();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&heard);
    let sink = ProgressSink::new(move |progress| {
        if let Progress::Log { message } = progress {
            ear.lock().unwrap().push(message.clone());
        }
    });
    generator.wait(&job, &sink).await.unwrap();
    assert_eq!(*heard.lock().unwrap(), ["running", "done"]);
}

#[tokio::test(start_paused = true)]
async fn a_bill_of_fewer_units_than_pictures_drifts() {
    // Two pictures, one unit.
    let queue = ScriptedFalQueue::new(two_pictures());
    let generator = generator(&queue);
    let job = generator.submit(&generation()).await.unwrap();
    let given = generator.wait(&job, &ProgressSink::none()).await.unwrap();
    let bill = generator.bill(&job, &given).unwrap();
    assert_eq!((bill.estimated, bill.billed), (80_000, Some(40_000)));
    assert_eq!(bill.drift(), Some(-40_000));
}

/// What is traced, as text.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Waits for a job of two pictures that was billed so many units, and returns what was warned of.
async fn warned_of(units: u32) -> String {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_ansi(false)
        .with_writer(move || writer.clone());
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    let images =
        json!([{"url": "https://v3b.fal.media/1.png"}, {"url": "https://v3b.fal.media/2.png"}]);
    let output = fal_client::JobOutput::new(json!({ "images": images }));
    let output = output.with_billable_units(BillableUnits::from_units(units));
    let mut queue = fal_client::testing::MockFalQueue::new();
    queue.expect_status().returning(|_| {
        Ok(fal_client::JobStatus::Completed {
            logs: Vec::new(),
            failure: None,
        })
    });
    queue.expect_result().return_once(|_| Ok(output));
    let generator = FalImageGenerator::new(Arc::new(queue), Arc::default(), Duration::from_mins(1));
    let endpoint = "fal-ai/imagen4/preview".parse().unwrap();
    let job = JobHandle::new(endpoint, "0199".parse().unwrap());
    generator.wait(&job, &ProgressSink::none()).await.unwrap();
    String::from_utf8(lines.0.lock().unwrap().clone()).unwrap()
}

#[tokio::test]
async fn a_bill_that_drifts_is_warned_of_and_one_that_does_not_is_not() {
    for (units, drift) in [(1, "-40000"), (3, "40000")] {
        let told = warned_of(units).await;
        for part in [
            "WARN",
            "0199",
            "fal-ai/imagen4/preview",
            &format!("drift_micro_dollars={drift}"),
            "estimated_micro_dollars=80000",
            "price_as_of=2026-04-07",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
    }
    assert_eq!(warned_of(2).await, "");
}

#[tokio::test]
async fn a_model_of_tomorrow_is_one_entry_and_no_code() {
    let entry = Model {
        id: "acme/brush/v9".parse().unwrap(),
        title: "Brush".to_owned(),
        aliases: vec!["brush".to_owned()],
        inputs: Inputs {
            aspect_ratios: vec![AspectRatio::of(1, 1), AspectRatio::of(7, 5)],
            output_formats: vec![OutputFormat::Jpeg],
            resolutions: Vec::new(),
            max_images: 2,
            seed: false,
            negative_prompt: true,
        },
        sizes: Vec::new(),
        price: Price {
            micro_dollars_per_picture: 12_345,
            as_of: chrono::NaiveDate::from_ymd_opt(2026, 11, 1).unwrap(),
        },
        retired_since: None,
        successor: None,
    };
    let catalogue = Arc::new(Catalogue::default().with(entry));
    let draft = || {
        RequestDraft::new("a lighthouse at dawn")
            .with_model("brush")
            .with_output_format("jpeg")
            .with_aspect_ratio("7:5")
            .with_negative_prompt("fog")
    };
    let check = |draft: RequestDraft| draft.check(&catalogue, &Imagen4Settings::default());
    for (bad, field) in [
        (draft().with_images(3), "images"),
        (draft().with_aspect_ratio("16:9"), "aspect_ratio"),
        (draft().with_output_format("png"), "output_format"),
    ] {
        assert_eq!(check(bad).unwrap_err().field(), field);
    }
    let now = DateTime::UNIX_EPOCH;
    let request = check(draft().with_images(2)).unwrap();
    let generation = Generation::new(GenerationId::new(now), "7".parse().unwrap(), request, now);
    let queue = ScriptedFalQueue::new(two_pictures());
    let generator = FalImageGenerator::new(
        Arc::new(queue.clone()),
        Arc::clone(&catalogue),
        Duration::from_mins(1),
    );
    let job = generator.submit(&generation).await.unwrap();
    let (endpoint, input, _) = queue.submitted().remove(0);
    assert_eq!(
        (endpoint.as_str(), &endpoint),
        ("acme/brush/v9", &job.endpoint)
    );
    assert_eq!(
        input,
        json!({
            "prompt": "a lighthouse at dawn", "negative_prompt": "fog", "aspect_ratio": "7:5",
            "num_images": 2, "output_format": "jpeg",
        })
    );
}
