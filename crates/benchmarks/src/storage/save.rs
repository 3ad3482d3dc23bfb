//! Row P1: saving four pictures at once, against one after the other and against one alone.

use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use storage::pictures::testing::{ScriptedSource, sample_picture};
use storage::pictures::{
    BucketMap, ImageFormat, PictureKind, PictureState, PictureStorage, RemotePicture, SaveRequest,
};
use storage::{MemoryStore, Metadata, SystemClock};
use tokio::time::Instant;

use crate::shared::{Contestant, Outcome, Report, interleaved, print_table};

const PICTURES: u8 = 4;
const PICTURE_BYTES: usize = 2_000_000;
const DELAY: Duration = Duration::from_millis(200);
const ROUNDS: usize = 5;

const AT_ONCE: &str = "four at once";
const IN_SEQUENCE: &str = "four in sequence";
const ALONE: &str = "one alone";

/// Measures all three and notes both aims.
pub(crate) async fn run(report: &mut Report) -> Outcome {
    let contestants = [
        Contestant::new(AT_ONCE, || Box::pin(seconds(&[1, 2, 3, 4], PICTURES))),
        Contestant::new(IN_SEQUENCE, || Box::pin(seconds(&[1, 2, 3, 4], 1))),
        Contestant::new(ALONE, || Box::pin(seconds(&[1], 1))),
    ];
    let times = interleaved(ROUNDS, &contestants).await?;
    let head = vec!["saving".to_owned(), "median ms".to_owned()];
    let row = |name: &str| vec![name.to_owned(), format!("{:.0}", times.median(name) * 1e3)];
    print_table(
        "P1: pictures of 2 MB from a source that answers after 200 ms",
        std::iter::once(head).chain(times.names().map(row)),
    );
    let faster = times.ratio(IN_SEQUENCE, AT_ONCE);
    report.at_least("P1 in sequence / at once", faster, 3.0);
    report.at_most("P1 at once / one alone", times.ratio(AT_ONCE, ALONE), 1.3);
    Ok(())
}

/// Returns how long it takes to save the pictures `numbers`, so many to a call, in an empty store.
async fn seconds(numbers: &[u8], per_call: u8) -> Outcome<f64> {
    let source = ScriptedSource::new().with_delay(DELAY);
    for number in numbers {
        let noise = vec![*number; PICTURE_BYTES];
        source.serve(
            &link(*number),
            sample_picture(ImageFormat::Png, 1024, 1024, &noise),
        );
    }
    let store = Arc::new(MemoryStore::new(Arc::new(SystemClock)));
    let pictures = PictureStorage::new(store, Arc::new(source), BucketMap::default());
    pictures.ensure_buckets().await?;

    let start = Instant::now();
    for some in numbers.chunks(per_call.into()) {
        let saved = pictures.save(request(some)).await;
        let stored = |state: &PictureState| matches!(state, PictureState::Stored(_));
        if !saved.iter().all(|picture| stored(&picture.state)) {
            return Err("a picture was not stored".into());
        }
    }
    Ok(start.elapsed().as_secs_f64())
}

fn request(numbers: &[u8]) -> SaveRequest {
    let remote = |number: &u8| RemotePicture {
        number: *number,
        url: link(*number),
        dies_at: None,
    };
    SaveRequest {
        kind: PictureKind::Imagen4,
        generation_id: "benchmark".to_owned(),
        created_on: NaiveDate::default(),
        pictures: numbers.iter().map(remote).collect(),
        metadata: Metadata::new(),
        provenance: None,
    }
}

fn link(number: u8) -> String {
    format!("https://media.example/{number}.png")
}
