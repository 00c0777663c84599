//! From the disk to the store, in the background: one page of leads, one transaction.
//!
//! Runs on a thread of its own kind, because reading files blocks. A shutdown is noticed between pages and ends the
//! import as failed, with the pages that are in; so does a store that refuses.

use std::io::{self, BufReader};
use std::sync::Arc;

use campanile_domain::contact::Contact;
use campanile_domain::ids::ImportId;
use campanile_domain::ports::store::{Campaign, NewLead, StoreError, WriteContext};
use campanile_domain::region::Region;
use campanile_domain::variable::Variables;
use campanile_domain::zone::{self, Zone};
use campanile_intake::{IntakeError, Layout, LeadRow, Mapping, RejectsWriter, Row, Rules, WarningCode};
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use tokio::runtime::Handle;

use super::told;
use crate::app::App;
use crate::secret::seed;

/// Leads in one transaction: large enough to be quick, small enough to let a dial pass between two.
const PAGE: usize = 500;
/// Rejected rows that are kept for correction, in bytes of CSV.
const MOST_REJECTS: usize = 64 << 20;

/// An import that has begun.
pub(crate) struct Job {
    pub app: Arc<App>,
    pub ctx: WriteContext,
    pub campaign: Campaign,
    pub import: ImportId,
    pub file: NamedTempFile,
    pub layout: Layout,
    pub mapping: Mapping,
    pub region: Option<Region>,
}

/// Reads the file to its end in the background.
pub(crate) fn start(job: Job) {
    let runtime = Handle::current();
    let tracker = job.app.background.clone();
    tracker.spawn_blocking(move || run(&job, &runtime));
}

fn run(job: &Job, runtime: &Handle) {
    let mut pages = Pages { job, runtime, page: Vec::with_capacity(PAGE), unsaved: false, rows: 0, failure: None };
    let (outcome, rejects) = read(job, &mut pages);
    let (failed, summary) = match (pages.failure.take(), outcome) {
        (Some(failure), _) => (true, failure.summary()),
        (None, Err(error)) => (true, json!({"error": {"code": error.code(), "message": told(&error)}})),
        (None, Ok(summary)) => (false, summary),
    };
    let ctx = pages.context();
    let ended = job.app.store.end_import(&ctx, job.import, failed, summary, rejects);
    match runtime.block_on(ended) {
        Ok(import) => tracing::info!(import = %job.import, status = import.status, rows = import.rows, "import ended"),
        Err(error) => tracing::error!(import = %job.import, %error, "the end of an import could not be kept"),
    }
}

fn read(job: &Job, pages: &mut Pages<'_>) -> (Result<Value, IntakeError>, Vec<u8>) {
    let mut rejects = match RejectsWriter::new(Limited::default(), &job.layout) {
        Ok(rejects) => rejects,
        Err(error) => return (Err(error.into()), Vec::new()),
    };
    let rules = Rules { default_region: job.region, is_known_zone: &zone::is_known };
    let mut left_out: u64 = 0;
    let outcome = job.file.reopen().map_err(IntakeError::from).and_then(|file| {
        campanile_intake::read(&mut BufReader::new(file), &job.layout, &job.mapping, &rules, &mut |row| {
            match row {
                Row::Lead(lead) => pages.add(&lead),
                Row::Rejected(rejected) => {
                    // Past the limit the writer keeps failing; the rows are still counted.
                    left_out += u64::from(rejects.write(&rejected).is_err());
                    pages.pass()
                }
                Row::Warning(warning) if warning.code == WarningCode::DuplicateInFile => pages.pass(),
                Row::Warning(_) => Ok(()),
            }
        })
    });
    let outcome = outcome.and_then(|summary| {
        pages.save().map_err(IntakeError::from)?;
        let mut summary = serde_json::to_value(summary).unwrap_or_default();
        if left_out > 0 {
            summary["rejects_left_out"] = left_out.into();
        }
        Ok(summary)
    });
    let kept = rejects.finish().map(|limited| limited.kept).unwrap_or_default();
    (outcome, kept)
}

