//! The door: what the binary builds once and lends to every sandbox.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use campanile_domain::ports::clock::WallClock;
use campanile_domain::ports::outbound::{
    Outbound, OutboundFault, OutboundRequest, Principal, Sent, TokenStore, Tokens,
};

use crate::authorities::Authorities;
use crate::connection::{Connections, expiry};
use crate::consent::{self, Asking, Consent};
use crate::credentials::Keeper;
use crate::exemptions::Exemptions;
use crate::fetched::Fetched;
use crate::meters::Meters;
use crate::resolve::Resolver;
use crate::send;
use crate::token_endpoint::NoToken;
use crate::trail::Trail;
use crate::wire::Wire;

/// The longest that a request may take whatever is asked for, in milliseconds.
const LONGEST_MS: u32 = 120_000;

/// What it needs.
pub struct EgressOptions {
    /// What the operator lists.
    pub exemptions: Exemptions,
    /// Whose certificates are good at what the operator lists, beside those that the system trusts.
    pub authorities: Authorities,
    /// For tokens' lifetimes and assertions.
    pub clock: Arc<dyn WallClock>,
    /// [`crate::SystemResolver`], but in tests.
    pub resolver: Arc<dyn Resolver>,
    /// Where the tokens of connections are kept.
    pub tokens: Arc<dyn TokenStore>,
}

/// Carries out what guests ask to send.
pub struct Egress {
    pub(crate) wire: Arc<Wire>,
    pub(crate) keeper: Arc<Keeper>,
    clock: Arc<dyn WallClock>,
    meters: OnceLock<Meters>,
}

impl Egress {
    /// Opens the door.
    pub fn new(options: EgressOptions) -> Self {
        let EgressOptions { exemptions, authorities, clock, resolver, tokens } = options;
        let wire = Arc::new(Wire::new(exemptions.clone(), authorities, resolver));
        let connections = Arc::new(Connections::new(wire.clone(), clock.clone(), tokens));
        let fetched = Fetched::new(wire.clone(), clock.clone());
        Self { wire, keeper: Arc::new(Keeper { connections, fetched, exemptions }), clock, meters: OnceLock::new() }
    }

    /// From now on requests are counted in this registry.
    ///
    /// # Errors
    /// They are already.
    pub fn measure(&self, registry: &prometheus::Registry) -> prometheus::Result<()> {
        let _ = self.meters.set(Meters::new(registry)?);
        Ok(())
    }

    /// Where a person is sent to consent; `pkce_challenge` is the S256 challenge of the verifier that [`Consent`] will carry.
    ///
    /// # Errors
    /// The block asks nobody, its `authorize_url` is neither https nor listed or names a setting that is no granted host, or
    /// the application's id is not filled in.
    pub fn authorize_url(&self, ask: &Asking<'_>, state: &str, pkce_challenge: &str) -> Result<String, OutboundFault> {
        consent::authorize_url(ask, &self.wire.exemptions, state, pkce_challenge)
    }

    /// Turns the code that a person came back with into tokens, to be stored by the caller. A code works once, so the
    /// caller must not drop the future when its own client goes away.
    ///
    /// # Errors
    /// The provider refused the code, or was not reached. No text contains the code or a secret.
    pub async fn exchange_code(&self, consent: Consent<'_>) -> Result<Tokens, OutboundFault> {
        let question = consent::question(&consent, &self.wire.exemptions)?;
        let now = self.clock.now();
        let granted = self.wire.ask_for_token(&question).await.map_err(NoToken::into_fault)?;
        let expires_at = expiry(&granted, now);
        Ok(Tokens { access: granted.access, refresh: granted.refresh, expires_at })
    }
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
        let carried = tokio::time::timeout(patience, send::carry_out(self, principal, request, &trail)).await;
        let answer = carried.unwrap_or(Err(OutboundFault::TimedOut)).map_err(|fault| blanked(fault, principal));
        drop(timed);
        if let Some(meters) = meters {
            meters.ended(&answer);
        }
        Sent { answer, evidence: trail.close() }
    }
}
