//! What the tracing layer records, and what it never does.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use core_config::Secret;
use storage::layer::Traced;
use storage::testing::ManualClock;
use storage::{
    Credentials, GetOptions, LinkSigner, ListOptions, MemoryStore, Metadata, ObjectRef,
    ObjectStore, PutOptions, SignOptions,
};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};

/// A span as a subscriber sees it: its name and its fields.
#[derive(Debug, Clone, Default)]
struct Seen {
    name: &'static str,
    fields: BTreeMap<&'static str, String>,
}

impl Visit for Seen {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.fields.insert(field.name(), format!("{value:?}"));
    }
}

/// Keeps all spans of a thread.
#[derive(Debug, Clone, Default)]
struct Notes(Arc<Mutex<Vec<Seen>>>);

impl Subscriber for Notes {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target().starts_with("storage")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        assert_eq!(*span.metadata().level(), Level::DEBUG);
        let mut seen = Seen {
            name: span.metadata().name(),
            ..Seen::default()
        };
        span.record(&mut seen);
        let mut all = self.0.lock().unwrap();
        all.push(seen);
        Id::from_u64(all.len() as u64)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let at = usize::try_from(span.into_u64()).unwrap() - 1;
        values.record(&mut self.0.lock().unwrap()[at]);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        panic!("the layer only opens spans: {event:?}");
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn spans_name_the_object_and_never_its_content_or_link() {
    let notes = Notes::default();
    let _guard = tracing::subscriber::set_default(notes.clone());
    let credentials = Credentials::new("canary-id", Secret::new("canary-key"));
    let host = "http://127.0.0.1:9000".parse().unwrap();
    let signer = LinkSigner::new(host, "us-east-1", credentials);
    let clock = Arc::new(ManualClock::default());
    let store = Traced::new(MemoryStore::new(clock).with_links(signer));

    let object: ObjectRef = "imagen4/a/b.png".parse().unwrap();
    store.ensure_bucket(&object.bucket).await.unwrap();
    let metadata = Metadata::new().with("prompt", "canary-metadata").unwrap();
    let options = PutOptions::create_only().with_metadata(metadata);
    store
        .put(&object, "canary-body".into(), options.clone())
        .await
        .unwrap();
    store
        .put(&object, "canary-body".into(), options)
        .await
        .unwrap_err();
    store.get(&object, GetOptions::default()).await.unwrap();
    store.head(&object).await.unwrap();
    store
        .list(&object.bucket, ListOptions::default())
        .await
        .unwrap();
    store
        .sign_get(&object, SignOptions::default())
        .await
        .unwrap();
    store.delete_many(&object.bucket, &[]).await.unwrap();
    store.delete(&object).await.unwrap();

    let seen = notes.0.lock().unwrap().clone();
    let names: Vec<_> = seen.iter().map(|span| span.name).collect();
    let expected = [
        "storage.ensure_bucket",
        "storage.put",
        "storage.put",
        "storage.get",
        "storage.head",
        "storage.list",
        "storage.sign_get",
        "storage.delete_many",
        "storage.delete",
    ];
    assert_eq!(names, expected);
    for span in &seen {
        assert_eq!(span.fields["object.bucket"], "imagen4", "{span:?}");
        assert!(span.fields.contains_key("elapsed_ms"), "{span:?}");
    }
    assert_eq!(seen[1].fields["object.key"], "a/b.png");
    assert_eq!(seen[1].fields["size_bytes"], "11");
    assert_eq!(seen[2].fields["error.kind"], "AlreadyExists");
    assert_eq!(seen[5].fields["count"], "1");
    let all = format!("{seen:?}");
    assert!(
        !all.contains("canary") && !all.contains("Signature"),
        "{all}"
    );
}
