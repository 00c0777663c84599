//! Asking a retry policy: a plugin in a fresh instance, a script in its runner.

use std::sync::Arc;

use campanile_domain::plugin::limits::Limits;
use campanile_domain::policy::{Decision, PolicyInput};
use campanile_domain::ports::policy::Calendar;

use crate::capabilities::Loan;
use crate::contract::exports::campanile::plugin::policy::{Guest as Face, GuestIndices};
use crate::convert::policy::{answer, question};
use crate::engines::Engines;
use crate::fault::Fault;
use crate::guest::{Called, Guest, Live};

/// A component that answers the policy's interface.
pub struct Policy {
    pub guest: Guest,
    face: GuestIndices,
}

impl Policy {
    pub fn new(guest: Guest) -> wasmtime::Result<Self> {
        let face = GuestIndices::new(&guest.pre)?;
        Ok(Self { guest, face })
    }

    /// The policy's interface of a live instance.
    pub fn face(&self, live: &mut Live) -> Result<Face, Fault> {
        self.face.load(&mut live.store, &live.instance).map_err(|error| Fault::not_ready(&error))
    }

    /// One decision in a fresh instance. Start and decision share the fuel.
    pub async fn decide(
        &self,
        engines: &Engines,
        limits: Limits,
        settings: Arc<str>,
        input: &PolicyInput,
        calendar: Calendar,
    ) -> Called<Decision> {
        let mut live = match self.guest.instantiate(engines, Loan::of_settings(settings), limits, None).await {
            Ok(live) => live,
            Err(called) => {
                return called.and_then(|()| Err(Fault::NotReady { what: "it did not start".to_owned() }));
            }
        };
        match self.face(&mut live) {
            Ok(face) => ask(&mut live, &face, input, calendar).await,
            Err(fault) => Called::not_run(fault),
        }
    }
}

/// One decision of a live instance.
pub async fn ask(live: &mut Live, face: &Face, input: &PolicyInput, calendar: Calendar) -> Called<Decision> {
    live.store.data_mut().begin(Some(calendar));
    let limits = *live.limits();
    let called = live.bounds().hold(face.call_decide(&mut live.store, &question(input))).await;
    live.finish(called).and_then(|answered| match answered {
        Ok(decision) => answer(decision, input, limits.output_bytes),
        Err(error) => Err(Fault::of_plugin(error)),
    })
}
