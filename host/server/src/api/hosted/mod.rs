//! A door for clients of hosted calling platforms: the routes, bodies, spellings and limits that they know, on this host's
//! engine.
//!
//! A flow that was made for such a platform goes on by changing its base URL. Behind the door nothing is different: the same
//! keys and scopes, the same gates, the same intents of the store. What those platforms know and this host cannot do is
//! refused, naming the field and the way that there is; it is never taken and forgotten. `docs/moving-from-hosted.md` is the
//! page for whoever moves.
//!
//! The door is not in the OpenAPI document. That document promises problem documents, cursors and ids that say what they
//! are; this is another promise, made by others. [`routes`] is its list, and the tests walk it.

mod assistants;
mod caller;
mod calls;
mod campaigns;
mod given;
mod leads;
mod me;
mod paginator;
mod post_call;
mod refusal;
mod words;

#[cfg(test)]
mod coverage;

use std::sync::Arc;

use axum::Router;
use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter, on};
use http::Method;

pub use self::post_call::HostedPostCalls;
pub(crate) use self::refusal::{Refusal, owns};
use crate::app::App;

/// One route of the door.
pub(crate) struct Route {
    #[cfg_attr(not(test), expect(dead_code, reason = "for the tests, which send it"))]
    method: Method,
    path: &'static str,
    /// What it needs of a key; `None` for any key.
    #[cfg_attr(not(test), expect(dead_code, reason = "the handler asks for it; the tests hold it to this"))]
    scope: Option<&'static str>,
    answers: MethodRouter<Arc<App>>,
}

impl Route {
    fn new<T: 'static>(
        method: Method,
        path: &'static str,
        scope: Option<&'static str>,
        handler: impl Handler<T, Arc<App>>,
    ) -> Self {
        let filter = MethodFilter::try_from(method.clone()).unwrap_or(MethodFilter::GET);
        Self { method, path, scope, answers: on(filter, handler) }
    }
}

/// Every route.
pub(crate) fn routes() -> Vec<Route> {
    use Method as M;
    let campaigns_read = Some("campaigns:read");
    let campaigns_write = Some("campaigns:write");
    let (leads_read, leads_write) = (Some("leads:read"), Some("leads:write"));
    let (calls_read, calls_write) = (Some("calls:read"), Some("calls:write"));
    let assistants_write = Some("assistants:write");
    vec![
        Route::new(M::GET, "/api/user/me", None, me::me),
        // campaigns
        Route::new(M::GET, "/api/user/campaigns", campaigns_read, campaigns::list::list_campaigns),
        Route::new(M::POST, "/api/user/campaigns", campaigns_write, campaigns::create::create_campaign),
        Route::new(M::POST, "/api/user/campaign", campaigns_write, campaigns::create::create_campaign),
        Route::new(
            M::POST,
            "/api/user/campaigns/update-status",
            campaigns_write,
            campaigns::update_status::update_status,
        ),
        Route::new(M::DELETE, "/api/user/campaign/{id}", campaigns_write, campaigns::delete::delete_campaign),
        // leads
        Route::new(M::POST, "/api/user/lead", leads_write, leads::create::create_lead),
        Route::new(M::GET, "/api/user/leads", leads_read, leads::list::list_leads),
        Route::new(M::PUT, "/api/user/leads/{id}", leads_write, leads::update::update_lead),
        Route::new(M::PUT, "/api/leads/{id}", leads_write, leads::update::update_lead),
        Route::new(M::DELETE, "/api/user/leads/{id}", leads_write, leads::delete::delete_lead),
        Route::new(M::DELETE, "/api/leads/{id}", leads_write, leads::delete::delete_lead),
        // calls
        Route::new(M::POST, "/api/user/make_call", calls_write, calls::make::make_call),
        Route::new(M::GET, "/api/user/calls", calls_read, calls::list::list_calls),
        Route::new(M::GET, "/api/user/calls/{id}", calls_read, calls::get::get_call),
        Route::new(M::DELETE, "/api/user/calls/{id}", calls_write, calls::delete::delete_call),
        // assistants and the numbers they call from
        Route::new(M::GET, "/api/user/assistants", campaigns_read, assistants::list::list_assistants),
        Route::new(M::GET, "/api/user/assistant", campaigns_read, assistants::list::list_assistants),
        Route::new(M::GET, "/api/user/assistants/get", campaigns_read, assistants::list::page_assistants),
        Route::new(M::GET, "/api/user/assistants/outbound", campaigns_read, assistants::list::list_outbound),
        Route::new(M::POST, "/api/user/assistants", assistants_write, assistants::create::create_assistant),
        Route::new(M::POST, "/api/user/assistant", assistants_write, assistants::create::create_assistant),
        Route::new(
            M::POST,
            "/api/user/assistants/enable-webhook",
            Some("admin"),
            assistants::enable_webhook::enable_webhook,
        ),
        Route::new(
            M::POST,
            "/api/user/assistants/disable-webhook",
            Some("admin"),
            assistants::enable_webhook::disable_webhook,
        ),
        Route::new(M::GET, "/api/user/assistant/{id}", campaigns_read, assistants::get::get_assistant),
        Route::new(M::PUT, "/api/user/assistant/{id}", assistants_write, assistants::update::update_assistant),
        Route::new(M::DELETE, "/api/user/assistant/{id}", assistants_write, assistants::delete::delete_assistant),
        Route::new(M::GET, "/api/user/phone-numbers", campaigns_read, assistants::phone_numbers::list_numbers),
        Route::new(M::GET, "/api/user/phone-numbers/all", campaigns_read, assistants::phone_numbers::list_all_numbers),
        Route::new(
            M::GET,
            "/api/user/assistants/phone-numbers",
            campaigns_read,
            assistants::phone_numbers::list_numbers,
        ),
    ]
}

/// The door.
pub(crate) fn router() -> Router<Arc<App>> {
    routes().into_iter().fold(Router::new(), |router, route| router.route(route.path, route.answers))
}
