//! Accounts and keys.

use campanile_domain::ports::store::SCOPES;
use serde::Serialize;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{OneOfBuilder, Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::closed;

/// An account.
#[derive(ToSchema)]
pub struct Tenant {
    /// `ten_...`
    pub id: String,
    /// For people.
    pub name: String,
    /// Set on a test twin: the account it belongs to.
    pub twin_of: Option<String>,
    /// While suspended no call is made, and its keys read and stop things only.
    pub suspended: bool,
    /// What binds all of its campaigns together.
    pub limits: TenantLimits,
    /// How it is billed; null when billing is off.
    pub billing: Option<Billing>,
    /// What is left of its balance, reservations taken off, in millionths of the currency's unit.
    pub available_micros: i64,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// What binds an account, beside its campaigns' own limits.
#[derive(ToSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TenantLimits {
    /// Calls at once over all campaigns.
    #[schema(default = 100, minimum = 1, format = Int64, maximum = 4294967295_i64)]
    pub max_concurrent_calls: u32,
    /// Dials per second over all campaigns; null: no limit.
    #[schema(exclusive_minimum = 0)]
    pub calls_per_second: Option<f64>,
    /// The least gap between two calls to one phone over all campaigns.
    #[schema(default = 10, format = Int64, maximum = 4294967295_i64)]
    pub min_gap_minutes: u32,
    /// Calls to one phone in a local day; null: no limit.
    #[schema(minimum = 1, format = Int64, maximum = 4294967295_i64)]
    pub max_calls_per_number_per_day: Option<u32>,
    /// What it may use of plugins, where the operator has set less than everybody may.
    #[schema(required = false)]
    pub plugins: Allowance,
    /// Campaigns, whatever their status, of the account and of its test twin each; null: no limit.
    #[schema(format = Int64, maximum = 4294967295_i64)]
    pub max_campaigns: Option<u32>,
    /// Leads of all campaigns, those that ended included, of the account and of its test twin each; null: no limit.
    #[schema(format = "uint64")]
    pub max_leads: Option<u64>,
    /// Requests of this API a second, of the account and of its test twin each.
    #[schema(default = 100, minimum = 1, format = Int64, maximum = 4294967295_i64)]
    pub requests_per_second: u32,
    /// Requests that may come at once.
    #[schema(default = 200, minimum = 1, format = Int64, maximum = 4294967295_i64)]
    pub requests_burst: u32,
}

/// What an account may use of plugins; what is left out is the default. It can only be lowered.
#[derive(ToSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Allowance {
    /// Plugins and scripts by name, with those of the test twin; default 100.
    #[schema(maximum = 100)]
    pub plugins: Option<u32>,
    /// Versions of all of them, whatever their state, with those of the test twin; default 1,000.
    #[schema(maximum = 1000)]
    pub versions: Option<u32>,
    /// Bytes of all versions, with those of the test twin; default 1 GiB.
    #[schema(maximum = 1073741824)]
    pub stored_bytes: Option<u64>,
    /// Uploads that are being compiled or tested, with those of the test twin; default 16.
    #[schema(maximum = 16)]
    pub unfinished_uploads: Option<u32>,
    /// Calls of plugins under way at one time, of policies and of the other kinds each; default 16.
    #[schema(minimum = 1, maximum = 16)]
    pub concurrent_calls: Option<u32>,
    /// Of retry policies and scripts.
    #[schema(nullable = false)]
    pub policy: Option<KindAllowance>,
    /// Of evaluators.
    #[schema(nullable = false)]
    pub evaluator: Option<KindAllowance>,
    /// Of importers.
    #[schema(nullable = false)]
    pub importer: Option<KindAllowance>,
    /// Of gateways.
    #[schema(nullable = false)]
    pub gateway: Option<KindAllowance>,
    /// Of sinks.
    #[schema(nullable = false)]
    pub sink: Option<KindAllowance>,
}

/// What one call of a kind of plugin may use; what is left out is the kind's own limit.
#[derive(ToSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KindAllowance {
    /// Linear memory, in bytes.
    pub memory_bytes: Option<u64>,
    /// Units of fuel; policies only.
    pub fuel: Option<u64>,
    /// Processor time in milliseconds; not policies.
    pub cpu_ms: Option<u32>,
    /// From beginning to end in milliseconds; not policies.
    pub wall_ms: Option<u32>,
    /// Bytes of an answer.
    pub output_bytes: Option<u64>,
    /// Requests of a call; not policies.
    pub http_requests: Option<u32>,
    /// The longest that one request may take, in milliseconds; not policies.
    pub http_request_ms: Option<u32>,
}

