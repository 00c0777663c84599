//! `POST /api/user/assistants/enable-webhook` and `.../disable-webhook`: what triggers of flows send when they are switched on
//! and off.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::of;
use super::webhook::{Wish, plan};
use crate::api::hosted::caller::{Caller, Sent};
use crate::api::hosted::given::Given;
use crate::api::hosted::refusal::Refusal;
use crate::app::App;
use crate::auth::Admin;

/// Tells an address after each call of an assistant, instead of the one that was told before.
pub(crate) async fn enable_webhook(
    State(app): State<Arc<App>>,
    caller: Caller<Admin>,
    Sent(mut given): Sent,
) -> Result<Json<Value>, Refusal> {
    given.require(&["assistant_id", "webhook_url"]);
    let wish = Wish { is_active: Some(true), ..Wish::read(&mut given) };
    carry_out(&app, &caller, given, wish).await?;
    Ok(Json(json!({"message": "The webhook was enabled.", "data": []})))
}

/// Tells nobody any more; what waits to be told goes with it.
pub(crate) async fn disable_webhook(
    State(app): State<Arc<App>>,
    caller: Caller<Admin>,
    Sent(mut given): Sent,
) -> Result<Json<Value>, Refusal> {
    given.require(&["assistant_id"]);
    let wish = Wish { is_active: Some(false), url: Some(None), only_completed: None };
    carry_out(&app, &caller, given, wish).await?;
    Ok(Json(json!({"message": "The webhook was disabled.", "data": []})))
}

async fn carry_out(app: &App, caller: &Caller<Admin>, mut given: Given, wish: Wish) -> Result<(), Refusal> {
    let number = given.number("assistant_id");
    given.finish()?;
    let assistant = of(app, caller.key.of(), number.unwrap_or_default()).await?;
    let plan = plan(app, &caller.key, Some(assistant.id), wish).await?;
    plan.carry_out(app, &caller.key, assistant.id).await
}
