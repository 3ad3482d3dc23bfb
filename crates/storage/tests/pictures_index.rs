//! The memory index and the wrappers keep the rules of the port.
#![expect(clippy::unused_async, reason = "the suite awaits its fixtures")]

use std::sync::Arc;

use storage::pictures::testing::FailingIndex;
use storage::pictures::testing::index_conformance::IndexFixture;
use storage::pictures::{KnownPicture, MemoryPictureIndex, PictureIndex};
use storage::{ObjectRef, StorageErrorKind};

fn index(known: Vec<KnownPicture>) -> MemoryPictureIndex {
    let index = MemoryPictureIndex::new();
    for picture in known {
        index.insert(picture);
    }
    index
}

async fn in_memory(known: Vec<KnownPicture>) -> IndexFixture {
    IndexFixture::new(Arc::new(index(known)))
}

async fn in_a_failing_one(known: Vec<KnownPicture>) -> IndexFixture {
    IndexFixture::new(Arc::new(FailingIndex::new(index(known))))
}

async fn in_a_box(known: Vec<KnownPicture>) -> IndexFixture {
    let boxed: Box<dyn PictureIndex> = Box::new(index(known));
    IndexFixture::new(Arc::new(boxed))
}

mod memory {
    storage::picture_index_conformance!(fixture = super::in_memory);
}

mod failing {
    storage::picture_index_conformance!(fixture = super::in_a_failing_one);
}

mod boxed {
    storage::picture_index_conformance!(fixture = super::in_a_box);
}

#[tokio::test]
async fn the_failing_index_fails_from_the_call_on_that_is_named() {
    let index = FailingIndex::new(index(Vec::new()));
    let object: ObjectRef = "one/a".parse().unwrap();
    index.fail_from(2, StorageErrorKind::Unavailable);
    assert!(index.find(std::slice::from_ref(&object)).await.is_ok());
    let error = index.buckets().await.unwrap_err();
    assert_eq!(error.kind(), StorageErrorKind::Unavailable);
    assert!(index.page(&object.bucket, None, 1).await.is_err());
    index.heal();
    assert!(index.page(&object.bucket, None, 1).await.is_ok());
    assert_eq!(index.calls(), 4);
}
