//! One connection of whatever topology.

use std::sync::Arc;

use deadpool_redis::redis::aio::ConnectionLike;
#[cfg(feature = "redis-cluster")]
use deadpool_redis::redis::cluster_async::ClusterConnection;
use deadpool_redis::redis::{
    self, Cmd, FromRedisValue, Pipeline, RedisFuture, RedisResult, Value, from_redis_value,
};

use super::config::Node;
use super::wire::Wire;

/// A connection to one server, or to all of a Cluster. Clones share it.
#[derive(Clone)]
pub(super) enum Link {
    One(Wire),
    /// To the master that the Sentinels named.
    Master(Wire, Arc<Node>),
    #[cfg(feature = "redis-cluster")]
    Many(ClusterConnection),
}

impl Link {
    /// Returns whether a single server's silence says nothing about the connection as a whole.
    pub(super) fn is_many(&self) -> bool {
        !matches!(self, Self::One(_) | Self::Master(..))
    }

    /// Returns the master that the Sentinels named, where they did.
    pub(super) fn named_master(&self) -> Option<&Arc<Node>> {
        if let Self::Master(_, master) = self {
            Some(master)
        } else {
            None
        }
    }

    /// Sends one command.
    pub(super) async fn query<T: FromRedisValue>(&mut self, command: &Cmd) -> RedisResult<T> {
        let answer = match self {
            Self::One(wire) | Self::Master(wire, _) => wire.send(command).await?,
            #[cfg(feature = "redis-cluster")]
            Self::Many(connection) => connection.req_packed_command(command).await?,
        };
        Ok(from_redis_value(answer.extract_error()?)?)
    }

    /// Returns whether every server that holds data gives a sign of life.
    pub(super) async fn answers_everywhere(&self) -> bool {
        // On a Cluster the driver sends this to every master.
        let sign = redis::cmd("PING")
            .query_async::<()>(&mut self.clone())
            .await;
        sign.is_ok()
    }
}

impl ConnectionLike for Link {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::One(wire) | Self::Master(wire, _) => wire.connection.req_packed_command(command),
            #[cfg(feature = "redis-cluster")]
            Self::Many(connection) => connection.req_packed_command(command),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        commands: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::One(wire) | Self::Master(wire, _) => {
                wire.connection.req_packed_commands(commands, offset, count)
            }
            #[cfg(feature = "redis-cluster")]
            Self::Many(connection) => connection.req_packed_commands(commands, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::One(wire) | Self::Master(wire, _) => wire.connection.get_db(),
            #[cfg(feature = "redis-cluster")]
            Self::Many(connection) => connection.get_db(),
        }
    }
}
