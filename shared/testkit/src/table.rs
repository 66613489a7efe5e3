//! A table of limits for each test, on the DynamoDB whose address `make test` gives.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use shared::limits::DynamoDbLimiter;
use shared::{aws, config};
use uuid::Uuid;

/// A fresh table, as `template.yaml` declares it.
pub struct TestTable {
    /// Its name.
    pub name: String,
    /// What reaches it.
    pub client: Client,
}

impl TestTable {
    /// Creates it.
    pub async fn new() -> Self {
        Self::through(Client::new(&aws::load())).await
    }

    /// Creates it through a client of the test's own.
    pub async fn through(client: Client) -> Self {
        config::required("AWS_ENDPOINT_URL_DYNAMODB").expect("run the tests through `make test`");
        let name = format!("limits-test-{}", Uuid::now_v7());
        let key = KeySchemaElement::builder()
            .attribute_name("pk")
            .key_type(KeyType::Hash);
        let attribute = AttributeDefinition::builder()
            .attribute_name("pk")
            .attribute_type(ScalarAttributeType::S);
        let create = client
            .create_table()
            .table_name(&name)
            .billing_mode(BillingMode::PayPerRequest)
            .key_schema(key.build().unwrap())
            .attribute_definitions(attribute.build().unwrap());
        create.send().await.unwrap();
        Self { name, client }
    }

    /// A limiter that counts in it, as one instance has one.
    pub fn limiter(&self) -> DynamoDbLimiter {
        DynamoDbLimiter::new(&self.client, self.name.clone())
    }

    /// The keys of all items, sorted.
    pub async fn keys(&self) -> Vec<String> {
        let scan = self.client.scan().table_name(&self.name);
        let found = scan.send().await.unwrap();
        let keys = found.items().iter().map(|item| item["pk"].as_s().unwrap());
        let mut keys: Vec<_> = keys.cloned().collect();
        keys.sort();
        keys
    }

    /// Removes it.
    pub async fn delete(self) {
        let delete = self.client.delete_table().table_name(&self.name);
        delete.send().await.unwrap();
    }
}
