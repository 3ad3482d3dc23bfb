//! A short timer that makes long ones cheap.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long the timer is; any limit of a call is longer.
const BEAT: Duration = Duration::from_millis(500);

/// Keeps one short timer armed while calls come.
///
/// A timer that ends before all others wakes the thread that waits for the next one, and the limit of a call is
/// such a timer when nothing else is: with many calls at once that takes a tenth of their throughput. Behind a
/// shorter one it wakes nobody.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pulse(Arc<State>);

#[derive(Debug, Default)]
struct State {
    beats: AtomicBool,
    wanted: AtomicBool,
}

impl Pulse {
    /// Keeps the timer armed for the next half second at least; it must be called within a runtime.
    pub(crate) fn keep(&self) {
        set(&self.0.wanted);
        if set(&self.0.beats) {
            tokio::spawn(beat(Ending(Arc::clone(&self.0))));
        }
    }
}

/// Sets `flag`, and tells whether that changed it; most calls only look.
fn set(flag: &AtomicBool) -> bool {
    !flag.load(Ordering::Relaxed) && !flag.swap(true, Ordering::Relaxed)
}

async fn beat(state: Ending) {
    while state.0.wanted.swap(false, Ordering::Relaxed) {
        tokio::time::sleep(BEAT).await;
    }
}

/// Lets the next call begin anew, also when the runtime ends first.
struct Ending(Arc<State>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.beats.store(false, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use tokio::runtime::Builder;
    use tokio::time::sleep;

    use super::*;

    fn beats(pulse: &Pulse) -> bool {
        pulse.0.beats.load(Ordering::Relaxed)
    }

    #[tokio::test(start_paused = true)]
    async fn it_beats_while_calls_come_and_ends_soon_after() {
        let pulse = Pulse::default();
        for _ in 0..10 {
            pulse.keep();
            sleep(BEAT / 2).await;
            assert!(beats(&pulse));
        }
        sleep(BEAT * 3).await;
        assert!(!beats(&pulse));
        pulse.keep();
        assert!(beats(&pulse));
    }

    #[test]
    fn it_begins_anew_in_another_runtime() {
        let pulse = Pulse::default();
        for _ in 0..2 {
            let runtime = Builder::new_current_thread().enable_time().build().unwrap();
            runtime.block_on(async { pulse.keep() });
            assert!(beats(&pulse));
            drop(runtime);
            assert!(!beats(&pulse));
        }
    }
}
