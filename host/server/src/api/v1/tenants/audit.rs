//! `GET /v1/tenants/{id}/audit`: who did what in an account, for the operator.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::TenantId;
use campanile_domain::ports::store::{AuditEntry, Listed};

use crate::api::v1::audit::AuditQuery;
use crate::app::App;
use crate::auth::Operator;
use crate::path::Id;
use crate::problem::Problem;
use crate::query::Query;
use crate::schema;

/// Lists what keys and the operator did in an account, newest first.
#[utoipa::path(get, path = "/v1/tenants/{id}/audit", tag = "tenants",
    params(("id" = String, Path, description = "`ten_...`"), AuditQuery),
    responses((status = 200, body = schema::Listed<schema::audit::AuditEntry>)), security(("operator" = [])))]
pub(crate) async fn tenant_audit(
    State(app): State<Arc<App>>,
    _: Operator,
    Id(id): Id<TenantId>,
    Query(query): Query<AuditQuery>,
) -> Result<Json<Listed<AuditEntry>>, Problem> {
    let (filter, page) = query.read()?;
    let tenant = app.store.tenant_by_id(id).await?;
    Ok(Json(app.store.audit(tenant.key, &filter, &page).await?))
}
