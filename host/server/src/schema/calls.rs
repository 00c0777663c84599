//! Calls.

use utoipa::ToSchema;

/// A call as its owner sees it.
#[derive(ToSchema)]
pub struct Call {
    /// `call_...`
    pub id: String,
    /// `cmp_...`
    pub campaign: String,
    /// `lead_...`
    pub lead: String,
    /// Position of the contact that was dialled.
    pub contact: u16,
    /// The number dialled; null once the person was erased.
    pub phone: Option<String>,
    /// The number shown.
    pub caller_id: String,
    /// Which dial of the lead it is, from 1.
    pub number: u32,
    /// From 1.
    pub era: u32,
    /// From 1.
    pub round: u32,
    /// `initiated`, `ringing`, `in_progress`, `completed`, `busy`, `unanswered` or `failed`.
    pub status: String,
    /// `voicemail`, `refused`, `cancelled`, `unknown`, `withdrawn`, `not_dialled`, or null.
    pub reason: Option<String>,
    /// Why it failed: `none`, `number_invalid`, `callee_rejected`, `caller_id_blocked`, `provider_fault`, `other`.
    pub failure: String,
    /// `human`, `machine` or `unknown`.
    pub answered_by: String,
    /// When it was decided to dial.
    #[schema(format = DateTime)]
    pub started_at: String,
    /// When somebody answered.
    #[schema(format = DateTime)]
    pub answered_at: Option<String>,
    /// When it was over.
    #[schema(format = DateTime)]
    pub ended_at: Option<String>,
    /// How long the parties talked, in milliseconds.
    pub talk_ms: i64,
    /// Charged to the account, in millionths of the currency's unit.
    pub cost_micros: i64,
    /// What the provider charges, once it has said so.
    pub provider_cost: Option<ProviderCost>,
    /// What was determined, by whom and why.
    #[schema(value_type = Object)]
    pub variables: serde_json::Value,
    /// The provider's name for it.
    pub provider_call_id: Option<String>,
    /// The configuration version it was made under.
    pub config_version: u32,
    /// The decision that followed.
    pub decision: Option<CallDecision>,
}

/// What a provider charges for a call.
#[derive(ToSchema)]
pub struct ProviderCost {
    /// In millionths of the currency's unit.
    pub amount_micros: i64,
    /// Three upper-case letters; null when the provider did not tell.
    pub currency: Option<String>,
}

/// What was decided after a call.
#[derive(ToSchema)]
pub struct CallDecision {
    /// `complete`, `next_contact`, `retry`, `give_up`, `suppress`; or the engine's own: `defer`, `withdraw`, `hand`.
    pub decision: String,
    /// Its reason.
    pub reason: String,
    /// `builtin`, `engine`, or `name@version`.
    pub by: String,
    /// The instant that was asked for.
    #[schema(format = DateTime)]
    pub asked_for: Option<String>,
    /// The first possible instant under the rules in force.
    #[schema(format = DateTime)]
    pub expected: Option<String>,
    /// The rules that changed what was asked for.
    pub clamped_by: Vec<String>,
}

/// One line of a transcript.
#[derive(ToSchema)]
pub struct Utterance {
    /// From the start of the call, in milliseconds.
    pub at_ms: i64,
    /// `assistant`, `person` or `other`.
    pub speaker: String,
    /// What was said.
    pub text: String,
}

/// How far the evaluation of a call is.
#[derive(ToSchema)]
pub struct EvaluationState {
    /// Every evaluator was asked what was open.
    pub done: bool,
    /// When the next one is asked, while it is not done.
    #[schema(format = DateTime)]
    pub next_try_at: Option<String>,
    /// Failures in a row.
    pub failures: u32,
    /// Why the last try failed.
    pub error: Option<EvaluationError>,
    /// What evaluators were paid for this call, in millionths of the currency's unit.
    pub cost_micros: i64,
    /// The currency; null where nothing was paid.
    pub cost_currency: Option<String>,
}

/// Why an evaluator did not answer.
#[derive(ToSchema)]
pub struct EvaluationError {
    /// Which one: `name@version`.
    pub evaluator: String,
    /// Stable.
    pub code: String,
    /// What happened, why, what to do next.
    pub message: String,
}
