//! Names of the Python service that this project replaces, where they mean nothing here.

/// Each such name with what to do instead.
pub(super) const UNUSED: [(&str, &str); 12] = [
    ("FAL_KEY_ID", "write both parts into FAL_KEY as id:secret"),
    (
        "FAL_KEY_SECRET",
        "write both parts into FAL_KEY as id:secret",
    ),
    (
        "FAL_TRAINING_TIMEOUT",
        "nothing is trained here; IMAGEN4_TIMEOUT bounds the wait for pictures",
    ),
    (
        "FAL_WEBHOOK_SECRET",
        "nothing to set: FAL signs its webhooks with keys that it publishes",
    ),
    ("IMAGEN4_API_KEY", "set FAL_KEY"),
    ("IMAGEN4_API_URL", "set FAL_QUEUE_URL"),
    (
        "MINIO_BUCKET_NAME",
        "set MINIO_BUCKET_IMAGEN4 and MINIO_BUCKET_GENERATED",
    ),
    ("MINIO_USE_SSL", "set MINIO_SECURE"),
    ("REDIS_MAX_CONNECTIONS", "set REDIS_POOL_SIZE"),
    ("REDIS_RETRY_ON_TIMEOUT", "set REDIS_MAX_RETRIES"),
    (
        "REDIS_SOCKET_CONNECT_TIMEOUT",
        "nothing to set: a call has one limit of 150 ms",
    ),
    (
        "REDIS_SOCKET_TIMEOUT",
        "nothing to set: a call has one limit of 150 ms",
    ),
];

/// Returns what to do instead of setting `name`, or `None` when the name is not known at all.
pub(super) fn instead_of(name: &str) -> Option<&'static str> {
    UNUSED
        .iter()
        .find(|(unused, _)| *unused == name)
        .map(|(_, instead)| *instead)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_stands_once_and_in_order() {
        assert!(UNUSED.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
