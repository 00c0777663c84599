//! Requests that leave the host.

mod address;
mod exemptions;
mod target;

pub use self::exemptions::{Exemptions, NotAnExemption};
