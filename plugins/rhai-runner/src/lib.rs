//! Runs tenants' scripts.
//!
//! One component, exporting the interface of each kind that a script can play (`policy`, `evaluator`) and a private one (`script`)
//! to read a script and to map rows with it. The interpreter lives in here and nowhere else: its own limits do not hold a hostile script, the
//! sandbox's do. Everything a script can see or say is registered in [`api`], one file per thing; a misspelt name is an
//! error with a suggestion everywhere, because a script that silently means something else calls people.
//!
//! It must never keep anything of one decision for the next: the host reuses runners and compares.

mod api;
pub mod catalogue;
mod diagnosis;
mod export;
mod interpreter;
mod loaded;
mod names;
mod question;
mod roles;
mod suggest;

pub use export::{Evaluate, Policy};
pub use loaded::Loaded;
