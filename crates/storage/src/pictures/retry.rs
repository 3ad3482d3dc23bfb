//! How often and after which pause a fetch is repeated.

use std::time::Duration;

use tokio::time::Instant;

/// The number of tries, the first one included.
const ATTEMPTS: u32 = 3;
/// The longest pause before the second try; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// Returns how long to wait before the next try, or `None` when there is to be none.
///
/// The pause is random between nothing and its limit ("full jitter"), so that pictures that failed
/// together do not come back together; a pause that the server asked for is kept on top.
/// There is no next try when it would start after `end`.
pub(super) fn pause_after(
    failed_attempts: u32,
    asked: Option<Duration>,
    end: Instant,
) -> Option<Duration> {
    if failed_attempts >= ATTEMPTS {
        return None;
    }
    let limit = FIRST_PAUSE * 2_u32.pow(failed_attempts.saturating_sub(1));
    let pause = limit
        .mul_f64(fastrand::f64())
        .saturating_add(asked.unwrap_or_default());
    let start = Instant::now().checked_add(pause)?;
    (start < end).then_some(pause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn pauses_grow_and_end() {
        let end = Instant::now() + Duration::from_mins(1);
        for _ in 0..1000 {
            assert!(pause_after(1, None, end).unwrap() <= Duration::from_millis(200));
            assert!(pause_after(2, None, end).unwrap() <= Duration::from_millis(400));
            assert_eq!(pause_after(3, None, end), None);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_server_may_ask_for_more_but_not_for_more_than_is_left() {
        let end = Instant::now() + Duration::from_secs(5);
        let pause = |seconds| pause_after(1, Some(Duration::from_secs(seconds)), end);
        assert!(pause(4).unwrap() >= Duration::from_secs(4));
        assert_eq!(pause(5), None);
        assert_eq!(pause(u64::MAX / 2), None);
    }
}
