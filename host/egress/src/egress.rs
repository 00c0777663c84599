//! The door: what the binary builds once and lends to every sandbox.

use std::sync::{Arc, OnceLock};

use campanile_domain::ports::clock::WallClock;
use campanile_domain::ports::outbound::{OutboundFault, TokenStore, Tokens};

use crate::authorities::Authorities;
use crate::connection::{Connections, expiry};
use crate::consent::{self, Asking, Consent};
use crate::credentials::Keeper;
use crate::exemptions::Exemptions;
use crate::fetched::Fetched;
use crate::meters::Meters;
use crate::resolve::Resolver;
use crate::token_endpoint::NoToken;
use crate::wire::Wire;

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
    pub(crate) meters: OnceLock<Meters>,
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
