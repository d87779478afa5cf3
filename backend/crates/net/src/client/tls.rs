//! TLS towards upstreams: aws-lc-rs, the machine's own roots, HTTP/1.1. Never client certificates, never a way to
//! turn verification off.

use hyper_rustls::ConfigBuilderExt as _;
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};
use std::sync::Arc;

/// The TLS configuration that all workers share: loaded once, cheap to clone. Sharing it shares session tickets too.
#[derive(Clone, Debug)]
pub struct UpstreamTls {
    pub(super) config: Arc<ClientConfig>,
}

/// TLS could not be set up; the process cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The machine has no usable root certificates.
    #[error("no root certificates found: install ca-certificates, or name a file in SSL_CERT_FILE ({0})")]
    Roots(#[source] std::io::Error),
    /// The provider supports no common protocol version.
    #[error("TLS provider: {0}")]
    Provider(#[from] rustls::Error),
}

impl UpstreamTls {
    /// Trusts the machine's root certificates (`SSL_CERT_FILE` and `SSL_CERT_DIR` override them). Reads files: call it
    /// once, at start.
    pub fn native() -> Result<Self, TlsError> {
        let config = builder()?
            .with_native_roots()
            .map_err(TlsError::Roots)?
            .with_no_client_auth();
        Ok(Self::from_config(config))
    }

    /// Trusts exactly `roots`: for an upstream behind a private authority, and for tests.
    pub fn with_roots(roots: RootCertStore) -> Result<Self, TlsError> {
        Ok(Self::from_config(
            builder()?.with_root_certificates(roots).with_no_client_auth(),
        ))
    }

    fn from_config(mut config: ClientConfig) -> Self {
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Self {
            config: Arc::new(config),
        }
    }
}

/// The provider is named here rather than taken from the process, so that no other crate's choice can change it.
fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, rustls::Error> {
    ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
}
