//! Usage against a count by hand, and lookups from every form of a link.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use core_config::Secret;
use storage::pictures::{
    Amount, BucketMap, KnownPicture, Lookup, MemoryPictureIndex, PictureKind, PictureStorage,
    UsageGroup,
};
use storage::testing::{Failure, Operation};
use storage::{
    Credentials, LinkSigner, MemoryStore, ObjectStore, PutOptions, SignOptions, StorageErrorKind,
    SystemClock,
};

use super::scene::{Scene, object};

const KINDS: [(&str, PictureKind); 4] = [
    ("imagen4", PictureKind::Imagen4),
    ("generated", PictureKind::Generated),
    ("avatars", PictureKind::Avatar),
    ("temp", PictureKind::Temporary),
];

#[tokio::test]
async fn usage_by_bucket_kind_and_day_is_what_a_count_by_hand_gives() {
    let scene = Scene::new().await;
    let mut random = fastrand::Rng::with_seed(7);
    let mut expected: BTreeMap<UsageGroup, Amount> = BTreeMap::new();
    let mut others = [0_u64; 2];
    for number in 0..3_000 {
        let (bucket, kind) = KINDS[random.usize(..4)];
        let day = NaiveDate::from_ymd_opt(2026, 3, random.u32(1..=9)).unwrap();
        let size = random.usize(0..40);
        let key = format!("{}/{number}_1.png", day.format("%Y/%m/%d"));
        let key = match random.u8(..10) {
            0 => {
                others[0] += size as u64;
                format!("{key}.json")
            }
            1 => {
                others[1] += size as u64;
                format!("other/{number}")
            }
            which => {
                let group = UsageGroup {
                    bucket: bucket.parse().unwrap(),
                    kind: Some(kind),
                    day,
                };
                let amount = expected.entry(group).or_default();
                amount.objects += 1;
                amount.bytes += size as u64;
                if which == 2 {
                    format!("generated/{key}")
                } else {
                    key
                }
            }
        };
        let (object, options) = (
            object(&format!("{bucket}/{key}")),
            PutOptions::create_only(),
        );
        let put = scene.store.put(&object, vec![1; size].into(), options);
        put.await.unwrap();
    }
    let usage = scene.pictures().usage().await.unwrap();
    assert_eq!(usage.pictures, expected);
    let bytes =
        |amounts: &BTreeMap<_, Amount>| amounts.values().map(|amount| amount.bytes).sum::<u64>();
    assert_eq!([bytes(&usage.sidecars), bytes(&usage.foreign)], others);
    assert!(usage.quarantined.is_empty());

    let mut listed = (0, 0);
    let pictures = scene.pictures();
    let listing = pictures.foreign(|object, size| {
        assert!(object.key.as_str().starts_with("other/"), "{object}");
        listed = (listed.0 + 1, listed.1 + size);
    });
    listing.await.unwrap();
    let count: u64 = usage.foreign.values().map(|amount| amount.objects).sum();
    assert_eq!(listed, (count, others[1]));
}

#[tokio::test]
async fn what_is_staged_for_deletion_is_counted_apart() {
    let scene = Scene::new().await;
    scene.save("imagen4/2026/03/01/a_1.png").await;
    scene
        .staged()
        .stage(&object("imagen4/2026/03/01/a_1.png"))
        .await
        .unwrap();
    let usage = scene.pictures().usage().await.unwrap();
    assert!(usage.pictures.is_empty() && usage.foreign.is_empty());
    let bucket = "imagen4".parse().unwrap();
    assert_eq!(
        usage.quarantined[&bucket],
        Amount {
            objects: 3,
            bytes: 3
        }
    );
}

#[tokio::test]
async fn a_part_of_the_listing_is_no_usage() {
    let scene = Scene::new().await;
    let denied = Failure::of(Operation::List, StorageErrorKind::Denied);
    scene.store.fail(denied.on_calls(3..=3));
    let error = scene.pictures().usage().await.unwrap_err();
    assert_eq!(error.kind(), StorageErrorKind::Denied);
}

fn known(text: &str, record: &str) -> KnownPicture {
    KnownPicture {
        object: object(text),
        owner: "7".to_owned(),
        record_id: record.to_owned(),
        number: 1,
    }
}

fn lookups() -> (MemoryPictureIndex, PictureStorage, LinkSigner) {
    let index = MemoryPictureIndex::new();
    index.insert(known("imagen4/2026/03/01/abc_1.png", "new"));
    index.insert(known("generated/generated/2026/03/01/old_01.jpg", "old"));
    index.insert(known("generated/2026/03/01/twice_1.png", "one"));
    index.insert(known("imagen4/2026/03/01/twice_1.png", "other"));
    let keys = Credentials::new("who", Secret::new("word"));
    let signer = LinkSigner::new("https://img.example".parse().unwrap(), "us-east-1", keys);
    let clock = std::sync::Arc::new(SystemClock);
    let store = MemoryStore::new(clock).with_links(signer.clone());
    let source = std::sync::Arc::new(storage::pictures::testing::ScriptedSource::new());
    let pictures = PictureStorage::new(std::sync::Arc::new(store), source, BucketMap::default());
    let hosts = ["http://minio:9000", "https://img.example"].map(|host| host.parse().unwrap());
    (index, pictures.with_hosts(hosts), signer)
}

