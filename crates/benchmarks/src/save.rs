//! Saving four pictures at once, against one after the other and against one alone.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use storage::pictures::testing::{ScriptedSource, sample_picture};
use storage::pictures::{
    BucketMap, ImageFormat, PictureKind, PictureState, PictureStorage, RemotePicture, SaveRequest,
};
use storage::{MemoryStore, Metadata, SystemClock};
use tokio::time::Instant;

const PICTURES: u8 = 4;
const PICTURE_BYTES: usize = 2_000_000;
const DELAY: Duration = Duration::from_millis(200);
const RUNS: u8 = 5;

/// The aims of row P1: at least 3 times as fast as in sequence, at most 1.3 times the slowest single one.
const AT_LEAST_FASTER: f64 = 3.0;
const AT_MOST_SLOWER: f64 = 1.3;

/// Measures all three, prints the medians and ratios, and tells whether the aims are reached.
pub(crate) async fn run() -> Result<bool, Box<dyn Error>> {
    let (mut at_once, mut in_sequence, mut alone) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..RUNS {
        at_once.push(time(&[1, 2, 3, 4], PICTURES).await?);
        in_sequence.push(time(&[1, 2, 3, 4], 1).await?);
        alone.push(time(&[1], 1).await?);
    }
    let (at_once, in_sequence, alone) = (median(at_once), median(in_sequence), median(alone));
    let faster = in_sequence.as_secs_f64() / at_once.as_secs_f64();
    let slower = at_once.as_secs_f64() / alone.as_secs_f64();
    println!("four at once {at_once:?}, in sequence {in_sequence:?}, one alone {alone:?}");
    println!("{faster:.2} times as fast as in sequence (aim: at least {AT_LEAST_FASTER})");
    println!("{slower:.2} times one alone (aim: at most {AT_MOST_SLOWER})");
    Ok(faster >= AT_LEAST_FASTER && slower <= AT_MOST_SLOWER)
}

/// Returns how long it takes to save the pictures `numbers`, so many to a call, in an empty store.
async fn time(numbers: &[u8], per_call: u8) -> Result<Duration, Box<dyn Error>> {
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
    Ok(start.elapsed())
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
        provenance: None,
    }
}

fn link(number: u8) -> String {
    format!("https://media.example/{number}.png")
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
