//! A bucket for each test, on the S3 whose address `make test` gives.

use std::net::TcpListener;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use shared::aws;
use shared::storage::Storage;
use uuid::Uuid;

/// A fresh bucket.
pub struct TestBucket {
    name: String,
    client: Client,
}

impl TestBucket {
    /// Creates it.
    pub async fn new() -> Self {
        let config = Builder::from(&aws::load()).force_path_style(true);
        let client = Client::from_conf(config.build());
        let name = format!("test-{}", Uuid::now_v7().simple());
        client.create_bucket().bucket(&name).send().await.unwrap();
        Self { name, client }
    }

    /// One that takes the connection and then says nothing, for as long as the listener is kept.
    pub fn silent() -> (TcpListener, Storage) {
        let hole = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", hole.local_addr().unwrap());
        let config = Builder::from(&aws::load())
            .force_path_style(true)
            .endpoint_url(address);
        let client = Client::from_conf(config.build());
        (hole, Storage::with_client("silent".to_owned(), client))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The bucket as a function sees it.
    pub fn storage(&self) -> Storage {
        Storage::with_client(self.name.clone(), self.client.clone())
    }

    /// The keys of all objects, sorted.
    pub async fn keys(&self) -> Vec<String> {
        let list = self.client.list_objects_v2().bucket(&self.name);
        let found = list.send().await.unwrap();
        let keys = found.contents().iter().filter_map(|object| object.key());
        let mut keys: Vec<_> = keys.map(str::to_owned).collect();
        keys.sort();
        keys
    }

    /// An object's bytes.
    pub async fn bytes(&self, key: &str) -> Vec<u8> {
        let get = self.client.get_object().bucket(&self.name).key(key);
        let body = get.send().await.unwrap().body;
        body.collect().await.unwrap().into_bytes().to_vec()
    }
}
