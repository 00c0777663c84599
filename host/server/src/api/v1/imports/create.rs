//! `POST /v1/imports`: upload a file; its rows come in while the client goes on.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use campanile_domain::ids::CampaignId;
use campanile_domain::ports::store::{Campaign, Import};
use campanile_domain::region::{Region, region_of_zone};
use campanile_intake::{IntakeError, Layout, Mapping, Options, detect};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use tempfile::NamedTempFile;
use utoipa::IntoParams;

use crate::app::App;
use crate::auth::{Key, LeadsWrite};
use crate::codes;
use crate::imports::run::{Job, start};
use crate::imports::{told, upload};
use crate::problem::{FieldProblem, Problem};
use crate::query::Query;
use crate::schema::imports as schema;

/// Into which campaign, and what the file does not say itself. A file should need none of the others.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportQuery {
    /// `cmp_...`: into which campaign.
    #[param(value_type = String, example = "cmp_01k9zr2v9pfb1sxkh5gqd0m8ea")]
    campaign: CampaignId,
    /// The country of numbers written without one, two letters; otherwise that of the campaign's zone.
    #[param(value_type = Option<String>)]
    default_region: Option<Region>,
    /// Column of the primary phone: its header, or its number from 1.
    primary: Option<String>,
    /// Columns of the secondary phones, separated by commas; empty for none.
    secondary: Option<String>,
    /// Row of the header as a spreadsheet counts; 0 for a file without one.
    header_row: Option<u64>,
    /// `,` `;` `|`, `tab`, or another character.
    delimiter: Option<String>,
    /// Such as `utf-8` or `windows-1252`.
    encoding: Option<String>,
    /// Which sheet of a workbook.
    sheet: Option<String>,
    /// How the import should be called, when the file is sent as the body itself.
    file_name: Option<String>,
}

impl ImportQuery {
    fn options(&self, region: Option<Region>) -> Options {
        let columns =
            |list: &str| list.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
        Options {
            primary: self.primary.clone(),
            secondary: self.secondary.as_deref().map(columns),
            header_row: self.header_row,
            delimiter: self.delimiter.clone(),
            encoding: self.encoding.clone(),
            sheet: self.sheet.clone(),
            default_region: region,
            ..Options::default()
        }
    }
}

/// Uploads a CSV or XLSX file of leads, as a form or as the body itself. The answer comes when the file is understood;
/// its rows come in afterwards, see the import.
#[utoipa::path(post, path = "/v1/imports", tag = "imports", params(ImportQuery),
    request_body(content(
        (String = "text/csv", example = "name,phone\nAnn,+14155552671\n"),
        (Vec<u8> = "application/octet-stream"), (Vec<u8> = "multipart/form-data"))),
    responses((status = 202, body = schema::Import)), security(("key" = ["leads:write"])))]
pub(crate) async fn create_import(
    State(app): State<Arc<App>>,
    key: Key<LeadsWrite>,
    Query(query): Query<ImportQuery>,
    request: Request,
) -> Result<(StatusCode, HeaderMap, Json<Import>), Problem> {
    let campaign = app.store.campaign(key.of(), query.campaign).await?;
    let received = upload::receive(request, &app.config).await?;
    let region = query.default_region.or_else(|| region_of(&campaign));
    let options = query.options(region);
    let (file, understood) = look(received.file, options).await?;
    let (layout, mapping) = understood.map_err(|error| not_a_list(&error))?;
    let ctx = key.writes(&app);
    let name = upload::shown_name(query.file_name.or(received.name));
    let import = app.store.begin_import(&ctx, campaign.id, name).await?;
    start(Job { app, ctx, campaign, import: import.id, file, layout, mapping, region });
    let place = HeaderValue::from_str(&format!("/v1/imports/{}", import.id)).map_err(Problem::internal)?;
    Ok((StatusCode::ACCEPTED, HeaderMap::from_iter([(header::LOCATION, place)]), Json(import)))
}

fn region_of(campaign: &Campaign) -> Option<Region> {
    campaign.config.time_zone.as_ref().and_then(|zone| region_of_zone(zone.name()))
}

type Understood = Result<(Layout, Mapping), IntakeError>;

/// Looks at a bounded part of the file, off the threads that answer requests.
async fn look(file: NamedTempFile, options: Options) -> Result<(NamedTempFile, Understood), Problem> {
    let looked = tokio::task::spawn_blocking(move || {
        let understood = file.reopen().map_err(IntakeError::from).and_then(|mut reading| {
            let layout = detect(&mut reading, &options)?;
            let mapping = layout.suggested()?.clone();
            Ok((layout, mapping))
        });
        (file, understood)
    });
    looked.await.map_err(Problem::internal)
}

fn not_a_list(error: &IntakeError) -> Problem {
    if let IntakeError::Io(cause) = error {
        return Problem::internal(cause);
    }
    let message = told(error);
    Problem::new(&codes::FILE_REJECTED, message.clone()).with([FieldProblem::new("", error.code(), message)])
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    const FILE: &str = "Name,Phone,Office Phone,City\nAnn,(415) 555-2671,415-555-2672,Oakland\nBob,12,,\nCid,415-555-2671,,\nDee,+14155552674,,Reno\n";

    #[tokio::test]
    async fn a_file_becomes_leads_and_every_row_is_answered_for() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        let path = format!("/v1/imports?campaign={campaign}&file_name=march.csv");
        let begun = host.upload(&path, "text/csv", FILE).await;
        assert_eq!((begun.status, &begun.body["file_name"]), (202, &"march.csv".into()), "{}", begun.text);
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
        let path = format!("/v1/imports?campaign={}", host.campaign().await);
        let form = format!(
            "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n{FILE}\r\n--XX--\r\n"
        );
        for (created, duplicates) in [(2, 0), (0, 2)] {
            let begun = host.upload(&path, "multipart/form-data; boundary=XX", &form).await;
            assert_eq!((begun.status, &begun.body["file_name"]), (202, &"a.csv".into()), "{}", begun.text);
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
        let begun = host.upload(&format!("/v1/imports?campaign={campaign}"), "text/csv", &file).await;
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
        let path = format!("/v1/imports?campaign={}", host.campaign().await);
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
    async fn a_shutdown_ends_an_import_as_failed() {
        let host = Host::new().await;
        host.app.shutdown.cancel();
        let path = format!("/v1/imports?campaign={}", host.campaign().await);
        let file: String = (0..600).fold("phone\n".to_owned(), |file, n| file + &format!("+1415555{:04}\n", 2000 + n));
        let begun = host.upload(&path, "text/csv", &file).await;
        host.background_done().await;
        let import = host.get(Some(&host.live), &begun.header("location")).await;
        assert_eq!(
            (&import.body["status"], &import.body["summary"]["error"]["code"]),
            (&"failed".into(), &"shutdown".into())
        );
    }
}
