//! Reading a file's rows as they are understood: by its columns, or by a script.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

use campanile_domain::ports::mapper::MapCall;
use campanile_domain::region::Region;
use campanile_domain::zone;
use campanile_intake::{Layout, Row, Rules, Summary, map_columns, read, read_mapped};

use super::failure::Failure;
use super::understood::Meaning;
use super::work::Job;

/// Hands every row of the file on. Blocks.
///
/// # Errors
/// The file is not what it was, the script was stopped, or `sink` wants no more.
pub(super) fn read_rows(
    job: &Job,
    path: &Path,
    (layout, meaning): (&Layout, &Meaning),
    default_region: Option<Region>,
    sink: &mut dyn FnMut(Row<'_>) -> io::Result<()>,
) -> Result<Summary, Failure> {
    let rules = Rules { default_region, is_known_zone: &zone::is_known };
    let mut file = BufReader::with_capacity(1 << 18, File::open(path)?);
    let script = match meaning {
        Meaning::Columns(mapping) => return Ok(read(&mut file, layout, mapping, &rules, sink)?),
        Meaning::Script(script) => script.clone(),
    };
    let call = MapCall { tenant: job.ctx.tenant, script, draft: None, columns: map_columns(layout).into() };
    let mut stopped = None;
    let mut map = |rows| {
        job.wait(job.work.mapper.map_rows(&call, rows)).map_err(|failure| {
            stopped = Some(failure);
            io::Error::other("the script was stopped")
        })
    };
    let read = read_mapped(&mut file, layout, &mut map, &rules, sink);
    match stopped {
        Some(failure) => Err(Failure::Script(failure)),
        None => Ok(read?),
    }
}
