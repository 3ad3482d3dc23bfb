//! The MinIO adapter keeps the contract over any S3 server that is named, as far as that server can.
//!
//! `MINIO_TEST_ENDPOINT` names it, with `MINIO_TEST_ACCESS_KEY`, `MINIO_TEST_SECRET_KEY` and
//! `MINIO_TEST_REGION` (`us-east-1`); `cargo xtask test --s3` runs these tests and shows the table.
//! What the server cannot do is found by asking it, and the rule then asserts the declared alternative:
//! nothing is skipped, and a rule that is broken in another way fails.
//! The buckets stay behind, so name a server for tests.
#![cfg(feature = "minio")]
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up panics")]

use std::fmt::Write as _;
use std::sync::Arc;

use core_config::{Environment, Secret, TextSource};
use futures_util::future;
use storage::minio::{ConditionalPut, DigestCheck, MinioSettings, MinioStore};
use storage::testing::conformance::{Expectations, Fixture, StoreFixture};
use storage::{
    BucketName, BucketOutcome, Clock, Credentials, Metadata, ObjectRef, ObjectStore, PutOptions,
    Sha256Digest, StorageErrorKind, SystemClock,
};
use tokio::sync::OnceCell;

/// The key lengths that are tried, in bytes, from the limit of S3 downwards.
const KEY_LENGTHS: [usize; 7] = [1024, 1000, 900, 512, 255, 200, 150];

/// So many try at once to be the only one.
const RACERS: u32 = 10;

fn setting(name: &str) -> Option<String> {
    let text = Environment.get(name)?.value;
    (!text.is_empty()).then_some(text)
}

fn required(name: &str) -> String {
    setting(name).unwrap_or_else(|| {
        panic!(
            "{name} is not set: name an S3 server for tests in MINIO_TEST_ENDPOINT \
             (http://127.0.0.1:9000), give MINIO_TEST_ACCESS_KEY and MINIO_TEST_SECRET_KEY, \
             and run `cargo xtask test --s3`"
        )
    })
}

fn settings() -> MinioSettings {
    let endpoint = required("MINIO_TEST_ENDPOINT");
    let secret = Secret::new(required("MINIO_TEST_SECRET_KEY"));
    let keys = Credentials::new(required("MINIO_TEST_ACCESS_KEY"), secret);
    let settings = MinioSettings::new(endpoint.parse().unwrap(), keys);
    match setting("MINIO_TEST_REGION") {
        Some(region) => settings.with_region(region),
        None => settings,
    }
}

/// Returns the secret key that no link may hold; a link names the access key, which may be the same text.
fn secret_told_apart() -> Option<String> {
    let secret = required("MINIO_TEST_SECRET_KEY");
    (secret != required("MINIO_TEST_ACCESS_KEY")).then_some(secret)
}

/// What the server was found to do.
#[derive(Debug, Clone)]
struct Found {
    conditional_put: ConditionalPut,
    digest_check: DigestCheck,
    expectations: Expectations,
}

impl Found {
    /// Asks the server; a process asks once.
    async fn ask() -> &'static Self {
        static FOUND: OnceCell<Found> = OnceCell::const_new();
        FOUND.get_or_init(|| Probe::start(settings()).ask()).await
    }

    fn settings(&self) -> MinioSettings {
        settings()
            .with_conditional_put(self.conditional_put)
            .with_digest_check(self.digest_check)
    }

    /// Returns what is asked of a server, whether this one can, and what is done when it cannot.
    fn table(&self) -> Vec<(&'static str, bool, String)> {
        let can = &self.expectations;
        let row = |what, can, otherwise: &str| (what, can, otherwise.to_owned());
        vec![
            row(
                "a create-only put has one winner",
                can.atomic_create,
                "the adapter looks before it puts; of several writers at once more than one may win",
            ),
            row(
                "bytes are compared with the SHA-256 sent",
                self.digest_check == DigestCheck::Server,
                "the adapter compares them before the last piece is sent (DigestCheck::Local)",
            ),
            row(
                "a bucket's creation is confirmed once",
                can.created_told_once,
                "of several creators at once more than one hears Created",
            ),
            row(
                "head tells a missing bucket from a missing key",
                can.missing_bucket_told_apart_on_head,
                "head in a missing bucket is NotFound",
            ),
            row(
                "delete tells of a missing bucket",
                can.missing_bucket_told_on_delete,
                "delete in a missing bucket is Ok",
            ),
            row(
                "metadata is kept",
                can.keeps_metadata,
                "objects come back without metadata",
            ),
            row(
                "the digest of an object is kept",
                can.keeps_sha256,
                "head tells no digest",
            ),
            row(
                "objects have entity tags",
                can.gives_etags,
                "receipts, heads and gets tell none",
            ),
            row(
                "an object put without content type has none",
                can.default_content_type.is_none(),
                &format!("it is told as {:?}", can.default_content_type),
            ),
            row(
                "keys of 1024 bytes are taken",
                can.longest_key_bytes == KEY_LENGTHS[0],
                &format!("the longest taken has {} bytes", can.longest_key_bytes),
            ),
        ]
    }
}

/// A fresh bucket on the server to try things in.
struct Probe {
    settings: MinioSettings,
    store: Arc<MinioStore>,
    bucket: BucketName,
}

impl Probe {
    fn start(settings: MinioSettings) -> Self {
        let store = MinioStore::new(&settings, Arc::new(SystemClock)).unwrap();
        Self {
            store: Arc::new(store),
            bucket: format!("probe-{:016x}", fastrand::u64(..)).parse().unwrap(),
            settings,
        }
    }