#[tokio::test]
async fn the_record_is_found_from_every_form_of_a_link() {
    let (index, pictures, signer) = lookups();
    let options = SignOptions::default();
    let now = storage::Clock::now(&SystemClock);
    let named = object("imagen4/2026/03/01/abc_1.png");
    let link = signer.sign_get(&named, &options, now).unwrap();
    for text in [
        link.expose(),
        "https://img.example/imagen4/2026/03/01/abc_1.png",
        "http://imagen4.minio:9000/2026/03/01/abc_1.png",
        "http://minio:9000/imagen4/2026/03/01/abc_01.png",
        "http://minio:9000/generated/generated/2026/03/01/abc_01.png?X-Amz-Expires=60",
        "https://img.example/generated/2026/03/01/abc_1.png",
        "imagen4/2026/03/01/abc_1.png",
        "/imagen4/2026/03/01/abc_1.png",
        "2026/03/01/abc_1.png",
        "generated/2026/03/01/abc_01.png",
    ] {
        let found = pictures.lookup(&index, text).await.unwrap();
        let expected = known("imagen4/2026/03/01/abc_1.png", "new");
        assert_eq!(found, Lookup::Found(expected), "{text}");
    }
    for text in [
        "http://minio:9000/generated/generated/2026/03/01/old_01.jpg",
        "http://minio:9000/imagen4/2026/03/01/old_1.jpeg",
        "generated/2026/03/01/old_01.jpg",
        "2026/03/01/old_1.jpg",
    ] {
        let found = pictures.lookup(&index, text).await.unwrap();
        let expected = known("generated/generated/2026/03/01/old_01.jpg", "old");
        assert_eq!(found, Lookup::Found(expected), "{text}");
    }
}

#[tokio::test]
async fn a_record_is_found_with_and_without_its_shard_and_never_for_another_tenant() {
    let (_, pictures, _) = lookups();
    // The shard of picture 1 of `abc` is d4.
    for (named, text, is_found) in [
        ("d4/2026/03/01/abc_1.png", "2026/03/01/abc_01.png", true),
        ("2026/03/01/abc_1.png", "d4/2026/03/01/abc_1.png", true),
        (
            "tenant-a/d4/2026/03/01/abc_1.png",
            "tenant-a/2026/03/01/abc_01.png",
            true,
        ),
        (
            "tenant-a/2026/03/01/abc_1.png",
            "tenant-b/2026/03/01/abc_1.png",
            false,
        ),
        (
            "2026/03/01/abc_1.png",
            "tenant-b/2026/03/01/abc_1.png",
            false,
        ),
    ] {
        let index = MemoryPictureIndex::new();
        let picture = known(&format!("imagen4/{named}"), "new");
        index.insert(picture.clone());
        let link = format!("http://minio:9000/imagen4/{text}");
        let found = pictures.lookup(&index, &link).await.unwrap();
        let expected = if is_found {
            Lookup::Found(picture)
        } else {
            Lookup::Unknown
        };
        assert_eq!(found, expected, "{text}");
    }
}

#[tokio::test]
async fn what_is_unknown_foreign_or_meant_twice_is_said() {
    let (index, pictures, _) = lookups();
    for (text, expected) in [
        (
            "https://evil.test/imagen4/2026/03/01/abc_1.png",
            Lookup::NotOurs,
        ),
        (
            "https://who:canary@img.example/imagen4/2026/03/01/abc_1.png",
            Lookup::NotOurs,
        ),
        ("a/../b", Lookup::NotOurs),
        ("", Lookup::NotOurs),
        (
            "https://img.example/imagen4/2026/03/01/none_1.png",
            Lookup::Unknown,
        ),
        ("2026/03/02/abc_1.png", Lookup::Unknown),
        ("2026/03/01/abc_2.png", Lookup::Unknown),
        ("2026/03/01/abc_1.jpg", Lookup::Unknown),
        ("no picture", Lookup::Unknown),
    ] {
        assert_eq!(
            pictures.lookup(&index, text).await.unwrap(),
            expected,
            "{text}"
        );
    }
    let twice = pictures
        .lookup(&index, "2026/03/01/twice_1.png")
        .await
        .unwrap();
    let Lookup::Ambiguous(records) = twice else {
        panic!("{twice:?}");
    };
    assert_eq!(records.len(), 2);
    let exact = pictures
        .lookup(&index, "imagen4/2026/03/01/twice_1.png")
        .await
        .unwrap();
    assert_eq!(
        exact,
        Lookup::Found(known("imagen4/2026/03/01/twice_1.png", "other"))
    );
}

#[tokio::test]
async fn an_old_link_gives_a_new_one_for_the_place_where_the_picture_is() {
    let (index, pictures, _) = lookups();
    let old = "http://minio:9000/generated/generated/2026/03/01/abc_01.png?X-Amz-Signature=0";
    let link = pictures.refresh(&index, old).await.unwrap().unwrap();
    let place = "https://img.example/imagen4/2026/03/01/abc_1.png?";
    assert!(link.expose().starts_with(place));
    assert!(
        pictures
            .refresh(&index, "2026/03/01/twice_1.png")
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        pictures
            .refresh(&index, "2026/03/01/none_1.png")
            .await
            .unwrap()
            .is_none()
    );
}
