//! What servers tell about themselves.

use deadpool_redis::redis::Value;

/// What a server tells about itself; what it does not tell is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerFacts {
    /// How many servers answered: one, or every master of a Cluster.
    pub servers: usize,
    /// The version, such as `7.0.15`; the lowest of several is not looked for, the first stands here.
    pub version: Option<String>,
    /// `master` or `slave`.
    pub role: Option<String>,
    /// What the server does when its memory is full, such as `noeviction` or `allkeys-lru`.
    pub eviction_policy: Option<String>,
    /// The most memory in bytes; zero when there is no limit.
    pub max_memory: Option<u64>,
}

impl ServerFacts {
    /// Reads the answer to INFO: one text, or a text for each server of a Cluster.
    pub(super) fn of(answer: &Value) -> Option<Self> {
        let mut texts = Vec::new();
        collect(answer, &mut texts);
        let text = texts.iter().find(|text| text.contains(':'))?;
        let field = |name: &str| {
            let mut lines = text.lines().filter_map(|line| line.split_once(':'));
            lines.find_map(|(found, value)| (found == name).then(|| value.trim().to_owned()))
        };
        Some(Self {
            servers: texts
                .iter()
                .filter(|text| text.contains("redis_version"))
                .count()
                .max(1),
            version: field("redis_version"),
            role: field("role"),
            eviction_policy: field("maxmemory_policy"),
            max_memory: field("maxmemory").and_then(|bytes| bytes.parse().ok()),
        })
    }

    /// Tells whether a full server refuses writes instead of dropping the oldest.
    pub fn refuses_when_full(&self) -> bool {
        self.max_memory.is_some_and(|bytes| bytes > 0)
            && self.eviction_policy.as_deref() == Some("noeviction")
    }
}

fn collect(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::BulkString(bytes) => texts.push(String::from_utf8_lossy(bytes).into_owned()),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => texts.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| collect(value, texts)),
        Value::Map(pairs) => pairs.iter().for_each(|(_, value)| collect(value, texts)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INFO: &str = "# Server\r\nredis_version:7.0.15\r\n# Replication\r\nrole:master\r\n\
                        maxmemory:1048576\r\nmaxmemory_policy:noeviction\r\n";

    fn text(text: &str) -> Value {
        Value::BulkString(text.as_bytes().to_vec())
    }

    #[test]
    fn one_server_tells_what_it_is() {
        let facts = ServerFacts::of(&text(INFO)).unwrap();
        assert_eq!(facts.version.as_deref(), Some("7.0.15"));
        assert_eq!(facts.role.as_deref(), Some("master"));
        assert_eq!((facts.servers, facts.max_memory), (1, Some(1_048_576)));
        assert!(facts.refuses_when_full());
    }

    #[test]
    fn several_servers_are_counted() {
        let answer = Value::Map(vec![
            (text("10.0.0.7:6379"), text(INFO)),
            (text("10.0.0.8:6379"), text(INFO)),
        ]);
        let facts = ServerFacts::of(&answer).unwrap();
        assert_eq!((facts.servers, facts.role.as_deref()), (2, Some("master")));
    }

    #[test]
    fn a_server_without_a_limit_or_with_a_policy_takes_writes() {
        let unlimited = INFO.replace("1048576", "0");
        assert!(
            !ServerFacts::of(&text(&unlimited))
                .unwrap()
                .refuses_when_full()
        );
        let evicting = INFO.replace("noeviction", "allkeys-lru");
        assert!(
            !ServerFacts::of(&text(&evicting))
                .unwrap()
                .refuses_when_full()
        );
        assert_eq!(ServerFacts::of(&Value::Okay), None);
    }
}
