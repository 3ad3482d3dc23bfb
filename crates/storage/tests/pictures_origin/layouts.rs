//! A change of layout leaves every older picture where it is, and readable.

use storage::pictures::{
    BucketMap, DeletionOutcome, KeyLayout, LinkOptions, PictureKey, PictureLink, PictureStorage,
    SaveOutcome, WhenAmbiguous, Whereabouts,
};
use storage::{GetOptions, ObjectKey, ObjectRef};

use super::{picture, request, stored, world_with};

fn layouts() -> [KeyLayout; 4] {
    let tenant = || "acme".parse().unwrap();
    [
        KeyLayout::by_date(),
        KeyLayout::sharded(),
        KeyLayout::by_date().with_tenant(tenant()),
        KeyLayout::sharded().with_tenant(tenant()),
    ]
}

async fn is_read_in_every_way(pictures: &PictureStorage, object: &ObjectRef) {
    let parsed = PictureKey::parse(&object.key).unwrap();
    assert_eq!((parsed.generation_id.as_str(), parsed.number), ("abc", 1));
    let opened = pictures.open(object, GetOptions::default()).await.unwrap();
    let bytes = opened.body.collect(1 << 20).await.unwrap();
    assert_eq!(bytes, picture(b"abc-1"));
    let link = format!("http://minio:9000/{object}?X-Amz-Signature=expired");
    assert_eq!(
        pictures.parse_link(&link),
        PictureLink::Ours(object.clone())
    );
    let found = pictures.find(&object.key).await.unwrap();
    assert_eq!(found, Whereabouts::Found(object.clone()));
    let inspected = pictures.inspect(object).await.unwrap().unwrap();
    assert_eq!(inspected.width, 1024);
    let page = pictures.survey(None, 1000).await.unwrap();
    assert!(page.found.iter().any(|one| one.object == *object));
    // The store of this test signs nothing, which is another answer than that the object is none of ours.
    let link = pictures.link_with(object, LinkOptions::new()).await;
    assert_eq!(
        link.unwrap_err().kind(),
        storage::StorageErrorKind::NotSupported
    );
}

#[tokio::test]
async fn pictures_of_every_layout_are_read_found_and_deleted_under_every_other() {
    for older in layouts() {
        for newer in layouts() {
            let world = world_with(BucketMap::default().with_layout(older.clone())).await;
            let saved = world.pictures.save(request(&world, "abc", 1)).await;
            let object = &stored(&saved[0]).object;
            let map = BucketMap::default().with_layout(newer.clone());
            let switched = PictureStorage::new(world.store.clone(), world.source.clone(), map)
                .with_hosts(["http://minio:9000".parse().unwrap()]);
            is_read_in_every_way(&switched, object).await;
            let report = switched
                .delete_key(&object.key, WhenAmbiguous::Refuse)
                .await;
            assert_eq!(report.outcome, DeletionOutcome::Deleted);
        }
    }
}

#[tokio::test]
async fn keys_have_the_documented_form() {
    for (layout, key) in layouts().into_iter().zip([
        "2026/03/01/abc_1.png",
        "d4/2026/03/01/abc_1.png",
        "tenant-acme/2026/03/01/abc_1.png",
        "tenant-acme/d4/2026/03/01/abc_1.png",
    ]) {
        let world = world_with(BucketMap::default().with_layout(layout)).await;
        let saved = world.pictures.save(request(&world, "abc", 1)).await;
        let expected: ObjectKey = key.parse().unwrap();
        assert_eq!(stored(&saved[0]).object.key, expected);
        // The same again is the same object.
        let again = world.pictures.save(request(&world, "abc", 1)).await;
        assert_eq!(again[0].outcome, SaveOutcome::AlreadyStored);
        assert_eq!(again[0].state, saved[0].state);
    }
}
