//! What the host lends a guest, one file per interface of the contract.
//!
//! A guest reaches nothing else: the linker knows only these. [`Lent`] is the whole of what one call can touch, so it is
//! built per call and holds copies; no capability may reach a store, a socket or another call.

mod calendar;
mod config;
mod log;

use std::sync::Arc;

use campanile_domain::ports::policy::Calendar;

use crate::contract::retry_policy::campanile::plugin::types;
use crate::fault::Fault;
use crate::limits::{Meter, PolicyLimits};

pub use log::LogLines;

/// The data of one store.
pub struct Lent {
    pub settings: Arc<str>,
    pub calendar: Option<Calendar>,
    pub log: LogLines,
    pub meter: Meter,
    host_calls: u32,
    max_host_calls: u32,
}

impl Lent {
    pub fn new(settings: Arc<str>, limits: &PolicyLimits) -> Self {
        Self {
            settings,
            calendar: None,
            log: LogLines::default(),
            meter: Meter::new(*limits),
            host_calls: 0,
            max_host_calls: limits.host_calls,
        }
    }

    /// Forgets the previous call of a warm instance and takes the next one's calendar.
    pub fn begin(&mut self, calendar: Option<Calendar>) {
        self.calendar = calendar;
        self.log = LogLines::default();
        self.host_calls = 0;
    }

    pub fn host_calls(&self) -> u32 {
        self.host_calls
    }

    /// Every host function begins with this: the count goes into the record, and a guest cannot spend the host's time
    /// without end.
    fn count(&mut self) -> wasmtime::Result<()> {
        self.host_calls += 1;
        if self.host_calls > self.max_host_calls {
            return Err(Fault::TooManyHostCalls { limit: self.max_host_calls }.into());
        }
        Ok(())
    }
}

impl types::Host for Lent {}
