//! What a policy is asked and answers, in JSON: the same facts that ours gets through the contract's types.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Variable {
    pub name: String,
    pub value: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Contact {
    pub position: u32,
    pub phone: String,
    pub label: Option<String>,
    pub usable: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Attempt {
    pub number: u32,
    pub era: u32,
    pub round: u32,
    pub contact: u32,
    pub phone: String,
    pub outcome: String,
    pub failure: String,
    pub answered_by: String,
    pub started_at: i64,
    pub ended_at: Option<i64>,
    pub talk_ms: u64,
    pub variables: Vec<Variable>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Retry {
    pub not_before: i64,
    pub not_after: Option<i64>,
    pub contact: Option<u32>,
    pub priority: Option<i32>,
    pub variables: Vec<Variable>,
    pub reason: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Complete(String),
    NextContact(String),
    Retry(Retry),
    GiveUp(String),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub first_wait_minutes: u32,
    pub growth: f64,
    pub longest_wait_hours: u32,
    pub busy_minutes: u32,
    pub busy_in_a_row: usize,
    pub voicemails: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            first_wait_minutes: 60,
            growth: 2.0,
            longest_wait_hours: 48,
            busy_minutes: 15,
            busy_in_a_row: 3,
            voicemails: 2,
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Question {
    pub trigger: String,
    pub now: i64,
    pub campaign_id: String,
    pub lead_id: String,
    pub zone: String,
    pub era: u32,
    pub round: u32,
    pub max_retries: u32,
    pub retry_interval_ms: u64,
    pub retry_on_voicemail: bool,
    pub retry_until_goal: bool,
    pub goal: Option<bool>,
    pub strategy: String,
    pub attempts_left: u32,
    pub campaign_ends_at: Option<i64>,
    pub contacts: Vec<Contact>,
    pub attempts: Vec<Attempt>,
    pub lead_variables: Vec<Variable>,
    pub builtin: Decision,
    pub settings: Settings,
}
