//! What can be done with imports, wherever they go.

use std::path::Path;

use async_trait::async_trait;
use campanile_server::imports::ImportOptions;
use serde_json::Value;

use crate::exit::Failure;

/// Told of an import while it goes on.
pub type Progress<'a> = &'a (dyn Fn(&Value) + Sync);
/// Told of bytes sent, and of how many there are.
pub type Sending<'a> = &'a (dyn Fn(u64, u64) + Sync);

/// What can be done with imports. Imports are JSON as the API shows them.
#[async_trait]
pub trait Desk: Send + Sync {
    /// Makes a draft; its id.
    async fn draft(&self, name: &str) -> Result<String, Failure>;
    /// Brings a file.
    async fn upload(
        &self,
        file: &Path,
        campaign: &str,
        options: &ImportOptions,
        update: bool,
        sending: Sending<'_>,
    ) -> Result<Value, Failure>;
    /// Says what would happen.
    async fn review(&self, import: &str) -> Result<Value, Failure>;
    /// Lets the leads in, to the end.
    async fn confirm(&self, import: &str, progress: Progress<'_>) -> Result<Value, Failure>;
    /// Forgets what was not confirmed.
    async fn discard(&self, import: &str) -> Result<(), Failure>;
    /// The id of the latest import of a file in one of these statuses; an id is taken as it is.
    async fn find(&self, file_or_id: &str, statuses: &[&str]) -> Result<String, Failure>;
    /// Goes on with one, to the end.
    async fn resume(&self, import: &str, progress: Progress<'_>) -> Result<Value, Failure>;
    /// Takes one back, to the end.
    async fn undo(&self, import: &str, progress: Progress<'_>) -> Result<Value, Failure>;
}

/// SHA-256 of a file, in hexadecimal.
pub fn digest(file: &Path) -> Result<String, Failure> {
    use sha2::Digest as _;
    let shown = file.display();
    let unreadable = |error: std::io::Error| {
        Failure::not_found(format!("{shown} cannot be read: {error}")).next("check the path, or give the import's id")
    };
    let mut reading = std::fs::File::open(file).map_err(unreadable)?;
    let mut digest = sha2::Sha256::new();
    let mut piece = vec![0; 1 << 20];
    loop {
        match std::io::Read::read(&mut reading, &mut piece).map_err(unreadable)? {
            0 => return Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()),
            read => digest.update(&piece[..read]),
        }
    }
}
