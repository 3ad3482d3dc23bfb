//! What the errors of the driver mean; no other file looks into them.

use std::error::Error;
use std::io;
use std::sync::Arc;

use deadpool::managed::PoolError;
use deadpool_redis::redis::{ErrorKind, RedisError, ServerErrorKind};

use super::config::Topology;
use super::dial::DialError;
use crate::CacheErrorKind;

/// A failed call or dial: what it means to the caller and to the connection.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    pub(super) kind: CacheErrorKind,
    /// Whether the connection must not be used again.
    pub(super) evict: bool,
    /// Whether the same call may succeed at once on a new connection.
    pub(super) again: bool,
    pub(super) source: Option<Arc<dyn Error + Send + Sync>>,
}

impl Fault {
    /// Returns a fault that no driver error stands behind.
    pub(super) fn plain(kind: CacheErrorKind) -> Self {
        Self {
            kind,
            evict: false,
            again: false,
            source: None,
        }
    }
}

/// Classifies the error of a command.
pub(super) fn of_call(error: RedisError, topology: Topology) -> Fault {
    let kind = match (error.kind(), topology) {
        // A member of a Cluster sends us elsewhere, and only a Cluster's connection goes there.
        (ErrorKind::Server(ServerErrorKind::Moved | ServerErrorKind::Ask), Topology::Single) => {
            CacheErrorKind::Config
        }
        _ => kind_of(&error),
    };
    let broken = error.is_unrecoverable_error() && kind == CacheErrorKind::Unavailable;
    let demoted = has_lost_its_role(&error);
    Fault {
        kind,
        evict: broken || demoted || must_redial(&error),
        // Where somebody knows the new master, a refusal of the old one is no answer.
        again: broken || demoted && topology != Topology::Single,
        source: Some(Arc::new(error)),
    }
}

/// Classifies what ended the listening to what a server tells.
pub(super) fn of_listening(error: DialError, topology: Topology) -> Fault {
    match error {
        DialError::Driver(error) => of_call(error, topology),
        // Sentinels that keep still look like none that knows a master; both are over sooner or later.
        error => Fault {
            source: Some(Arc::new(PoolError::Backend(error))),
            ..Fault::plain(CacheErrorKind::Unavailable)
        },
    }
}

/// Classifies the error of opening a connection.
pub(super) fn of_dial(error: PoolError<DialError>) -> Fault {
    let kind = match &error {
        PoolError::Backend(cause) => of_greeting(cause),
        PoolError::Timeout(_) => CacheErrorKind::TimedOut,
        PoolError::Closed => CacheErrorKind::Closed,
        PoolError::NoRuntimeSpecified => CacheErrorKind::Config,
        PoolError::PostCreateHook(_) => CacheErrorKind::Unavailable,
    };
    Fault {
        source: Some(Arc::new(error)),
        ..Fault::plain(kind)
    }
}

fn of_greeting(error: &DialError) -> CacheErrorKind {
    match error {
        DialError::Driver(cause) if is_distrust(cause) => CacheErrorKind::Tls,
        // While dialling we only choose a database and set a name: a plain refusal is a wrong setting.
        DialError::Driver(cause) => match kind_of(cause) {
            CacheErrorKind::Misused => CacheErrorKind::Config,
            kind => kind,
        },
        DialError::ServerIsPlain | DialError::ServerWantsTls => CacheErrorKind::Tls,
        DialError::UnknownMaster => CacheErrorKind::Config,
        DialError::NoMasterYet => CacheErrorKind::Unavailable,
    }
}

/// Tells whether the failure of a first connection may mean that only one side speaks TLS.
pub(super) fn may_be_speech(error: &RedisError) -> bool {
    match io_error(error) {
        Some(cause) => cause.kind() != io::ErrorKind::ConnectionRefused,
        None => error.is_io_error(),
    }
}

/// Tells whether the certificate was not believed, which the TLS library reports as bad data.
fn is_distrust(error: &RedisError) -> bool {
    io_error(error).is_some_and(|cause| cause.kind() == io::ErrorKind::InvalidData)
}

fn io_error(error: &RedisError) -> Option<&io::Error> {
    let cause = error.source()?;
    let shared = cause.downcast_ref::<Arc<dyn Error + Send + Sync>>();
    shared
        .and_then(|cause| cause.downcast_ref())
        .or_else(|| cause.downcast_ref())
}

