//! Accounts, for the operator.

pub(crate) mod add_key;
pub(crate) mod audit;
pub(crate) mod create;
pub(crate) mod get;
#[cfg(test)]
mod limits;
pub(crate) mod list;
pub(crate) mod patch;
pub(crate) mod top_up;

use campanile_domain::ports::store::TenantLimits;

use crate::problem::FieldProblem;

/// The rules of limits; `/limits/...`.
fn check_limits(limits: &TenantLimits, faults: &mut Vec<FieldProblem>) {
    let of_plugins = limits.plugins.faults().into_iter();
    faults.extend(of_plugins.map(|fault| FieldProblem::from(fault).under("/limits/plugins")));
    let mut fault = |field: &str, message: &str| {
        faults.push(FieldProblem::new(format!("/limits/{field}"), "range", message));
    };
    if limits.max_concurrent_calls == 0 {
        fault("max_concurrent_calls", "0 would forbid every call; send 1 or more, or suspend the account");
    }
    if limits.calls_per_second.is_some_and(|rate| !(rate.is_finite() && rate > 0.0)) {
        fault("calls_per_second", "a rate is more than 0; leave it out for no limit");
    }
    if limits.requests_per_second == 0 {
        fault("requests_per_second", "0 would forbid every request; send 1 or more, or suspend the account");
    }
    if limits.requests_burst == 0 {
        fault("requests_burst", "0 would forbid every request; send 1 or more: how many may come at once");
    }
    if limits.max_calls_per_number_per_day == Some(0) {
        fault("max_calls_per_number_per_day", "0 would forbid every call; leave it out for no limit");
    }
}
