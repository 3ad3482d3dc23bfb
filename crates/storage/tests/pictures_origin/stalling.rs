//! A store that takes pictures and never answers for their manifests.

use async_trait::async_trait;
use storage::{
    Body, BucketName, BucketOutcome, Capabilities, Deletion, GetOptions, ListOptions, ListPage,
    MemoryStore, Object, ObjectInfo, ObjectKey, ObjectRef, ObjectStore, PutOptions, PutReceipt,
    Result, SignOptions, SignedUrl,
};

#[derive(Debug)]
pub(crate) struct StallingStore(pub(crate) MemoryStore);

#[async_trait]
impl ObjectStore for StallingStore {
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }

    async fn put(&self, object: &ObjectRef, body: Body, options: PutOptions) -> Result<PutReceipt> {
        if object.key.as_str().contains(".json") {
            std::future::pending::<()>().await;
        }
        self.0.put(object, body, options).await
    }

    async fn get(&self, object: &ObjectRef, options: GetOptions) -> Result<Object> {
        self.0.get(object, options).await
    }

    async fn head(&self, object: &ObjectRef) -> Result<ObjectInfo> {
        self.0.head(object).await
    }

    async fn delete(&self, object: &ObjectRef) -> Result<()> {
        self.0.delete(object).await
    }

    async fn delete_many(&self, bucket: &BucketName, keys: &[ObjectKey]) -> Result<Vec<Deletion>> {
        self.0.delete_many(bucket, keys).await
    }

    async fn list(&self, bucket: &BucketName, options: ListOptions) -> Result<ListPage> {
        self.0.list(bucket, options).await
    }

    async fn sign_get(&self, object: &ObjectRef, options: SignOptions) -> Result<SignedUrl> {
        self.0.sign_get(object, options).await
    }

    async fn ensure_bucket(&self, bucket: &BucketName) -> Result<BucketOutcome> {
        self.0.ensure_bucket(bucket).await
    }
}