/// Limits by name; null takes one away, and of plugins it gives the default back.
pub struct LimitsPatch;

impl PartialSchema for LimitsPatch {
    fn schema() -> RefOr<Schema> {
        let nothing = || ObjectBuilder::new().schema_type(Type::Null).build();
        let mut plugins = closed::<Allowance>(&[]);
        plugins.schema_type = SchemaType::from_iter([Type::Object, Type::Null]);
        for kind in ["policy", "evaluator", "importer", "gateway", "sink"] {
            let either = OneOfBuilder::new().item(nothing()).item(Ref::from_schema_name("KindAllowance"));
            plugins.properties.insert(kind.to_owned(), Schema::OneOf(either.build()).into());
        }
        let mut painted = closed::<TenantLimits>(&[]);
        painted.properties.insert("plugins".to_owned(), Schema::Object(plugins).into());
        Schema::Object(painted).into()
    }
}

impl ToSchema for LimitsPatch {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        TenantLimits::schemas(schemas);
    }
}

/// How an account is billed.
#[derive(ToSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Billing {
    /// Three upper-case letters (ISO 4217).
    #[schema(pattern = "^[A-Z]{3}$")]
    pub currency: String,
    /// What talking costs.
    pub tariff: Tariff,
}

/// What talking costs.
#[derive(ToSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Tariff {
    /// The price of a minute in millionths of the currency's unit.
    #[schema(minimum = 0, maximum = 1000000000000_i64)]
    pub per_minute_micros: i64,
    /// The shortest time billed, 0 to 3600.
    #[schema(maximum = 3600)]
    pub minimum_seconds: u32,
    /// The step billed time is rounded up to, 1 to 3600.
    #[schema(minimum = 1, maximum = 3600)]
    pub rounding_seconds: u32,
}

/// A new account.
#[derive(ToSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NewTenant {
    /// 1 to 255 characters.
    #[schema(min_length = 1, max_length = 255)]
    pub name: String,
    /// Its limits; what is left out has its default.
    #[schema(nullable = false)]
    pub limits: Option<NewLimits>,
    /// Its billing; left out: off.
    pub billing: Option<Billing>,
}

/// Limits of a new account, by the names that they have in `TenantLimits`; what is left out has its default.
#[derive(Serialize)]
pub struct NewLimits;

impl PartialSchema for NewLimits {
    fn schema() -> RefOr<Schema> {
        Schema::Object(closed::<TenantLimits>(&[])).into()
    }
}

impl ToSchema for NewLimits {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        TenantLimits::schemas(schemas);
    }
}

/// An API key, without its secret.
#[derive(ToSchema)]
pub struct Key {
    /// `key_...`
    pub id: String,
    /// For people.
    pub name: String,
    /// What it may do; `admin` implies everything.
    pub scopes: Vec<String>,
    /// Its last four characters, to recognise it.
    pub last_four: String,
    /// Not valid from then on.
    #[schema(format = DateTime)]
    pub expires_at: Option<String>,
    /// Not valid since.
    #[schema(format = DateTime)]
    pub revoked_at: Option<String>,
    /// `key_...`: the key that was made in its place.
    pub replaced_by: Option<String>,
    /// When it was last used, to the minute; null: never.
    #[schema(format = DateTime)]
    pub last_used_at: Option<String>,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// What a key may do.
pub struct ScopeWord;

impl PartialSchema for ScopeWord {
    fn schema() -> RefOr<Schema> {
        let about = "`admin` implies everything.";
        let words = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(SCOPES)).description(Some(about));
        Schema::Object(words.build()).into()
    }
}

impl ToSchema for ScopeWord {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn a_new_account_may_have_every_limit() {
        let document = serde_json::to_value(crate::openapi()).unwrap();
        let names = |schema: &str| -> BTreeSet<String> {
            let schema = &document["components"]["schemas"][schema];
            schema["properties"].as_object().unwrap().keys().cloned().collect()
        };
        assert_eq!(names("NewLimits"), names("TenantLimits"));
        assert!(document["components"]["schemas"]["NewLimits"].get("required").is_none(), "each has a default");
    }
}