fn kind_of(error: &RedisError) -> CacheErrorKind {
    if error.is_timeout() {
        return CacheErrorKind::TimedOut;
    }
    match error.kind() {
        ErrorKind::AuthenticationFailed => CacheErrorKind::Refused,
        ErrorKind::InvalidClientConfig | ErrorKind::RESP3NotSupported => CacheErrorKind::Config,
        ErrorKind::UnexpectedReturnType => CacheErrorKind::Misused,
        ErrorKind::Server(kind) => of_known_answer(kind, error.detail().unwrap_or_default()),
        _ => of_code(error.code().unwrap_or_default()),
    }
}

fn of_known_answer(kind: ServerErrorKind, detail: &str) -> CacheErrorKind {
    match kind {
        ServerErrorKind::NoPerm => CacheErrorKind::Refused,
        ServerErrorKind::ReadOnly => CacheErrorKind::ReadOnly,
        ServerErrorKind::ResponseError if detail.contains("max number of clients") => {
            CacheErrorKind::Unavailable
        }
        ServerErrorKind::ResponseError
        | ServerErrorKind::ExecAbort
        | ServerErrorKind::NoScript
        | ServerErrorKind::CrossSlot
        | ServerErrorKind::NotBusy
        | ServerErrorKind::NoSub => CacheErrorKind::Misused,
        _ => CacheErrorKind::Unavailable,
    }
}

/// The first word of an answer that the driver does not know.
///
/// Source: the error replies of the Redis 7 server and its persistence and replication checks.
fn of_code(code: &str) -> CacheErrorKind {
    match code {
        "NOAUTH" | "WRONGPASS" => CacheErrorKind::Refused,
        "WRONGTYPE" => CacheErrorKind::Misused,
        "OOM" => CacheErrorKind::Full,
        "MISCONF" | "NOREPLICAS" => CacheErrorKind::ReadOnly,
        _ => CacheErrorKind::Unavailable,
    }
}

/// A connection to a server that lost its role must go, though nothing is wrong with the socket.
fn has_lost_its_role(error: &RedisError) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Server(
            ServerErrorKind::ReadOnly | ServerErrorKind::BusyLoading | ServerErrorKind::MasterDown
        )
    )
}

fn must_redial(error: &RedisError) -> bool {
    matches!(
        error.kind(),
        ErrorKind::AuthenticationFailed | ErrorKind::Parse
    ) || error.code() == Some("NOAUTH")
}

#[cfg(test)]
mod tests {
    use deadpool::managed::TimeoutType;
    use deadpool_redis::redis::{Value, parse_redis_value};

    use super::*;
    use crate::CacheErrorKind::{
        Closed, Config, Full, Misused, ReadOnly, Refused, TimedOut, Tls, Unavailable,
    };

    /// The error that the driver makes of a line that the server sends.
    fn answer(line: &str) -> RedisError {
        let value = parse_redis_value(format!("-{line}\r\n").as_bytes()).unwrap();
        match value {
            Value::ServerError(error) => error.into(),
            other => panic!("{line} gave {other:?}"),
        }
    }

    #[test]
    fn answers_of_the_server_mean_what_the_table_says() {
        let table = [
            ("NOAUTH Authentication required.", Refused, true),
            ("WRONGPASS invalid username-password pair", Refused, false),
            ("NOPERM this user has no permissions", Refused, false),
            ("WRONGTYPE Operation against a key", Misused, false),
            ("ERR unknown command 'FROB'", Misused, false),
            ("ERR max number of clients reached", Unavailable, false),
            (
                "READONLY You can't write against a read only replica.",
                ReadOnly,
                true,
            ),
            (
                "MISCONF Redis is configured to save RDB snapshots",
                ReadOnly,
                false,
            ),
            (
                "NOREPLICAS Not enough good replicas to write.",
                ReadOnly,
                false,
            ),
            (
                "OOM command not allowed when used memory > 'maxmemory'.",
                Full,
                false,
            ),
            (
                "LOADING Redis is loading the dataset in memory",
                Unavailable,
                true,
            ),
            ("MASTERDOWN Link with MASTER is down", Unavailable, true),
            ("CLUSTERDOWN The cluster is down", Unavailable, false),
            ("BUSY Redis is busy running a script", Unavailable, false),
        ];
        for (line, kind, evict) in table {
            let fault = of_call(answer(line), Topology::Single);
            assert_eq!((fault.kind, fault.evict), (kind, evict), "{line}");
            assert!(!fault.again, "{line}");
        }
    }

