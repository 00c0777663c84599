//! The do-not-call list.
//!
//! A number on it is dialled by nobody of the account: the gates ask when a call is claimed and once more right before the
//! dial.

use campanile_domain::ports::store::{NewSuppression, Suppressed};
use campanile_domain::region::Region;
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::body::typed;
use crate::phones;
use crate::problem::FieldProblem;

pub(crate) mod batch;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;

/// What is kept of who gave no reason.
const USUAL_REASON: &str = "asked not to be called";
const LONGEST_REASON: usize = 255;

/// A number that is to be called no more.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SuppressionBody {
    /// As people write it.
    phone: String,
    /// Why, for people, at most 255 characters; it shows wherever the number does.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 255)]
    reason: Option<String>,
    /// The country of a phone without a country code, two letters.
    #[serde(default)]
    #[schema(pattern = "^[A-Za-z]{2}$")]
    default_region: Option<String>,
}

/// How a number in a path is read.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RegionQuery {
    /// The country of a phone without a country code, two letters.
    #[param(pattern = "^[A-Za-z]{2}$")]
    default_region: Option<String>,
}

/// Reads one; `region` where it names none itself.
fn read(body: Value, region: Option<Region>) -> Result<NewSuppression, Vec<FieldProblem>> {
    let body: SuppressionBody = typed(body)?;
    let mut faults = Vec::new();
    let named = phones::region(body.default_region.as_deref(), None, "/default_region");
    let region = named.map_err(|fault| faults.push(fault)).unwrap_or_default().or(region);
    let reason = body.reason.unwrap_or_else(|| USUAL_REASON.to_owned());
    let length = reason.chars().count();
    if !(1..=LONGEST_REASON).contains(&length) {
        let message = format!("the reason has {length} characters; give it 1 to {LONGEST_REASON}, or leave it out");
        faults.push(FieldProblem::new("/reason", "length", message));
    }
    match phones::read(&body.phone, region, "/phone") {
        Ok(phone) if faults.is_empty() => Ok(NewSuppression { phone, reason }),
        Ok(_) => Err(faults),
        Err(fault) => Err(faults.into_iter().chain([fault]).collect()),
    }
}

/// Tells the engine whose leads ended.
fn tell(app: &App, done: &Suppressed) {
    done.campaigns.iter().for_each(|campaign| app.engine.leads_changed(*campaign));
}
