//! TLS by rustls with ring, without touching anything global.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore, crypto::ring};
use rustls_platform_verifier::BuilderVerifierExt;

use crate::FalUrl;

/// Returns the TLS settings for a queue: the platform's roots.
///
/// A queue in plain text on loopback never speaks TLS, so a machine without roots can reach it too.
pub(super) fn client_config(url: &FalUrl) -> Result<ClientConfig, rustls::Error> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?;
    let builder = if url.is_plain_text() {
        builder.with_root_certificates(RootCertStore::empty())
    } else {
        builder.with_platform_verifier()?
    };
    Ok(builder.with_no_client_auth())
}

/// Returns a client for plain text on loopback, which follows no redirect; the simulator calls webhooks with it.
#[cfg(feature = "simulator")]
pub(crate) fn plain_client() -> reqwest::Result<reqwest::Client> {
    let provider = Arc::new(ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy();
    match builder {
        Ok(builder) => {
            let roots = builder.with_root_certificates(RootCertStore::empty());
            client.tls_backend_preconfigured(roots.with_no_client_auth())
        }
        Err(_) => client,
    }
    .build()
}
