//! Jobs, replays and shadows.

use std::collections::BTreeMap;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

use super::closed;
use crate::api::v1::plugins::replay::ReplayRequest;

use crate::rehearsal::Report as RehearsalReport;

/// How far a job is.
#[derive(ToSchema)]
pub struct JobProgress {
    /// Of `total`, in the job's own units.
    pub done: u64,
    /// 0 until it is known.
    pub total: u64,
}

/// Why a job has no result.
#[derive(ToSchema)]
pub struct JobError {
    /// Stable: `interrupted` when the host stopped during it, `store` when its records could not be read.
    pub code: String,
    /// What happened, why, what to do next.
    pub message: String,
}

/// Long work that was asked for.
#[derive(ToSchema)]
pub struct Job {
    /// `job_...`
    pub id: String,
    /// What it does: `replay`.
    pub kind: String,
    /// `running`, `finished`, `failed` or `cancelled`.
    pub state: String,
    /// How far it is.
    pub progress: JobProgress,
    /// What was asked for.
    #[schema(value_type = Object)]
    pub request: serde_json::Value,
    /// What came of it, once it is finished; lists leave it out. Of a replay a ReplayReport, of a rehearsal a
    /// RehearsalReport.
    #[schema(value_type = Option<Object>)]
    pub result: Option<serde_json::Value>,
    /// Why nothing did, once it failed.
    pub error: Option<JobError>,
    /// Who asked: `operator`, `engine` or a key's id.
    pub by: String,
    /// When.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it ended.
    #[schema(format = DateTime)]
    pub finished_at: Option<String>,
}

/// From which decision to which, and for how many leads.
#[derive(ToSchema)]
pub struct Change {
    /// The recorded answer.
    pub from: String,
    /// The other one; `failed: CODE` for a failure.
    pub to: String,
    /// Leads whose first divergence it is.
    pub leads: u64,
}

/// A lead to look at: two answers to one question.
#[derive(ToSchema)]
pub struct Difference {
    /// `lead_...`
    pub lead: String,
    /// `call_...`: the call that the decision is about.
    pub call: Option<String>,
    /// When it was decided.
    #[schema(format = DateTime)]
    pub at: String,
    /// Who decided then: `builtin` or `name@version`.
    pub by: String,
    /// What was decided then.
    #[schema(value_type = Object)]
    pub recorded: serde_json::Value,
    /// What the other one answers: a decision, or a failure with its code.
    #[schema(value_type = Object)]
    pub answered: serde_json::Value,
    /// What the engine made of the recorded answer.
    #[schema(value_type = Option<Object>)]
    pub made: Option<serde_json::Value>,
    /// What it would make of the other one by the recorded facts.
    #[schema(value_type = Option<Object>)]
    pub would_make: Option<serde_json::Value>,
}

/// What a replay came to: a proof where the bytes and the settings are those that decided, otherwise a comparison.
#[derive(ToSchema)]
pub struct ReplayReport {
    /// Who was asked: `name@version`.
    pub policy: String,
    /// SHA-256 of the bytes that were asked.
    pub digest: Option<String>,
    /// Decisions looked at.
    pub decisions: u64,
    /// By the same bytes with the same settings: the answer was the recorded one in every byte.
    pub reproduced: u64,
    /// By the same bytes with the same settings: the answer was another one. The plugin is not deterministic.
    pub not_reproducible: u64,
    /// By other bytes or settings: the same answer.
    pub same: u64,
    /// The same but for the reason.
    pub reworded: u64,
    /// Leads that diverged; each once.
    pub diverged: u64,
    /// Later decisions of leads that diverged: not judged, because they would not have been asked like that.
    pub after_divergence: u64,
    /// Answers that were failures, by code.
    pub failed: BTreeMap<String, u64>,
    /// Recorded decisions that were not put to anybody, by reason.
    pub not_replayed: BTreeMap<String, u64>,
    /// Decisions past the limit, which nobody looked at.
    pub left_out: u64,
    /// The divergences, from what to what.
    pub changes: Vec<Change>,
    /// Leads that diverged, at most 200.
    pub leads: Vec<Difference>,
    /// Answers that could not be reproduced, at most 200.
    pub not_reproduced: Vec<Difference>,
    /// What would follow, when it was asked for.
    pub estimate: Option<Estimate>,
}

/// What would follow, or why nobody can say.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum Estimate {
    /// Rehearsed both ways.
    Rehearsed(Box<RehearsalReport>),
    /// Not rehearsed.
    Missing {
        /// `too_few_calls`, `no_leads` or `not_played`, with what to do.
        missing: JobError,
    },
}

/// What a shadow came to so far. Only the first divergence of a lead can be compared with what happened.
#[derive(ToSchema)]
pub struct Shadow {
    /// `cmp_...`
    pub campaign: String,
    /// `name@version`, pinned when it began.
    pub policy: String,
    /// Its settings.
    #[schema(value_type = Object)]
    pub settings: serde_json::Value,
    /// Asked from then on.
    #[schema(format = DateTime)]
    pub since: String,
    /// Who began it: `operator`, `engine` or a key's id.
    pub by: String,
    /// Until then, when it was stopped.
    #[schema(format = DateTime)]
    pub stopped_at: Option<String>,
    /// Questions that were put to it.
    pub asked: u64,
    /// Answered like the campaign.
    pub same: u64,
    /// Answered like the campaign but for the reason, which moves nobody.
    pub reworded: u64,
    /// Leads for which it answered otherwise; each once.
    pub diverged: u64,
    /// Later answers about those leads: not judged, because its first one was not followed.
    pub after_divergence: u64,
    /// Decisions it was not asked about because it was too slow.
    pub dropped: u64,
    /// Its failures, by code.
    pub failed: BTreeMap<String, u64>,
    /// Questions whose decision failed, so that there was nothing to compare with, by reason.
    pub not_compared: BTreeMap<String, u64>,
    /// The divergences, from what to what.
    pub changes: Vec<Change>,
    /// Leads that diverged, at most 200.
    pub leads: Vec<Difference>,
}

/// A replay's wishes, and the script to ask.
pub struct ScriptReplay;

impl PartialSchema for ScriptReplay {
    fn schema() -> RefOr<Schema> {
        let mut painted = closed::<ReplayRequest>(&[]);
        let about = "A draft, asked instead of a version; at most 256 KiB.";
        let source = ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
            .description(Some(about))
            .build();
        painted.properties.insert("source".to_owned(), Schema::Object(source).into());
        Schema::Object(painted).into()
    }
}

impl ToSchema for ScriptReplay {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        ReplayRequest::schemas(schemas);
    }
}
