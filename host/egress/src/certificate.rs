//! What is wrong with a server's certificate, in words that a tenant and an operator can act upon.
//!
//! The guest is told the kind of fault. Which names a certificate has instead, and when it ended, is for the log: a guest
//! that may name a host learns nothing more about it than it could see by itself.

use std::error::Error;
use std::io;

use rustls::CertificateError as Bad;

/// The error of the TLS library in another one. Errors of input and output hide those that they were made of from the chain
/// of sources, also from each other.
fn innermost<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    match error.downcast_ref::<io::Error>() {
        Some(wrapped) => innermost(wrapped.get_ref()?),
        None => error.downcast_ref(),
    }
}

/// The fault, if one of these errors is about a certificate.
pub fn fault<'a>(mut sources: impl Iterator<Item = &'a (dyn Error + 'static)>) -> Option<&'static str> {
    let found = sources.find_map(innermost)?;
    let rustls::Error::InvalidCertificate(bad) = found else { return None };
    tracing::info!(%found, "a certificate was refused");
    Some(match bad {
        Bad::Expired | Bad::ExpiredContext { .. } => "its certificate has expired; whoever runs it must renew it",
        Bad::NotValidYet | Bad::NotValidYetContext { .. } => {
            "its certificate is not valid yet; check the clocks of both machines"
        }
        Bad::NotValidForName | Bad::NotValidForNameContext { .. } => {
            "its certificate is for other names; check the host, or whoever runs it must add this name"
        }
        Bad::Revoked => "its certificate was revoked; whoever runs it must replace it",
        Bad::UnknownIssuer | Bad::BadSignature => {
            "its certificate is signed by nobody that is trusted here; an authority of the operator's own is given to the server with --plugin-ca, for the hosts in --plugin-host"
        }
        _ => "its certificate is not one that a server may show; whoever runs it must replace it",
    })
}
