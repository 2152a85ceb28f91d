//! TLS, for whoever is not on this machine.

mod connection;
mod listener;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, pem};
use tokio_rustls::rustls::{self, ServerConfig, crypto};

pub(crate) use listener::{Listener, Peer};

/// A certificate with its key, ready for connections.
#[derive(Clone)]
pub(crate) struct Tls(TlsAcceptor);

/// Why they cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    #[error("could not read {}: {cause}", path.display())]
    Read { path: PathBuf, cause: io::Error },
    #[error("could not read {}: {}", path.display(), what_is_wrong(cause))]
    Pem { path: PathBuf, cause: pem::Error },
    #[error("could not use the certificate {} with its key: {cause}", path.display())]
    Use { path: PathBuf, cause: rustls::Error },
}

fn what_is_wrong(cause: &pem::Error) -> String {
    match cause {
        pem::Error::NoItemsFound => "it holds none in PEM".into(),
        other => other.to_string(),
    }
}

impl Tls {
    /// Reads a chain of certificates and a key, both PEM.
    pub(crate) fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let bytes = |path: &Path| std::fs::read(path).map_err(|cause| TlsError::Read { path: path.into(), cause });
        let wrong = |path: &Path| {
            let path = path.to_owned();
            move |cause| TlsError::Pem { path, cause }
        };
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&bytes(certificate)?)
            .collect::<Result<_, _>>()
            .and_then(|chain: Vec<_>| if chain.is_empty() { Err(pem::Error::NoItemsFound) } else { Ok(chain) })
            .map_err(wrong(certificate))?;
        let key = PrivateKeyDer::from_pem_slice(&bytes(key)?).map_err(wrong(key))?;
        let config = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key));
        let mut config = config.map_err(|cause| TlsError::Use { path: certificate.into(), cause })?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }
}
