//! `POST /v1/imports/{id}/review`: what would happen, before it does.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::ImportId;
use campanile_domain::ports::store::{Existing, Import, ImportStatus, ImportStep};
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::create::{cannot_be_read, meant, not_a_list};
use crate::app::App;
use crate::auth::{Key, LeadsWrite};
use crate::body::Body;
use crate::codes;
use crate::imports::{Files, ImportOptions, looked, region_of, start};
use crate::path::Id;
use crate::problem::{FieldProblem, Problem};
use crate::schema::imports as schema;

/// How the file is to be understood; what is left out stays as it is.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ReviewBody {
    /// All that is said about the file; takes the place of what was said before.
    options: Option<ImportOptions>,
    /// `skip` or `update`: what becomes of rows whose lead the campaign has already.
    #[schema(value_type = Option<String>, pattern = "^(skip|update)$")]
    existing: Option<Existing>,
}

/// Reads the whole file without importing anything, and counts what would become of its rows: ready, repaired,
/// duplicate in the file, already in the campaign, suppressed, rejected by reason, with the first 20 of each. The answer
/// comes at once; read the import again until it is `reviewed`.
#[utoipa::path(post, path = "/v1/imports/{id}/review", tag = "imports", params(("id" = String, Path, description = "`imp_...`")),
    request_body(content = ReviewBody, example = json!({"options": {"primary": "Phone", "secondary": ["Office Phone"], "default_region": "US"}, "existing": "update"})),
    responses((status = 202, body = schema::Import)), security(("key" = ["leads:write"])))]
pub(crate) async fn review_import(
    State(app): State<Arc<App>>,
    key: Key<LeadsWrite>,
    Id(id): Id<ImportId>,
    Body(body): Body<ReviewBody>,
) -> Result<(StatusCode, Json<Import>), Problem> {
    let import = app.store.import(key.of(), id).await?;
    if !import.status.may_become(ImportStatus::Reviewing) {
        let word = import.status.word();
        let detail = format!("the import is {word}; only one that was not confirmed can be reviewed");
        return Err(Problem::new(&codes::CONFLICT, detail.clone()).with([FieldProblem::new(
            "",
            "import_status",
            detail,
        )]));
    }
    let given = body.options.is_some();
    let mut options: ImportOptions = match body.options {
        Some(options) => options,
        None => serde_json::from_value(import.options).map_err(Problem::internal)?,
    };
    if options.default_region.is_none() {
        options.default_region = region_of(&app.store.campaign(key.of(), import.campaign).await?);
    }
    meant(&app, key.of(), &mut options, "/options/script").await?;
    let files = Files::in_folder(app.config.upload_dir.clone());
    let understood = looked(&files.of(id), &options).await.map_err(|failure| cannot_be_read(&failure))?;
    if let Err(error) = &understood.meaning {
        return Err(not_a_list(error));
    }
    let mapped_by = import.understood["mapped_by"].as_str().filter(|_| !given);
    let step = ImportStep {
        options: Some(serde_json::to_value(&options).map_err(Problem::internal)?),
        existing: body.existing,
        understood: Some(understood.shown(mapped_by)),
        ..ImportStep::to(ImportStatus::Reviewing)
    };
    let ctx = key.writes(&app);
    let import = app.store.step_import(&ctx, id, step).await?;
    start(&app, ctx, id, ImportStatus::Reviewing);
    Ok((StatusCode::ACCEPTED, Json(import)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    const FILE: &str = "Name,Phone,Office Phone,Town\nAnn,(415) 555-2671,415-555-2672,Oakland\nBob,12,,\nCid,415-555-2671,,\nDee,+14155552674,,Reno\nEve,415 555 2675,12,\nFay,415 555 2676,,\nGus,,415 555 2677,\n";

    #[tokio::test]
    async fn every_row_is_counted_once_and_nothing_is_written() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        let known = host.lead(&campaign, "+14155552674").await;
        host.suppress("+14155552676").await;
        let sent = host.upload(&format!("/v1/imports?campaign={campaign}&default_region=US"), "text/csv", FILE).await;
        let place = sent.header("location");
        let begun = host.post(Some(&host.live), &format!("{place}/review"), json!({})).await;
        assert_eq!((begun.status, &begun.body["status"]), (202, &"reviewing".into()), "{}", begun.text);
        host.background_done().await;
        let reviewed = host.get(Some(&host.live), &place).await;
        assert_eq!(reviewed.body["status"], "reviewed", "{}", reviewed.text);
        let review = &reviewed.body["review"];
        let counts = ["rows", "ready", "repaired", "duplicate_in_file", "already_in_campaign", "suppressed"]
            .map(|group| review[group].as_u64().unwrap());
        assert_eq!(counts, [7, 1, 1, 1, 1, 1], "{review}");
        assert_eq!(review["rejected"], json!({"invalid": 1, "missing_phone": 1}));
        let examples = &review["examples"];
        assert_eq!(examples["already_in_campaign"][0]["lead"], known.as_str());
        assert_eq!(examples["repaired"][0]["notes"][0]["code"], "bad_secondary");
        assert_eq!(examples["rejected"]["invalid"][0]["cells"], json!(["Bob", "12", "", ""]));
        assert_eq!((&examples["ready"][0]["row"], &examples["ready"][0]["phone"]), (&2.into(), &"+14155552671".into()));
        let leads = host.get(Some(&host.live), &format!("/v1/campaigns/{campaign}/leads")).await;
        assert_eq!(leads.body["data"].as_array().map(Vec::len), Some(1));
        let rejects = host.get(Some(&host.live), &format!("{place}/rejects")).await;
        assert_eq!((rejects.status, rejects.text.lines().count()), (200, 3));
    }

    #[tokio::test]
    async fn the_columns_can_be_given_another_meaning() {
        let host = Host::new().await;
        let sent = host.upload(&format!("/v1/imports?campaign={}", host.campaign().await), "text/csv", FILE).await;
        let review = format!("{}/review", sent.header("location"));
        let options = json!({"primary": "Office Phone", "secondary": [], "name": ["Town"], "ignored": ["Name"], "default_region": "US"});
        let changed = host.post(Some(&host.live), &review, json!({"options": options, "existing": "update"})).await;
        assert_eq!(changed.status, 202, "{}", changed.text);
        let mapping = &changed.body["understood"]["mapping"];
        assert_eq!((&mapping["primary"], &mapping["name"]), (&"Office Phone".into(), &json!(["Town"])), "{mapping}");
        assert_eq!(mapping["variables"], json!(["phone", "town"]));
        assert_eq!(changed.body["existing"], "update");
        host.background_done().await;
        let wrong = host.post(Some(&host.live), &review, json!({"options": {"primary": "Fax"}})).await;
        assert_eq!((wrong.status, wrong.codes()), (422, vec!["unknown_column".to_owned()]), "{}", wrong.text);
        let misspelt = host.post(Some(&host.live), &review, json!({"options": {"primry": "Fax"}})).await;
        assert_eq!(misspelt.status, 422);
    }
}
