//! A lead file on the command line: the flags that overrule what its header says, and the reading of it.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use campanile_domain::ports::store::NewLead;
use campanile_domain::region::{Region, region_of_zone};
use campanile_domain::zone::{self, Zone};
use campanile_intake::{IntakeError, Layout, MapRows, Mapping, Options, Row, Rules, Summary, Warning};
use clap::Args;

use crate::exit::Failure;

/// How a file is to be understood, where looking at it is not enough.
#[derive(Args, Clone, Debug, Default)]
pub struct MappingFlags {
    /// Country of numbers written without one, for example US
    #[arg(long, value_name = "REGION")]
    pub default_region: Option<String>,
    /// Column of the primary phone: its header, or its number from 1
    #[arg(long, value_name = "COLUMN")]
    pub primary: Option<String>,
    /// Column of a secondary phone; repeat it in the order they are tried
    #[arg(long, value_name = "COLUMN")]
    pub secondary: Vec<String>,
    /// Row of the header as a spreadsheet counts, from 1; 0 for a file without one
    #[arg(long, value_name = "N")]
    pub header_row: Option<u64>,
}

/// A file that was looked at.
pub struct LeadFile {
    path: PathBuf,
    reader: BufReader<File>,
    /// How it is laid out.
    pub layout: Layout,
    /// Country of numbers written without one.
    pub region: Option<Region>,
}

fn failure(path: &Path, error: &IntakeError) -> Failure {
    Failure::invalid(format!("{}: {error} ({})", path.display(), error.code()))
}

impl LeadFile {
    /// Opens a file and looks at it. The region comes from the flag, else from the campaign's zone.
    pub fn open(path: &Path, flags: &MappingFlags, zone: Option<&Zone>) -> Result<Self, Failure> {
        let region = match &flags.default_region {
            Some(text) => {
                Some(text.parse::<Region>().map_err(|error| Failure::usage(format!("--default-region: {error}")))?)
            }
            None => zone.and_then(|zone| region_of_zone(zone.name())),
        };
        let file = File::open(path).map_err(|error| {
            Failure::not_found(format!("{} cannot be opened: {error}", path.display())).next("check the path")
        })?;
        let options = Options {
            primary: flags.primary.clone(),
            secondary: (!flags.secondary.is_empty()).then(|| flags.secondary.clone()),
            header_row: flags.header_row,
            default_region: region,
            ..Options::default()
        };
        let mut reader = BufReader::new(file);
        let layout = campanile_intake::detect(&mut reader, &options).map_err(|error| failure(path, &error))?;
        Ok(Self { path: path.to_owned(), reader, layout, region })
    }

    /// What its columns mean.
    pub fn mapping(&self) -> Result<&Mapping, Failure> {
        self.layout.suggested().map_err(|error| failure(&self.path, &error))
    }

    /// Reads it row by row.
    pub fn read(&mut self, sink: &mut dyn FnMut(Row<'_>) -> std::io::Result<()>) -> Result<Summary, Failure> {
        let rules = Rules { default_region: self.region, is_known_zone: &zone::is_known };
        let mapping = self.mapping()?.clone();
        campanile_intake::read(&mut self.reader, &self.layout, &mapping, &rules, sink)
            .map_err(|error| failure(&self.path, &error))
    }

    /// The same, where `map` says what rows mean.
    pub fn read_mapped(
        &mut self,
        map: MapRows<'_>,
        sink: &mut dyn FnMut(Row<'_>) -> std::io::Result<()>,
    ) -> Result<Summary, Failure> {
        let rules = Rules { default_region: self.region, is_known_zone: &zone::is_known };
        campanile_intake::read_mapped(&mut self.reader, &self.layout, map, &rules, sink)
            .map_err(|error| failure(&self.path, &error))
    }

    /// Reads all its leads; the warnings go to `warn`.
    pub fn leads(&mut self, warn: &mut dyn FnMut(&Warning<'_>)) -> Result<(Vec<NewLead>, Summary), Failure> {
        let mut leads = Vec::new();
        let summary = self.read(&mut |row| {
            match row {
                Row::Lead(lead) => leads.push(lead.to_new_lead()),
                Row::Warning(warning) => warn(&warning),
                Row::Rejected(_) => {}
            }
            Ok(())
        })?;
        Ok((leads, summary))
    }
}
