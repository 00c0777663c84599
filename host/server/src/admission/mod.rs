//! What the host remembers of those who were let in. Nothing here is asked whether somebody may come in: that is the store's to
//! say, at every request, so that a key that was revoked opens nothing from then on.

mod rates;
mod used;

use std::sync::{Arc, OnceLock};

use campanile_domain::ports::store::Tenant;
use campanile_domain::time::Timestamp;

use self::rates::RETRY_AFTER_SECONDS;
pub(crate) use self::rates::{Rates, Standing};
use self::used::Used;
use crate::codes;
use crate::problem::{FieldProblem, Problem};

/// In memory only: a host that starts knows nobody.
#[derive(Debug, Default)]
pub struct Admission {
    pub(crate) rates: Rates,
    pub(crate) used: Used,
}

impl Admission {
    /// Refuses who is known to be out of tokens, before the store is asked who they are.
    pub(crate) fn before(&self, hash: &[u8; 32], now: Timestamp, told: &Told) -> Result<(), Problem> {
        self.rates.is_out(hash, now).map_or(Ok(()), |standing| told.admit(standing))
    }

    /// Counts a request of an account.
    pub(crate) fn count(&self, hash: &[u8; 32], tenant: &Tenant, now: Timestamp, told: &Told) -> Result<(), Problem> {
        told.admit(self.rates.count(hash, tenant.key, &tenant.limits, now))
    }
}

/// Where an answer finds what it tells of the account's rate; [`crate::frame`] puts it there and reads it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told(Arc<OnceLock<Standing>>);

impl Told {
    /// What to tell, of a request whose account is known.
    pub(crate) fn standing(&self) -> Option<&Standing> {
        self.0.get()
    }

    fn admit(&self, standing: Standing) -> Result<(), Problem> {
        let _ = self.0.set(standing);
        if standing.has_token {
            return Ok(());
        }
        let Standing { per_second, burst, .. } = standing;
        let detail = format!(
            "this account has sent more than {per_second} requests a second ({burst} at once); wait as long as Retry-After says and \
             send it again, send leads in batches (POST /v1/campaigns/{{id}}/leads:batch), or ask the operator, who sets \
             limits.requests_per_second"
        );
        let fault = FieldProblem::new("", "requests_per_second", detail.clone());
        Err(Problem::new(&codes::TOO_MANY_REQUESTS, detail).with([fault]).after(RETRY_AFTER_SECONDS))
    }
}
