//! `http`: one request, counted, bounded and carried out by the egress.
//!
//! The rules of the kind are kept here (how many requests, how long, how much, and for a dial: one request that is not
//! GET); where a request may go and what credentials it gets are the egress' business. What the host saw of the one
//! request that may dial is kept, because it outranks whatever the guest answers.

use std::sync::Arc;

use campanile_domain::plugin::limits::HttpLimits;
use campanile_domain::ports::gateway::Evidence;
use campanile_domain::ports::outbound::{Outbound, OutboundFault, OutboundRequest, Principal};

use super::Lent;
use crate::contract::campanile::plugin::http::{Fault, Host, Request, Response};

/// The longest URL, in bytes.
const URL_BYTES: usize = 8 << 10;
/// Room for the answer beside the body, when a body must fit into what the guest may be handed.
const MAX_REPLY_BYTES: usize = 8 << 20;

/// How the requests of one call leave.
#[derive(Clone)]
pub struct Reach {
    outbound: Arc<dyn Outbound>,
    principal: Arc<Principal>,
    limits: HttpLimits,
    /// A dial: at most one request that is not GET.
    dials: bool,
    used: Used,
}

/// What one call has sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Used {
    pub requests: u32,
    pub bytes_out: u64,
    pub bytes_in: u64,
    /// Requests that are not GET.
    writes: u32,
    /// Of the last request that is not GET.
    pub evidence: Evidence,
}

impl Reach {
    /// Requests of one call leave through `outbound` on behalf of `principal`, within `limits`.
    pub fn new(outbound: Arc<dyn Outbound>, principal: Arc<Principal>, limits: HttpLimits) -> Self {
        let used = Used { requests: 0, bytes_out: 0, bytes_in: 0, writes: 0, evidence: Evidence::NothingSent };
        Self { outbound, principal, limits, dials: false, used }
    }

    /// The same for a call that dials.
    #[must_use]
    pub(crate) const fn dialling(mut self) -> Self {
        self.dials = true;
        self
    }

    /// The same within these limits too, where they are lower.
    #[must_use]
    pub(crate) fn within(mut self, limits: HttpLimits) -> Self {
        self.limits.requests = self.limits.requests.min(limits.requests);
        self.limits.request_ms = self.limits.request_ms.min(limits.request_ms);
        self
    }

    pub(crate) const fn used(&self) -> Used {
        self.used
    }

    /// Whether this request may leave; counts it if so.
    fn admit(&mut self, request: &Request) -> Result<(), Fault> {
        if self.used.requests >= self.limits.requests {
            return Err(Fault::BudgetSpent);
        }
        if request.url.len() > URL_BYTES {
            return Err(Fault::Denied(format!("the URL is longer than {URL_BYTES} bytes")));
        }
        let writes = request.method != "GET";
        if writes && self.dials && self.used.writes > 0 {
            let rule = "a dial may send one request that is not GET, and has sent it";
            return Err(Fault::Denied(rule.to_owned()));
        }
        self.used.requests += 1;
        self.used.bytes_out += request.body.len() as u64;
        if writes {
            self.used.writes += 1;
            // Until the egress has said otherwise: a call that dies while it waits may have sent it.
            self.used.evidence = Evidence::Lost;
        }
        Ok(())
    }
}

fn told(fault: OutboundFault) -> Fault {
    match fault {
        OutboundFault::Denied(why) => Fault::Denied(why),
        OutboundFault::Unreachable(why) => Fault::Unreachable(why),
        OutboundFault::TimedOut => Fault::TimedOut,
        OutboundFault::TooLarge => Fault::TooLarge,
        OutboundFault::BudgetSpent => Fault::BudgetSpent,
        OutboundFault::Unauthorised(why) => Fault::Unauthorised(why),
    }
}

impl Host for Lent {
    async fn send(&mut self, request: Request) -> wasmtime::Result<Result<Response, Fault>> {
        self.count()?;
        let max_reply_bytes = self.limits().output_bytes.clamp(1 << 20, MAX_REPLY_BYTES);
        let Some(reach) = self.loan.reach.as_mut() else {
            return Ok(Err(Fault::Denied("this call may send nothing".to_owned())));
        };
        if let Err(fault) = reach.admit(&request) {
            return Ok(Err(fault));
        }
        let writes = request.method != "GET";
        let longest = reach.limits.request_ms;
        let timeout_ms = if request.timeout_ms == 0 { longest } else { request.timeout_ms.min(longest) };
        let Request { method, url, headers, body, auth, .. } = request;
        let (outbound, principal) = (Arc::clone(&reach.outbound), Arc::clone(&reach.principal));
        let request = OutboundRequest { method, url, headers, body, timeout_ms, auth, max_reply_bytes };
        let sent = outbound.send(&principal, request).await;
        if writes {
            reach.used.evidence = sent.evidence;
        }
        Ok(match sent.answer {
            Ok(reply) => {
                reach.used.bytes_in += reply.body.len() as u64;
                // A provider may echo the credentials that the host has added.
                let body = match String::from_utf8(reply.body) {
                    Ok(text) => reach.principal.secrets.blank(&text).into_bytes(),
                    Err(binary) => binary.into_bytes(),
                };
                Ok(Response { status: reply.status, headers: reply.headers, body })
            }
            Err(fault) => Err(told(fault)),
        })
    }
}
