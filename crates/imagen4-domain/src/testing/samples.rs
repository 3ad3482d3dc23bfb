//! Values for tests that need some and don't care which.

#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "the values are constants of the tests, and a test reports by panicking"
)]

use chrono::{DateTime, TimeDelta, Utc};
use storage::Sha256Digest;

use crate::{
    Catalogue, FailureKind, Fallback, Generation, GenerationRequest, GenerationStore,
    Imagen4Settings, JournalEntry, Picture, PictureState, ProviderLink, RequestDraft, Step,
    StoredPicture, UserId,
};

/// Returns the user of this name.
pub fn user(name: &str) -> UserId {
    name.parse().unwrap()
}

/// Returns a request for two pictures of the default model.
pub fn request() -> GenerationRequest {
    let draft = RequestDraft::new("a lighthouse at dawn")
        .with_images(2)
        .with_seed(7);
    draft
        .check(&Catalogue::default(), &Imagen4Settings::default())
        .unwrap()
}

/// Returns two links that die at `dies_at`.
pub fn provider_links(dies_at: DateTime<Utc>) -> Vec<ProviderLink> {
    (1..=2)
        .map(|number| ProviderLink {
            number,
            url: format!("https://v3b.fal.media/files/b/{number}.png"),
            dies_at: crate::timestamp::truncate(dies_at),
        })
        .collect()
}

/// Returns three pictures, one in each state; the fallback dies at `dies_at`.
pub fn completed_pictures(dies_at: DateTime<Utc>) -> Vec<Picture> {
    let stored = StoredPicture {
        object: "imagen4/2026/11/22/0192f0c1-d2e3-7abc-8def-0123456789ab_1.png"
            .parse()
            .unwrap(),
        content_type: "image/png".to_owned(),
        size_bytes: 1_572_864,
        sha256: Sha256Digest::of(b"picture"),
        width: 1024,
        height: 1024,
    };
    let fallback = Fallback {
        url: "https://v3b.fal.media/files/b/2.png".to_owned(),
        dies_at: crate::timestamp::truncate(dies_at),
        reason: "the store is unavailable".to_owned(),
    };
    let lost = "the picture is not there".to_owned();
    let states = [
        PictureState::Stored(stored),
        PictureState::Fallback(fallback),
        PictureState::Unobtainable { reason: lost },
    ];
    (1..)
        .zip(states)
        .map(|(number, state)| Picture { number, state })
        .collect()
}

/// Records `new` and walks it to its end in four steps of a second each, with the pictures of the samples.
pub async fn completed(store: &dyn GenerationStore, new: Generation) -> Generation {
    store.create(&new).await.unwrap();
    let submitting = Step::Submitting {
        model: new.request().model().clone(),
    };
    let rest = ["submitted", "generated", "completed"].map(step_to);
    let mut now = new;
    for step in [submitting].into_iter().chain(rest) {
        let entry = JournalEntry::new(now.updated_at() + TimeDelta::seconds(1), step);
        let (owner, id) = (now.owner(), now.id());
        let advanced = store.advance(owner, &id, now.revision(), &entry).await;
        now = advanced.unwrap();
    }
    now
}

/// Returns the step of this name, with values of the samples.
///
/// # Panics
///
/// When there is no step of this name.
pub fn step_to(name: &str) -> Step {
    let later = DateTime::from_timestamp(1_900_000_000, 0).unwrap();
    let reason = "a reason".to_owned();
    match name {
        "accepted" => Step::Accepted,
        "submitting" => Step::Submitting {
            model: "fal-ai/imagen4/preview".parse().unwrap(),
        },
        "submitting_successor" => Step::Submitting {
            model: "fal-ai/nano-banana".parse().unwrap(),
        },
        "submitted" => Step::Submitted {
            request_id: "484ccb37-02f6-4a5a-9b8e-2d3b6a1d1a10".parse().unwrap(),
        },
        "generated" => Step::Generated {
            links: provider_links(later),
            billable_micros: Some(2_000_000),
        },
        "completed" => Step::Completed {
            pictures: completed_pictures(later),
        },
        "refused" => Step::Refused { reason },
        "failed" => Step::Failed {
            kind: FailureKind::Provider,
            reason,
        },
        "cancelled" => Step::Cancelled,
        "unknown" => Step::Unknown {
            reason,
            request_id: Some("484ccb37-02f6-4a5a-9b8e-2d3b6a1d1a10".parse().unwrap()),
        },
        "erased" => Step::Erased,
        other => panic!("there is no step {other}"),
    }
}
