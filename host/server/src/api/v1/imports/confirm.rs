//! `POST /v1/imports/{id}/confirm`: let the leads in.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::ImportId;
use campanile_domain::ports::store::{Import, ImportStatus, ImportStep};
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::create::{cannot_be_read, not_a_list};
use crate::app::App;
use crate::auth::{Key, LeadsWrite};
use crate::body::Body;
use crate::imports::{Files, ImportOptions, looked, start};
use crate::path::Id;
use crate::problem::{FieldProblem, Problem};
use crate::schema::imports as schema;

/// What else is wanted.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ConfirmBody {
    /// Remember what the rows mean under this name, for the next file with the same headers; 1 to 255 characters.
    #[schema(min_length = 1, max_length = 255)]
    save_mapping_as: Option<String>,
}

/// Imports the file as it is understood now, reviewed or not. Its rows come in in the background, page by page; read the
/// import for the progress. An import that failed is confirmed again with `resume`.
#[utoipa::path(post, path = "/v1/imports/{id}/confirm", tag = "imports", params(("id" = String, Path, description = "`imp_...`")),
    request_body(content = ConfirmBody, example = json!({"save_mapping_as": "CRM export"})),
    responses((status = 202, body = schema::Import)), security(("key" = ["leads:write"])))]
pub(crate) async fn confirm_import(
    State(app): State<Arc<App>>,
    key: Key<LeadsWrite>,
    Id(id): Id<ImportId>,
    Body(body): Body<ConfirmBody>,
) -> Result<(StatusCode, Json<Import>), Problem> {
    let import = app.store.import(key.of(), id).await?;
    let mut faults = Vec::new();
    if let Some(name) = &body.save_mapping_as {
        let length = name.chars().count();
        if length == 0 || length > 255 {
            let message = format!("the name has {length} characters; give it 1 to 255");
            faults.push(FieldProblem::new("/save_mapping_as", "length", message));
        }
    }
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let ctx = key.writes(&app);
    if import.status.is_before() {
        let options: ImportOptions = serde_json::from_value(import.options).map_err(Problem::internal)?;
        let files = Files::in_folder(app.config.upload_dir.clone());
        let understood = looked(&files.of(id), &options).await.map_err(|failure| cannot_be_read(&failure))?;
        if let Err(error) = &understood.meaning {
            return Err(not_a_list(error));
        }
        let headers = understood.header_set();
        if let (Some(name), Some(options), false) = (body.save_mapping_as, understood.as_options(), headers.is_empty())
        {
            let options = serde_json::to_value(options).map_err(Problem::internal)?;
            app.store.save_mapping(&ctx, name, headers, options).await?;
        }
    }
    let import = app.store.step_import(&ctx, id, ImportStep::to(ImportStatus::Running)).await?;
    start(&app, ctx, id, ImportStatus::Running);
    Ok((StatusCode::ACCEPTED, Json(import)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn a_mapping_is_remembered_for_the_same_headers_in_any_order() {
        let host = Host::new().await;
        let path = format!("/v1/imports?campaign={}", host.campaign().await);
        let sent = host.upload(&path, "text/csv", "Who,Cell,Desk\nAnn,+14155552671,+14155552672\n").await;
        let place = sent.header("location");
        let options = json!({"primary": "Desk", "secondary": ["Cell"], "name": ["Who"]});
        let review = host.post(Some(&host.live), &format!("{place}/review"), json!({"options": options})).await;
        assert_eq!(review.status, 202, "{}", review.text);
        host.background_done().await;
        let body = json!({"save_mapping_as": "Desk first"});
        let confirmed = host.post(Some(&host.live), &format!("{place}/confirm"), body.clone()).await;
        assert_eq!((confirmed.status, &confirmed.body["status"]), (202, &"running".into()), "{}", confirmed.text);
        host.background_done().await;
        let again = host.upload(&path, "text/csv", "Desk,WHO,Cell\n+14155552673,Bob,+14155552674\n").await;
        let understood = &again.body["understood"];
        assert_eq!(
            (&understood["mapped_by"], &understood["mapping"]["primary"]),
            (&"Desk first".into(), &"Desk".into()),
            "{understood}"
        );
        let other = host.upload(&path, "text/csv", "Desk,Cell\n+14155552673,+14155552674\n").await;
        assert_eq!(other.body["understood"]["mapped_by"], serde_json::Value::Null);
        let twice = host.post(Some(&host.live), &format!("{place}/confirm"), json!({})).await;
        assert_eq!((twice.problem(), twice.codes()), ((409, "CE0015"), vec!["import_status".to_owned()]));
    }

    #[tokio::test]
    async fn known_leads_are_skipped_or_updated() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        let path = format!("/v1/imports?confirm=true&campaign={campaign}");
        for (query, row, counts, town) in [
            ("", "+14155552671,Oakland", (1, 0, 0), "Oakland"),
            ("", "+14155552671,Reno", (0, 0, 1), "Oakland"),
            ("&existing=update", "+14155552671,Reno", (0, 1, 0), "Reno"),
        ] {
            let sent = host.upload(&format!("{path}{query}"), "text/csv", &format!("phone,town\n{row}\n")).await;
            host.background_done().await;
            let import = host.get(Some(&host.live), &sent.header("location")).await.body;
            let count = |name: &str| import[name].as_u64().unwrap();
            assert_eq!((count("created"), count("updated"), count("duplicates")), counts, "{import}");
            let leads = host.get(Some(&host.live), &format!("/v1/campaigns/{campaign}/leads")).await;
            assert_eq!(leads.body["data"].as_array().map(Vec::len), Some(1));
            assert_eq!(leads.body["data"][0]["variables"]["town"], town);
        }
    }
}
