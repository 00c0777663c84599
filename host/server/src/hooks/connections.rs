//! `GET /hooks/connections/{id}/callback?code=...&state=...`: a person comes back from consenting at another system.
//!
//! Nobody is logged in here, so the state is all that is believed: it cannot be guessed, is compared in constant time,
//! expires, and counts once, before the code is exchanged. Another system may add parameters of its own; they are left
//! alone. What it says went wrong is not repeated, because whoever opens this address may have written it.

use std::sync::Arc;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use campanile_domain::ids::ConnectionId;
use campanile_domain::plugin::secrets::ExposeSecret;
use campanile_domain::ports::store::{Connection, PendingConsent, SecretOwner, StoreError, WriteContext};
use http::{HeaderName, header};
use serde::Deserialize;
use subtle::ConstantTimeEq;

use crate::api::v1::connections::{block, hosts, redirect_uri, speaking};
use crate::app::App;
use crate::codes;
use crate::frame::no_such_path;
use crate::ports::ConsentAsk;
use crate::problem::Problem;
use crate::secret::{Token, seed};

/// What the other system sends along.
#[derive(Deserialize)]
pub(crate) struct Returned {
    code: Option<String>,
    state: Option<String>,
}

const HEADERS: [(HeaderName, &str); 3] = [
    (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
];
/// The longest code, in bytes.
const LONGEST_CODE: usize = 4 << 10;

fn invalid() -> Problem {
    let detail = "this consent is not waited for: it was used before, came too late, or was not given; ask for another one with POST /v1/connections/{id}/authorize";
    Problem::new(&codes::CONSENT_INVALID, detail)
}

/// Takes a person's consent and makes tokens of it.
#[utoipa::path(get, path = "/hooks/connections/{id}/callback", tag = "hooks",
    params(("id" = String, Path, description = "`con_...`"), ("code" = Option<String>, Query, description = "What tokens are made of"),
        ("state" = Option<String>, Query, description = "What proves that this host asked")),
    responses((status = 200, body = String, content_type = "text/plain", description = "A line for the person"),
        (status = 404, description = "There is no such connection")))]
pub(crate) async fn connection_callback(
    State(app): State<Arc<App>>,
    path: Result<Path<String>, PathRejection>,
    query: Result<Query<Returned>, QueryRejection>,
) -> Result<([(HeaderName, &'static str); 3], &'static str), Problem> {
    let id = path.ok().and_then(|Path(id)| id.parse::<ConnectionId>().ok());
    let Some(id) = id else { return Err(no_such_path().await) };
    let connection = match app.store.connection_by_id(id).await {
        Err(StoreError::NotFound(_)) => return Err(no_such_path().await),
        other => other?,
    };
    let Ok(Query(Returned { code, state: Some(state) })) = query else { return Err(invalid()) };
    let ctx = WriteContext::engine(connection.tenant, app.engine_clock.now(), seed(&*app.entropy));
    let consent = taken(&app, &ctx, id, &state).await?;
    let Some(code) = code.filter(|code| !code.is_empty() && code.len() <= LONGEST_CODE) else { return Err(invalid()) };
    exchange(&app, &ctx, connection, &code, &consent).await?;
    Ok((HEADERS, "The connection holds. You can close this window.\n"))
}

/// The consent that is waited for, if this is its state; nobody else may take it afterwards.
async fn taken(app: &App, ctx: &WriteContext, id: ConnectionId, state: &str) -> Result<PendingConsent, Problem> {
    let pending = match app.store.pending_consent(id).await {
        Err(StoreError::NotFound(_)) => return Err(invalid()),
        other => other?,
    };
    let right = bool::from(Token::hash_of(state).ct_eq(&pending.state_hash));
    if !right || app.wall_clock.now() >= pending.expires_at {
        return Err(invalid());
    }
    if app.store.take_consent(ctx, id, pending.state_hash).await? { Ok(pending) } else { Err(invalid()) }
}

async fn exchange(
    app: &App,
    ctx: &WriteContext,
    connection: Connection,
    code: &str,
    consent: &PendingConsent,
) -> Result<(), Problem> {
    let version = speaking(app, ctx.tenant, &connection.plugin).await?;
    let Some(block) = block(&version, &connection.auth) else { return Err(invalid()) };
    let secrets = app.store.secrets(ctx.tenant, SecretOwner::Connection(connection.id)).await?;
    let redirect_uri = redirect_uri(app, &connection);
    let (hosts, redirect_uri) = (hosts(&version), &*redirect_uri);
    let ask = ConsentAsk { connection: &connection, block, hosts, secrets: &secrets, redirect_uri };
    match app.consent.exchange(&ask, code, consent.verifier.expose_secret()).await {
        Ok(tokens) => {
            app.store.authorise_connection(ctx, connection.id, tokens).await?;
            Ok(())
        }
        Err(why) => {
            tracing::warn!(connection = %connection.id, why, "a consent became no tokens");
            let detail = "the other system was asked for tokens and gave none; ask for consent again, and look at the client's id and secret";
            Err(Problem::new(&codes::CONSENT_FAILED, detail))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn a_consent_counts_once() {
        let host = Host::new().await;
        let (id, state) = host.connection().await;
        let path = format!("/hooks/connections/{id}/callback?code=good&state={state}&scope=contacts&iss=x");
        let back = host.get(None, &path).await;
        assert_eq!((back.status, back.header("cache-control").as_str()), (200, "no-store"), "{}", back.text);
        let read = host.get(Some(&host.live), &format!("/v1/connections/{id}")).await;
        assert_eq!(read.body["status"], "authorised");
        assert_eq!(host.get(None, &path).await.problem(), (400, "CE0029"));
    }

    #[tokio::test]
    async fn a_guess_changes_nothing_and_a_late_consent_is_none() {
        let host = Host::new().await;
        let (id, state) = host.connection().await;
        let path = |rest: &str| format!("/hooks/connections/{id}/callback{rest}");
        for wrong in ["", "?code=good", "?code=good&state=x", "?state=&code=good", "?error=access_denied&state=x"] {
            assert_eq!(host.get(None, &path(wrong)).await.problem(), (400, "CE0029"), "{wrong}");
        }
        for nobody in [
            "/hooks/connections/con_00000000000000000000000000/callback?code=c&state=s",
            "/hooks/connections/x/callback",
        ] {
            assert_eq!(host.get(None, nobody).await.problem(), (404, "CE0005"), "{nobody}");
        }
        host.later(15 * 60_000);
        assert_eq!(host.get(None, &path(&format!("?code=good&state={state}"))).await.problem(), (400, "CE0029"));
    }

    #[tokio::test]
    async fn a_code_that_is_not_taken_leaves_it_waiting_for_another() {
        let host = Host::new().await;
        let (id, state) = host.connection().await;
        let refused = host.get(None, &format!("/hooks/connections/{id}/callback?code=bad&state={state}")).await;
        assert_eq!(refused.problem(), (502, "CE0030"));
        let read = host.get(Some(&host.live), &format!("/v1/connections/{id}")).await;
        assert_eq!(read.body["status"], "pending");
    }
}
