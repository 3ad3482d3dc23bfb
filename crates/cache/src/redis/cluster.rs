//! The connection to every server of a Cluster (feature `redis-cluster`).

use deadpool_redis::redis::cluster::{ClusterClient, ClusterClientBuilder};
use deadpool_redis::redis::{self, RedisResult};

use super::config::RedisSettings;
use super::dial::{DialError, Dialer};
use super::link::Link;

/// How often the driver follows a redirection or tries again, within the limit of the call.
const TRIES: u32 = 4;
const SHORTEST_WAIT_MS: u64 = 5;
const LONGEST_WAIT_MS: u64 = 25;

/// Finds the servers from those that the settings name, and follows keys that move.
pub(super) struct Cluster(ClusterClient);

impl Cluster {
    pub(super) fn new(settings: &RedisSettings) -> RedisResult<Self> {
        let nodes: RedisResult<Vec<_>> = settings
            .nodes
            .iter()
            .map(|node| settings.info_of(node, &settings.login, 0))
            .collect();
        let nodes = nodes?;
        let tcp = nodes.first().map(|node| node.tcp_settings().clone());
        let builder = ClusterClientBuilder::new(nodes)
            .connection_timeout(settings.connect_limit)
            .response_timeout(settings.response_limit)
            .overall_response_timeout(Some(settings.call_limit))
            .tcp_settings(tcp.unwrap_or_default())
            .retries(TRIES)
            .min_retry_wait(SHORTEST_WAIT_MS)
            .max_retry_wait(LONGEST_WAIT_MS);
        #[cfg(feature = "redis-tls")]
        let builder = match &settings.tls {
            Some(tls) => builder.certs(tls.certificates()),
            None => builder,
        };
        builder.build().map(Self)
    }

    pub(super) async fn dial(&self, dialer: &Dialer) -> Result<Link, DialError> {
        match self.0.get_async_connection().await {
            Ok(connection) => {
                let mut link = Link::Many(connection);
                dialer.name(&mut link).await?;
                Ok(link)
            }
            Err(error) => Err(why_not(dialer).await.unwrap_or(error.into())),
        }
    }
}

/// Asks the first server by itself: what the Cluster's connection tells says only that there is none.
async fn why_not(dialer: &Dialer) -> Option<DialError> {
    let settings = dialer.settings();
    let dialled = dialer
        .dial(settings.nodes.first()?, &settings.login, 0)
        .await;
    let mut connection = match dialled {
        Ok(connection) => connection,
        Err(error) => return Some(error),
    };
    let answer: RedisResult<String> = redis::cmd("CLUSTER")
        .arg("INFO")
        .query_async(&mut connection)
        .await;
    answer.err().map(DialError::Driver)
}
