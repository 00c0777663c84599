//! What the host lends a guest, one file per interface of the contract.
//!
//! A guest reaches nothing else: the linker knows only these, and of these only what its kind is lent. [`Lent`] is the
//! whole of what one call can touch, so it is built per call and holds copies; no capability may reach a store, a socket
//! or another call. Requests leave through a port that checks them, secrets are used and never handed over.

mod calendar;
mod clock;
mod config;
mod http;
mod log;
mod secret;
mod state;
pub mod wasi;

use std::sync::Arc;

use campanile_domain::plugin::limits::Limits;
use campanile_domain::plugin::secrets::Secrets;
use campanile_domain::ports::clock::WallClock;
use campanile_domain::ports::policy::{Calendar, Consulted};

use crate::contract::campanile::plugin::types;
use crate::fault::Fault;
use crate::meter::Meter;

pub use http::Reach;
pub use log::LogLines;
pub use state::State;

/// What one call of one instance is lent.
#[derive(Clone)]
pub struct Loan {
    /// What `config.get` answers.
    pub settings: Arc<str>,
    /// What `calendar` answers from, for the kinds that have it.
    pub calendar: Option<Calendar>,
    /// What `clock.now` reads, for the kinds that have it.
    pub clock: Option<Arc<dyn WallClock>>,
    /// What `secret` works with.
    pub secrets: Arc<Secrets>,
    /// What the instance has kept.
    pub state: State,
    /// How requests leave, for the kinds that reach out.
    pub reach: Option<Reach>,
}

impl Loan {
    /// Settings and nothing else: what a policy gets before its calendar.
    pub fn of_settings(settings: Arc<str>) -> Self {
        Self { settings, calendar: None, clock: None, secrets: Arc::default(), state: State::default(), reach: None }
    }
}

/// The data of one store.
pub struct Lent {
    pub loan: Loan,
    pub log: LogLines,
    pub meter: Meter,
    /// What was asked of the calendar.
    pub consulted: Consulted,
    wasi: Option<wasi::Closed>,
    host_calls: u32,
}

impl Lent {
    pub fn new(loan: Loan, limits: Limits) -> Self {
        let (log, consulted) = (LogLines::default(), Consulted::default());
        Self { loan, log, meter: Meter::new(limits), consulted, wasi: None, host_calls: 0 }
    }

    /// Forgets the previous call of a warm instance and takes the next one's calendar.
    pub fn begin(&mut self, calendar: Option<Calendar>) {
        self.loan.calendar = calendar;
        self.log = LogLines::default();
        self.consulted = Consulted::default();
        self.host_calls = 0;
    }

    pub const fn limits(&self) -> &Limits {
        self.meter.limits()
    }

    pub const fn host_calls(&self) -> u32 {
        self.host_calls
    }

    /// Every host function begins with this: the count goes into the record, and a guest cannot spend the host's time
    /// without end.
    fn count(&mut self) -> wasmtime::Result<()> {
        self.host_calls += 1;
        let limit = self.limits().host_calls;
        if self.host_calls > limit { Err(Fault::TooManyHostCalls { limit }.into()) } else { Ok(()) }
    }
}

impl types::Host for Lent {}
