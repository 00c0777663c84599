//! The site map: every path of the host, with the handler that answers it.
//!
//! A route that is not in this file does not exist, and one that is here is in the OpenAPI document, because both are
//! made from the same list; `/mcp` is not, because what it takes is another protocol's, nor is the door of [`hosted`], which has a
//! list of its own. Around all of them, from the outside in: the frame (ids, problems, log), the net that
//! catches a handler's panic, and what reads a promise of the client.

use std::sync::Arc;

use axum::Extension;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::post;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::SwaggerUi;

use crate::api::{hosted, v1};
use crate::app::App;
use crate::mcp::Protocol;
use crate::query::Known;
use crate::{frame, hooks, idempotency, mcp, openapi, system};

/// Every route and its document.
pub(crate) fn routes() -> (Router<Arc<App>>, OpenApi) {
    let (router, document) = OpenApiRouter::with_openapi(openapi::frame())
        // system
        .routes(routes!(system::health::healthz))
        .routes(routes!(system::ready::readyz))
        .routes(routes!(system::version::version))
        .routes(routes!(system::metrics::metrics))
        .routes(routes!(system::errors::list_errors))
        .routes(routes!(system::errors::explain_error))
        // accounts and keys
        .routes(routes!(v1::me::me))
        .routes(routes!(v1::tenants::list::list_tenants, v1::tenants::create::create_tenant))
        .routes(routes!(v1::tenants::get::get_tenant, v1::tenants::patch::patch_tenant))
        .routes(routes!(v1::tenants::top_up::top_up_tenant))
        .routes(routes!(v1::tenants::add_key::add_tenant_key))
        .routes(routes!(v1::tenants::audit::tenant_audit))
        .routes(routes!(v1::keys::list::list_keys, v1::keys::create::create_key))
        .routes(routes!(v1::keys::patch::patch_key, v1::keys::revoke::revoke_key))
        .routes(routes!(v1::keys::rotate::rotate_key))
        .routes(routes!(v1::audit::list::list_audit))
        .routes(routes!(v1::balance::get::get_balance, v1::balance::patch::patch_balance))
        .routes(routes!(v1::balance::ledger::list_ledger))
        .routes(routes!(v1::quarantine::get::get_quarantine))
        .routes(routes!(v1::quarantine::release::release_quarantine))
        // who speaks, through what
        .routes(routes!(v1::assistants::list::list_assistants, v1::assistants::create::create_assistant))
        .routes(routes!(
            v1::assistants::get::get_assistant,
            v1::assistants::patch::patch_assistant,
            v1::assistants::delete::delete_assistant
        ))
        .routes(routes!(v1::gateways::list::list_gateways, v1::gateways::create::create_gateway))
        .routes(routes!(
            v1::gateways::get::get_gateway,
            v1::gateways::patch::patch_gateway,
            v1::gateways::delete::delete_gateway
        ))
        .routes(routes!(v1::gateways::put_secret::put_gateway_secret))
        .routes(routes!(v1::gateways::check::check_gateway))
        .routes(routes!(v1::gateways::options::gateway_options))
        // campaigns
        .routes(routes!(v1::campaigns::list::list_campaigns, v1::campaigns::create::create_campaign))
        .routes(routes!(
            v1::campaigns::get::get_campaign,
            v1::campaigns::patch::patch_campaign,
            v1::campaigns::delete::delete_campaign
        ))
        .routes(routes!(v1::campaigns::clone::clone_campaign))
        .routes(routes!(v1::campaigns::preflight::preflight_campaign))
        .routes(routes!(v1::campaigns::start::start_campaign))
        .routes(routes!(v1::campaigns::pause::pause_campaign))
        .routes(routes!(v1::campaigns::resume::resume_campaign))
        .routes(routes!(v1::campaigns::stop::stop_campaign))
        .routes(routes!(v1::campaigns::stats::campaign_stats))
        .routes(routes!(v1::campaigns::explain::explain_campaign))
        .routes(routes!(v1::campaigns::evaluate::evaluate_campaign))
        .routes(routes!(v1::campaigns::rehearse::rehearse_campaign))
        .routes(routes!(
            v1::campaigns::shadow::get_shadow,
            v1::campaigns::shadow::put_shadow,
            v1::campaigns::shadow::stop_shadow
        ))
        // leads
        .routes(routes!(v1::leads::of_campaign::list_campaign_leads, v1::leads::create::create_lead))
        .routes(routes!(v1::leads::batch::batch_leads))
        .routes(routes!(v1::leads::update::update_leads))
        .routes(routes!(v1::leads::upsert::upsert_lead))
        .routes(routes!(v1::leads::list::list_leads))
        .routes(routes!(v1::leads::get::get_lead, v1::leads::patch::patch_lead, v1::leads::delete::delete_lead))
        .routes(routes!(v1::leads::timeline::lead_timeline))
        .routes(routes!(v1::leads::explain::explain_lead))
        // who is called no more, and who is not known any more
        .routes(routes!(v1::suppressions::list::list_suppressions, v1::suppressions::create::create_suppression))
        .routes(routes!(v1::suppressions::batch::batch_suppressions))
        .routes(routes!(v1::suppressions::get::get_suppression, v1::suppressions::delete::delete_suppression))
        .routes(routes!(v1::erasures::list::list_erasures, v1::erasures::create::create_erasure))
        .routes(routes!(v1::erasures::get::get_erasure))
        .routes(routes!(v1::retention::get::get_retention, v1::retention::patch::patch_retention))
        // lead files
        .routes(routes!(v1::imports::list::list_imports, v1::imports::create::create_import))
        .routes(routes!(v1::imports::get::get_import, v1::imports::discard::discard_import))
        .routes(routes!(v1::imports::review::review_import))
        .routes(routes!(v1::imports::confirm::confirm_import))
        .routes(routes!(v1::imports::resume::resume_import))
        .routes(routes!(v1::imports::undo::undo_import))
        .routes(routes!(v1::imports::rejects::import_rejects))
        .routes(routes!(v1::mappings::list::list_mappings))
        .routes(routes!(v1::mappings::delete::delete_mapping))
        // where leads come from by themselves
        .routes(routes!(v1::sources::list::list_sources, v1::sources::create::create_source))
        .routes(routes!(
            v1::sources::get::get_source,
            v1::sources::patch::patch_source,
            v1::sources::delete::delete_source
        ))
        .routes(routes!(v1::sources::put_secret::put_source_secret))
        .routes(routes!(v1::sources::check::check_source))
        .routes(routes!(v1::sources::options::source_options))
        .routes(routes!(v1::sources::run::run_source))
        .routes(routes!(v1::sources::pause::pause_source))
        .routes(routes!(v1::sources::resume::resume_source))
        .routes(routes!(v1::sources::runs::list_source_runs))
        .routes(routes!(v1::sources::rejects::source_rejects))
        .routes(routes!(v1::sinks::list::list_sinks, v1::sinks::create::create_sink))
        .routes(routes!(v1::sinks::get::get_sink, v1::sinks::patch::patch_sink, v1::sinks::delete::delete_sink))
        .routes(routes!(v1::sinks::put_secret::put_sink_secret))
        .routes(routes!(v1::sinks::check::check_sink))
        .routes(routes!(v1::sinks::options::sink_options))
        .routes(routes!(v1::sinks::pause::pause_sink))
        .routes(routes!(v1::sinks::resume::resume_sink))
        .routes(routes!(v1::sinks::deliveries::list_deliveries))
        .routes(routes!(v1::sinks::resend::resend_delivery))
        .routes(routes!(v1::sinks::resend::resend_failed))
        // who is told what happens
        .routes(routes!(v1::webhooks::list::list_webhooks, v1::webhooks::create::create_webhook))
        .routes(routes!(
            v1::webhooks::get::get_webhook,
            v1::webhooks::patch::patch_webhook,
            v1::webhooks::delete::delete_webhook
        ))
        .routes(routes!(v1::webhooks::rotate_secret::rotate_webhook_secret))
        .routes(routes!(v1::webhooks::deliveries::list_webhook_deliveries))
        .routes(routes!(v1::webhooks::resend::resend_webhook_delivery))
        .routes(routes!(v1::webhooks::recover::recover_webhook))
        .routes(routes!(v1::webhooks::test::test_webhook))
        .routes(routes!(v1::events::read::read_events))
        // calls
        .routes(routes!(v1::calls::list::list_calls, v1::calls::create::place_call))
        .routes(routes!(v1::calls::get::get_call))
        .routes(routes!(v1::evaluations::compare::compare_evaluators))
        // what decides
        .routes(routes!(v1::scripts::list::list_scripts, v1::scripts::create::create_script))
        .routes(routes!(v1::scripts::replay::replay_script))
        .routes(routes!(v1::scripts::check::check_script))
        .routes(routes!(v1::scripts::test::test_script))
        .routes(routes!(v1::scripts::run::run_script))
        // what accounts upload
        .routes(routes!(v1::plugins::list::list_plugins, v1::plugins::upload::upload_plugin))
        .routes(routes!(v1::plugins::get::get_plugin))
        .routes(routes!(v1::plugins::secrets::list_plugin_secrets))
        .routes(routes!(v1::plugins::secrets::put_plugin_secret))
        .routes(routes!(v1::plugins::version::get_plugin_version, v1::plugins::delete::delete_plugin_version))
        .routes(routes!(v1::plugins::activate::activate_plugin))
        .routes(routes!(v1::plugins::retire::retire_plugin))
        .routes(routes!(v1::plugins::rollback::rollback_plugin))
        .routes(routes!(
            v1::plugins::list_grants::list_grants,
            v1::plugins::grant::grant,
            v1::plugins::revoke_grant::revoke_grant
        ))
        .routes(routes!(v1::plugins::usage::plugin_usage))
        .routes(routes!(v1::plugins::failures::plugin_failures))
        .routes(routes!(v1::plugins::run::run_plugin_version))
        .routes(routes!(v1::plugins::replay::replay_plugin))
        .routes(routes!(v1::connections::list::list_connections, v1::connections::create::create_connection))
        .routes(routes!(v1::connections::get::get_connection))
        .routes(routes!(v1::connections::authorize::authorize_connection))
        .routes(routes!(v1::connections::revoke::revoke_connection))
        // long work
        .routes(routes!(v1::jobs::list::list_jobs))
        .routes(routes!(v1::jobs::get::get_job))
        .routes(routes!(v1::jobs::cancel::cancel_job))
        // the world outside
        .routes(routes!(hooks::connections::connection_callback))
        .routes(routes!(hooks::gateways::gateway_hook))
        .routes(routes!(hooks::sources::source_hook))
        .split_for_parts();
    (router, openapi::complete(document))
}

