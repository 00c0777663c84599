//! The simulated carrier: a gateway like any other, with people behind it that do not exist.
//!
//! It exists because a calling engine can be tried on real people only once. A rehearsal, a demo, a benchmark and a
//! crash test need a carrier that answers like a real one, errs like a real one (events twice, late, in the wrong order,
//! answers lost, searches that cannot tell), and gives the same world again for the same seed. [`fate`] draws what people
//! do, [`scenario`] says from which shares, [`line`] keeps the calls, and [`SimulatedGateway`] puts the line behind the
//! port that every gateway has.
//!
//! The engine must never know that it speaks to this carrier: whatever is true only here would be tested only here.

mod call;
mod draw;
mod expected;
mod fate;
mod faults;
mod fitted;
mod gateway;
mod line;
mod questions;
pub mod scenario;
mod talk;

pub use self::fate::{Fate, Meeting, Said, fate};
pub use self::faults::{Reception, Silence};
pub use self::fitted::resampled;
pub use self::gateway::{SimulatedGateway, read_events, webhook};
pub use self::line::{Carrier, Delivery, Placing, REMEMBERED_MS, Ringing};
pub use self::questions::DEFAULT_GOAL;
pub use self::scenario::{Scenario, ScenarioError, ScenarioFault};
