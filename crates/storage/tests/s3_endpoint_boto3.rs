//! boto3, a client that others wrote, works with the endpoint over our stores; the scenes are in the
//! Python file beside this one.
//!
//! `BOTO3_PYTHON` names a Python that can import boto3; `cargo xtask test` makes one.
#![cfg(all(feature = "s3-endpoint", feature = "fs"))]
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up panics")]

use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use core_config::{Environment, Secret, TextSource};
use storage::endpoint::S3Endpoint;
use storage::filesystem::FilesystemStore;
use storage::{Credentials, MemoryStore, ObjectStore, SystemClock};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/s3_endpoint_boto3.py");
const REGION: &str = "us-east-1";
const ACCESS_KEY: &str = "who";
const SECRET_KEY: &str = "a-secret-for-this-test";

fn python() -> String {
    let named = Environment.get("BOTO3_PYTHON").map(|text| text.value);
    named.filter(|name| !name.is_empty()).unwrap_or_else(|| {
        panic!(
            "run `cargo xtask test`, or `pip install boto3` and name that Python in BOTO3_PYTHON"
        )
    })
}

/// Plays a scene; neither proxies nor settings of this machine reach the script.
fn play(scene: &str, endpoint: &str) -> Output {
    Command::new(python())
        .args([SCRIPT, scene])
        .env_clear()
        .env("ENDPOINT", endpoint)
        .env("ACCESS_KEY", ACCESS_KEY)
        .env("SECRET_KEY", SECRET_KEY)
        .env("REGION", REGION)
        .env("AWS_CONFIG_FILE", "none")
        .env("AWS_SHARED_CREDENTIALS_FILE", "none")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONUTF8", "1")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

async fn play_over(store: Arc<dyn ObjectStore>, scene: &'static str) {
    let keys = [Credentials::new(ACCESS_KEY, Secret::new(SECRET_KEY))];
    let endpoint = S3Endpoint::serve(store, ([127, 0, 0, 1], 0).into(), &keys, REGION)
        .await
        .unwrap();
    let url = endpoint.url();
    let output = tokio::task::spawn_blocking(move || play(scene, &url))
        .await
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    endpoint.shutdown().await;
}

async fn over_memory(scene: &'static str) {
    play_over(Arc::new(MemoryStore::new(Arc::new(SystemClock))), scene).await;
}

async fn over_filesystem(scene: &'static str) {
    let directory = tempfile::tempdir().unwrap();
    let store = FilesystemStore::open(directory.path(), Arc::new(SystemClock)).unwrap();
    play_over(Arc::new(store.with_fsync(false)), scene).await;
}

/// Makes a test of each scene.
macro_rules! scenes {
    ($over:path: $($name:ident = $scene:literal,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            #[ignore = "needs boto3; cargo xtask test provides it"]
            async fn $name() {
                $over($scene).await;
            }
        )*
    };
    ($over:path) => {
        scenes! { $over:
            boto3_puts_and_gets = "put_and_get",
            boto3_reads_ranges = "ranges",
            boto3_lists_in_pages_and_by_delimiter = "listing",
            boto3_uses_odd_names_and_is_refused_those_that_are_no_keys = "odd_names",
            boto3_uploads_in_parts = "multipart",
            links_signed_by_boto3_open_and_take_a_put = "signed_links",
            conditional_puts_of_boto3_have_one_winner = "conditional_put",
            boto3_deletes_many = "delete_many",
            wrong_keys_signatures_links_and_clocks_are_refused = "refusals",
        }
    };
}

mod memory {
    scenes!(super::over_memory);
}

mod filesystem {
    scenes!(super::over_filesystem);
}
