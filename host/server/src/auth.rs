//! Who asks, and whether they may.
//!
//! A handler names what it needs in its signature: `Key<CampaignsWrite>`, `Operator`, `AnyKey`; it cannot forget to ask
//! and the question comes before the body is read. Unknown, revoked and expired keys are one answer, so that nobody
//! learns which keys ever existed. Only then the query is looked at: no path has a parameter that it does not know.
//! Times here are the wall clock's: a demo at speed must not expire its own keys.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use campanile_domain::ids::{KeyId, RequestId, TenantKey};
use campanile_domain::ports::store::{Actor, Authenticated, StoreError, Tenant, WriteContext};
use http::header;
use http::request::Parts;

use crate::app::App;
use crate::codes;
use crate::frame::RequestIds;
use crate::idempotency::Promise;
use crate::problem::Problem;
use crate::query;
use crate::secret::{Secret, seed};

/// A scope that a handler needs.
pub(crate) trait Scope: Send + Sync {
    /// The word in [`campanile_domain::ports::store::SCOPES`].
    const NAME: &'static str;
}

macro_rules! scopes {
    ($($name:ident = $word:literal;)*) => {
        $(
            #[doc = concat!("`", $word, "`")]
            pub(crate) struct $name;
            impl Scope for $name {
                const NAME: &'static str = $word;
            }
        )*
        #[cfg(test)]
        pub(crate) const ASKED: &[&str] = &[$($word),*];
    };
}

scopes! {
    Admin = "admin";
    CampaignsRead = "campaigns:read";
    CampaignsWrite = "campaigns:write";
    LeadsRead = "leads:read";
    LeadsWrite = "leads:write";
    CallsRead = "calls:read";
    CallsWrite = "calls:write";
    CallsOverride = "calls:override";
    AssistantsWrite = "assistants:write";
    PluginsRead = "plugins:read";
    PluginsWrite = "plugins:write";
}

/// A tenant's key with a scope; `admin` implies every scope.
pub(crate) struct Key<S> {
    pub tenant: Tenant,
    key: KeyId,
    request: RequestId,
    promise: Option<Arc<Promise>>,
    scopes: Vec<String>,
    scope: PhantomData<S>,
}

impl<S> Key<S> {
    /// The tenant's inner key.
    pub(crate) const fn of(&self) -> TenantKey {
        self.tenant.key
    }

    /// Whether the key also has another scope, for a part of a request that needs it.
    pub(crate) fn also<T: Scope>(&self) -> Result<(), Problem> {
        has::<T>(&self.scopes)
    }

    /// The context of a write for the key's tenant.
    pub(crate) fn writes(&self, app: &App) -> WriteContext {
        write(app, self.tenant.key, Actor::Key(self.key), self.request, self.promise.as_deref())
    }
}

fn write(app: &App, tenant: TenantKey, actor: Actor, request: RequestId, promise: Option<&Promise>) -> WriteContext {
    WriteContext {
        tenant,
        actor,
        request: Some(request),
        now: app.engine_clock.now(),
        idempotency: promise.and_then(Promise::kept),
        seed: seed(&*app.entropy),
    }
}

fn has<S: Scope>(scopes: &[String]) -> Result<(), Problem> {
    if scopes.iter().any(|scope| scope == S::NAME || scope == Admin::NAME) {
        return Ok(());
    }
    let (needed, has) = (S::NAME, scopes.join(", "));
    let detail = format!(
        "this needs the scope {needed:?}; the key has: {has}. Use a key that has it, or make one with POST /v1/keys"
    );
    Err(Problem::new(&codes::MISSING_SCOPE, detail))
}

/// The operator's key.
pub(crate) struct Operator {
    request: RequestId,
    promise: Option<Arc<Promise>>,
}

impl Operator {
    /// The context of a write for some tenant.
    pub(crate) fn writes(&self, app: &App, tenant: TenantKey) -> WriteContext {
        write(app, tenant, Actor::Operator, self.request, self.promise.as_deref())
    }
}

/// Any valid key.
pub(crate) struct AnyKey(pub Authenticated);

fn unauthenticated() -> Problem {
    let detail = "this path needs a valid API key; send it as \"Authorization: Bearer cpn_...\"";
    Problem::new(&codes::UNAUTHENTICATED, detail)
}

fn presented(parts: &Parts) -> Option<&str> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    let key = key.trim();
    (scheme.eq_ignore_ascii_case("bearer") && key.starts_with("cpn_")).then_some(key)
}

async fn authenticate(parts: &Parts, app: &App) -> Result<Authenticated, Problem> {
    let key = presented(parts).ok_or_else(unauthenticated)?;
    let found = match app.store.authenticate(&Secret::hash(key)).await {
        Err(StoreError::NotFound(_)) => return Err(unauthenticated()),
        other => other?,
    };
    match found.expires_at {
        Some(expiry) if app.wall_clock.now() >= expiry => Err(unauthenticated()),
        _ => Ok(found),
    }
}

fn promise(parts: &Parts) -> Option<Arc<Promise>> {
    parts.extensions.get::<Arc<Promise>>().cloned()
}

fn request_id(parts: &Parts) -> Result<RequestId, Problem> {
    let ids = parts.extensions.get::<RequestIds>();
    ids.map(|ids| ids.id).ok_or_else(|| Problem::internal("the request was not framed"))
}

impl<S: Scope> FromRequestParts<Arc<App>> for Key<S> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let key = Self::opened(parts, app).await?;
        query::check(parts)?;
        Ok(key)
    }
}

impl<S: Scope> Key<S> {
    /// The key that a request is sent with, whatever its query says.
    pub(crate) async fn opened(parts: &Parts, app: &App) -> Result<Self, Problem> {
        let found = authenticate(parts, app).await?;
        let Some(tenant) = found.tenant else {
            let detail =
                "the operator's key opens no account; use a key of the account, or make one with POST /v1/tenants";
            return Err(Problem::new(&codes::WRONG_KEY, detail));
        };
        has::<S>(&found.scopes)?;
        let (request, promise) = (request_id(parts)?, promise(parts));
        Ok(Self { tenant, key: found.key, request, promise, scopes: found.scopes, scope: PhantomData })
    }
}

impl FromRequestParts<Arc<App>> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        if authenticate(parts, app).await?.tenant.is_some() {
            let detail = "only the operator's key may do this; the key sent belongs to an account";
            return Err(Problem::new(&codes::WRONG_KEY, detail));
        }
        query::check(parts)?;
        Ok(Self { request: request_id(parts)?, promise: promise(parts) })
    }
}

impl FromRequestParts<Arc<App>> for AnyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let key = Self::opened(parts, app).await?;
        query::check(parts)?;
        Ok(key)
    }
}

impl AnyKey {
    /// The key that a request is sent with, whatever its query says.
    pub(crate) async fn opened(parts: &Parts, app: &App) -> Result<Self, Problem> {
        authenticate(parts, app).await.map(Self)
    }
}

#[cfg(test)]
mod tests {
    use campanile_domain::ports::store::SCOPES;

    #[test]
    fn every_scope_is_asked_for_somewhere_and_no_other() {
        assert_eq!(super::ASKED, SCOPES);
    }
}
