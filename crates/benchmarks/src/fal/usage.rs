//! The CPU time of another process, thread by thread.

use std::collections::BTreeMap;
use std::fs;

use crate::shared::Outcome;

/// What each thread of a process has used so far, in nanoseconds.
///
/// The sum over the process that the kernel keeps counts in hundredths of a second, which is too coarse here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CpuTime(BTreeMap<String, u64>);

impl CpuTime {
    /// Returns what the process with this id has used so far.
    pub(super) fn of(process: u32) -> Outcome<Self> {
        let mut used = BTreeMap::new();
        for thread in fs::read_dir(format!("/proc/{process}/task"))? {
            let thread = thread?;
            let stat = fs::read_to_string(thread.path().join("schedstat"))?;
            let name = thread.file_name().to_string_lossy().into_owned();
            used.insert(name, parse(&stat)?);
        }
        Ok(Self(used))
    }

    /// Returns the seconds in all.
    pub(super) fn seconds(&self) -> f64 {
        seconds(self.0.values().sum())
    }

    /// Returns the seconds that were used since `earlier`.
    ///
    /// # Errors
    ///
    /// When a thread has ended since: what it used at last is lost then.
    pub(super) fn seconds_since(&self, earlier: &Self) -> Outcome<f64> {
        if let Some(ended) = earlier
            .0
            .keys()
            .find(|thread| !self.0.contains_key(*thread))
        {
            return Err(format!("thread {ended} ended, and its share is not known").into());
        }
        Ok(self.seconds() - earlier.seconds())
    }
}

/// Reads the first number of `schedstat`, the time spent on a core (proc(5), Documentation/scheduler/sched-stats).
fn parse(stat: &str) -> Outcome<u64> {
    let used = stat.split_whitespace().next().unwrap_or_default();
    Ok(used.parse()?)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "no process here runs for 2^53 ns, 104 days"
)]
fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(threads: &[(&str, u64)]) -> CpuTime {
        CpuTime(
            threads
                .iter()
                .map(|(id, used)| ((*id).to_owned(), *used))
                .collect(),
        )
    }

    #[test]
    fn a_new_thread_counts_whole_and_one_that_ended_is_missed() {
        let earlier = time(&[("1", 1_000_000_000)]);
        let later = time(&[("1", 1_500_000_000), ("2", 250_000_000)]);
        let used = later.seconds_since(&earlier).unwrap();
        assert!((used - 0.75).abs() < 1e-9);
        assert!(earlier.seconds_since(&later).is_err());
    }

    #[test]
    fn this_process_has_used_some() {
        let own = CpuTime::of(std::process::id()).unwrap();
        assert!(own.seconds() > 0.0);
        assert!(parse("12 3 4").is_ok_and(|used| used == 12) && parse("").is_err());
    }
}
