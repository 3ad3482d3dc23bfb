//! The record store in memory keeps the rules of the port, bare and behind the wrappers.

mod memory {
    use imagen4_domain::MemoryGenerationStore;
    use imagen4_domain::testing::conformance::{GalleryFixture, StoreFixture};

    imagen4_domain::generation_store_conformance!(
        #[tokio::test]
        fixture = StoreFixture::new(MemoryGenerationStore::new())
    );

    mod gallery {
        use super::{GalleryFixture, MemoryGenerationStore};

        imagen4_domain::gallery_store_conformance!(
            #[tokio::test]
            fixture = GalleryFixture::new(MemoryGenerationStore::new())
        );
    }
}

mod behind_wrappers {
    use std::sync::Arc;

    use imagen4_domain::MemoryGenerationStore;
    use imagen4_domain::testing::FaultyStore;
    use imagen4_domain::testing::conformance::{GalleryFixture, StoreFixture};

    imagen4_domain::generation_store_conformance!(
        #[tokio::test]
        fixture = StoreFixture::new(Box::new(FaultyStore::new(Arc::new(
            MemoryGenerationStore::new()
        ))))
    );

    mod gallery {
        use super::{Arc, FaultyStore, GalleryFixture, MemoryGenerationStore};

        imagen4_domain::gallery_store_conformance!(
            #[tokio::test]
            fixture = GalleryFixture::new(Box::new(FaultyStore::new(Arc::new(
                MemoryGenerationStore::new()
            ))))
        );
    }
}
