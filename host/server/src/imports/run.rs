//! From the disk to the store: one page of leads, one transaction, with the progress in it.
//!
//! Resuming reads the file from its beginning and hands on what comes after the rows that are in, because duplicates
//! within the file are known only to who has read all of it; the same file under the same options gives the same rows.

use std::io;

use campanile_domain::ports::store::{Campaign, Import, NewLead, Stored};
use campanile_intake::{LeadRow, Row, WarningCode};
use serde_json::Value;

use super::failure::Failure;
use super::options::ImportOptions;
use super::reading::read_rows;
use super::rejects::Rejects;
use super::understood::look;
use super::work::Job;

/// Rows in one transaction: large enough to be quick, small enough to let a dial pass between two.
const PAGE: u64 = 500;

/// Reads the file of a running import to its end. Blocks. Nothing when the host stops meanwhile.
///
/// # Errors
/// How it ended could not be kept; it goes on at the next start.
pub fn run(job: &Job, progress: &mut dyn FnMut(u64)) -> Stored<Option<Import>> {
    let (failed, summary, rejects) = match read(job, progress) {
        Ok((summary, rejects)) => (false, summary, rejects),
        Err(Failure::Shutdown) => return Ok(None),
        Err(failure) => (true, failure.summary(), Vec::new()),
    };
    let ended = job.wait(job.work.store.end_import(&job.context(), job.import, failed, summary, rejects))?;
    if !failed {
        job.work.files.remove(job.import);
    }
    tracing::info!(import = %ended.id, status = ended.status.word(), rows = ended.rows, "import ended");
    Ok(Some(ended))
}

fn read(job: &Job, progress: &mut dyn FnMut(u64)) -> Result<(Value, Vec<u8>), Failure> {
    let tenant = job.ctx.tenant;
    let import = job.wait(job.work.store.import(tenant, job.import))?;
    let campaign = job.wait(job.work.store.campaign(tenant, import.campaign))?;
    let options: ImportOptions = serde_json::from_value(import.options).unwrap_or_default();
    let path = job.work.files.of(job.import);
    let understood = look(&path, &options)?;
    let (layout, meaning) = (understood.layout, understood.meaning?);
    let mut rejects = Rejects::new(&layout)?;
    let mut pages = Pages {
        job,
        campaign,
        page: Vec::with_capacity(PAGE as usize),
        unsaved: false,
        done: import.rows,
        rows: 0,
        progress,
        failure: None,
    };
    let read = read_rows(job, &path, (&layout, &meaning), options.default_region, &mut |row| match row {
        Row::Lead(lead) => pages.add(&lead),
        Row::Rejected(rejected) => {
            rejects.add(&rejected);
            pages.pass()
        }
        Row::Warning(warning) if warning.code == WarningCode::DuplicateInFile => pages.pass(),
        Row::Warning(_) => Ok(()),
    });
    let saved = read.and_then(|summary| pages.save().map(|()| summary).map_err(Into::into));
    if let Some(failure) = pages.failure {
        return Err(failure);
    }
    let mut summary = serde_json::to_value(saved?).unwrap_or_default();
    if rejects.left_out > 0 {
        summary["rejects_left_out"] = rejects.left_out.into();
    }
    Ok((summary, rejects.finish()))
}

struct Pages<'a> {
    job: &'a Job,
    campaign: Campaign,
    page: Vec<NewLead>,
    unsaved: bool,
    /// Rows that are in from before.
    done: u64,
    rows: u64,
    progress: &'a mut dyn FnMut(u64),
    failure: Option<Failure>,
}

impl Pages<'_> {
    fn add(&mut self, row: &LeadRow<'_>) -> io::Result<()> {
        if self.rows >= self.done {
            self.page.push(row.to_new_lead());
        }
        self.pass()
    }

    /// A row that needs nothing kept is progress all the same.
    fn pass(&mut self) -> io::Result<()> {
        self.rows += 1;
        self.unsaved = self.rows > self.done;
        if self.rows.is_multiple_of(PAGE) { self.save() } else { Ok(()) }
    }

    fn save(&mut self) -> io::Result<()> {
        if !self.unsaved {
            return Ok(());
        }
        let Job { work, import, .. } = self.job;
        let leads = std::mem::take(&mut self.page);
        let any = !leads.is_empty();
        match self.job.wait(work.store.import_page(&self.job.context(), *import, self.rows, leads)) {
            Ok(_) => {
                self.unsaved = false;
                self.page.reserve(PAGE as usize);
                (self.progress)(self.rows);
                if any {
                    (work.tell)(&self.campaign);
                }
                if work.shutdown.is_cancelled() { self.fail(Failure::Shutdown) } else { Ok(()) }
            }
            Err(error) => self.fail(Failure::Store(error)),
        }
    }

    fn fail(&mut self, failure: Failure) -> io::Result<()> {
        self.failure = Some(failure);
        Err(io::Error::other("the import ends here"))
    }
}
