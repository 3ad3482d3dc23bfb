//! What the errors of the driver mean; no other file looks into them.

use std::error::Error;
use std::sync::Arc;

use deadpool_redis::redis::{ErrorKind, RedisError, ServerErrorKind};
use deadpool_redis::{HookError, PoolError};

use crate::CacheErrorKind;

/// A failed call or dial: what it means to the caller and to the connection.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    pub(super) kind: CacheErrorKind,
    /// Whether the connection must not be used again.
    pub(super) evict: bool,
    /// Whether the same call may succeed at once on a new connection.
    pub(super) broken: bool,
    pub(super) source: Option<Arc<dyn Error + Send + Sync>>,
}

impl Fault {
    /// Returns a fault that no driver error stands behind.
    pub(super) fn plain(kind: CacheErrorKind) -> Self {
        Self {
            kind,
            evict: false,
            broken: false,
            source: None,
        }
    }
}

/// Classifies the error of a command.
pub(super) fn of_call(error: RedisError) -> Fault {
    let kind = kind_of(&error);
    let broken = error.is_unrecoverable_error() && kind == CacheErrorKind::Unavailable;
    Fault {
        kind,
        evict: broken || must_redial(&error),
        broken,
        source: Some(Arc::new(error)),
    }
}

/// Classifies the error of opening a connection.
pub(super) fn of_dial(error: PoolError) -> Fault {
    let kind = match &error {
        PoolError::Backend(cause) | PoolError::PostCreateHook(HookError::Backend(cause)) => {
            // While dialling we only choose a database and set a name: a plain refusal is a wrong setting.
            match kind_of(cause) {
                CacheErrorKind::Misused => CacheErrorKind::Config,
                kind => kind,
            }
        }
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
fn must_redial(error: &RedisError) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Server(
            ServerErrorKind::ReadOnly | ServerErrorKind::BusyLoading | ServerErrorKind::MasterDown
        ) | ErrorKind::AuthenticationFailed
            | ErrorKind::Parse
    ) || error.code() == Some("NOAUTH")
}

#[cfg(test)]
mod tests {
    use std::io;

    use deadpool_redis::TimeoutType;
    use deadpool_redis::redis::{Value, parse_redis_value};

    use super::*;
    use crate::CacheErrorKind::{
        Closed, Config, Full, Misused, ReadOnly, Refused, TimedOut, Unavailable,
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
            let fault = of_call(answer(line));
            assert_eq!((fault.kind, fault.evict), (kind, evict), "{line}");
            assert!(!fault.broken, "{line}");
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
            let fault = of_call(io::Error::from(cause).into());
            assert_eq!((fault.kind, fault.evict), (kind, evict), "{cause:?}");
            assert_eq!(fault.broken, evict, "{cause:?}");
        }
    }

    #[test]
    fn faults_of_dialling_mean_what_the_table_says() {
        let password = RedisError::from((ErrorKind::AuthenticationFailed, "wrong password"));
        let database = answer("ERR DB index is out of range");
        let refused = RedisError::from(io::Error::from(io::ErrorKind::ConnectionRefused));
        let table = [
            (PoolError::Backend(password), Refused),
            (PoolError::Backend(database), Config),
            (PoolError::Backend(refused), Unavailable),
            (PoolError::Timeout(TimeoutType::Create), TimedOut),
            (PoolError::Timeout(TimeoutType::Wait), TimedOut),
            (PoolError::Closed, Closed),
            (PoolError::NoRuntimeSpecified, Config),
            (
                PoolError::PostCreateHook(HookError::Backend(answer("NOAUTH needed"))),
                Refused,
            ),
        ];
        for (error, kind) in table {
            let text = error.to_string();
            assert_eq!(of_dial(error).kind, kind, "{text}");
        }
    }
}
