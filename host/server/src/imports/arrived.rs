//! A file that has just come: understood as what was said of it, or as what was saved for files with its headers.

use std::path::Path;

use campanile_domain::ids::TenantKey;
use campanile_domain::ports::store::{Campaign, Imports, Store};
use campanile_domain::region::{Region, region_of_zone};

use super::failure::Failure;
use super::options::ImportOptions;
use super::understood::{Understood, look};

/// How it is understood.
pub struct Arrived {
    /// What was found.
    pub understood: Understood,
    /// What the import keeps: what was said, completed.
    pub options: ImportOptions,
    /// The saved mapping that was recognised.
    pub mapped_by: Option<String>,
}

/// The country of a campaign's zone, for numbers that are written without one.
pub fn region_of(campaign: &Campaign) -> Option<Region> {
    campaign.config.time_zone.as_ref().and_then(|zone| region_of_zone(zone.name()))
}

/// Looks at the file off the threads that answer requests. A mapping that somebody spelt out is theirs; otherwise the latest
/// one saved for the same headers is taken.
///
/// # Errors
/// It is no table, the options do not fit it, or the store does not answer.
pub async fn understand(
    store: &dyn Store,
    tenant: TenantKey,
    campaign: &Campaign,
    file: &Path,
    said: ImportOptions,
) -> Result<Arrived, Failure> {
    let mut options = said;
    options.default_region = options.default_region.or_else(|| region_of(campaign));
    let understood = looked(file, &options).await?;
    if options.maps() {
        return Ok(Arrived { understood, options, mapped_by: None });
    }
    let saved = Imports::mapping_for(store, tenant, understood.header_set()).await?;
    let Some((name, mapping)) = saved.and_then(|saved| Some((saved.name, serde_json::from_value(saved.options).ok()?)))
    else {
        return Ok(Arrived { understood, options, mapped_by: None });
    };
    let options = options.mapped_by(mapping);
    let understood = looked(file, &options).await?;
    Ok(Arrived { understood, options, mapped_by: Some(name) })
}

/// [`look`], where waiting for it holds nobody up.
///
/// # Errors
/// It is no table, or the options do not fit it.
pub async fn looked(file: &Path, options: &ImportOptions) -> Result<Understood, Failure> {
    let (file, options) = (file.to_owned(), options.clone());
    let looked = tokio::task::spawn_blocking(move || look(&file, &options)).await;
    Ok(looked.map_err(std::io::Error::other)??)
}
