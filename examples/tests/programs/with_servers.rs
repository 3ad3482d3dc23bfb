//! `cargo run --example generate` against real servers, and against servers that fail in the middle.

use std::process::Command;
use std::time::Duration;

use super::generate::{PROMPT, generate, id_of, today};
use super::support::{PrivateS3, provided};
use cache::testing::RedisServer;
use fal_client::simulator::FalSimulator;

fn seconds_left(redis: &RedisServer, key: &str) -> i64 {
    let answer = redis.call(&["TTL", key]);
    answer
        .lines()
        .next()
        .unwrap()
        .trim_start_matches(':')
        .parse()
        .unwrap()
}

/// Lists a bucket with boto3: a line for each object with its key, type, the SHA-256 of its bytes and that of
/// its metadata.
const LIST_WITH_BOTO3: &str = r#"
import boto3, hashlib, os, sys
s3 = boto3.client("s3", endpoint_url=sys.argv[1], aws_access_key_id=sys.argv[2],
                  aws_secret_access_key=sys.argv[3], region_name="us-east-1")
for entry in s3.list_objects_v2(Bucket=sys.argv[4])["Contents"]:
    if entry["Key"].endswith(".json"):
        continue  # the manifest beside a picture
    got = s3.get_object(Bucket=sys.argv[4], Key=entry["Key"])
    digest = hashlib.sha256(got["Body"].read()).hexdigest()
    print(entry["Key"], got["ContentType"], digest, got["Metadata"].get("sha256"))
"#;

#[test]
#[ignore = "needs ministack and boto3; cargo xtask test provides them"]
fn real_redis_and_an_s3_server_of_others_hold_what_they_should() {
    let redis = RedisServer::start();
    let (endpoint, key, secret) = (
        provided("S3_TEST_ENDPOINT"),
        provided("S3_TEST_ACCESS_KEY"),
        provided("S3_TEST_SECRET_KEY"),
    );
    let bucket = format!("e2e-{}", redis.port());
    let program = generate(&[PROMPT, "--images", "4", "--user", "ada"])
        .variable("REDIS_HOST", "127.0.0.1")
        .variable("REDIS_PORT", redis.port().to_string())
        .variable("MINIO_ENDPOINT", &endpoint)
        .variable("MINIO_ACCESS_KEY", &key)
        .variable("MINIO_SECRET_KEY", &secret)
        .variable("MINIO_BUCKET_IMAGEN4", &bucket);
    let before = today();
    let finished = program.run();
    let days = [before, today()];
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(finished.warnings(), 0, "{}", finished.stderr);

    let id = id_of(&finished);
    let record = seconds_left(&redis, &format!("imagen4:generation:{id}"));
    assert!((3_599..=3_600).contains(&record), "{record}");
    let list = seconds_left(&redis, "imagen4:user_generations:ada");
    assert!((86_399..=86_400).contains(&list), "{list}");

    let listed = Command::new(provided("BOTO3_PYTHON"))
        .args(["-c", LIST_WITH_BOTO3, &endpoint, &key, &secret, &bucket])
        .output()
        .unwrap();
    let listed_text = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(listed.status.success(), "{listed:?}");
    let lines: Vec<_> = listed_text.lines().collect();
    assert_eq!(lines.len(), 4, "{listed_text}");
    for (number, line) in (1..).zip(lines) {
        let fields: Vec<_> = line.split(' ').collect();
        let (day, name) = fields[0].rsplit_once('/').unwrap();
        assert!(days.contains(&day.to_owned()), "{line}");
        assert_eq!(name, format!("{id}_{number}.png"));
        assert_eq!(fields[1], "image/png");
        assert_eq!(fields[2], fields[3], "{line}");
    }
}

#[test]
fn redis_that_is_down_costs_one_warning() {
    let mut redis = RedisServer::start();
    let port = redis.port().to_string();
    redis.stop();
    let program = generate(&[PROMPT, "--images", "2"])
        .variable("REDIS_HOST", "127.0.0.1")
        .variable("REDIS_PORT", port);
    let finished = program.run();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(finished.warnings(), 1, "{}", finished.stderr);
    assert!(
        finished.stdout.contains("not cached"),
        "{}",
        finished.stdout
    );
}

#[test]
fn fal_that_is_down_ends_with_4_and_pays_nothing() {
    let program = generate(&[PROMPT, "--images", "1"])
        .variable("FAL_KEY", "test-id:test-word")
        .variable("FAL_QUEUE_URL", "http://127.0.0.1:9");
    let finished = program.run();
    assert_eq!(finished.code, Some(4), "{finished:?}");
    assert!(finished.stderr.contains("FAL"), "{}", finished.stderr);
    assert!(!finished.stderr.contains("test-word"), "the key is shown");
}

#[test]
fn an_object_store_that_is_down_from_the_start_ends_with_4_and_pays_nothing() {
    let program = generate(&[PROMPT, "--images", "1"])
        .variable("MINIO_ENDPOINT", "127.0.0.1:9")
        .variable("MINIO_ACCESS_KEY", "test-id")
        .variable("MINIO_SECRET_KEY", "test-word");
    let finished = program.run();
    assert_eq!(finished.code, Some(4), "{finished:?}");
    assert!(
        finished.stderr.contains("object store"),
        "{}",
        finished.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_stops_before_the_save_leaves_every_picture_as_a_fallback() {
    let simulator = FalSimulator::builder()
        .run_time(Duration::from_secs(2))
        .start()
        .await
        .unwrap();
    let store = PrivateS3::start().await;
    let program = generate(&[PROMPT, "--images", "3"])
        .variable("FAL_KEY", simulator.key().expose())
        .variable("FAL_QUEUE_URL", simulator.queue_url().to_string())
        .variable("FAL_MEDIA_ORIGINS", simulator.media_url().to_string())
        .variable("MINIO_ENDPOINT", store.url())
        .variable("MINIO_ACCESS_KEY", PrivateS3::ACCESS_KEY)
        .variable("MINIO_SECRET_KEY", PrivateS3::SECRET_KEY);
    let running = program.start();
    let control = simulator.control();
    while control.accepted_submits() == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    store.stop().await;
    let finished = tokio::task::spawn_blocking(move || running.wait())
        .await
        .unwrap();

    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(finished.warnings(), 1, "{}", finished.stderr);
    assert_eq!(
        finished.stdout.matches("fallback until").count(),
        3,
        "{}",
        finished.stdout
    );
    let links: Vec<_> = finished
        .stdout
        .split_whitespace()
        .filter(|word| word.contains("/files/"))
        .collect();
    assert_eq!(links.len(), 3, "{}", finished.stdout);
    assert!(
        finished.stdout.contains("0 of 3 stored"),
        "{}",
        finished.stdout
    );
    for link in links {
        let told = Command::new("curl")
            .args([
                "--silent",
                "--output",
                "/dev/null",
                "--write-out",
                "%{http_code} %{content_type}",
                link,
            ])
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&told.stdout), "200 image/png");
    }
    assert_eq!(control.accepted_submits(), 1);
    simulator.stop().await;
}
