//! A linked component with the face of its kind, found once so that no call looks a name up.
//!
//! Finding the face checks the types of what the component exports: for a component whose imports are not all the
//! contract's (compilers of other languages), this is where a wrong type is noticed.

use crate::contract::exports::campanile::plugin::{evaluator, importer, sink};
use crate::dialler::Dialler;
use crate::guest::Guest;
use crate::policy::Policy;

/// One of the kinds.
pub enum Ready {
    /// Asked by the engine after calls.
    Policy(Policy),
    /// Asked by the engine to dial.
    Dialler(Dialler),
    /// The others, asked by name.
    Plain(Guest),
}

impl Ready {
    pub fn new(guest: Guest) -> wasmtime::Result<Self> {
        use campanile_domain::plugin::Kind;
        Ok(match guest.kind {
            Kind::RetryPolicy | Kind::ScriptRunner => Self::Policy(Policy::new(guest)?),
            Kind::VoiceGateway => Self::Dialler(Dialler::new(guest)?),
            Kind::LeadImporter => importer::GuestIndices::new(&guest.pre).map(|_| Self::Plain(guest))?,
            Kind::CallEvaluator => evaluator::GuestIndices::new(&guest.pre).map(|_| Self::Plain(guest))?,
            Kind::ResultSink => sink::GuestIndices::new(&guest.pre).map(|_| Self::Plain(guest))?,
        })
    }

    pub const fn guest(&self) -> &Guest {
        match self {
            Self::Policy(policy) => &policy.guest,
            Self::Dialler(dialler) => &dialler.guest,
            Self::Plain(guest) => guest,
        }
    }
}
