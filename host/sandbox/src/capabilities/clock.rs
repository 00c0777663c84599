//! `clock`: the time of the world outside, for the kinds that check signatures and windows.
//!
//! The wall's, not the engine's: a provider's timestamp is compared with it, whatever clock calls live in.

use super::Lent;
use crate::contract::campanile::plugin::clock::Host;
use crate::fault::Fault;

impl Host for Lent {
    fn now(&mut self) -> wasmtime::Result<i64> {
        self.count()?;
        let clock =
            self.loan.clock.as_ref().ok_or(Fault::NotReady { what: "the call was lent no clock".to_owned() })?;
        Ok(clock.now().millis())
    }
}
