//! Sending a text to a presigned URL, which no service's client does.

use std::sync::OnceLock;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

use crate::error::causes;

static CONNECTOR: OnceLock<Connector> = OnceLock::new();

/// Why a text was not taken. Says nothing of the URL, which is a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PutError {
    /// It does not begin with `https://`, or is none at all.
    #[error("the URL cannot be used")]
    Url,
    /// There was no answer.
    #[error("no answer: {0}")]
    Transport(String),
    /// The answer was another status than one of success.
    #[error("the answer was {0}")]
    Status(u16),
}

/// Sends `text` by PUT and waits for the head of the answer, for as long as that takes.
///
/// There is no content type: whoever signed the URL knew of none. Certificates are held to the same
/// roots as those of the services.
pub async fn put(url: &str, text: String) -> Result<(), PutError> {
    if !url.starts_with("https://") {
        return Err(PutError::Url);
    }
    let mut request = HttpRequest::new(text.into());
    request.set_method("PUT").or(Err(PutError::Url))?;
    request.set_uri(url).or(Err(PutError::Url))?;
    let answer = CONNECTOR.get_or_init(connector).call(request).await;
    let answer = answer.map_err(|error| PutError::Transport(causes(&error)))?;
    match answer.status().is_success() {
        true => Ok(()),
        false => Err(PutError::Status(answer.status().as_u16())),
    }
}

fn connector() -> Connector {
    Connector::builder()
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .tls_context(super::trust())
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_https_is_called() {
        for url in [
            "http://127.0.0.1:1/",
            "ftp://127.0.0.1:1/",
            "",
            "https://a b/",
        ] {
            let refused = put(url, String::new()).await;
            assert_eq!(refused, Err(PutError::Url), "{url}");
        }
    }

    /// The control: the same place by https is called, and is not there.
    #[tokio::test]
    async fn a_place_that_is_not_there_is_no_answer() {
        let refused = put("https://127.0.0.1:1/?Signature=secret", String::new()).await;
        let Err(PutError::Transport(causes)) = refused else {
            panic!("{refused:?}");
        };
        assert!(!causes.contains("Signature"), "{causes}");
    }
}
