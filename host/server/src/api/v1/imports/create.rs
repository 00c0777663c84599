//! `POST /v1/imports`: upload a file. It is understood and shown; nothing comes in before it is confirmed.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use campanile_domain::ids::{CampaignId, ImportId, TenantKey};
use campanile_domain::plugin::PluginRef;
use campanile_domain::ports::store::{Existing, Import, ImportStatus, ImportStep, NewImport};
use campanile_domain::region::Region;
use campanile_intake::IntakeError;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::auth::{Key, LeadsWrite};
use crate::codes;
use crate::imports::{Arrived, Failure, Files, ImportOptions, forget_old, start, told, understand, upload};
use crate::problem::{FieldProblem, Problem};
use crate::query::Query;
use crate::schema::imports as schema;
use crate::secret::rng;

/// Uploads of an account that wait for a confirmation at once; each holds a file on the disk.
const MOST_UNCONFIRMED: usize = 20;

/// Into which campaign, and what the file does not say itself. A file should need none of the others.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportQuery {
    /// `cmp_...`: into which campaign.
    #[param(value_type = String, example = "cmp_01k9zr2v9pfb1sxkh5gqd0m8ea", pattern = "^cmp_[0-7][0-9a-hjkmnp-tv-z]{25}$")]
    campaign: CampaignId,
    /// The country of numbers written without one, two letters; otherwise that of the campaign's zone.
    #[param(value_type = Option<String>, pattern = "^[A-Za-z]{2}$")]
    default_region: Option<Region>,
    /// Column of the primary phone: its header, or its number from 1.
    primary: Option<String>,
    /// Columns of the secondary phones, separated by commas; empty for none.
    secondary: Option<String>,
    /// Columns of the name, separated by commas; empty for none.
    name: Option<String>,
    /// Column of the key that you know the lead by; empty for none.
    external_id: Option<String>,
    /// Column of the lead's time zone; empty for none.
    time_zone: Option<String>,
    /// Columns that are left out, separated by commas.
    ignored: Option<String>,
    /// `name@3` or `name@active`: a script whose `map_row` says what rows mean, in the place of columns.
    #[param(value_type = Option<String>, pattern = "^[a-z][a-z0-9-]{2,48}(@[A-Za-z0-9.+-]{1,64})?$")]
    script: Option<PluginRef>,
    /// Row of the header as a spreadsheet counts; 0 for a file without one.
    header_row: Option<u64>,
    /// `,` `;` `|`, `tab`, or another character.
    delimiter: Option<String>,
    /// Such as `utf-8` or `windows-1252`.
    encoding: Option<String>,
    /// Which sheet of a workbook.
    sheet: Option<String>,
    /// `skip` (the default) or `update`: what becomes of rows whose lead the campaign has already.
    #[param(value_type = Option<String>, pattern = "^(skip|update)$")]
    existing: Option<Existing>,
    /// `true`: import at once what the file is understood to be.
    #[serde(default)]
    confirm: bool,
    /// How the import should be called, when the file is sent as the body itself.
    file_name: Option<String>,
}

impl ImportQuery {
    fn options(&self) -> ImportOptions {
        let columns = |list: &Option<String>| {
            let names = |list: &str| {
                list.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect::<Vec<_>>()
            };
            list.as_deref().map(names)
        };
        ImportOptions {
            default_region: self.default_region,
            primary: self.primary.clone(),
            secondary: columns(&self.secondary),
            name: columns(&self.name),
            external_id: self.external_id.clone(),
            time_zone: self.time_zone.clone(),
            ignored: columns(&self.ignored).unwrap_or_default(),
            script: self.script.clone(),
            header_row: self.header_row,
            delimiter: self.delimiter.clone(),
            encoding: self.encoding.clone(),
            sheet: self.sheet.clone(),
        }
    }
}

/// Uploads a CSV or XLSX file of leads, as a form or as the body itself. The answer says how the file is understood:
/// its table, its columns with samples, what they are taken for. Review it, then confirm it; or send `confirm=true`.
/// An upload that nobody confirms is forgotten after a day.
#[utoipa::path(post, path = "/v1/imports", tag = "imports", params(ImportQuery),
    request_body(content(
        (String = "text/csv", example = "name,phone\nAnn,+14155552671\n"),
        (String = "application/octet-stream"), (schema::LeadFileForm = "multipart/form-data"))),
    responses((status = 201, body = schema::Import)), security(("key" = ["leads:write"])))]
