//! Which certificates the servers are believed by.

use std::fmt;

use deadpool_redis::redis::{self, RedisResult};

/// TLS to the servers: whose certificates are believed (feature `redis-tls`).
///
/// The names of the hosts are checked always. Servers of a Cluster, and the master that Sentinels tell, are often
/// known by their address alone; then their certificates have to name the address.
///
/// The driver takes the process's cryptography. When the program has chosen none, the first connection chooses
/// *ring* for the whole process; a program that wants another one installs it before
/// (`rustls::crypto::CryptoProvider::install_default`).
#[derive(Clone, Default)]
pub struct RedisTls {
    roots: Option<Vec<u8>>,
}

impl RedisTls {
    /// Believes the certificates that the system believes.
    pub fn system() -> Self {
        Self::default()
    }

    /// Believes the authorities in `pem` and no others: one or several certificates in PEM form.
    pub fn private_authority(pem: impl Into<Vec<u8>>) -> Self {
        Self {
            roots: Some(pem.into()),
        }
    }

    /// Returns `info`, whose address speaks TLS, with these certificates.
    #[cfg(feature = "redis-tls")]
    pub(super) fn applied_to(
        &self,
        info: redis::ConnectionInfo,
    ) -> RedisResult<redis::ConnectionInfo> {
        let client = redis::Client::build_with_tls(info, self.certificates())?;
        Ok(client.get_connection_info().clone())
    }

    #[cfg(not(feature = "redis-tls"))]
    #[expect(clippy::unused_self, reason = "it has a use with the feature")]
    pub(super) fn applied_to(
        &self,
        _: redis::ConnectionInfo,
    ) -> RedisResult<redis::ConnectionInfo> {
        let what = "TLS needs the feature redis-tls";
        Err((redis::ErrorKind::InvalidClientConfig, what).into())
    }

    #[cfg(feature = "redis-tls")]
    pub(super) fn certificates(&self) -> redis::TlsCertificates {
        redis::TlsCertificates {
            client_tls: None,
            root_cert: self.roots.clone(),
        }
    }
}

impl fmt::Debug for RedisTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let authorities = if self.roots.is_some() {
            "private"
        } else {
            "system"
        };
        f.debug_struct("RedisTls")
            .field("authorities", &authorities)
            .finish()
    }
}

/// Chooses *ring* for the process, unless the program has chosen before.
#[cfg(feature = "redis-tls")]
pub(super) fn ensure_cryptography() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Another thread may have been faster, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}
