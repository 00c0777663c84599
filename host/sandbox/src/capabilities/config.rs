//! `config`: the instance's settings, checked before the call.

use super::Lent;
use crate::contract::campanile::plugin::config;

impl config::Host for Lent {
    fn get(&mut self) -> wasmtime::Result<String> {
        self.count()?;
        Ok(self.loan.settings.to_string())
    }
}