    #[test]
    fn what_an_answer_means_depends_on_how_the_servers_stand() {
        use Topology::{Cluster, Sentinel, Single};
        let table = [
            ("READONLY a replica", Single, ReadOnly, false),
            ("READONLY a replica", Sentinel, ReadOnly, true),
            ("LOADING the dataset", Sentinel, Unavailable, true),
            ("MASTERDOWN the link", Cluster, Unavailable, true),
            ("OOM command not allowed", Sentinel, Full, false),
            ("MOVED 7 10.0.0.8:6379", Single, Config, false),
            ("ASK 7 10.0.0.8:6379", Single, Config, false),
            ("MOVED 7 10.0.0.8:6379", Cluster, Unavailable, false),
        ];
        for (line, topology, kind, again) in table {
            let fault = of_call(answer(line), topology);
            assert_eq!(
                (fault.kind, fault.again),
                (kind, again),
                "{line} {topology}"
            );
        }
    }

    #[test]
    fn faults_of_the_connection_mean_what_the_table_says() {
        let table = [
            (io::ErrorKind::BrokenPipe, Unavailable, true),
            (io::ErrorKind::ConnectionReset, Unavailable, true),
            (io::ErrorKind::UnexpectedEof, Unavailable, true),
            (io::ErrorKind::ConnectionRefused, Unavailable, true),
            (io::ErrorKind::TimedOut, TimedOut, false),
        ];
        for (cause, kind, evict) in table {
            let fault = of_call(io::Error::from(cause).into(), Topology::Single);
            assert_eq!((fault.kind, fault.evict), (kind, evict), "{cause:?}");
            assert_eq!(fault.again, evict, "{cause:?}");
        }
    }

    #[test]
    fn faults_of_dialling_mean_what_the_table_says() {
        let password = RedisError::from((ErrorKind::AuthenticationFailed, "wrong password"));
        let database = answer("ERR DB index is out of range");
        let refused = RedisError::from(io::Error::from(io::ErrorKind::ConnectionRefused));
        let distrusted = RedisError::from(io::Error::from(io::ErrorKind::InvalidData));
        let no_cluster = answer("ERR This instance has cluster support disabled");
        let table = [
            (PoolError::Backend(password.into()), Refused),
            (PoolError::Backend(database.into()), Config),
            (PoolError::Backend(no_cluster.into()), Config),
            (PoolError::Backend(refused.into()), Unavailable),
            (PoolError::Backend(distrusted.into()), Tls),
            (PoolError::Backend(answer("NOAUTH needed").into()), Refused),
            (PoolError::Backend(DialError::ServerIsPlain), Tls),
            (PoolError::Backend(DialError::ServerWantsTls), Tls),
            (PoolError::Backend(DialError::UnknownMaster), Config),
            (PoolError::Backend(DialError::NoMasterYet), Unavailable),
            (PoolError::Timeout(TimeoutType::Create), TimedOut),
            (PoolError::Timeout(TimeoutType::Wait), TimedOut),
            (PoolError::Closed, Closed),
            (PoolError::NoRuntimeSpecified, Config),
        ];
        for (error, kind) in table {
            let text = error.to_string();
            assert_eq!(of_dial(error).kind, kind, "{text}");
        }
    }

    #[test]
    fn only_an_unclear_failure_may_be_a_matter_of_tls() {
        for (cause, unclear) in [
            (io::ErrorKind::ConnectionRefused, false),
            (io::ErrorKind::ConnectionReset, true),
            (io::ErrorKind::TimedOut, true),
            (io::ErrorKind::InvalidData, true),
        ] {
            let error = RedisError::from(io::Error::from(cause));
            assert_eq!(may_be_speech(&error), unclear, "{cause:?}");
        }
        assert!(!may_be_speech(&answer("WRONGPASS no")));
    }
}
