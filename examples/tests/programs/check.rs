//! `cargo run --example check` against servers that work and servers that don't: each fault its own sentence and
//! exit code, and nothing left behind.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, TcpListener};

use super::support::{Finished, PrivateS3, Program, files_below};
use cache::testing::RedisServer;
use storage::{BucketName, ListOptions, ObjectStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const BUCKETS: [&str; 4] = ["imagen4", "generated", "avatars", "temp"];

/// A word that is right nowhere; it must not be shown.
const WRONG: &str = "canary-4f1c9a";

fn with_redis(port: u16) -> Program {
    Program::example("check")
        .variable("REDIS_HOST", "127.0.0.1")
        .variable("REDIS_PORT", port.to_string())
}

fn with_store(endpoint: &str, secret: &str) -> Program {
    Program::example("check")
        .variable("MINIO_ENDPOINT", endpoint)
        .variable("MINIO_ACCESS_KEY", PrivateS3::ACCESS_KEY)
        .variable("MINIO_SECRET_KEY", secret)
}

/// Runs a program that blocks beside servers that this runtime drives.
async fn run(program: Program) -> Finished {
    let run = move || program.run();
    tokio::task::spawn_blocking(run).await.unwrap()
}

fn assert_fault(finished: &Finished, code: i32, sentence: &str) {
    assert_eq!(finished.code, Some(code), "{finished:?}");
    assert!(finished.stdout.contains(sentence), "{}", finished.stdout);
    let shown = format!("{}{}", finished.stdout, finished.stderr);
    assert!(!shown.contains(WRONG), "a secret is shown");
}

fn bucket(name: &str) -> BucketName {
    name.parse().unwrap()
}

async fn make_buckets(store: &PrivateS3, names: &[&str]) {
    for name in names {
        store.store().ensure_bucket(&bucket(name)).await.unwrap();
    }
}

async fn objects_in(store: &PrivateS3, name: &str) -> usize {
    let bucket = bucket(name);
    let listed = store.store().list(&bucket, ListOptions::default());
    listed.await.unwrap().entries.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_work_are_told_with_their_times_and_left_as_they_were() {
    let redis = RedisServer::start();
    redis.call(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]);
    let store = PrivateS3::start().await;
    make_buckets(&store, &BUCKETS).await;
    let program = with_redis(redis.port())
        .variable("MINIO_ENDPOINT", store.url())
        .variable("MINIO_ACCESS_KEY", PrivateS3::ACCESS_KEY)
        .variable("MINIO_SECRET_KEY", PrivateS3::SECRET_KEY)
        .variable("FAL_KEY", format!("id:{WRONG}"));
    let finished = run(program).await;

    assert_fault(&finished, 0, "everything works");
    assert_eq!(finished.warnings(), 0, "{}", finished.stderr);
    let told = &finished.stdout;
    let version = redis.info("redis_version").unwrap();
    for words in [
        &*version,
        "eviction allkeys-lru",
        "role     master",
        "create-only is kept to",
        // The endpoint does not say what it is.
        "version  not told",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert!(told.contains("FAL's key has the form id:secret"), "{told}");
    // Ping, set, get, delete and list of Redis; list, put, head, get and delete of each bucket.
    assert_eq!(told.matches(" ms").count(), 5 + 4 * 5, "{told}");
    assert_eq!(redis.ask(&["DBSIZE"]), "0");
    for name in BUCKETS {
        assert_eq!(objects_in(&store, name).await, 0, "{name}");
    }
    store.stop().await;
}

#[test]
fn without_any_setting_the_stand_ins_are_named_and_nothing_is_made() {
    let program = Program::example("check");
    let finished = program.run();
    assert_fault(&finished, 0, "Redis is not named; memory stands in");
    for words in ["no object store is named", "FAL's key is not set"] {
        assert!(finished.stdout.contains(words), "{}", finished.stdout);
    }
    assert!(files_below(program.folder()).is_empty());
}

#[test]
fn a_key_of_fal_in_another_form_is_bad_settings() {
    let finished = Program::example("check").variable("FAL_KEY", WRONG).run();
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert!(finished.stderr.contains("FAL_KEY"), "{}", finished.stderr);
    assert!(!finished.stderr.contains(WRONG), "the key is shown");
}

/// Returns each fault of Redis with the exit code and the sentence that belong to it.
fn faults_of_redis() -> Vec<(i32, &'static str, Finished)> {
    let server = RedisServer::start_with(&["--requirepass", "word"]);
    let right = || with_redis(server.port()).variable("REDIS_PASSWORD", "word");
    let mut gone = RedisServer::start();
    gone.stop();
    let frozen = RedisServer::start();
    frozen.freeze();

    let mut faults = vec![
        (11, "Nobody answers there", with_redis(gone.port()).run()),
        (
            12,
            "does not answer in time",
            with_redis(frozen.port()).run(),
        ),
    ];
    let wrong = with_redis(server.port()).variable("REDIS_PASSWORD", WRONG);
    faults.push((13, "correct REDIS_PASSWORD", wrong.run()));
    server.call(&["SET", "imagen4:user_generations:me", "not a list"]);
    faults.push((16, "Another program keeps something else", right().run()));
    let with_tls = right().variable("REDIS_SSL", "true");
    faults.push((18, "Only one side speaks TLS", with_tls.run()));
    server.call(&["DEL", "imagen4:user_generations:me"]);
    server.call(&["CONFIG", "SET", "maxmemory", "1"]);
    faults.push((15, "out of memory", right().run()));
    server.call(&["CONFIG", "SET", "maxmemory", "0"]);
    faults.push((
        17,
        "look at REDIS_DB",
        right().variable("REDIS_DB", "99").run(),
    ));
    assert_eq!(server.ask(&["DBSIZE"]), "0");
    server.call(&["REPLICAOF", "127.0.0.1", "1"]);
    faults.push((14, "Redis takes no writes", right().run()));
    faults
}

#[test]
fn each_fault_of_redis_has_its_own_sentence_and_exit_code() {
    let faults = faults_of_redis();
    for (code, sentence, finished) in &faults {
        assert_fault(finished, *code, sentence);
    }
    let codes: BTreeSet<_> = faults.iter().map(|(code, ..)| code).collect();
    assert_eq!(codes.len(), faults.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_of_the_object_store_has_its_own_sentence_and_exit_code() {
    let store = PrivateS3::start().await;
    make_buckets(&store, &BUCKETS[..3]).await;
    let nobody = run(with_store("127.0.0.1:9", PrivateS3::SECRET_KEY)).await;
    assert_fault(&nobody, 21, "whether MINIO_ENDPOINT is right");
    let denied = run(with_store(&store.url(), WRONG)).await;
    assert_fault(&denied, 23, "correct MINIO_ACCESS_KEY and MINIO_SECRET_KEY");
    let elsewhere = with_store(&store.url(), PrivateS3::SECRET_KEY);
    let elsewhere = run(elsewhere.variable("MINIO_REGION", "eu-west-1")).await;
    assert_fault(&elsewhere, 27, "look at MINIO_REGION");
    let missing = run(with_store(&store.url(), PrivateS3::SECRET_KEY)).await;
    assert_fault(&missing, 24, "The bucket is not there");
    assert!(
        missing.stdout.contains("of temp failed"),
        "{}",
        missing.stdout
    );
    for name in &BUCKETS[..3] {
        assert_eq!(objects_in(&store, name).await, 0, "{name}");
    }
    let temp = bucket("temp");
    let listed = store.store().list(&temp, ListOptions::default()).await;
    listed.unwrap_err();
    store.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_frozen_or_answers_what_none_should_has_its_own_sentence_and_exit_code() {
    // The system takes connections for it, and nobody reads them.
    let frozen = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = frozen.local_addr().unwrap().to_string();
    let asked = run(with_store(&address, PrivateS3::SECRET_KEY));
    let asked = tokio::spawn(asked);
    let answers = [
        (403, 23, "The server does not let us do this"),
        (429, 25, "asks to slow down"),
        (301, 27, "look at MINIO_REGION"),
        (405, 29, "look whether it is one at all"),
    ];
    for (status, code, sentence) in answers {
        let url = server_that_answers(status).await;
        let finished = run(with_store(&url, PrivateS3::SECRET_KEY)).await;
        assert_fault(&finished, code, sentence);
        let told = &finished.stdout;
        let is_named = told.contains("version  Stubborn/1.0");
        assert_eq!(is_named, code != 27, "{told}");
    }
    assert_fault(&asked.await.unwrap(), 22, "does not answer in time");
    drop(frozen);
}

/// Starts a server that answers every request with this status and no body, and says what it is.
async fn server_that_answers(status: u16) -> String {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let listener = listener.await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let answer = format!(
                "HTTP/1.1 {status} No\r\nServer: Stubborn/1.0\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
            let mut head = [0; 8_192];
            // A request without a body comes in one piece; whoever hangs up wants no answer.
            let _ = socket.read(&mut head).await;
            let _ = socket.write_all(answer.as_bytes()).await;
        }
    });
    url
}

#[test]
fn when_both_have_a_fault_the_code_is_that_of_redis() {
    let mut gone = RedisServer::start();
    gone.stop();
    let program = with_redis(gone.port())
        .variable("MINIO_ENDPOINT", "127.0.0.1:9")
        .variable("MINIO_ACCESS_KEY", PrivateS3::ACCESS_KEY)
        .variable("MINIO_SECRET_KEY", PrivateS3::SECRET_KEY);
    let finished = program.run();
    assert_fault(&finished, 11, "Nobody answers there");
    assert!(
        finished.stdout.contains("MINIO_ENDPOINT"),
        "{}",
        finished.stdout
    );
}
