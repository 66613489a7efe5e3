//! Whom to believe that they are who they say.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use shared::config::ConfigError;

/// TLS 1.2 and 1.3 with the public web's authorities (<https://wiki.mozilla.org/CA>), and those in the
/// PEM file `authorities` besides.
pub fn client(authorities: Option<&str>) -> Result<Arc<ClientConfig>, ConfigError> {
    let mut roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
    if let Some(file) = authorities {
        let read = CertificateDer::pem_file_iter(file)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| invalid(format!("{file}: {error}")))?;
        for certificate in read {
            let added = roots.add(certificate);
            added.map_err(|error| invalid(format!("{file}: {error}")))?;
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| invalid(error.to_string()))?;
    let client = builder.with_root_certificates(roots).with_no_client_auth();
    Ok(Arc::new(client))
}

fn invalid(reason: String) -> ConfigError {
    ConfigError::Invalid {
        name: "WEBHOOK_CA_FILE",
        reason,
    }
}
