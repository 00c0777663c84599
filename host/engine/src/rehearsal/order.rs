//! A campaign that is to be rehearsed several times, as one process tells it to another.
//!
//! Whoever gives an order knows the store; whoever plays it knows nothing but the order. A cast is one set of people; every
//! side of a comparison meets the same casts, so that a difference between two sides is the sides' and not the people's.

use campanile_domain::campaign::CampaignConfig;
use campanile_domain::lead::{LeadState, SuppressedBy};
use campanile_domain::plugin::Kind;
use campanile_domain::ports::store::{AssistantConfig, Billing, NewLead, Stats, TenantLimits};
use campanile_domain::time::Timestamp;
use campanile_domain::zone::Zone;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::carrier::Scenario;

/// What is to be rehearsed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// When the campaign is started.
    pub start: Timestamp,
    /// A rehearsal that is not over by then is left there.
    pub horizon: Timestamp,
    /// Whose clock the calling hours follow.
    pub zone: Zone,
    /// What binds the account.
    pub limits: TenantLimits,
    /// How it is billed.
    pub billing: Option<Billing>,
    /// Who speaks; its gateway is the rehearsal's.
    pub assistant: AssistantConfig,
    /// Who is called.
    pub leads: Vec<NewLead>,
    /// The campaign, in each of the ways that are compared. Policies are pinned to versions.
    pub sides: Vec<CampaignConfig>,
    /// The people, again and again.
    pub casts: Vec<People>,
    /// Versions that the sides name and that do not ship.
    pub versions: Vec<Version>,
}

/// One set of people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct People {
    /// Draws them.
    pub seed: u64,
    /// How they are.
    pub scenario: Scenario,
}

/// A version of a policy that was uploaded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Version {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it is.
    pub body: VersionBody,
}

/// What a version consists of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VersionBody {
    /// A script's source.
    Script(String),
    /// A component.
    Component {
        /// What it is for.
        kind: Kind,
        /// Its bytes in base64.
        wasm: String,
        /// JSON Schema of its settings.
        settings: Option<Value>,
    },
}

/// How one side ended with one cast.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Played {
    /// Which of the casts.
    pub cast: usize,
    /// Which of the sides.
    pub side: usize,
    /// What came of it.
    pub figures: Figures,
    /// Why it was not completed: the campaign's status and reason.
    pub unfinished: Option<String>,
}

/// What came of a rehearsal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Calls dialled.
    pub calls: i64,
    /// Leads that reached the goal.
    pub goals_reached: i64,
    /// Leads that asked not to be called again.
    pub opted_out: i64,
    /// Talk, in milliseconds.
    pub talk_ms: i64,
    /// Charged to the account, in millionths of its currency's unit.
    pub cost_micros: i64,
    /// From the start to the end of the last call, in milliseconds.
    pub duration_ms: i64,
}

impl Figures {
    /// Read off the counts of a campaign that was started at `start`.
    pub fn of(stats: &Stats, start: Timestamp) -> Self {
        let signed = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let ended = |state: LeadState| {
            let reasons = stats.by_status.get(state.status());
            reasons.and_then(|reasons| reasons.get(state.reason()?)).copied().unwrap_or_default()
        };
        Self {
            calls: signed(stats.attempts.values().sum()),
            goals_reached: signed(stats.goals_reached),
            opted_out: signed(ended(LeadState::Suppressed(SuppressedBy::OptOut))),
            talk_ms: stats.talk_ms,
            cost_micros: stats.cost_micros.0,
            duration_ms: stats.last_call_at.map_or(0, |last| last.since(start).max(0)),
        }
    }
}
