//! One request and its answer: no redirect, no repeat, nothing believed.
//!
//! Guests' requests and the host's own token requests both go through here. What a provider sends is bounded while it
//! arrives, after it was unpacked; what the client reports is put into words that name the host and never the URL, which
//! may carry a credential.

use std::error::Error;
use std::sync::Arc;

use bytes::Bytes;
use campanile_domain::ids::TenantKey;
use campanile_domain::ports::outbound::OutboundFault;
use http::{HeaderMap, Method};
use reqwest::{Body, Request, Response};

use crate::authorities::Authorities;
use crate::certificate;
use crate::client::Clients;
use crate::departure::Departure;
use crate::exemptions::Exemptions;
use crate::resolve::{Resolver, Unresolved};
use crate::target::Target;

/// A request as it is to be written.
pub struct Order {
    pub method: Method,
    pub target: Target,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// The way out.
pub struct Wire {
    clients: Clients,
    pub exemptions: Exemptions,
}

impl Wire {
    pub fn new(exemptions: Exemptions, authorities: Authorities, resolver: Arc<dyn Resolver>) -> Self {
        Self { clients: Clients::new(resolver, authorities), exemptions }
    }

    /// Sends it and waits for the head of the answer; `departure` tells afterwards whether it left.
    pub async fn exchange(
        &self,
        tenant: TenantKey,
        order: Order,
        departure: &Departure,
    ) -> Result<Response, OutboundFault> {
        let host = order.target.host().to_owned();
        let client = self.clients.of(tenant, order.target.is_exempt).map_err(|error| {
            OutboundFault::Unreachable(format!(
                "no client for TLS could be set up ({}); the host needs its ca-certificates",
                innermost(&error)
            ))
        })?;
        let tells_its_length = matches!(order.method, Method::POST | Method::PUT | Method::PATCH);
        let mut request = Request::new(order.method, order.target.url);
        *request.headers_mut() = order.headers;
        *request.body_mut() = Some(Body::wrap(departure.body(order.body, tells_its_length)));
        client.execute(request).await.map_err(|error| no_answer(&host, &error))
    }
}

/// Reads an answer's body to its end, or to the bound.
pub async fn read(mut response: Response, most: usize) -> Result<Vec<u8>, OutboundFault> {
    if response.content_length().is_some_and(|length| length > most as u64) {
        return Err(OutboundFault::TooLarge);
    }
    let mut body = Vec::new();
    let broken =
        |error: reqwest::Error| OutboundFault::Unreachable(format!("the answer broke off: {}", innermost(&error)));
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        if body.len() + chunk.len() > most {
            return Err(OutboundFault::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn sources<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| (*error).source())
}

/// The cause that says most; the outer ones name URLs.
fn innermost(error: &reqwest::Error) -> String {
    sources(error).last().map(|error| error.to_string()).unwrap_or_default()
}

fn no_answer(host: &str, error: &reqwest::Error) -> OutboundFault {
    let unresolved = sources(error).find_map(|error| error.downcast_ref::<Unresolved>());
    match unresolved {
        Some(Unresolved::Refused { .. }) => {
            OutboundFault::Denied(unresolved.map(ToString::to_string).unwrap_or_default())
        }
        Some(other) => OutboundFault::Unreachable(other.to_string()),
        None if error.is_timeout() => OutboundFault::TimedOut,
        None if error.is_connect() => OutboundFault::Unreachable(match certificate::fault(sources(error)) {
            Some(why) => format!("no connection to {host}: {why}"),
            None => format!("no connection to {host}: {}", innermost(error)),
        }),
        None => {
            OutboundFault::Unreachable(format!("the connection to {host} broke before an answer: {}", innermost(error)))
        }
    }
}

#[cfg(test)]
mod tests {
    use campanile_domain::ports::outbound::OutboundFault::Unreachable;
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;
    use url::Url;

    use super::*;
    use crate::resolve::SystemResolver;
    use crate::target;

    /// What the client does with a request that was withdrawn while it connected: nothing reaches the other side.
    #[tokio::test]
    async fn a_withdrawn_request_does_not_leave_even_when_its_connection_comes_about() {
        for (method, body) in [(Method::GET, ""), (Method::POST, ""), (Method::POST, "dial"), (Method::DELETE, "")] {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let pair = listener.local_addr().unwrap().to_string();
            let heard = tokio::spawn(async move {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut all = Vec::new();
                let _ = stream.read_buf(&mut all).await;
                all
            });
            let wire = Wire::new(Exemptions::parse([&pair]).unwrap(), Authorities::default(), Arc::new(SystemResolver));
            let target = target::reach(Url::parse(&format!("http://{pair}/")).unwrap(), &wire.exemptions).unwrap();
            let order = Order { method: method.clone(), target, headers: HeaderMap::new(), body: Bytes::from(body) };
            let departure = Departure::default();
            assert!(departure.withdraw());
            let told = wire.exchange(TenantKey(1), order, &departure).await;
            assert!(matches!(told, Err(Unreachable(_))), "{method} {body:?}");
            drop(wire);
            assert_eq!(heard.await.unwrap(), b"", "{method} {body:?}");
        }
    }
}
