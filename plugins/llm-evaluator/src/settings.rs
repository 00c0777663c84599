//! What an assistant may set; `campanile.toml` has the same names with their meaning.

use serde::Deserialize;

/// See the titles in `campanile.toml`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    pub base_url: String,
    pub model: String,
    pub auth: Auth,
    pub mode: Mode,
    pub temperature: f64,
    pub max_tokens: u32,
    pub transcript_tokens: usize,
    pub instructions: String,
    pub timeout_seconds: u32,
    pub price_input: f64,
    pub price_output: f64,
    pub currency: String,
    pub budget: f64,
}

/// How the API knows us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    /// By a key.
    Bearer,
    /// Not at all.
    None,
}

/// How the form of the answer is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// By the strictest way that the API takes.
    Auto,
    /// By a strict JSON schema.
    JsonSchema,
    /// As some JSON object.
    JsonObject,
    /// In words alone.
    Text,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            base_url: String::new(),
            model: String::new(),
            auth: Auth::Bearer,
            mode: Mode::Auto,
            temperature: 0.0,
            max_tokens: 2_000,
            transcript_tokens: 12_000,
            instructions: String::new(),
            timeout_seconds: 60,
            price_input: 0.0,
            price_output: 0.0,
            currency: "USD".to_owned(),
            budget: 0.0,
        }
    }
}

impl Mode {
    /// What is asked for first.
    pub const fn first(self) -> Self {
        match self {
            Self::Auto => Self::JsonSchema,
            other => other,
        }
    }

    /// What is asked for where the API cannot do this one.
    pub const fn less(self) -> Option<Self> {
        match self {
            Self::Auto | Self::JsonSchema => Some(Self::JsonObject),
            Self::JsonObject => Some(Self::Text),
            Self::Text => None,
        }
    }
}