pub(crate) async fn create_import(
    State(app): State<Arc<App>>,
    key: Key<LeadsWrite>,
    Query(query): Query<ImportQuery>,
    request: Request,
) -> Result<(StatusCode, HeaderMap, Json<Import>), Problem> {
    let campaign = app.store.campaign(key.of(), query.campaign).await?;
    let ctx = key.writes(&app);
    if forget_old(&app, &ctx).await? >= MOST_UNCONFIRMED {
        let detail = format!(
            "{MOST_UNCONFIRMED} uploads wait for a confirmation already; confirm or discard one (GET /v1/imports?status=uploaded)"
        );
        return Err(Problem::new(&codes::CONFLICT, detail.clone()).with([FieldProblem::new(
            "",
            "too_many_uploads",
            detail,
        )]));
    }
    let mut options = query.options();
    meant(&app, key.of(), &mut options, "?script").await?;
    let received = upload::receive(request, &app.config).await?;
    let arrived = understand(&*app.store, key.of(), &campaign, received.file.path(), options).await;
    let Arrived { understood, options, mapped_by } = arrived.map_err(|failure| cannot_be_read(&failure))?;
    if query.confirm
        && let Err(error) = &understood.meaning
    {
        return Err(not_a_list(error));
    }
    let id = ImportId::mint(ctx.now, &mut rng(&*app.entropy));
    let files = Files::in_folder(app.config.upload_dir.clone());
    received.file.persist(files.of(id)).map_err(|error| upload::no_room(error.error))?;
    let new = NewImport {
        id,
        campaign: campaign.id,
        file_name: upload::shown_name(query.file_name.or(received.name)),
        bytes: received.bytes,
        sha256: received.sha256,
        options: serde_json::to_value(&options).map_err(Problem::internal)?,
        existing: query.existing.unwrap_or_default(),
        understood: understood.shown(mapped_by.as_deref()),
    };
    let mut import = match app.store.add_import(&ctx, new).await {
        Ok(import) => import,
        Err(error) => {
            files.remove(id);
            return Err(error.into());
        }
    };
    if query.confirm {
        import = app.store.step_import(&ctx, id, ImportStep::to(ImportStatus::Running)).await?;
        start(&app, ctx, id, ImportStatus::Running);
    }
    let place = HeaderValue::from_str(&format!("/v1/imports/{id}")).map_err(Problem::internal)?;
    Ok((StatusCode::CREATED, HeaderMap::from_iter([(header::LOCATION, place)]), Json(import)))
}

/// Pins the script that is to say what rows mean.
pub(super) async fn meant(
    app: &App,
    tenant: TenantKey,
    options: &mut ImportOptions,
    pointer: &str,
) -> Result<(), Problem> {
    let Some(script) = &options.script else { return Ok(()) };
    let fault = |code: &str, message: String| Problem::invalid(vec![FieldProblem::new(pointer, code, message)]);
    if options.names_columns() {
        let message = "a script says what rows mean, so no columns can be named; leave the one or the others out";
        return Err(fault("conflict", message.to_owned()));
    }
    let pinned = app.mapper.mapping(tenant, script).await;
    options.script = Some(pinned.map_err(|failure| fault(&failure.code, failure.message))?);
    Ok(())
}

/// What a file that cannot be read is answered with.
pub(super) fn cannot_be_read(failure: &Failure) -> Problem {
    match failure {
        Failure::Intake(error) => not_a_list(error),
        Failure::Store(error) => error.clone().into(),
        Failure::Script(failure) => Problem::internal(&failure.message),
        Failure::Shutdown => Problem::internal("the host stops"),
    }
}

