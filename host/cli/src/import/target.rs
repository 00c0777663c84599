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
    /// The server
    #[arg(long, value_name = "URL", env = "CAMPANILE_URL", default_value = "http://127.0.0.1:8080")]
    server: String,
    /// An API key with leads:write
    #[arg(long, value_name = "KEY", env = "CAMPANILE_KEY", hide_env_values = true)]
    key: Option<String>,
}

impl Target {
    /// Goes there.
    pub fn open(&self) -> Result<Box<dyn Desk>, Failure> {
        if let Some(data) = &self.data {
            return Ok(Box::new(Folder::open(data, self.tenant.clone())?));
        }
        let Some(key) = self.key.clone() else {
            return Err(Failure::usage("an API key is needed, or a data folder")
                .next("set --key or CAMPANILE_KEY, or name a folder with --data"));
        };
        Ok(Box::new(Server::new(&ServerFlags { server: self.server.clone(), key })?))
    }
}
