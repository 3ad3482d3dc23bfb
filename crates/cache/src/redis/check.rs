//! Whether Redis does what a cache needs, tried out step by step.

use std::time::Duration;

use bytes::Bytes;
use deadpool_redis::redis::{self, Cmd, FromRedisValue, Value};
use tokio::time::Instant;

use super::cache::{RedisCache, command, error_of};
use super::calls::Work;
use super::facts::ServerFacts;
use super::report::{CheckReport, CheckStep};
use crate::{CacheError, CacheErrorKind, CacheKey};

/// How long the key of a check lives if it cannot be deleted: 10 s.
const LIFE: Duration = Duration::from_secs(10);

/// What was read is not what was written.
#[derive(Debug, thiserror::Error)]
#[error("the value that was just written is not there")]
struct NotThere;

impl RedisCache {
    /// Tries out what a cache needs: a sign of life, then a write, a read and a removal of a random key.
    ///
    /// Every step is tried however often calls failed before, and its answer counts for later calls as any other:
    /// a check of a server that is back ends an outage. Nothing is left behind; a key that could not be removed
    /// ends after 10 s. The steps after the first fault are left out. Each step has the limit of one call.
    ///
    /// # Cancellation
    ///
    /// The key of the check may be left, for 10 s.
    pub async fn check(&self) -> CheckReport {
        let mut report = CheckReport::new(self.calls().settings(), self.calls().refusing());
        let sign = self
            .step::<Value>(CheckStep::Ping, redis::cmd("PING"))
            .await;
        let is_there = sign.is_ok();
        report.note(CheckStep::Ping, sign.map(|(time, _)| time));
        if is_there {
            self.try_out(&mut report).await;
            report.note_facts(self.facts().await);
        }
        report
    }

    async fn try_out(&self, report: &mut CheckReport) {
        let key = match CacheKey::new(format!("cache:check:{:032x}", fastrand::u128(..))) {
            Ok(key) => key,
            Err(error) => return debug_assert!(false, "the key of a check is none: {error}"),
        };
        let value = Bytes::from(format!("{:032x}", fastrand::u128(..)));
        let written = self.write(&key, &value).await;
        let read = match &written {
            Ok(_) => Some(self.read_back(&key, &value).await),
            Err(_) => None,
        };
        // A write that failed may have happened all the same.
        let removed = self.remove(&key).await;
        report.note(CheckStep::Set, written);
        if let Some(read) = read {
            report.note(CheckStep::Get, read);
            report.note(CheckStep::Delete, removed);
        }
    }

    async fn write(&self, key: &CacheKey, value: &Bytes) -> Result<Duration, CacheError> {
        let mut set = command("SET", key);
        set.arg(value.as_ref()).arg("PX").arg(LIFE.as_millis());
        let (time, ()) = self.step(CheckStep::Set, set).await?;
        Ok(time)
    }

    async fn read_back(&self, key: &CacheKey, value: &Bytes) -> Result<Duration, CacheError> {
        let get = command("GET", key);
        let (time, found) = self.step::<Option<Vec<u8>>>(CheckStep::Get, get).await?;
        if found.as_deref() == Some(value.as_ref()) {
            return Ok(time);
        }
        let name = CheckStep::Get.as_str();
        Err(CacheError::new(CacheErrorKind::Misused, name).with_source(NotThere))
    }

    async fn remove(&self, key: &CacheKey) -> Result<Duration, CacheError> {
        let unlink = command("UNLINK", key);
        let (time, _) = self.step::<Value>(CheckStep::Delete, unlink).await?;
        Ok(time)
    }

    async fn step<T: FromRedisValue>(
        &self,
        step: CheckStep,
        command: Cmd,
    ) -> Result<(Duration, T), CacheError> {
        let start = Instant::now();
        let answer = self.calls().run_always(&Work::Command(command)).await;
        let answer = answer.map_err(|fault| error_of(fault, step.as_str()))?;
        Ok((start.elapsed(), answer))
    }

    /// INFO alone tells all of it, also where CONFIG is forbidden.
    async fn facts(&self) -> Option<ServerFacts> {
        let work = Work::Command(redis::cmd("INFO"));
        let answer: Value = self.calls().run_always(&work).await.ok()?;
        ServerFacts::of(&answer)
    }
}
