//! Tokens that the host may fetch whenever it needs one: of an application (RFC 6749 4.4) or of a service account
//! (RFC 7523).
//!
//! They live in memory until a minute before they expire and are never stored. One is used only for what it was fetched
//! with: a changed secret, scope or address fetches another.

use std::sync::Arc;

use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::secrets::SecretString;
use campanile_domain::ports::clock::WallClock;
use campanile_domain::ports::outbound::OutboundFault;
use campanile_domain::time::{MINUTE_MS, Timestamp};

use crate::connection::{MARGIN_MS, expiry, same};
use crate::token_endpoint::{NoToken, Question};
use crate::turns::Turns;
use crate::wire::Wire;

/// How long a token is used of which the provider does not say how long it lasts.
const UNSAID_MS: i64 = 5 * MINUTE_MS;

/// Of which block of which instance.
pub type Block = (TenantKey, String, String);

struct Token {
    /// Everything that it depends on.
    basis: SecretString,
    access: SecretString,
    until: Timestamp,
}

/// All of them.
pub struct Fetched {
    wire: Arc<Wire>,
    clock: Arc<dyn WallClock>,
    turns: Turns<Block, Option<Token>>,
}

impl Fetched {
    pub fn new(wire: Arc<Wire>, clock: Arc<dyn WallClock>) -> Self {
        // Any of them can be fetched again.
        Self { wire, clock, turns: Turns::new(|_| true) }
    }

    /// A token that is good for a while; `ask` makes the question when there is none. `stale`: one that the provider did
    /// not accept although it should have.
    pub async fn access(
        &self,
        block: Block,
        basis: SecretString,
        stale: Option<&SecretString>,
        ask: impl FnOnce(Timestamp) -> Result<Question, OutboundFault>,
    ) -> Result<SecretString, OutboundFault> {
        let turn = self.turns.of(block);
        let mut token = turn.lock().await;
        let now = self.clock.now();
        if let Some(known) = &*token
            && now < known.until
            && same(&known.basis, &basis)
            && stale.is_none_or(|stale| !same(stale, &known.access))
        {
            return Ok(known.access.clone());
        }
        *token = None;
        let granted = self.wire.ask_for_token(&ask(now)?).await.map_err(NoToken::into_fault)?;
        let until = expiry(&granted, now).map_or(now.plus_ms(UNSAID_MS), |end| end.plus_ms(-MARGIN_MS));
        let access = granted.access;
        *token = Some(Token { basis, access: access.clone(), until });
        Ok(access)
    }
}
