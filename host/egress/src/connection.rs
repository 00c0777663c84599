//! Tokens of connections: what a person consented to, kept alive by the host.
//!
//! Many providers give a new refresh token with every use and never accept the old one again, so a pair that is lost locks
//! the tenant out. Hence: one refresh at a time per connection; the new pair is durable before anything uses it; a refresh
//! runs to its end even when the request that asked for it gave up; a pair that could not be kept is held and kept at
//! the next opportunity, before anything else is tried.

use std::sync::Arc;
use std::time::Duration;

use campanile_domain::ids::{ConnectionId, TenantKey};
use campanile_domain::plugin::secrets::{ExposeSecret, SecretString, Secrets};
use campanile_domain::ports::clock::WallClock;
use campanile_domain::ports::outbound::{OutboundFault, TokenStore, Tokens, TokensUnavailable};
use campanile_domain::time::{MINUTE_MS, SECOND_MS, Timestamp};

use crate::token_endpoint::{Application, Granted, NoToken, Question};
use crate::turns::Turns;
use crate::wire::Wire;

/// A token is not used any more this long before it expires.
pub const MARGIN_MS: i64 = MINUTE_MS;
/// A refresh token that was refused is not tried again for this long.
const REFUSED_MS: i64 = MINUTE_MS;
/// The longest that the store may take.
const STORE: Duration = Duration::from_secs(30);

/// Which connection, and how its tokens are refreshed.
#[derive(Clone)]
pub struct Asked {
    pub tenant: TenantKey,
    pub connection: ConnectionId,
    pub token_url: String,
    pub application: Application,
    /// The instance's, for blanking.
    pub secrets: Secrets,
}

/// What is remembered of a connection between turns.
#[derive(Default)]
struct Memory {
    /// A pair that was given and not kept, with the refresh token that it was given for.
    unkept: Option<(SecretString, Tokens)>,
    /// A refresh token that was refused, why, and until when it is not tried again.
    refused: Option<(SecretString, String, Timestamp)>,
}

/// All connections.
pub struct Connections {
    wire: Arc<Wire>,
    clock: Arc<dyn WallClock>,
    store: Arc<dyn TokenStore>,
    turns: Turns<(TenantKey, ConnectionId), Memory>,
}

/// When what was granted `now` expires.
pub fn expiry(granted: &Granted, now: Timestamp) -> Option<Timestamp> {
    granted.lasts_s.map(|seconds| now.plus_ms(seconds.saturating_mul(SECOND_MS)))
}

pub fn same(one: &SecretString, other: &SecretString) -> bool {
    one.expose_secret() == other.expose_secret()
}

impl Connections {
    pub fn new(wire: Arc<Wire>, clock: Arc<dyn WallClock>, store: Arc<dyn TokenStore>) -> Self {
        let turns = Turns::new(|memory: &Memory| memory.unkept.is_none() && memory.refused.is_none());
        Self { wire, clock, store, turns }
    }

    /// An access token that is good for a while. `stale`: one that the provider did not accept although it should have.
    pub async fn access(
        self: &Arc<Self>,
        asked: &Asked,
        stale: Option<&SecretString>,
    ) -> Result<SecretString, OutboundFault> {
        let tokens = self.stored(asked).await?;
        if self.is_good(&tokens, stale) {
            return Ok(tokens.access);
        }
        let (this, asked, stale) = (self.clone(), asked.clone(), stale.cloned());
        let turn = tokio::spawn(async move { this.renew(&asked, stale.as_ref()).await });
        turn.await.unwrap_or_else(|_| Err(OutboundFault::Unreachable("the token store gave up".to_owned())))
    }

    fn is_good(&self, tokens: &Tokens, stale: Option<&SecretString>) -> bool {
        let lasts = tokens.expires_at.is_none_or(|end| self.clock.now().plus_ms(MARGIN_MS) < end);
        lasts && stale.is_none_or(|stale| !same(stale, &tokens.access))
    }

    async fn renew(&self, asked: &Asked, stale: Option<&SecretString>) -> Result<SecretString, OutboundFault> {
        let turn = self.turns.of((asked.tenant, asked.connection));
        let mut memory = turn.lock().await;
        let mut tokens = self.stored(asked).await?;
        if let Some((from, pair)) = &memory.unkept {
            if tokens.refresh.as_ref().is_some_and(|refresh| same(refresh, from)) {
                self.keep(asked, pair).await?;
                tokens = pair.clone();
            }
            memory.unkept = None;
        }
        if self.is_good(&tokens, stale) {
            return Ok(tokens.access);
        }
        let again = |why: &str| {
            OutboundFault::Unauthorised(format!("{why}; the connection {} must be authorised again", asked.connection))
        };
        let Some(refresh) = tokens.refresh else {
            return Err(again("the token is not accepted any more and there is none to refresh it with"));
        };
        let now = self.clock.now();
        if let Some((token, why, until)) = &memory.refused
            && same(token, &refresh)
            && now < *until
        {
            return Err(again(why));
        }
        let question = Question {
            tenant: asked.tenant,
            token_url: asked.token_url.clone(),
            form: vec![("grant_type", SecretString::from("refresh_token")), ("refresh_token", refresh.clone())],
            application: Some(asked.application.clone()),
            secrets: asked.secrets.clone(),
        };
        let granted = match self.wire.ask_for_token(&question).await {
            Ok(granted) => granted,
            Err(NoToken::Failed(fault)) => return Err(fault),
            Err(NoToken::Refused { why, is_grant }) => {
                tracing::warn!(connection = %asked.connection, "a refresh was refused");
                memory.refused = is_grant.then(|| (refresh, why.clone(), now.plus_ms(REFUSED_MS)));
                return Err(again(&why));
            }
        };
        let expires_at = expiry(&granted, now);
        let pair = Tokens { access: granted.access, refresh: granted.refresh.or(Some(refresh.clone())), expires_at };
        // Before it is kept, so that a store that fails or never answers cannot lose it while this process lives.
        memory.unkept = Some((refresh, pair.clone()));
        self.keep(asked, &pair).await?;
        *memory = Memory::default();
        Ok(pair.access)
    }

    async fn stored(&self, asked: &Asked) -> Result<Tokens, OutboundFault> {
        match tokio::time::timeout(STORE, self.store.tokens(asked.tenant, asked.connection)).await {
            Ok(Ok(tokens)) => Ok(tokens),
            Ok(Err(TokensUnavailable(why))) => Err(OutboundFault::Unauthorised(format!(
                "the tokens of {} cannot be read: {}",
                asked.connection,
                asked.secrets.blank(&why)
            ))),
            Err(_) => Err(OutboundFault::TimedOut),
        }
    }

    async fn keep(&self, asked: &Asked, pair: &Tokens) -> Result<(), OutboundFault> {
        let keep = self.store.keep_tokens(asked.tenant, asked.connection, pair.clone());
        let kept = tokio::time::timeout(STORE, keep).await;
        let why = match kept {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(TokensUnavailable(why))) => asked.secrets.blank(&why),
            Err(_) => "the store did not answer".to_owned(),
        };
        tracing::error!(connection = %asked.connection, %why, "new tokens were not kept");
        let text = format!("the new tokens of {} could not be kept and are not used: {why}", asked.connection);
        Err(OutboundFault::Unreachable(text))
    }
}
