//! A dry run: what would become of every row, with examples, and nothing written.
//!
//! Each row is counted once, under the first that is true of it: rejected, a duplicate within the file, known to the
//! campaign, suppressed, repaired (accepted with a warning), ready. So the counts add up to the rows of the file, and a
//! person who reads them has read about all of it.

use std::collections::BTreeMap;
use std::io;

use campanile_domain::ids::{CampaignId, LeadId};
use campanile_domain::ports::store::{Acquainted, Candidate, Import, ImportStatus, ImportStep, Stored};
use campanile_intake::{Row, Summary, Warning, WarningCode};
use serde::Serialize;
use serde_json::{Value, json};

use super::failure::Failure;
use super::options::ImportOptions;
use super::reading::read_rows;
use super::rejects::Rejects;
use super::understood::look;
use super::work::Job;

/// Examples of each group.
const SHOWN: usize = 20;
/// Rows asked about at once.
const BATCH: usize = 1_000;

/// Reviews an import that is being reviewed. Blocks. Nothing when the host stops meanwhile.
///
/// # Errors
/// What was found could not be kept; the import is as it was uploaded after the next start.
pub fn review(job: &Job) -> Stored<Option<Import>> {
    let (to, found, rejects) = match read(job) {
        Ok((review, rejects)) => (ImportStatus::Reviewed, review, rejects),
        Err(Failure::Shutdown) => return Ok(None),
        Err(failure) => (ImportStatus::Uploaded, failure.summary(), Vec::new()),
    };
    let store = &job.work.store;
    job.wait(store.keep_import_rejects(&job.context(), job.import, rejects))?;
    let step = ImportStep { review: Some(found), ..ImportStep::to(to) };
    job.wait(store.step_import(&job.context(), job.import, step)).map(Some)
}

fn read(job: &Job) -> Result<(Value, Vec<u8>), Failure> {
    let import = job.wait(job.work.store.import(job.ctx.tenant, job.import))?;
    let options: ImportOptions = serde_json::from_value(import.options).unwrap_or_default();
    let path = job.work.files.of(job.import);
    let understood = look(&path, &options)?;
    let (layout, meaning) = (understood.layout, understood.meaning?);
    let mut rejects = Rejects::new(&layout)?;
    let mut looking = Looking::new(job, import.campaign);
    let read = read_rows(job, &path, (&layout, &meaning), options.default_region, &mut |row| {
        match row {
            Row::Rejected(rejected) => {
                rejects.add(&rejected);
                let examples = looking.found.rejected.entry(rejected.code).or_default();
                if examples.len() < SHOWN {
                    examples.push(Turned {
                        row: rejected.row,
                        field: rejected.field.to_owned(),
                        message: rejected.message.clone(),
                        suggestion: rejected.suggestion.clone().into_owned(),
                        cells: rejected.original.iter().map(str::to_owned).collect(),
                    });
                }
            }
            Row::Warning(warning) if warning.code == WarningCode::DuplicateInFile => {
                let example = Example { row: warning.row, notes: vec![Note::of(&warning)], ..Example::default() };
                looking.found.duplicate_in_file.add(example);
            }
            Row::Warning(warning) => looking.notes.push(Note::of(&warning)),
            Row::Lead(lead) => {
                let example = Example {
                    row: lead.row,
                    phone: Some(lead.phone.to_string()),
                    name: lead.name.as_deref().map(str::to_owned),
                    external_id: lead.external_id.map(str::to_owned),
                    lead: None,
                    notes: std::mem::take(&mut looking.notes),
                };
                let candidate = Candidate { external_id: example.external_id.clone(), phone: lead.phone };
                looking.waiting.push((candidate, example));
                if looking.waiting.len() >= BATCH {
                    return looking.ask();
                }
            }
        }
        Ok(())
    });
    let asked = read.and_then(|summary| looking.ask().map(|()| summary).map_err(Into::into));
    if let Some(failure) = looking.failure {
        return Err(failure);
    }
    Ok((looking.found.told(&asked?), rejects.finish()))
}

/// Something to know about a row.
#[derive(Serialize)]
struct Note {
    field: String,
    code: &'static str,
    message: String,
}

impl Note {
    fn of(warning: &Warning<'_>) -> Self {
        Self { field: warning.field.to_owned(), code: warning.code.as_str(), message: warning.message.clone() }
    }
}

/// A row that shows what its group is like.
#[derive(Default, Serialize)]
struct Example {
    row: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lead: Option<LeadId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<Note>,
}

/// A row that would be rejected.
#[derive(Serialize)]
struct Turned {
    row: u64,
    field: String,
    message: String,
    suggestion: String,
    cells: Vec<String>,
}

/// How many, and the first of them.
#[derive(Default)]
struct Group {
    count: u64,
    examples: Vec<Example>,
}

impl Group {
    fn add(&mut self, example: Example) {
        self.count += 1;
        if self.examples.len() < SHOWN {
            self.examples.push(example);
        }
    }
}

#[derive(Default)]
struct Found {
    ready: Group,
    repaired: Group,
    duplicate_in_file: Group,
    already_in_campaign: Group,
    suppressed: Group,
    rejected: BTreeMap<&'static str, Vec<Turned>>,
}

impl Found {
    fn told(self, summary: &Summary) -> Value {
        json!({
            "rows": summary.rows,
            "ready": self.ready.count,
            "repaired": self.repaired.count,
            "duplicate_in_file": self.duplicate_in_file.count,
            "already_in_campaign": self.already_in_campaign.count,
            "suppressed": self.suppressed.count,
            "rejected": summary.rejected,
            "secondary_contacts": summary.secondary_contacts,
            "warnings": summary.warnings,
            "blank_rows": summary.blank_rows,
            "repairs": summary.repairs,
            "examples": {
                "ready": self.ready.examples,
                "repaired": self.repaired.examples,
                "duplicate_in_file": self.duplicate_in_file.examples,
                "already_in_campaign": self.already_in_campaign.examples,
                "suppressed": self.suppressed.examples,
                "rejected": self.rejected,
            },
        })
    }
}

struct Looking<'a> {
    job: &'a Job,
    campaign: CampaignId,
    notes: Vec<Note>,
    waiting: Vec<(Candidate, Example)>,
    found: Found,
    failure: Option<Failure>,
}

impl<'a> Looking<'a> {
    fn new(job: &'a Job, campaign: CampaignId) -> Self {
        Self { job, campaign, notes: Vec::new(), waiting: Vec::new(), found: Found::default(), failure: None }
    }

    fn ask(&mut self) -> io::Result<()> {
        let work = &self.job.work;
        if work.shutdown.is_cancelled() {
            self.failure = Some(Failure::Shutdown);
            return Err(io::Error::other("the review ends here"));
        }
        let (candidates, examples): (Vec<_>, Vec<_>) = std::mem::take(&mut self.waiting).into_iter().unzip();
        match self.job.wait(work.store.acquainted(self.job.ctx.tenant, self.campaign, candidates)) {
            Err(error) => {
                self.failure = Some(Failure::Store(error));
                Err(io::Error::other("the review ends here"))
            }
            Ok(answers) => {
                for (Acquainted { lead, suppressed }, mut example) in answers.into_iter().zip(examples) {
                    example.lead = lead;
                    let group = match () {
                        () if lead.is_some() => &mut self.found.already_in_campaign,
                        () if suppressed => &mut self.found.suppressed,
                        () if !example.notes.is_empty() => &mut self.found.repaired,
                        () => &mut self.found.ready,
                    };
                    group.add(example);
                }
                Ok(())
            }
        }
    }
}