/// The whole document: paths, schemas, and which scope opens what.
pub fn document() -> OpenApi {
    routes().1
}

/// The whole API. `/openapi.json` and `/docs/` come with it, and so does `/mcp`, whose tools ask the API from inside.
pub fn router(app: Arc<App>) -> Router {
    let (router, document) = routes();
    let known = Arc::new(Known::of(&document));
    let inside = wrapped(router.clone(), &app, &known);
    let protocol = Arc::new(Protocol::new(&document, inside, &app.config.about.version));
    let router = router
        .route("/mcp", post(mcp::serve).layer(Extension(protocol)))
        .merge(hosted::router())
        .merge(SwaggerUi::new("/docs").url("/openapi.json", document));
    wrapped(router, &app, &known)
}

/// Routes in what is around all of them.
fn wrapped(router: Router<Arc<App>>, app: &Arc<App>, known: &Arc<Known>) -> Router {
    router
        .fallback(frame::no_such_path)
        .method_not_allowed_fallback(frame::no_such_method)
        // Whoever reads a body limits it; the framework's limit would cut uploads.
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn(idempotency::read))
        .layer(Extension(Arc::clone(known)))
        .layer(CatchPanicLayer::custom(frame::panicked))
        .layer(middleware::from_fn_with_state(Arc::clone(app), frame::frame))
        .with_state(Arc::clone(app))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn paths_and_methods_that_do_not_exist_are_problems() {
        let host = Host::new().await;
        let nowhere = host.get(Some(&host.live), "/v1/nothing").await;
        assert_eq!(nowhere.problem(), (404, "CE0005"));
        assert_eq!(nowhere.body["type"], "/errors/CE0005");
        let method = host.delete(Some(&host.live), "/v1/campaigns").await;
        assert_eq!(method.problem(), (405, "CE0006"));
        assert!(method.header("allow").contains("POST"), "{}", method.header("allow"));
    }

    #[tokio::test]
    async fn a_request_keeps_its_id() {
        let host = Host::new().await;
        let answer = host.get_as("/v1/nothing", "trace-7").await;
        assert_eq!(
            (answer.header("x-request-id").as_str(), &answer.body["request_id"]),
            ("trace-7", &"trace-7".into())
        );
        let forged = host.get_as("/v1/nothing", "a b").await;
        assert!(forged.header("x-request-id").starts_with("req_"));
        assert_eq!(forged.body["request_id"], forged.header("x-request-id").as_str());
    }

    #[tokio::test]
    async fn bodies_are_refused_for_what_is_wrong_with_them() {
        let host = Host::new().await;
        let send = |kind: &'static str, body: &'static str| host.send_raw("POST", "/v1/campaigns", kind, body.into());
        assert_eq!(send("text/plain", "{}").await.problem(), (415, "CE0009"));
        assert_eq!(send("", "{}").await.problem(), (415, "CE0009"));
        assert_eq!(send("application/json; charset=utf-8", "{\"name\": }").await.problem(), (400, "CE0008"));
        assert_eq!(send("application/json", "").await.problem(), (400, "CE0008"));
        assert_eq!(send("application/json", "[]").await.problem(), (422, "CE0007"));
        let large = format!("{{\"name\": \"{}\"}}", "x".repeat(2 << 20));
        assert_eq!(host.send_raw("POST", "/v1/campaigns", "application/json", large).await.problem(), (413, "CE0010"));
    }

    #[tokio::test]
    async fn a_panic_is_a_problem_and_tells_nothing() {
        let host = Host::new().await;
        let answer = host.post(Some(&host.live), "/v1/scripts", json!({"name": "bad", "source": "panic"})).await;
        assert_eq!(answer.problem(), (500, "CE0018"));
        assert!(!answer.text.contains("secret"), "{}", answer.text);
    }
}
