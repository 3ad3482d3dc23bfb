//! What the records of an earlier program name, and what is there of it.

use storage::pictures::testing::sample_picture;
use storage::pictures::{
    BucketMap, ImageFormat, LegacyLink, LegacyPicture, LegacyUrls, PictureKind,
};
use storage::testing::{Failure, Operation};
use storage::{Body, ObjectRef, ObjectStore, PutOptions, Sha256Digest, StorageErrorKind};

use super::{World, world_with};

/// The buckets of the earlier program: `photos` for everything, with folders of different ages in it.
async fn earlier() -> World {
    let map = BucketMap::builder()
        .with(PictureKind::Generated, "photos".parse().unwrap(), None)
        .build()
        .unwrap();
    let world = world_with(map).await;
    for (key, format) in [
        ("imagen4/2025/01/02/a_01.jpg", ImageFormat::Png),
        ("photos/generated/2025/01/02/b_01.jpg", ImageFormat::Jpeg),
        ("photos/2025/01/02/c_1.webp", ImageFormat::WebP),
    ] {
        put(&world, key, sample_picture(format, 64, 32, key.as_bytes())).await;
    }
    world
}

async fn put(world: &World, object: &str, bytes: impl Into<Body>) {
    // As the earlier program did: with one type for all, and without a digest.
    let options = PutOptions::create_only().with_content_type("image/jpeg");
    let object = object.parse().unwrap();
    world
        .store
        .put(&object, bytes.into(), options)
        .await
        .unwrap();
}

async fn find(world: &World, entry: &str) -> LegacyPicture {
    world.pictures.find_legacy(entry).await.unwrap()
}

fn object(text: &str) -> ObjectRef {
    text.parse().unwrap()
}

#[tokio::test]
async fn links_of_any_age_lead_to_their_objects() {
    let world = earlier().await;
    for (entry, expected) in [
        (
            "http://minio:9000/imagen4/2025/01/02/a_01.jpg?X-Amz-Date=20250102T000000Z&X-Amz-Expires=86400&X-Amz-Signature=0",
            "imagen4/2025/01/02/a_01.jpg",
        ),
        (
            "http://minio:9000/photos/generated/2025/01/02/b_01.jpg",
            "photos/generated/2025/01/02/b_01.jpg",
        ),
        (
            "http://photos.minio:9000/2025/01/02/c_1.webp",
            "photos/2025/01/02/c_1.webp",
        ),
        ("2025/01/02/a_01.jpg", "imagen4/2025/01/02/a_01.jpg"),
        (
            "/generated/2025/01/02/b_01.jpg",
            "photos/generated/2025/01/02/b_01.jpg",
        ),
        ("photos/2025/01/02/c_1.webp", "photos/2025/01/02/c_1.webp"),
    ] {
        match find(&world, entry).await {
            LegacyPicture::There(picture) => {
                assert_eq!(picture.object, object(expected), "{entry}");
                assert_eq!((picture.width, picture.height), (64, 32));
            }
            other => panic!("{entry}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn the_type_is_that_of_the_bytes_and_the_key_stays() {
    let world = earlier().await;
    let before = super::keys(&world.store, "imagen4").await;
    let LegacyPicture::There(picture) = find(&world, "2025/01/02/a_01.jpg").await else {
        panic!("it is there");
    };
    assert_eq!(picture.format, ImageFormat::Png);
    assert_eq!(picture.object.key.as_str(), "2025/01/02/a_01.jpg");
    let bytes = super::read(&world.store, &picture.object).await;
    assert_eq!(picture.sha256, Sha256Digest::of(&bytes));
    assert_eq!(picture.size_bytes, bytes.len() as u64);
    assert_eq!(super::keys(&world.store, "imagen4").await, before);
}

#[tokio::test]
async fn what_is_not_there_is_lost_and_what_is_not_ours_is_told() {
    let world = earlier().await;
    put(&world, "imagen4/2025/01/02/empty_1.png", "").await;
    put(&world, "imagen4/2025/01/02/page_1.png", "<html>").await;
    put(&world, "avatars/2025/01/02/a_01.jpg", "x").await;
    let page = object("imagen4/2025/01/02/page_1.png");
    let empty = object("imagen4/2025/01/02/empty_1.png");
    for (entry, expected) in [
        (
            "http://minio:9000/imagen4/2025/01/02/gone_1.png",
            LegacyPicture::Lost,
        ),
        ("2025/01/02/gone_1.png", LegacyPicture::Lost),
        ("", LegacyPicture::Nothing),
        (
            "https://v3.fal.media/files/b/x.png",
            LegacyPicture::Provider,
        ),
        ("https://fal.media/files/x.png", LegacyPicture::Provider),
        (
            "https://storage.googleapis.com/falserverless/x.png",
            LegacyPicture::Provider,
        ),
        ("http://v3.fal.media/files/b/x.png", LegacyPicture::NotOurs),
        (
            "https://v3.fal.media.evil.test/x.png",
            LegacyPicture::NotOurs,
        ),
        ("https://evilfal.media/x.png", LegacyPicture::NotOurs),
        ("https://who@fal.media/x.png", LegacyPicture::NotOurs),
        (
            "http://elsewhere:9000/imagen4/2025/01/02/a_01.jpg",
            LegacyPicture::NotOurs,
        ),
        (
            "http://minio:9000/unknown/2025/01/02/a_01.jpg",
            LegacyPicture::NotOurs,
        ),
        ("a_01.jpg", LegacyPicture::NotOurs),
        ("not a link", LegacyPicture::NotOurs),
        ("2025/01/02/page_1.png", LegacyPicture::NotAPicture(page)),
        ("2025/01/02/empty_1.png", LegacyPicture::NotAPicture(empty)),
        (
            "2025/01/02/a_01.jpg",
            LegacyPicture::Ambiguous(vec![
                object("imagen4/2025/01/02/a_01.jpg"),
                object("avatars/2025/01/02/a_01.jpg"),
            ]),
        ),
    ] {
        assert_eq!(find(&world, entry).await, expected, "{entry}");
    }
}

#[tokio::test]
async fn a_store_that_gives_no_answer_loses_nothing() {
    let world = earlier().await;
    let kind = StorageErrorKind::Unavailable;
    world.store.fail(Failure::of(Operation::Head, kind));
    let error = world.pictures.find_legacy("2025/01/02/a_01.jpg").await;
    assert_eq!(error.unwrap_err().kind(), kind);
}

#[tokio::test]
async fn a_whole_column_is_read_place_by_place() {
    let world = earlier().await;
    let column = r#"["http://minio:9000/imagen4/2025/01/02/a_01.jpg?X-Amz-Signature=0", null,
        "https://v3.fal.media/files/b/x.png", {"url": "2025/01/02/gone_1.png"}]"#;
    let urls = LegacyUrls::read(column).unwrap();
    let read: Vec<_> = urls
        .iter()
        .map(|entry| world.pictures.read_legacy_link(entry))
        .collect();
    let gone = "2025/01/02/gone_1.png".parse().unwrap();
    assert_eq!(
        read,
        [
            LegacyLink::Object(object("imagen4/2025/01/02/a_01.jpg")),
            LegacyLink::Nothing,
            LegacyLink::Provider,
            LegacyLink::Key(gone),
        ]
    );
}