pub(super) fn not_a_list(error: &IntakeError) -> Problem {
    if let IntakeError::Io(cause) = error {
        return Problem::internal(cause);
    }
    let message = told(error);
    Problem::new(&codes::FILE_REJECTED, message.clone()).with([FieldProblem::new("", error.code(), message)])
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::Host;

    const FILE: &str = "Name,Phone,Office Phone,City\nAnn,(415) 555-2671,415-555-2672,Oakland\nBob,12,,\nCid,415-555-2671,,\nDee,+14155552674,,Reno\n";

    #[tokio::test]
    async fn a_file_becomes_leads_and_every_row_is_answered_for() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        let path = format!("/v1/imports?campaign={campaign}&file_name=march.csv&confirm=true");
        let begun = host.upload(&path, "text/csv", FILE).await;
        assert_eq!((begun.status, &begun.body["file_name"]), (201, &"march.csv".into()), "{}", begun.text);
        host.background_done().await;
        let import = host.get(Some(&host.live), &begun.header("location")).await;
        assert_eq!((&import.body["status"], &import.body["rows"]), (&"finished".into(), &4.into()), "{}", import.text);
        assert_eq!((&import.body["created"], &import.body["summary"]["duplicates_in_file"]), (&2.into(), &1.into()));
        let leads = host.get(Some(&host.live), &format!("/v1/campaigns/{campaign}/leads?phone=%2B14155552671")).await;
        let ann = &leads.body["data"][0];
        assert_eq!(
            (&ann["contacts"][0]["name"], &ann["variables"]["city"]),
            (&"Ann".into(), &"Oakland".into()),
            "{ann}"
        );
        assert_eq!(ann["contacts"][1]["phone"], "+14155552672");
    }

    #[tokio::test]
    async fn a_form_is_as_good_as_a_body_and_a_second_upload_makes_no_second_lead() {
        let host = Host::new().await;
        let path = format!("/v1/imports?confirm=true&campaign={}", host.campaign().await);
        let form = format!(
            "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n{FILE}\r\n--XX--\r\n"
        );
        for (created, duplicates) in [(2, 0), (0, 2)] {
            let begun = host.upload(&path, "multipart/form-data; boundary=XX", &form).await;
            assert_eq!((begun.status, &begun.body["file_name"]), (201, &"a.csv".into()), "{}", begun.text);
            host.background_done().await;
            let import = host.get(Some(&host.live), &begun.header("location")).await;
            assert_eq!((&import.body["created"], &import.body["duplicates"]), (&created.into(), &duplicates.into()));
        }
    }

    #[tokio::test]
    async fn a_large_file_comes_in_by_pages() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        let mut file = "phone\n".to_owned();
        for last in 0..1_234 {
            file.push_str(&format!("+1415555{:04}\n", 2000 + last));
        }
        let begun = host.upload(&format!("/v1/imports?confirm=true&campaign={campaign}"), "text/csv", &file).await;
        host.background_done().await;
        let import = host.get(Some(&host.live), &begun.header("location")).await;
        assert_eq!(
            (&import.body["status"], &import.body["created"]),
            (&"finished".into(), &1_234.into()),
            "{}",
            import.text
        );
    }

    #[tokio::test]
    async fn what_is_no_list_is_refused_at_once() {
        let host = Host::new().await;
        let path = format!("/v1/imports?confirm=true&campaign={}", host.campaign().await);
        let pdf = host.upload(&path, "application/pdf", "%PDF-1.7 ...").await;
        assert_eq!((pdf.problem(), pdf.codes()), ((422, "CE0024"), vec!["not_a_table".to_owned()]));
        let none = host.upload(&path, "text/csv", "name,city\nAnn,Oakland\n").await;
        assert_eq!(none.codes(), ["no_phone_column"]);
        assert!(none.body["detail"].as_str().unwrap().contains("?primary=COLUMN"));
        let json = host.upload(&path, "application/json", "{}").await;
        assert_eq!(json.problem(), (415, "CE0009"));
        let form = host.upload(&path, "multipart/form-data; boundary=XX", "--XX--\r\n").await;
        assert_eq!((form.problem(), form.pointers()), ((422, "CE0007"), vec!["/file".to_owned()]));
        let large = host.upload(&path, "text/csv", &"+14155552671\n".repeat(100_000)).await;
        assert_eq!(large.problem(), (413, "CE0010"));
        assert_eq!(host.upload("/v1/imports", "text/csv", "phone\n").await.pointers(), ["?campaign"]);
        assert_eq!(host.upload(&format!("{path}&header=1"), "text/csv", "phone\n").await.pointers(), ["?header"]);
    }

    #[tokio::test]
    async fn a_shutdown_leaves_an_import_that_goes_on_at_the_next_start() {
        let host = Host::new().await;
        host.app.shutdown.cancel();
        let campaign = host.campaign().await;
        let path = format!("/v1/imports?confirm=true&campaign={campaign}");
        let file: String =
            (0..1_600).fold("phone\n".to_owned(), |file, n| file + &format!("+1415555{:04}\n", 2000 + n));
        let begun = host.upload(&path, "text/csv", &file).await;
        host.background_done().await;
        let import = host.get(Some(&host.live), &begun.header("location")).await;
        assert_eq!(import.body["status"], "running", "{}", import.text);
        let app = host.restarted();
        crate::imports::resume_imports(&app).await.unwrap();
        app.background.close();
        app.background.wait().await;
        let import = host.get(Some(&host.live), &begun.header("location")).await;
        assert_eq!(
            (&import.body["status"], &import.body["created"]),
            (&"finished".into(), &1_600.into()),
            "{}",
            import.text
        );
    }

    #[tokio::test]
    async fn the_answer_says_how_the_file_is_understood_and_nothing_comes_in() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        let sent = host.upload(&format!("/v1/imports?campaign={campaign}"), "text/csv", FILE).await;
        assert_eq!((sent.status, &sent.body["status"]), (201, &"uploaded".into()), "{}", sent.text);
        let understood = &sent.body["understood"];
        assert_eq!((&understood["format"], &understood["delimiter"]), (&"text".into(), &",".into()), "{understood}");
        assert_eq!(understood["mapping"]["primary"], "Phone");
        assert_eq!(understood["columns"][3]["samples"], serde_json::json!(["Oakland", "Reno"]));
        host.background_done().await;
        let leads = host.get(Some(&host.live), &format!("/v1/campaigns/{campaign}/leads")).await;
        assert_eq!(leads.body["data"], serde_json::json!([]));
    }

    #[tokio::test]
    async fn a_file_without_a_phone_column_waits_for_somebody_to_name_one() {
        let host = Host::new().await;
        let path = format!("/v1/imports?campaign={}", host.campaign().await);
        let sent = host.upload(&path, "text/csv", "who,what\nAnn,Oakland\n").await;
        assert_eq!((sent.status, &sent.body["understood"]["problem"]["code"]), (201, &"no_phone_column".into()));
        assert_eq!(sent.body["understood"]["mapping"], serde_json::Value::Null);
    }

    #[tokio::test]
    async fn a_script_can_say_what_rows_mean() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        let path = format!("/v1/imports?campaign={campaign}&header_row=1&script=people");
        let rows = "who,what\nAnn,+14155552671\nBob,no\nCid,12\nDee,mistake\n";
        let sent = host.upload(&path, "text/csv", rows).await;
        let understood = &sent.body["understood"];
        assert_eq!((sent.status, &understood["script"]), (201, &"people@3".into()), "{}", sent.text);
        assert_eq!((&understood["mapping"], &understood["problem"]), (&Value::Null, &Value::Null));
        assert_eq!(sent.body["options"]["script"], "people@3", "the version that was meant stays");
        let place = sent.header("location");
        let begun = host.post(Some(&host.live), &format!("{place}/review"), json!({})).await;
        assert_eq!(begun.status, 202, "{}", begun.text);
        host.background_done().await;
        let reviewed = host.get(Some(&host.live), &place).await.body;
        let rejected = json!({"invalid": 1, "rejected_by_script": 1, "script_failed": 1});
        assert_eq!(
            (&reviewed["review"]["ready"], &reviewed["review"]["rejected"]),
            (&1.into(), &rejected),
            "{reviewed}"
        );
        let example = &reviewed["review"]["examples"]["rejected"]["script_failed"][0];
        assert_eq!(example["message"], "line 2, column 9 of the script: it is wrong", "{example}");
        let confirmed =
            host.post(Some(&host.live), &format!("{place}/confirm"), json!({"save_mapping_as": "Ours"})).await;
        assert_eq!(confirmed.status, 202, "{}", confirmed.text);
        host.background_done().await;
        let leads = host.get(Some(&host.live), &format!("/v1/campaigns/{campaign}/leads")).await.body;
        assert_eq!(
            (&leads["data"][0]["variables"], leads["data"].as_array().map(Vec::len)),
            (&json!({"row": 2}), Some(1))
        );
        let again = host.upload(&format!("/v1/imports?campaign={campaign}&header_row=1"), "text/csv", rows).await;
        let understood = &again.body["understood"];
        assert_eq!((&understood["mapped_by"], &understood["script"]), (&"Ours".into(), &"people@3".into()));
    }

    #[tokio::test]
    async fn a_script_that_cannot_be_asked_brings_nobody_in() {
        let host = Host::new().await;
        let path = format!("/v1/imports?confirm=true&campaign={}", host.campaign().await);
        let unknown = host.upload(&format!("{path}&script=nobody"), "text/csv", FILE).await;
        assert_eq!((unknown.problem(), unknown.pointers()), ((422, "CE0007"), vec!["?script".to_owned()]));
        let both = host.upload(&format!("{path}&script=people&primary=Phone"), "text/csv", FILE).await;
        assert_eq!(both.codes(), ["conflict"]);
        let sent = host.upload(&format!("{path}&script=people"), "text/csv", "who,what\nAnn,stop\n").await;
        host.background_done().await;
        let import = host.get(Some(&host.live), &sent.header("location")).await.body;
        assert_eq!((&import["status"], &import["created"]), (&"failed".into(), &0.into()), "{import}");
        assert_eq!(import["summary"]["error"]["code"], "script_stopped");
    }

    #[tokio::test]
    async fn uploads_that_nobody_confirms_are_bounded_and_forgotten() {
        let host = Host::new().await;
        let path = format!("/v1/imports?campaign={}", host.campaign().await);
        for _ in 0..super::MOST_UNCONFIRMED {
            assert_eq!(host.upload(&path, "text/csv", FILE).await.status, 201);
        }
        let more = host.upload(&path, "text/csv", FILE).await;
        assert_eq!((more.problem(), more.codes()), ((409, "CE0015"), vec!["too_many_uploads".to_owned()]));
        host.engine_later(2 * campanile_domain::time::DAY_MS);
        assert_eq!(host.upload(&path, "text/csv", FILE).await.status, 201);
        let left = host.get(Some(&host.live), "/v1/imports").await;
        assert_eq!(left.body["data"].as_array().map(Vec::len), Some(1));
    }
}
