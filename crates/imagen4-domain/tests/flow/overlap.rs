//! Generations that overlap: the newest is the one that was accepted last, whichever ends last.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use fal_client::JobHandle;
use imagen4_domain::testing::{ScriptedGenerator, user};
use imagen4_domain::{GeneratedPictures, Generation, GeneratorError, ImageGenerator, ProgressSink};
use tokio::sync::Notify;

use crate::world::{World, four, settings};

/// Holds the wait for the first job back until it is told to go on.
#[derive(Debug)]
struct FirstIsSlow {
    inner: ScriptedGenerator,
    waiting: Arc<Notify>,
    go_on: Arc<Notify>,
}

#[async_trait]
impl ImageGenerator for FirstIsSlow {
    async fn submit(&self, generation: &Generation) -> Result<JobHandle, GeneratorError> {
        self.inner.submit(generation).await
    }

    async fn wait(
        &self,
        job: &JobHandle,
        progress: &ProgressSink,
    ) -> Result<GeneratedPictures, GeneratorError> {
        if job.request_id.as_str() == "job-1" {
            self.waiting.notify_one();
            self.go_on.notified().await;
        }
        self.inner.wait(job, progress).await
    }
}

/// Returns the world after A started, B and C started and finished, and A finished, with the three in this
/// order; the list of the newest is warm from the beginning.
async fn three_of_which_the_first_ends_last() -> (World, [Generation; 3]) {
    let (waiting, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let gates = (Arc::clone(&waiting), Arc::clone(&go_on));
    let world = World::over(settings(), |inner| {
        let (waiting, go_on) = gates;
        Arc::new(FirstIsSlow {
            inner,
            waiting,
            go_on,
        })
    });
    assert_eq!(world.library.recent(&user("7"), 10).await.unwrap(), []);
    let others = async {
        waiting.notified().await;
        let mut made = Vec::new();
        for _ in 0..2 {
            world.clock.advance(TimeDelta::seconds(5));
            made.push(world.generate(four()).await.unwrap());
        }
        world.clock.advance(TimeDelta::seconds(5));
        go_on.notify_one();
        made
    };
    let (first, others) = tokio::join!(world.generate(four()), others);
    let first = first.unwrap();
    let [second, third]: [Generation; 2] = others.try_into().unwrap();
    assert!(first.created_at() < second.created_at() && second.created_at() < third.created_at());
    assert!(first.updated_at() > third.updated_at());
    (world, [first, second, third])
}

#[tokio::test(start_paused = true)]
async fn the_newest_go_by_creation_and_not_by_their_end() {
    let (world, [first, second, third]) = three_of_which_the_first_ends_last().await;
    let newest = [third, second, first];
    for limit in 1..=3_u32 {
        let expected = &newest[..usize::try_from(limit).unwrap()];
        let before = world.store.all_calls();
        let cached = world.library.recent(&user("7"), limit).await.unwrap();
        assert_eq!(cached, expected, "the newest {limit} with the cache");
        assert_eq!(world.store.all_calls(), before, "from the cache");
        let stored = world.uncached.recent(&user("7"), limit).await.unwrap();
        assert_eq!(stored, expected, "the newest {limit} without the cache");
    }
}
