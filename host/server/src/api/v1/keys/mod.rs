//! API keys of an account.
//!
//! A live key's holder may also make keys of the test twin, never the other way round: a test key that could make a live
//! one would be a live key.

pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod patch;
pub(crate) mod revoke;
pub(crate) mod rotate;

use campanile_domain::ids::KeyId;
use campanile_domain::ports::store::{Key as Row, NewKey, SCOPES, WriteContext, may};
use campanile_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::check_name;
use crate::app::App;
use crate::auth::Key;
use crate::codes;
use crate::problem::{FieldProblem, Problem};
use crate::secret::{KeyKind, Secret, rng};

/// A key that somebody wants.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyRequest {
    /// For people; 1 to 255 characters.
    #[schema(min_length = 1, max_length = 255)]
    pub name: String,
    /// What it may do: `admin`, `campaigns:read`, `campaigns:write`, `leads:read`, `leads:write`, `calls:read`,
    /// `assistants:write`, `plugins:read`, `plugins:write`.
    #[schema(value_type = Vec<crate::schema::tenants::ScopeWord>, min_items = 1)]
    pub scopes: Vec<String>,
    /// Not valid from then on; left out: valid until it is revoked.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// True: a key of the test twin.
    #[serde(default)]
    pub test: bool,
}

impl KeyRequest {
    pub(crate) fn check(&self, app: &App) -> Result<(), Problem> {
        let mut faults = Vec::new();
        check_name(&self.name, &mut faults);
        if self.scopes.is_empty() {
            let message = format!("a key without a scope opens nothing; the scopes are: {}", SCOPES.join(", "));
            faults.push(FieldProblem::new("/scopes", "empty", message));
        }
        for (index, scope) in self.scopes.iter().enumerate() {
            if !SCOPES.contains(&scope.as_str()) {
                let message = format!("{scope:?} is not a scope; the scopes are: {}", SCOPES.join(", "));
                faults.push(FieldProblem::new(format!("/scopes/{index}"), "unknown_value", message));
            }
        }
        check_expiry(app, self.expires_at, &mut faults);
        if faults.is_empty() { Ok(()) } else { Err(Problem::invalid(faults)) }
    }
}

/// The rule for the end of a key.
fn check_expiry(app: &App, expires_at: Option<Timestamp>, faults: &mut Vec<FieldProblem>) {
    if let Some(expiry) = expires_at.filter(|expiry| *expiry <= app.wall_clock.now()) {
        let message = format!("{expiry} has passed; send an instant in the future, or leave it out");
        faults.push(FieldProblem::new("/expires_at", "in_the_past", message));
    }
}

/// No key makes another that may more than it may itself.
fn may_give<S>(key: &Key<S>, scopes: &[String]) -> Result<(), Problem> {
    let more = |scope: &&String| !may(key.scopes(), scope);
    let Some(scope) = scopes.iter().find(more) else { return Ok(()) };
    let detail = format!(
        "the key sent has no {scope:?}, so it cannot give it; use a key that has it, or ask the operator, who makes keys with \
         POST /v1/tenants/{{id}}/keys"
    );
    Err(Problem::new(&codes::MISSING_SCOPE, detail))
}

/// A new key. Its secret is shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewSecret {
    /// `key_...`
    #[schema(value_type = String)]
    id: KeyId,
    /// For people.
    name: String,
    /// What it may do.
    scopes: Vec<String>,
    /// Send it as `Authorization: Bearer ...`. It is not kept and cannot be shown again.
    secret: String,
    /// Its last four characters, to recognise it.
    last_four: String,
    /// Not valid from then on.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl NewSecret {
    /// A key with its secret.
    fn of(key: Row, secret: Secret) -> Self {
        let Row { id, name, scopes, last_four, expires_at, created_at, .. } = key;
        Self { id, name, scopes, secret: secret.text, last_four, expires_at, created_at }
    }
}

/// Makes a key for the tenant of the context.
pub(crate) async fn issue(
    app: &App,
    ctx: &WriteContext,
    kind: KeyKind,
    name: &str,
    mut scopes: Vec<String>,
    expires_at: Option<Timestamp>,
) -> Result<NewSecret, Problem> {
    scopes.sort_by_key(|scope| SCOPES.iter().position(|known| known == scope));
    scopes.dedup();
    let created_at = app.wall_clock.now();
    let id = KeyId::mint(created_at, &mut rng(&*app.entropy));
    let secret = Secret::mint(kind, &*app.entropy);
    let key = NewKey {
        id,
        tenant: Some(ctx.tenant),
        name: name.to_owned(),
        scopes: scopes.clone(),
        hash: [0; 32],
        last_four: String::new(),
        expires_at,
        created_at,
    };
    app.store.create_key(ctx, secret.fill(key)).await?;
    let Secret { text, last_four, .. } = secret;
    Ok(NewSecret { id, name: name.to_owned(), scopes, secret: text, last_four, expires_at, created_at })
}
