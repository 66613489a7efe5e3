//! S3: conditional writes, presigned downloads and what answers tell about encryption.

use std::time::Duration;

use aws_sdk_s3::{
    Client, error::ProvideErrorMetadata as _, presigning::PresigningConfig, primitives::ByteStream,
    types::ServerSideEncryption,
};
use tokio::task::JoinSet;

use super::{Cloud, config, s3_client};

const BUCKET: &str = "reports";
const KEY: &str = "tenants/a/reports/b/1.pdf";
const WRITERS: usize = 32;
/// Large enough for an upload to take its time, so that the writers really meet.
const RACE_BYTES: usize = 256 * 1024;
const PRESIGNED_FOR: Duration = Duration::from_mins(1);

async fn create_bucket(client: &Client) {
    client.create_bucket().bucket(BUCKET).send().await.unwrap();
}

async fn put_new(client: &Client, text: &str) -> Result<(), String> {
    let request = client
        .put_object()
        .bucket(BUCKET)
        .key(KEY)
        .if_none_match("*")
        .body(ByteStream::from(text.as_bytes().to_vec()));
    match request.send().await {
        Ok(_) => Ok(()),
        Err(error) => Err(error.code().unwrap().to_owned()),
    }
}

async fn get(client: &Client) -> String {
    let request = client.get_object().bucket(BUCKET).key(KEY);
    let body = request.send().await.unwrap().body.collect().await.unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

#[tokio::test]
async fn an_object_comes_back_as_it_was_put() {
    let cloud = Cloud::new("put-get").await;
    create_bucket(&cloud.s3).await;
    let request = cloud
        .s3
        .put_object()
        .bucket(BUCKET)
        .key(KEY)
        .content_type("application/pdf")
        .server_side_encryption(ServerSideEncryption::Aes256)
        .body(ByteStream::from_static(b"%PDF"));
    let put = request.send().await.unwrap();
    assert_eq!(
        put.server_side_encryption(),
        Some(&ServerSideEncryption::Aes256)
    );
    let request = cloud.s3.get_object().bucket(BUCKET).key(KEY);
    let got = request.send().await.unwrap();
    assert_eq!(got.content_type(), Some("application/pdf"));
    assert_eq!(
        got.server_side_encryption(),
        Some(&ServerSideEncryption::Aes256)
    );
    assert_eq!(got.body.collect().await.unwrap().to_vec(), b"%PDF");
    cloud.services.stop().await;
}

#[tokio::test]
async fn a_missing_object_and_another_encryption_are_refused() {
    let cloud = Cloud::new("refused").await;
    create_bucket(&cloud.s3).await;
    let request = cloud.s3.get_object().bucket(BUCKET).key("absent");
    let error = request.send().await.unwrap_err().into_service_error();
    assert!(error.is_no_such_key(), "{error:?}");
    let request = cloud
        .s3
        .put_object()
        .bucket(BUCKET)
        .key(KEY)
        .server_side_encryption(ServerSideEncryption::AwsKms)
        .body(ByteStream::from_static(b"secret"));
    let error = request.send().await.unwrap_err();
    assert_eq!(error.code(), Some("NotImplemented"));
    cloud.services.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_racing_writers_creates_an_object() {
    let cloud = Cloud::new("race").await;
    create_bucket(&cloud.s3).await;
    let mut writers = JoinSet::new();
    for number in 0..WRITERS {
        let client = cloud.s3.clone();
        writers.spawn(async move {
            let text = number.to_string().repeat(RACE_BYTES);
            put_new(&client, &text).await.map(|()| text)
        });
    }
    let (won, lost): (Vec<_>, Vec<_>) = writers
        .join_all()
        .await
        .into_iter()
        .partition(Result::is_ok);
    assert_eq!(won.len(), 1);
    for outcome in lost {
        assert_eq!(outcome, Err("PreconditionFailed".to_owned()));
    }
    assert!(won[0] == Ok(get(&cloud.s3).await), "not the winner's");
    cloud.services.stop().await;
}

#[tokio::test]
async fn a_presigned_download_works_until_someone_changes_it() {
    let cloud = Cloud::new("presigned").await;
    create_bucket(&cloud.s3).await;
    put_new(&cloud.s3, "report").await.unwrap();
    let presigned = cloud
        .s3
        .get_object()
        .bucket(BUCKET)
        .key(KEY)
        .response_content_disposition("attachment; filename=\"report.pdf\"")
        .presigned(PresigningConfig::expires_in(PRESIGNED_FOR).unwrap())
        .await
        .unwrap();
    let answer = reqwest::get(presigned.uri()).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(
        answer.headers()["content-disposition"],
        "attachment; filename=\"report.pdf\""
    );
    assert_eq!(answer.text().await.unwrap(), "report");
    for (from, to) in [
        ("b/1.pdf", "b/2.pdf"),
        ("X-Amz-Expires=60", "X-Amz-Expires=90"),
    ] {
        let changed = presigned.uri().replace(from, to);
        assert_ne!(changed, presigned.uri());
        assert_eq!(reqwest::get(changed).await.unwrap().status(), 403);
    }
    let (unsigned, _query) = presigned.uri().split_once('?').unwrap();
    assert_eq!(reqwest::get(unsigned).await.unwrap().status(), 403);
    cloud.services.stop().await;
}

#[tokio::test]
async fn a_request_signed_with_another_secret_is_refused() {
    let cloud = Cloud::new("signature").await;
    create_bucket(&cloud.s3).await;
    let stranger = s3_client(&config("guessed"), &cloud.services);
    let error = put_new(&stranger, "forged").await.unwrap_err();
    assert_eq!(error, "SignatureDoesNotMatch");
    cloud.services.stop().await;
}
