//! A compiled voice gateway: the component with the face of its kind, before anybody installed it.

use crate::contract::exports::campanile::plugin::gateway::GuestIndices;
use crate::guest::Guest;

/// A component that answers the gateway's interface.
pub struct Dialler {
    pub guest: Guest,
    pub face: GuestIndices,
}

impl Dialler {
    pub fn new(guest: Guest) -> wasmtime::Result<Self> {
        let face = GuestIndices::new(&guest.pre)?;
        Ok(Self { guest, face })
    }
}
