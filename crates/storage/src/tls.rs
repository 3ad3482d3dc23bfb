//! The one place where this crate decides whom TLS trusts.

use std::sync::{Arc, OnceLock};

use rustls::{ClientConfig, ConfigBuilder, WantsVerifier};
use rustls_platform_verifier::BuilderVerifierExt;

/// Returns the configuration that trusts what the platform trusts.
///
/// It is given to the clients whole, so nothing global is installed.
/// The certificates of the platform are read once per process.
///
/// # Errors
///
/// The error of rustls when the platform has no trusted certificates.
pub(crate) fn platform_config() -> Result<ClientConfig, rustls::Error> {
    static PLATFORM: OnceLock<ClientConfig> = OnceLock::new();
    if let Some(config) = PLATFORM.get() {
        return Ok(config.clone());
    }
    let config = config_builder()?
        .with_platform_verifier()?
        .with_no_client_auth();
    Ok(PLATFORM.get_or_init(move || config).clone())
}

/// Returns a builder of a client that trusts what the platform trusts, uses no proxy and follows no
/// redirect.
///
/// # Errors
///
/// The error of rustls when the platform has no trusted certificates.
#[cfg(feature = "minio")]
pub(crate) fn https_client_builder() -> Result<reqwest::ClientBuilder, rustls::Error> {
    platform_config().map(client_builder)
}

/// Returns the same builder for a server that speaks plain HTTP, trusting no certificate at all, so that
/// it works on machines without any.
///
/// # Errors
///
/// The error of rustls when its provider and protocol versions do not fit.
#[cfg(feature = "minio")]
pub(crate) fn plain_client_builder() -> Result<reqwest::ClientBuilder, rustls::Error> {
    let config = config_builder()?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    Ok(client_builder(config))
}

fn config_builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()
}

#[cfg(feature = "minio")]
fn client_builder(config: ClientConfig) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .tls_backend_preconfigured(config)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_built_without_a_global_provider() {
        assert!(platform_config().is_ok());
        #[cfg(feature = "minio")]
        assert!(https_client_builder().unwrap().build().is_ok());
        assert!(rustls::crypto::CryptoProvider::get_default().is_none());
    }
}
