//! A script on its author's disk that is to say what rows mean, tried on a file.
//!
//! It runs here as it would in a server: in the same sandbox, under the same limits.

use std::io;
use std::path::Path;
use std::sync::Arc;

use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::PluginRef;
use campanile_domain::ports::mapper::{MapCall, MapRow, RowMapper};
use campanile_intake::{Row, Summary, map_columns};
use campanile_sandbox::{Options, Role, Sandbox};
use futures::executor::block_on;

use crate::exit::Failure;
use crate::lead_file::LeadFile;

/// Nobody's: there is no account here.
const AUTHOR: TenantKey = TenantKey(0);

/// A script that was read.
pub struct Draft {
    sandbox: Sandbox,
    source: Arc<str>,
}

impl Draft {
    /// Reads it; everything wrong with it is a failure that says where.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let shown = path.display();
        let source = std::fs::read_to_string(path).map_err(|error| {
            Failure::not_found(format!("{shown} cannot be read: {error}"))
                .next("name a file on this machine; campanile import run takes the name of an installed script")
        })?;
        let broken =
            |error: String| Failure::other(format!("scripts cannot run here: {error}")).next("campanile doctor");
        let sandbox = Sandbox::new(Options::default()).map_err(|error| broken(error.to_string()))?;
        let described = block_on(sandbox.check_script(AUTHOR, &source)).map_err(|fault| broken(fault.to_string()))?;
        match described {
            Ok(described) if described.roles.contains(&Role::RowMapping) => Ok(Self { sandbox, source: source.into() }),
            Ok(_) => Err(Failure::invalid(format!("{shown} does not define map_row(row)"))),
            Err(found) => {
                let found: Vec<_> = found.iter().map(|one| format!("{shown}: {one}")).collect();
                Err(Failure::invalid(found.join("\n")))
            }
        }
    }

    /// Reads a file's rows as the script understands them.
    pub fn read(
        &self,
        file: &mut LeadFile,
        sink: &mut dyn FnMut(Row<'_>) -> io::Result<()>,
    ) -> Result<Summary, Failure> {
        let script = PluginRef { name: "script".to_owned(), version: None };
        let columns = map_columns(&file.layout).into();
        let call = MapCall { tenant: AUTHOR, script, draft: Some(Arc::clone(&self.source)), columns };
        let mut stopped = None;
        let mut map = |rows: Vec<MapRow>| {
            block_on(self.sandbox.map_rows(&call, rows)).map_err(|failure| {
                stopped = Some(failure.message);
                io::Error::other("the script was stopped")
            })
        };
        let read = file.read_mapped(&mut map, sink);
        match stopped {
            Some(message) => Err(Failure::invalid(format!("the script was stopped: {message}"))),
            None => read,
        }
    }
}
