//! Random deletes, undos, purges, crashes and restarts, several at once.

use std::sync::Arc;

use chrono::TimeDelta;
use futures_util::future::join_all;
use proptest::prelude::*;
use storage::pictures::StagedDeletion;
use storage::testing::{Lifeline, When};
use storage::{ObjectRef, Result};

use super::world::{Seen, World};

#[derive(Debug, Clone, Copy)]
enum Call {
    Stage(usize),
    Undo(usize),
    Purge(usize),
    Resume,
}

/// What one process does, all at once, and when it dies.
#[derive(Debug, Clone)]
struct Run {
    calls: Vec<Call>,
    dies: Option<(u32, bool)>,
    seed: u64,
    minutes_later: i64,
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        3 => (0..2_usize).prop_map(Call::Stage),
        3 => (0..2_usize).prop_map(Call::Undo),
        1 => (0..2_usize).prop_map(Call::Purge),
        2 => Just(Call::Resume),
    ]
}

fn run() -> impl Strategy<Value = Run> {
    let calls = proptest::collection::vec(call(), 1..4);
    let dies = proptest::option::of((1..40_u32, any::<bool>()));
    (calls, dies, any::<u64>(), 0..50_i64).prop_map(|(calls, dies, seed, minutes_later)| Run {
        calls,
        dies,
        seed,
        minutes_later,
    })
}

fn pictures() -> [ObjectRef; 2] {
    [
        "imagen4/2026/03/01/abc_1.png",
        "imagen4/2026/03/01/abc_2.png",
    ]
    .map(|text| text.parse().unwrap())
}

async fn make(staged: StagedDeletion, call: Call) -> Result<()> {
    let pictures = pictures();
    match call {
        Call::Stage(at) => staged.stage(&pictures[at]).await.map(drop),
        Call::Undo(at) => staged.undo(&pictures[at]).await.map(drop),
        Call::Purge(at) => staged.purge(&pictures[at]).await.map(drop),
        Call::Resume => staged.resume().await.map(drop),
    }
}

fn life(run: &Run) -> Arc<Lifeline> {
    let when = |after| if after { When::After } else { When::Before };
    let life = match run.dies {
        Some((call, after)) => Lifeline::ending_at(call, when(after)),
        None => Lifeline::endless(),
    };
    Arc::new(life.with_pauses(run.seed))
}

/// Looks at the pictures again and again while others work, until all of them have ended.
async fn watch(world: &World, work: impl Future<Output = ()>) {
    let watching = async {
        loop {
            for picture in pictures() {
                world.assert_no_record_without_object(&picture).await;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = work => {}
        () = watching => {}
    }
}

async fn assert_there_or_gone(world: &World) {
    for picture in pictures() {
        let seen = world.see(&picture).await;
        assert!(
            matches!(seen, Seen::There | Seen::Gone),
            "{picture}: {seen:?}"
        );
    }
}

async fn play(runs: Vec<Run>) {
    let world = World::in_memory().await;
    for picture in pictures() {
        world.save(&picture).await;
    }
    for run in runs {
        let process = world.process(&life(&run));
        let calls = run.calls.iter().map(|call| make(process.clone(), *call));
        let work = async {
            // A call of a process that dies fails, and so does one that comes too late; what counts is the world.
            drop(join_all(calls).await);
        };
        watch(&world, work).await;
        if run.dies.is_some() {
            let report = world.healthy().resume().await.unwrap();
            assert_eq!(report.failed, 0);
        }
        assert_there_or_gone(&world).await;
        world.clock.advance(TimeDelta::minutes(run.minutes_later));
    }
    for _ in 0..3 {
        world.clock.advance(TimeDelta::hours(2));
        world.healthy().resume().await.unwrap();
    }
    assert_there_or_gone(&world).await;
    assert_eq!(world.quarantine(&pictures()[0]).await, [""; 0]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_between_a_picture_is_there_or_gone(runs in proptest::collection::vec(run(), 1..8)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(play(runs));
    }

    #[test]
    fn two_processes_that_resume_at_once_agree(work in 0..3_usize, crash in 1..30_u32, seed in any::<u64>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(resume_twice(work, crash, seed));
    }

    #[test]
    fn processes_that_disagree_leave_one_of_both_ends(calls in proptest::collection::vec(call(), 2..4), seed in any::<u64>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(disagree(calls, seed));
    }
}

/// One process dies in its work; then two others go on at once, each on its own.
async fn resume_twice(work: usize, crash: u32, seed: u64) {
    let world = World::in_memory().await;
    let [picture, _] = pictures();
    world.save(&picture).await;
    let dying = Arc::new(Lifeline::ending_at(crash, When::After));
    let calls = [Call::Stage(0), Call::Undo(0), Call::Purge(0)];
    if work > 0 {
        world.healthy().stage(&picture).await.unwrap();
    }
    drop(make(world.process(&dying), calls[work]).await);
    let resumers = [seed, seed.wrapping_add(1)].map(|seed| {
        let life = Arc::new(Lifeline::endless().with_pauses(seed));
        world.process(&life)
    });
    watch(&world, async {
        for report in join_all(resumers.iter().map(StagedDeletion::resume)).await {
            assert_eq!(report.unwrap().failed, 0);
        }
    })
    .await;
    let end = world.see(&picture).await;
    assert!(matches!(end, Seen::There | Seen::Gone), "{end:?}");
}

/// Several processes stage, undo and purge the same picture at the same time, each on its own.
async fn disagree(calls: Vec<Call>, seed: u64) {
    let world = World::in_memory().await;
    for picture in pictures() {
        world.save(&picture).await;
    }
    let work = calls.iter().enumerate().map(|(number, call)| {
        let life = Lifeline::endless().with_pauses(seed.wrapping_add(number as u64));
        make(world.process(&Arc::new(life)), *call)
    });
    drop(join_all(work).await);
    let report = world.healthy().resume().await.unwrap();
    assert_eq!(report.failed, 0);
    assert_there_or_gone(&world).await;
}
