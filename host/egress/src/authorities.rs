//! Certificate authorities of the operator's own, for systems on the operator's premises.
//!
//! They are trusted beside what the system trusts, and only where the operator lists the host and port: whoever holds a
//! private authority's key can speak for those systems and for no provider of anybody's. There is no way to trust a
//! certificate without an authority, and none to turn the checks off.

use std::sync::Arc;

use reqwest::{Certificate, Client, ClientBuilder};

/// Authorities.
#[derive(Clone, Debug, Default)]
pub struct Authorities(Arc<Vec<Certificate>>);

/// A file that holds none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "it holds no certificate that could be read; write the authority's certificate in PEM (-----BEGIN CERTIFICATE-----)"
)]
pub struct NoAuthority;

impl Authorities {
    /// Adds every certificate of a PEM text.
    ///
    /// # Errors
    /// There is none, or one that cannot be read; nothing was added.
    pub fn add(&mut self, pem: &[u8]) -> Result<(), NoAuthority> {
        let found = Certificate::from_pem_bundle(pem).ok().filter(|found| !found.is_empty()).ok_or(NoAuthority)?;
        // A certificate is looked into when a client is made of it, which must not be the first request.
        Client::builder().tls_certs_only(found.clone()).build().map_err(|_| NoAuthority)?;
        self.0 = Arc::new(self.0.iter().cloned().chain(found).collect());
        Ok(())
    }

    /// The client that trusts them too.
    pub(crate) fn also_trusted(&self, client: ClientBuilder) -> ClientBuilder {
        if self.0.is_empty() { client } else { client.tls_certs_merge(self.0.iter().cloned()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_no_certificate_is_refused() {
        let key = b"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n";
        let rubbish = b"-----BEGIN CERTIFICATE-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END CERTIFICATE-----\n";
        for bad in [&b""[..], b"MIIB", key, rubbish, b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"] {
            assert_eq!(Authorities::default().add(bad), Err(NoAuthority), "{}", String::from_utf8_lossy(bad));
        }
    }
}