enum Failure {
    Store(StoreError),
    Shutdown,
}

impl Failure {
    fn summary(&self) -> Value {
        let (code, message) = match self {
            Self::Store(StoreError::Conflict { code, message }) => (*code, message.clone()),
            Self::Store(StoreError::Unwritable(_)) => (
                "storage_unwritable",
                "the storage cannot be written; upload the file again once there is room".to_owned(),
            ),
            Self::Store(error) => {
                tracing::error!(%error, "an import failed");
                ("store", "the rows read so far are in; the rest was not kept because of a fault of this host, upload the file again".to_owned())
            }
            Self::Shutdown => (
                "shutdown",
                "this host was stopped meanwhile; the rows read so far are in, upload the file again for the rest"
                    .to_owned(),
            ),
        };
        json!({"error": {"code": code, "message": message}})
    }
}

struct Pages<'a> {
    job: &'a Job,
    runtime: &'a Handle,
    page: Vec<NewLead>,
    unsaved: bool,
    rows: u64,
    failure: Option<Failure>,
}

impl Pages<'_> {
    fn context(&self) -> WriteContext {
        let app = &self.job.app;
        WriteContext { now: app.engine_clock.now(), seed: seed(&*app.entropy), ..self.job.ctx.clone() }
    }

    fn add(&mut self, row: &LeadRow<'_>) -> io::Result<()> {
        self.page.push(lead(row));
        self.pass()?;
        if self.page.len() >= PAGE { self.save() } else { Ok(()) }
    }

    /// A row that needs nothing kept is progress all the same.
    fn pass(&mut self) -> io::Result<()> {
        self.rows += 1;
        self.unsaved = true;
        if self.rows.is_multiple_of(PAGE as u64) && self.job.app.shutdown.is_cancelled() {
            return self.fail(Failure::Shutdown);
        }
        Ok(())
    }

    fn save(&mut self) -> io::Result<()> {
        if !self.unsaved {
            return Ok(());
        }
        let Job { app, import, campaign, .. } = self.job;
        let (ctx, leads) = (self.context(), std::mem::take(&mut self.page));
        let any = !leads.is_empty();
        match self.runtime.block_on(app.store.import_page(&ctx, *import, self.rows, leads)) {
            Ok(_) => {
                self.unsaved = false;
                if any {
                    app.leads_came(campaign);
                }
                Ok(())
            }
            Err(error) => self.fail(Failure::Store(error)),
        }
    }

    fn fail(&mut self, failure: Failure) -> io::Result<()> {
        self.failure = Some(failure);
        Err(io::Error::other("the import ends here"))
    }
}

fn lead(row: &LeadRow<'_>) -> NewLead {
    let primary =
        Contact { name: row.name.as_ref().map(|name| name.clone().into_owned()), ..Contact::new(0, row.phone) };
    let secondary = row.secondary.iter().zip(1..).map(|(phone, position)| Contact {
        name: phone.name.map(str::to_owned),
        label: Some(phone.label.to_owned()),
        ..Contact::new(position, phone.phone)
    });
    let variables = row.variables.iter().map(|(name, value)| (name.clone().into_owned(), (*value).into()));
    NewLead {
        external_id: row.external_id.map(str::to_owned),
        contacts: std::iter::once(primary).chain(secondary).collect(),
        priority: 0,
        not_before: None,
        expires_at: None,
        time_zone: row.time_zone.and_then(|name| Zone::parse(name).ok()),
        variables: variables.collect::<Variables>(),
        allow_duplicate: false,
    }
}

/// A file in memory with an end.
#[derive(Default)]
struct Limited {
    kept: Vec<u8>,
}

impl io::Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.kept.len() + bytes.len() > MOST_REJECTS {
            return Err(io::Error::other("the file of rejected rows is full"));
        }
        self.kept.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
