//! A request without an answer, as the error that a plugin returns.

use super::Fault;
use crate::types::PluginError;

impl Fault {
    /// Stable, for machines.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Denied(_) => "http_denied",
            Self::Unreachable(_) => "http_unreachable",
            Self::TimedOut => "http_timed_out",
            Self::TooLarge => "http_too_large",
            Self::BudgetSpent => "http_budget_spent",
            Self::Unauthorised(_) => "http_unauthorised",
        }
    }

    /// Whether the host says that the request surely never left it. The other faults leave open what the other system
    /// has seen.
    pub const fn is_unsent(&self) -> bool {
        matches!(self, Self::Denied(_) | Self::BudgetSpent | Self::Unauthorised(_))
    }

    /// For the tenant.
    pub fn sentence(&self) -> String {
        match self {
            Self::Denied(rule) => format!("the request is not allowed: {rule}"),
            Self::Unreachable(why) => format!("the other system cannot be reached: {why}"),
            Self::TimedOut => "the other system did not answer in time".to_owned(),
            Self::TooLarge => "the answer is larger than a plugin of this kind may read".to_owned(),
            Self::BudgetSpent => "the call has sent as many requests as a plugin of this kind may".to_owned(),
            Self::Unauthorised(why) => format!("the credentials for the request could not be had: {why}"),
        }
    }
}

impl From<Fault> for PluginError {
    fn from(fault: Fault) -> Self {
        Self::new(fault.code(), fault.sentence())
    }
}
