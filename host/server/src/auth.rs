//! Who asks, and whether they may.
//!
//! A handler names what it needs in its signature: `Key<CampaignsWrite>`, `Operator`, `AnyKey`; it cannot forget to ask
//! and the question comes before the body is read. Unknown, revoked and expired keys are one answer, so that nobody
//! learns which keys ever existed. Only then the query is looked at: no path has a parameter that it does not know.
//! Times here are the wall clock's: a demo at speed must not expire its own keys.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath};
use campanile_domain::ids::{KeyId, RequestId, TenantKey};
use campanile_domain::ports::store::{Actor, Authenticated, StoreError, Tenant, WriteContext, may};
use http::request::Parts;
use http::{Method, header};

use crate::admission::Told;
use crate::app::App;
use crate::codes;
use crate::idempotency::{Broken, Promise};
use crate::key_use;
use crate::problem::Problem;
use crate::query;
use crate::request_id::RequestIds;
use crate::secret::{Secret, seed};

/// A scope that a handler needs.
pub(crate) trait Scope: Send + Sync {
    /// The word in [`campanile_domain::ports::store::SCOPES`].
    const NAME: &'static str;
    /// Others that do as well.
    const OR: &'static [&'static str] = &[];
}

/// Reads jobs: whoever may read what one of them is about.
pub(crate) struct JobsRead;
impl Scope for JobsRead {
    const NAME: &'static str = "campaigns:read";
    const OR: &'static [&'static str] = &["leads:read", "plugins:read"];
}

/// Cancels jobs: whoever may ask for one.
pub(crate) struct JobsWrite;
impl Scope for JobsWrite {
    const NAME: &'static str = "campaigns:write";
    const OR: &'static [&'static str] = &["leads:write", "plugins:write"];
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
    scopes: Vec<String>,
    hash: [u8; 32],
    request: RequestId,
    promise: Option<Arc<Promise>>,
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

    /// What the key may do.
    pub(crate) fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// Whether the key still opens its account and may what it might, for who goes on answering after it was asked.
    pub(crate) async fn still_opens(&self, app: &App) -> bool {
        look_up(app, &self.hash).await.is_ok_and(|found| found.scopes == self.scopes)
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
    if may(scopes, S::NAME) || S::OR.iter().any(|other| may(scopes, other)) {
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

/// The hash of the key that was sent.
fn hash(parts: &Parts) -> Result<[u8; 32], Problem> {
    presented(parts).map(Secret::hash).ok_or_else(unauthenticated)
}

/// A key that opens something now.
async fn look_up(app: &App, hash: &[u8; 32]) -> Result<Authenticated, Problem> {
    let found = match app.store.authenticate(hash).await {
        Err(StoreError::NotFound(_)) => return Err(unauthenticated()),
        other => other?,
    };
    if found.expires_at.is_some_and(|expiry| app.wall_clock.now() >= expiry) {
        return Err(unauthenticated());
    }
    Ok(found)
}

async fn authenticate(parts: &Parts, app: &Arc<App>) -> Result<Authenticated, Problem> {
    let hash = hash(parts)?;
    let told = parts.extensions.get::<Told>().cloned().unwrap_or_default();
    app.admission.before(&hash, app.wall_clock.now(), &told)?;
    let found = look_up(app, &hash).await?;
    if let Some(tenant) = &found.tenant {
        app.admission.count(&hash, tenant, app.wall_clock.now(), &told)?;
    }
    key_use::note(app, found.key);
    if let Some(Broken(problem)) = parts.extensions.get::<Broken>() {
        return Err(problem.clone());
    }
    Ok(found)
}

/// Paths on which a suspended account may do more than read: what takes something back, and what protects the people it calls.
const WHILE_SUSPENDED: [(&Method, &str); 7] = [
    (&Method::DELETE, "/v1/keys/{id}"),
    (&Method::POST, "/v1/keys/{id}/rotate"),
    (&Method::POST, "/v1/campaigns/{id}/pause"),
    (&Method::POST, "/v1/campaigns/{id}/stop"),
    (&Method::POST, "/v1/sources/{id}/pause"),
    (&Method::POST, "/v1/sinks/{id}/pause"),
    (&Method::POST, "/v1/jobs/{id}/cancel"),
];

/// Below these it may do everything, for the same reason.
const ALWAYS: [&str; 2] = ["/v1/suppressions", "/v1/erasures"];

fn is_open_while_suspended(parts: &Parts) -> bool {
    let route = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let reads = matches!(parts.method, Method::GET | Method::HEAD);
    let named = WHILE_SUSPENDED.iter().any(|(method, path)| **method == parts.method && *path == route);
    reads || named || ALWAYS.iter().any(|path| route.starts_with(path))
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
    pub(crate) async fn opened(parts: &Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let (hash, found) = (hash(parts)?, authenticate(parts, app).await?);
        let Some(tenant) = found.tenant else {
            let detail =
                "the operator's key opens no account; use a key of the account, or make one with POST /v1/tenants";
            return Err(Problem::new(&codes::WRONG_KEY, detail));
        };
        has::<S>(&found.scopes)?;
        if tenant.suspended && !is_open_while_suspended(parts) {
            let detail = "this account is suspended: it can be read, and campaigns, keys and jobs can be stopped, but nothing \
                can be made, changed or started; ask the operator of this host to lift the suspension";
            return Err(Problem::conflict("account_suspended", detail));
        }
        let (request, promise) = (request_id(parts)?, promise(parts));
        Ok(Self { tenant, key: found.key, scopes: found.scopes, hash, request, promise, scope: PhantomData })
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
    pub(crate) async fn opened(parts: &Parts, app: &Arc<App>) -> Result<Self, Problem> {
        authenticate(parts, app).await.map(Self)
    }
}

#[cfg(test)]
mod tests {
    use campanile_domain::ports::store::{SCOPES, may};

    #[test]
    fn an_admin_may_everything_and_others_what_they_have() {
        for scope in SCOPES {
            assert!(may(&["admin".to_owned()], scope));
            assert_eq!(may(&["leads:read".to_owned()], scope), scope == "leads:read", "{scope}");
        }
    }

    #[test]
    fn what_stays_open_while_suspended_is_there() {
        let document = serde_json::to_value(crate::openapi()).unwrap();
        for (method, path) in super::WHILE_SUSPENDED {
            let operation = &document["paths"][path][method.as_str().to_lowercase()];
            assert!(operation.is_object(), "{method} {path}");
        }
    }

    #[test]
    fn every_scope_is_asked_for_somewhere_and_no_other() {
        assert_eq!(super::ASKED, SCOPES);
    }
}
