//! What a source may set; `campanile.toml` has the same names with their meaning.

use campanile_plugin_sdk::records::Fields;
use campanile_plugin_sdk::sync::Pace;
use serde::Deserialize;

/// The settings.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Address of the list.
    pub url: String,
    /// JSON pointer to the records.
    pub records: String,
    /// How the system knows us: the name of an auth block, or `none`.
    pub auth: Auth,
    /// For basic.
    pub username: String,
    /// Which field is what.
    pub fields: Fields,
    /// How the system pages.
    pub paging: Paging,
    /// What a run asks for.
    pub changes: Changes,
}

/// How the system knows us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Auth {
    /// It does not ask.
    #[default]
    None,
    /// A bearer token.
    Bearer,
    /// A name and a password.
    Basic,
    /// A header of this name.
    XApiKey,
    /// A parameter of the query.
    Query,
}

impl Auth {
    /// The block of the manifest.
    pub const fn block(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Bearer => Some("bearer"),
            Self::Basic => Some("basic"),
            Self::XApiKey => Some("x-api-key"),
            Self::Query => Some("query"),
        }
    }
}

/// How the system pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// Not at all.
    #[default]
    None,
    /// By number.
    Page,
    /// By how many to skip.
    Offset,
    /// By a text of its own.
    Cursor,
    /// By an address.
    Link,
}

/// With what words.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct Paging {
    /// How.
    pub style: Style,
    /// The parameter; the style's own name when it is left out.
    pub param: String,
    /// The first page's number.
    pub first: u64,
    /// Records a page.
    pub size: u64,
    /// The parameter for that; empty: it is not said.
    pub size_param: String,
    /// Where the answer says what comes next.
    pub next: String,
}

impl Default for Paging {
    fn default() -> Self {
        Self {
            style: Style::None,
            param: String::new(),
            first: 1,
            size: 100,
            size_param: "limit".to_owned(),
            next: String::new(),
        }
    }
}

impl Paging {
    /// The parameter that says which page.
    pub fn param(&self) -> &str {
        match self.style {
            _ if !self.param.is_empty() => &self.param,
            Style::Page => "page",
            Style::Offset => "offset",
            _ => "cursor",
        }
    }
}

/// What a run asks for.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct Changes {
    /// Everything, or what changed.
    pub style: Asked,
    /// The parameter that says since when.
    pub param: String,
    /// How it is written.
    pub format: Written,
    /// Minutes that runs overlap.
    pub overlap_minutes: u32,
    /// Hours after which everything is asked for again; 0: never.
    pub full_every_hours: u32,
}

impl Default for Changes {
    fn default() -> Self {
        Self {
            style: Asked::Snapshot,
            param: "updated_since".to_owned(),
            format: Written::Rfc3339,
            overlap_minutes: 5,
            full_every_hours: 24,
        }
    }
}

impl Changes {
    /// How it keeps up.
    pub fn pace(&self) -> Pace {
        let pace = match (self.style, self.full_every_hours) {
            (Asked::Snapshot, _) => Pace::hours(0),
            (Asked::Since, 0) => Pace::changes(),
            (Asked::Since, hours) => Pace::hours(hours),
        };
        Pace { overlap_ms: i64::from(self.overlap_minutes) * 60_000, ..pace }
    }
}

/// Everything, or what changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// Everything; who is not there any more is gone.
    #[default]
    Snapshot,
    /// What changed since the run before.
    Since,
}

/// How an instant is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Written {
    /// `2026-03-02T09:00:00Z`.
    #[default]
    Rfc3339,
    /// Seconds since 1970.
    Unix,
    /// Milliseconds since 1970.
    UnixMs,
}
