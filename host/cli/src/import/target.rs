//! Where an import goes: to a server, or into a data folder.

use std::path::PathBuf;

use clap::Args;

use super::desk::Desk;
use super::folder::Folder;
use super::server::Server;
use crate::client::ServerFlags;
use crate::exit::Failure;

/// Flags that say where.
#[derive(Args, Clone, Debug)]
pub struct Target {
    /// Import straight into a data folder that no server has open, whatever --server says
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// With --data: which account, by id or name; not needed when there is only one
    #[arg(long, value_name = "TENANT", requires = "data")]
    tenant: Option<String>,
    #[command(flatten)]
    server: ServerFlags,
}

impl Target {
    /// Goes there.
    pub fn open(&self) -> Result<Box<dyn Desk>, Failure> {
        if let Some(data) = &self.data {
            return Ok(Box::new(Folder::open(data, self.tenant.clone())?));
        }
        let server = Server::new(&self.server).map_err(|failure| failure.or_next("name a data folder with --data"))?;
        Ok(Box::new(server))
    }
}
