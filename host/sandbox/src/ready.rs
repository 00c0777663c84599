//! A linked component with the face of its kind, found once so that no call looks a name up.
//!
//! Finding the face checks the types of what the component exports: for a component whose imports are not all the
//! contract's (compilers of other languages), this is where a wrong type is noticed.

use campanile_domain::plugin::Kind;

use crate::contract::exports::campanile::plugin::{evaluator, gateway, importer, sink};
use crate::guest::Guest;
use crate::policy::Policy;

/// A component and where its functions are.
pub struct Faced<F> {
    pub guest: Guest,
    pub face: F,
}

/// One of the kinds.
pub enum Ready {
    /// Asked by the engine after calls.
    Policy(Policy),
    /// Asked by the engine to dial.
    Gateway(Faced<gateway::GuestIndices>),
    /// Asked for leads.
    Importer(Faced<importer::GuestIndices>),
    /// Asked to read a call.
    Evaluator(Faced<evaluator::GuestIndices>),
    /// Asked to write results back.
    Sink(Faced<sink::GuestIndices>),
}

impl Ready {
    pub fn new(guest: Guest) -> wasmtime::Result<Self> {
        Ok(match guest.kind {
            Kind::RetryPolicy | Kind::ScriptRunner => Self::Policy(Policy::new(guest)?),
            Kind::VoiceGateway => Self::Gateway(Faced { face: gateway::GuestIndices::new(&guest.pre)?, guest }),
            Kind::LeadImporter => Self::Importer(Faced { face: importer::GuestIndices::new(&guest.pre)?, guest }),
            Kind::CallEvaluator => Self::Evaluator(Faced { face: evaluator::GuestIndices::new(&guest.pre)?, guest }),
            Kind::ResultSink => Self::Sink(Faced { face: sink::GuestIndices::new(&guest.pre)?, guest }),
        })
    }

    pub const fn guest(&self) -> &Guest {
        match self {
            Self::Policy(policy) => &policy.guest,
            Self::Gateway(faced) => &faced.guest,
            Self::Importer(faced) => &faced.guest,
            Self::Evaluator(faced) => &faced.guest,
            Self::Sink(faced) => &faced.guest,
        }
    }
}
