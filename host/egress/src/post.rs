//! Messages of the host's own: one POST, no redirect, no repeat, and only the beginning of the answer.
//!
//! The address is a tenant's word, as a plugin's URL is, and is judged by the same rules, names by what they resolve to. No
//! grant is asked for, because no plugin asks. What counts is the answer's head: a receiver that answered 200 and then
//! sends a body for ever, or none, has taken the message.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use campanile_domain::ids::TenantKey;
use campanile_domain::ports::outbound::OutboundFault;
use campanile_domain::ports::post::{Letter, Post, Posted};
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use http::{HeaderMap as Headers, Method};
use reqwest::Response;

use crate::departure::Departure;
use crate::egress::Egress;
use crate::exemptions::Exemptions;
use crate::target::{self, Refused, Target};
use crate::wire::{Order, Wire};

/// The place that a URL names, for people who wrote it into a form.
fn place(url: &str, exemptions: &Exemptions) -> Result<Target, String> {
    let target = target::parse(url).and_then(|url| target::reach(url, exemptions));
    target.map_err(|refused| match refused {
        Refused::UserInfo(host) => {
            format!("the URL names a user before its host {host}; take it out, the signature tells who sends")
        }
        other => other.to_string(),
    })
}

fn order(letter: Letter, exemptions: &Exemptions) -> Result<Order, OutboundFault> {
    let target = place(&letter.url, exemptions).map_err(OutboundFault::Denied)?;
    let mut headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    for (name, value) in letter.headers {
        let value = HeaderValue::from_str(&value)
            .map_err(|_| OutboundFault::Denied(format!("the header {name} has a value that cannot be sent")))?;
        headers.insert(HeaderName::from_static(name), value);
    }
    Ok(Order { method: Method::POST, target, headers, body: Bytes::from(letter.body) })
}

fn retry_after_ms(headers: &Headers) -> Option<u64> {
    let seconds: u64 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(seconds.saturating_mul(1_000))
}

/// Sends it; whatever came of the answer is in `posted`, also when this future is dropped.
async fn exchange(
    wire: &Wire,
    tenant: TenantKey,
    order: Order,
    most: usize,
    posted: &mut Option<Posted>,
) -> Result<(), OutboundFault> {
    let mut response: Response = wire.exchange(tenant, order, &Departure::default()).await?;
    let (status, retry_after_ms) = (response.status().as_u16(), retry_after_ms(response.headers()));
    let posted = posted.insert(Posted { status, retry_after_ms, body: Vec::new() });
    // A body that breaks off says no less than one that ends.
    while posted.body.len() < most
        && let Ok(Some(chunk)) = response.chunk().await
    {
        let room = most - posted.body.len();
        posted.body.extend_from_slice(&chunk[..chunk.len().min(room)]);
    }
    Ok(())
}

#[async_trait]
impl Post for Egress {
    fn may_go(&self, url: &str) -> Result<(), String> {
        place(url, &self.wire.exemptions).map(|_| ())
    }

    async fn post(&self, tenant: TenantKey, letter: Letter) -> Result<Posted, OutboundFault> {
        let (patience, most) = (Duration::from_millis(letter.timeout_ms.into()), letter.kept_bytes);
        let order = order(letter, &self.wire.exemptions)?;
        let mut posted = None;
        let sent = tokio::time::timeout(patience, exchange(&self.wire, tenant, order, most, &mut posted)).await;
        match (posted, sent) {
            (Some(posted), _) => Ok(posted),
            (None, Ok(Err(fault))) => Err(fault),
            (None, _) => Err(OutboundFault::TimedOut),
        }
    }
}
