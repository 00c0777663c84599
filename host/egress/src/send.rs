//! A guest's request from the rules to the answer, over redirects and one repeat.
//!
//! Every stop on the way is judged like the first: scheme, grant, address. Credentials are added last, after the target
//! was judged, and only while the request stays at the origin it named and among the block's hosts. The only request that
//! is ever sent twice is a GET that was answered with 401, once, with a newer token.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use campanile_domain::plugin::auth::{AuthBlock, AuthStyle};
use campanile_domain::plugin::secrets::SecretString;
use campanile_domain::ports::outbound::{Outbound, OutboundFault, OutboundReply, OutboundRequest, Principal, Sent};
use http::header::{HeaderMap, LOCATION};
use http::{Method, StatusCode};
use reqwest::Response;

use crate::blank;
use crate::credentials::Credentials;
use crate::egress::Egress;
use crate::fill;
use crate::headers;
use crate::meters::Meters;
use crate::redirect::{self, Next};
use crate::target::{self, Target};
use crate::trail::Trail;
use crate::wire::{self, Order};

/// The longest that a request may take whatever is asked for, in milliseconds.
const LONGEST_MS: u32 = 120_000;

/// The most bytes of an answer's headers.
const HEADER_BYTES: usize = 64 << 10;

/// A request on its way.
struct Errand {
    method: Method,
    target: Target,
    headers: HeaderMap,
    body: Bytes,
    /// The block to fill in, as long as the request stays where it belongs.
    block: Option<(String, AuthBlock)>,
    /// With a newer token, after the first was not accepted; there is no second repeat.
    renewed: Option<Credentials>,
}

fn denied(why: impl ToString) -> OutboundFault {
    OutboundFault::Denied(why.to_string())
}

fn method(text: &str) -> Result<Method, OutboundFault> {
    let known = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
    let shown: String = text.chars().take(20).collect();
    known.into_iter().find(|method| method.as_str() == text).ok_or_else(|| {
        denied(format!(
            "the method {shown:?} is refused; use GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS, in capitals"
        ))
    })
}

/// The block that a request names, if its target is one of the block's hosts.
fn block(principal: &Principal, name: &str, target: &Target) -> Result<(String, AuthBlock), OutboundFault> {
    let known = principal.auth.iter().find(|(known, _)| known == name).cloned();
    let shown: String = name.chars().take(60).collect();
    let (name, block) = known.ok_or_else(|| {
        denied(format!(
            "the auth block {shown:?} is not granted; the manifest must declare it and the tenant must grant it"
        ))
    })?;
    if block.hosts_of(&principal.hosts).iter().any(|pattern| pattern.covers(target.host(), &principal.settings)) {
        Ok((name, block))
    } else {
        Err(denied(format!("the auth block {name:?} is not for the host {}; see its `hosts`", target.host())))
    }
}

fn errand(egress: &Egress, principal: &Principal, request: OutboundRequest) -> Result<Errand, OutboundFault> {
    let method = method(&request.method)?;
    let target = target::check(&request.url, &principal.hosts, &principal.settings, &egress.wire.exemptions);
    let target = target.map_err(denied)?;
    let block = request.auth.as_deref().map(|name| block(principal, name, &target)).transpose()?;
    let filled = block.as_ref().map(|(_, block)| fill::header_of(block)).transpose()?.flatten();
    let headers = headers::of_guest(&request.headers, block.is_some(), filled.as_ref()).map_err(denied)?;
    Ok(Errand { method, target, headers, body: Bytes::from(request.body), block, renewed: None })
}

/// Carries a request out; `trail` sees what leaves.
async fn carry_out(
    egress: &Egress,
    principal: &Principal,
    request: OutboundRequest,
    trail: &Trail,
) -> Result<OutboundReply, OutboundFault> {
    let most = request.max_reply_bytes;
    let mut errand = errand(egress, principal, request)?;
    let mut redirects = 0;
    loop {
        let (response, credentials) = one(egress, principal, &errand, trail).await?;
        if response.status() == StatusCode::UNAUTHORIZED
            && errand.renewed.is_none()
            && let Some(token) = credentials.as_ref().and_then(|credentials| credentials.token.as_ref())
        {
            errand.renewed = renewed(egress, principal, &errand, token).await?;
            if errand.renewed.is_some() {
                continue;
            }
        }
        let location = response.headers().get(LOCATION).map(|value| String::from_utf8_lossy(value.as_bytes()));
        match redirect::next(response.status(), &errand.method, location.as_deref(), &errand.target.url)
            .map_err(denied)?
        {
            Next::Answer => return reply(principal, response, credentials.as_ref(), most).await,
            Next::Follow { .. } if redirects == redirect::MOST => {
                return Err(denied(format!("more than {} redirects", redirect::MOST)));
            }
            Next::Follow { url, method } => {
                redirects += 1;
                errand = follow(egress, principal, errand, &url, method)?;
            }
        }
    }
}