    async fn ask(self) -> Found {
        let head = self.store.head(&self.object("missing")).await;
        let delete = self.store.delete(&self.object("missing")).await;
        let created_told_once = self.make_the_bucket().await == 1;
        let conditional_put = self.conditional_put().await;
        let digest_check = self.digest_check().await;
        let bare = self.object("bare");
        let put = self
            .store
            .put(&bare, "bytes".into(), PutOptions::overwrite());
        let receipt = put.await.unwrap();
        let dressed = self.object("dressed");
        let options = PutOptions::overwrite()
            .with_sha256(Sha256Digest::of(b"bytes"))
            .with_metadata(Metadata::new().with("seed", "42").unwrap());
        let put = self.store.put(&dressed, "bytes".into(), options).await;
        put.unwrap();
        let bare = self.store.head(&bare).await.unwrap();
        let dressed = self.store.head(&dressed).await.unwrap();
        let lost = |kind| kind == StorageErrorKind::BucketNotFound;
        Found {
            conditional_put,
            digest_check,
            expectations: Expectations {
                atomic_create: conditional_put == ConditionalPut::Honoured,
                created_told_once,
                missing_bucket_told_apart_on_head: lost(head.unwrap_err().kind()),
                missing_bucket_told_on_delete: delete.is_err_and(|error| lost(error.kind())),
                keeps_sha256: dressed.sha256.is_some(),
                keeps_metadata: !dressed.metadata.is_empty(),
                gives_etags: receipt.etag.is_some() && bare.etag.is_some(),
                default_content_type: bare.content_type,
                longest_key_bytes: self.longest_key().await,
                signed_links: true,
                secret: secret_told_apart(),
                ..Expectations::default()
            },
        }
    }

    fn object(&self, key: &str) -> ObjectRef {
        ObjectRef::new(self.bucket.clone(), key.parse().unwrap())
    }

    /// Makes the bucket from several sides at once and returns how many were told that they made it.
    async fn make_the_bucket(&self) -> usize {
        let race = (0..RACERS).map(|_| {
            let (store, bucket) = (Arc::clone(&self.store), self.bucket.clone());
            tokio::spawn(async move { store.ensure_bucket(&bucket).await })
        });
        let answers = future::join_all(race).await.into_iter();
        let answers = answers.map(|answer| answer.unwrap().unwrap());
        answers
            .filter(|outcome| *outcome == BucketOutcome::Created)
            .count()
    }

    /// A server may refuse the second of two puts and yet let two at once win, so it has to pass both.
    async fn conditional_put(&self) -> ConditionalPut {
        let found = self.store.probe_conditional_put(&self.bucket).await;
        if found.unwrap() == ConditionalPut::Ignored {
            return ConditionalPut::Ignored;
        }
        for round in 0..3 {
            let race = (0..RACERS).map(|racer| {
                let (store, object) = (
                    Arc::clone(&self.store),
                    self.object(&format!("race-{round}")),
                );
                let body = format!("racer {racer}").into_bytes();
                tokio::spawn(async move {
                    let put = store.put(&object, body.into(), PutOptions::create_only());
                    put.await
                })
            });
            let answers = future::join_all(race).await.into_iter();
            if answers.filter(|answer| matches!(answer, Ok(Ok(_)))).count() > 1 {
                return ConditionalPut::Ignored;
            }
        }
        ConditionalPut::Honoured
    }

    async fn digest_check(&self) -> DigestCheck {
        let options = PutOptions::overwrite().with_sha256(Sha256Digest::of(b"other bytes"));
        let object = self.object("wrong-digest");
        match self.store.put(&object, "bytes".into(), options).await {
            Ok(_) => DigestCheck::Local,
            Err(error) => {
                assert_eq!(error.kind(), StorageErrorKind::Corrupt, "{error}");
                DigestCheck::Server
            }
        }
    }

    async fn longest_key(&self) -> usize {
        for length in KEY_LENGTHS {
            let object = self.object(&"k".repeat(length));
            let put = self
                .store
                .put(&object, "bytes".into(), PutOptions::overwrite());
            if put.await.is_ok() {
                return length;
            }
        }
        panic!(
            "{} takes no key of {} bytes",
            self.settings.endpoint(),
            KEY_LENGTHS[KEY_LENGTHS.len() - 1]
        );
    }
}

async fn over_the_server() -> impl Fixture {
    let found = Found::ask().await;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = MinioStore::new(&found.settings(), Arc::clone(&clock)).unwrap();
    StoreFixture::new(Arc::new(store), clock).with_expectations(found.expectations.clone())
}

storage::object_store_conformance!(
    #[ignore = "needs MINIO_TEST_ENDPOINT; cargo xtask test --s3 runs it"]
    fixture = over_the_server
);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MINIO_TEST_ENDPOINT; cargo xtask test --s3 runs it"]
async fn what_the_server_cannot_do_is_told() {
    let found = Found::ask().await;
    let mut text = format!("\nWhat {} can do:\n", found.settings().endpoint());
    for (what, can, otherwise) in found.table() {
        let (sign, otherwise) = if can {
            ("yes", "")
        } else {
            ("NO ", &*otherwise)
        };
        writeln!(text, "  {sign}  {what:<48}{otherwise}").unwrap();
    }
    println!("{text}");
    let cannot = found.table().iter().filter(|(_, can, _)| !can).count();
    assert_eq!(text.matches("\n  NO ").count(), cannot);
}
