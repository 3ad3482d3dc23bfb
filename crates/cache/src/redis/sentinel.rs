//! The master that the Sentinels know.

use std::sync::Arc;

use deadpool_redis::redis::{self, RedisResult, Value};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use super::config::Node;
use super::dial::{DialError, Dialer};
use super::link::Link;

/// Opens a connection to the master.
///
/// All Sentinels are asked at once, and each server that one of them names is tried, until one says of itself that
/// it is a master: a Sentinel that is frozen, or cut off from the others, delays nobody.
/// Source: <https://redis.io/docs/latest/develop/reference/sentinel-clients/>.
pub(super) async fn dial(dialer: &Dialer) -> Result<Link, DialError> {
    let sentinels = &dialer.settings().nodes;
    let mut asked: FuturesUnordered<_> = sentinels.iter().map(|node| ask(dialer, node)).collect();
    let mut tried = FuturesUnordered::new();
    let mut named: Vec<Node> = Vec::new();
    let mut fault = None;
    loop {
        let error = tokio::select! {
            Some(answer) = asked.next() => match answer {
                Ok(master) => {
                    if !named.contains(&master) {
                        named.push(master.clone());
                        tried.push(dial_master(dialer, master));
                    }
                    continue;
                }
                Err(error) => error,
            },
            Some(outcome) = tried.next() => match outcome {
                Ok(link) => return Ok(link),
                Err(error) => error,
            },
            else => return Err(fault.unwrap_or(DialError::UnknownMaster)),
        };
        fault = Some(more_telling(fault, error));
    }
}

/// Returns the master that the first Sentinel names which answers.
pub(super) async fn named_master(dialer: &Dialer) -> Option<Node> {
    let sentinels = &dialer.settings().nodes;
    let mut asked: FuturesUnordered<_> = sentinels.iter().map(|node| ask(dialer, node)).collect();
    while let Some(answer) = asked.next().await {
        if let Ok(master) = answer {
            return Some(master);
        }
    }
    None
}

/// What a Sentinel or a master said tells more than that another one was not reached.
fn more_telling(before: Option<DialError>, now: DialError) -> DialError {
    match before {
        Some(before) if matches!(now, DialError::Driver(_)) => before,
        _ => now,
    }
}

async fn ask(dialer: &Dialer, sentinel: &Node) -> Result<Node, DialError> {
    let login = &dialer.settings().sentinel_login;
    let mut connection = dialer.dial(sentinel, login, 0).await?;
    let mut command = redis::cmd("SENTINEL");
    command
        .arg("GET-MASTER-ADDR-BY-NAME")
        .arg(&dialer.settings().master);
    let answer: Option<(String, u16)> = command.query_async(&mut connection).await?;
    let (host, port) = answer.ok_or(DialError::UnknownMaster)?;
    Ok(Node { host, port })
}

async fn dial_master(dialer: &Dialer, master: Node) -> Result<Link, DialError> {
    let connection = dialer.dial_data(&master).await?;
    let mut link = Link::Master(connection, Arc::new(master));
    dialer.name(&mut link).await?;
    if is_master(&mut link).await? {
        Ok(link)
    } else {
        Err(DialError::NoMasterYet)
    }
}

async fn is_master(link: &mut Link) -> RedisResult<bool> {
    let answer: RedisResult<Vec<Value>> = redis::cmd("ROLE").query_async(link).await;
    match answer {
        Ok(words) => {
            Ok(matches!(words.first(), Some(Value::BulkString(word)) if word == b"master"))
        }
        // A user who may not ask has to believe the Sentinel.
        Err(error) if error.code() == Some("NOPERM") => Ok(true),
        Err(error) => Err(error),
    }
}