/// One request, with its credentials.
async fn one(
    egress: &Egress,
    principal: &Principal,
    errand: &Errand,
    trail: &Trail,
) -> Result<(Response, Option<Credentials>), OutboundFault> {
    let (mut target, mut headers) = (errand.target.clone(), errand.headers.clone());
    let credentials = match (&errand.block, &errand.renewed) {
        (Some(_), Some(renewed)) => Some(renewed.clone()),
        (Some((name, block)), None) => Some(egress.keeper.credentials(principal, name, block, None).await?),
        (None, _) => None,
    };
    if let Some(credentials) = &credentials {
        credentials.place.write(&mut target.url, &mut headers);
    }
    let order = Order { method: errand.method.clone(), target, headers, body: errand.body.clone() };
    let departure = trail.begin(&errand.method);
    let response = egress.wire.exchange(principal.tenant, order, &departure).await?;
    trail.answered(response.status().as_u16());
    Ok((response, credentials))
}

/// After a 401: a newer token to repeat the request with. One that is not GET has its answer, and the token is there for
/// the next.
async fn renewed(
    egress: &Egress,
    principal: &Principal,
    errand: &Errand,
    stale: &SecretString,
) -> Result<Option<Credentials>, OutboundFault> {
    let Some((name, block)) = &errand.block else { return Ok(None) };
    if errand.method != Method::GET {
        let (keeper, principal, stale) = (egress.keeper.clone(), principal.clone(), stale.clone());
        let (name, block) = (name.clone(), block.clone());
        tokio::spawn(async move {
            if let Err(fault) = keeper.credentials(&principal, &name, &block, Some(&stale)).await {
                tracing::warn!(
                    instance = principal.instance,
                    block = name,
                    fault = principal.secrets.blank(&fault.to_string()),
                    "no newer token"
                );
            }
        });
        return Ok(None);
    }
    match egress.keeper.credentials(principal, name, block, Some(stale)).await {
        Ok(credentials) => Ok(Some(credentials)),
        Err(OutboundFault::Unauthorised(why)) => Err(OutboundFault::Unauthorised(why)),
        // The answer that is there says more than a provider that cannot be asked for a token just now.
        Err(_) => Ok(None),
    }
}

fn follow(
    egress: &Egress,
    principal: &Principal,
    errand: Errand,
    url: &str,
    method: Method,
) -> Result<Errand, OutboundFault> {
    let refused = |refused| denied(format!("a redirect of {}: {refused}", errand.target.host()));
    let checked = target::check(url, &principal.hosts, &principal.settings, &egress.wire.exemptions);
    let mut next = Errand { target: checked.map_err(refused)?, ..errand };
    if !next.target.is_same_origin(&errand.target) {
        headers::keep_harmless(&mut next.headers);
        // A provider that repeats the query in its location would send the credential along.
        if let Some((_, AuthBlock { style: AuthStyle::Query { name, .. }, .. })) = &next.block {
            fill::without(&mut next.target.url, name);
        }
        next.block = None;
    }
    if next.method != method {
        next.method = method;
        next.body = Bytes::new();
        headers::drop_body(&mut next.headers);
    }
    Ok(next)
}

async fn reply(
    principal: &Principal,
    response: Response,
    credentials: Option<&Credentials>,
    most: usize,
) -> Result<OutboundReply, OutboundFault> {
    let bytes: usize = response.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if bytes > HEADER_BYTES {
        return Err(OutboundFault::TooLarge);
    }
    let written = credentials.map(|credentials| credentials.place.text());
    // Whoever echoes them may leave the scheme out: `Basic` and a space are no secret.
    let written = written.as_deref().map(|text| ("credential", text.split_once(' ').map_or(text, |(_, bare)| bare)));
    let secrets = blank::spellings(&principal.secrets, written);
    let status = response.status().as_u16();
    let headers = headers::of_answer(response.headers(), &secrets);
    let body = match String::from_utf8(wire::read(response, most).await?) {
        Ok(text) => secrets.blank(&text).into_bytes(),
        Err(binary) => binary.into_bytes(),
    };
    Ok(OutboundReply { status, headers, body })
}

fn blanked(fault: OutboundFault, principal: &Principal) -> OutboundFault {
    let blank = |text: String| principal.secrets.blank(&text);
    match fault {
        OutboundFault::Denied(why) => OutboundFault::Denied(blank(why)),
        OutboundFault::Unreachable(why) => OutboundFault::Unreachable(blank(why)),
        OutboundFault::Unauthorised(why) => OutboundFault::Unauthorised(blank(why)),
        other => other,
    }
}

#[async_trait]
impl Outbound for Egress {
    /// A caller that drops the future before it is done knows nothing of the request and must count it as lost.
    async fn send(&self, principal: &Principal, request: OutboundRequest) -> Sent {
        let trail = Trail::default();
        let patience = Duration::from_millis(request.timeout_ms.min(LONGEST_MS).into());
        let meters = self.meters.get();
        let timed = meters.map(Meters::begun);
        let carried = tokio::time::timeout(patience, carry_out(self, principal, request, &trail)).await;
        let answer = carried.unwrap_or(Err(OutboundFault::TimedOut)).map_err(|fault| blanked(fault, principal));
        drop(timed);
        if let Some(meters) = meters {
            meters.ended(&answer);
        }
        Sent { answer, evidence: trail.close() }
    }
}
