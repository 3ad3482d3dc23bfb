//! s3cmd, a client that others wrote and that signs by code of its own, works with the endpoint over our
//! stores.
//!
//! `S3CMD_BIN` names the program; `cargo xtask test` installs one.
#![cfg(all(feature = "s3-endpoint", feature = "fs"))]
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up panics")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use core_config::{Environment, Secret, TextSource};
use storage::endpoint::S3Endpoint;
use storage::filesystem::FilesystemStore;
use storage::{Credentials, MemoryStore, ObjectStore, SystemClock};

const SECRET_KEY: &str = "a-secret-for-this-test";
const MIB: usize = 1024 * 1024;

fn program() -> String {
    let named = Environment.get("S3CMD_BIN").map(|text| text.value);
    named.filter(|name| !name.is_empty()).unwrap_or_else(|| {
        panic!("run `cargo xtask test`, or `pip install s3cmd` and name the program in S3CMD_BIN")
    })
}

/// s3cmd in a folder of its own, speaking to one endpoint.
struct Client<'a> {
    folder: &'a Path,
    host: String,
    secret_key: &'static str,
}

impl Client<'_> {
    /// Runs a command and returns what it prints, or what it complains of.
    fn try_run(&self, arguments: &[&str]) -> Result<String, String> {
        let settings = self.folder.join("settings");
        std::fs::write(&settings, "[default]\n").unwrap();
        let output = Command::new(program())
            .arg(format!("--config={}", settings.display()))
            .arg(format!("--host={}", self.host))
            .arg(format!("--host-bucket={}", self.host))
            .arg(format!("--secret_key={}", self.secret_key))
            .args(["--access_key=who", "--region=us-east-1", "--no-ssl"])
            .args(["--no-progress", "--max-retries=1", "--mime-type=image/png"])
            .args(arguments)
            .current_dir(self.folder)
            .env_clear()
            .env("PYTHONUTF8", "1")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        if !output.status.success() {
            return Err(complaint);
        }
        assert!(!complaint.contains("ERROR"), "{arguments:?}: {complaint}");
        Ok(String::from_utf8(output.stdout).unwrap())
    }

    fn run(&self, arguments: &[&str]) -> String {
        self.try_run(arguments)
            .unwrap_or_else(|complaint| panic!("{arguments:?}: {complaint}"))
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.folder.join(name), bytes).unwrap();
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.folder.join(name)).unwrap()
    }
}

fn play(client: &Client<'_>) {
    let small = b"a small picture".to_vec();
    // Several parts, the last one short.
    let large: Vec<u8> = (0..=250).cycle().take(12 * MIB + 7).collect();
    client.write("small.png", &small);
    client.write("large.bin", &large);
    client.run(&["mb", "s3://s3cmd-bucket"]);
    client.run(&[
        "put",
        "small.png",
        "s3://s3cmd-bucket/2026/пёс a+b 100%.png",
    ]);
    client.run(&["put", "small.png", "s3://s3cmd-bucket/2026/b.png"]);
    let parts = "--multipart-chunk-size-mb=5";
    client.run(&["put", parts, "large.bin", "s3://s3cmd-bucket/large.bin"]);

    let listed = client.run(&["ls", "--recursive", "s3://s3cmd-bucket/"]);
    let keys: Vec<_> = listed
        .lines()
        .filter_map(|line| line.split_once("s3://s3cmd-bucket/"))
        .map(|(_, key)| key)
        .collect();
    assert_eq!(keys, ["2026/b.png", "2026/пёс a+b 100%.png", "large.bin"]);
    let top = client.run(&["ls", "s3://s3cmd-bucket/"]);
    assert!(top.contains("DIR") && !top.contains("b.png"), "{top}");

    client.run(&[
        "get",
        "s3://s3cmd-bucket/2026/пёс a+b 100%.png",
        "small.back",
    ]);
    client.run(&["get", "s3://s3cmd-bucket/large.bin", "large.back"]);
    assert_eq!(client.read("small.back"), small);
    assert!(client.read("large.back") == large);
    let info = client.run(&["info", "s3://s3cmd-bucket/2026/b.png"]);
    assert!(info.contains("image/png"), "{info}");

    let stranger = Client {
        secret_key: "not-the-secret",
        host: client.host.clone(),
        folder: client.folder,
    };
    for arguments in [
        &["put", "small.png", "s3://s3cmd-bucket/new.png"][..],
        &["get", "--force", "s3://s3cmd-bucket/2026/b.png", "stolen"],
        &["del", "s3://s3cmd-bucket/2026/b.png"],
    ] {
        let complaint = stranger.try_run(arguments).unwrap_err();
        assert!(complaint.contains("403"), "{complaint}");
    }
    client.run(&["del", "s3://s3cmd-bucket/2026/b.png"]);
    client.run(&["del", "--recursive", "--force", "s3://s3cmd-bucket/"]);
    assert_eq!(client.run(&["ls", "--recursive", "s3://s3cmd-bucket/"]), "");
}

async fn play_over(store: Arc<dyn ObjectStore>) {
    let keys = [Credentials::new("who", Secret::new(SECRET_KEY))];
    let endpoint = S3Endpoint::serve(store, ([127, 0, 0, 1], 0).into(), &keys, "us-east-1");
    let endpoint = endpoint.await.unwrap();
    let host = endpoint.addr().to_string();
    let played = tokio::task::spawn_blocking(move || {
        let folder = tempfile::tempdir().unwrap();
        play(&Client {
            folder: folder.path(),
            host,
            secret_key: SECRET_KEY,
        });
    });
    played.await.unwrap();
    endpoint.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs s3cmd; cargo xtask test provides it"]
async fn s3cmd_works_over_memory() {
    play_over(Arc::new(MemoryStore::new(Arc::new(SystemClock)))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs s3cmd; cargo xtask test provides it"]
async fn s3cmd_works_over_the_filesystem() {
    let directory = tempfile::tempdir().unwrap();
    let store = FilesystemStore::open(directory.path(), Arc::new(SystemClock)).unwrap();
    play_over(Arc::new(store.with_fsync(false))).await;
}
