//! The operator's key for secrets: where it comes from, and the file that is made when nobody brings one.
//!
//! First the environment (`CAMPANILE_SECRET_KEY`), then the file that was named, then `secret.key` in the data folder,
//! which is made at the first start and which only its owner may read. Several keys may stand one after the other; the
//! first seals and every one opens, so that a key is changed by putting a new one in front. A key is never printed.

use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use campanile_server::Entropy;
use campanile_store::VaultKeys;

use crate::entropy::SystemEntropy;
use crate::exit::Failure;

/// The name of the file in the data folder.
pub const FILE: &str = "secret.key";
/// Where the environment may hold the key.
pub const VARIABLE: &str = "CAMPANILE_SECRET_KEY";

/// One key: 64 hexadecimal digits, or 32 bytes in base64.
fn key(text: &str) -> Option<[u8; 32]> {
    let digits = |at: usize| text.get(2 * at..2 * at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let bytes: Vec<u8> = (0..32).map_while(digits).collect();
        return bytes.try_into().ok();
    }
    STANDARD.decode(text).ok()?.try_into().ok()
}

/// Every key of a text, separated by commas or line breaks.
fn keys(text: &str, place: &str) -> Result<Vec<[u8; 32]>, Failure> {
    let parts: Vec<&str> = text.split([',', '\n']).map(str::trim).filter(|part| !part.is_empty()).collect();
    let found: Option<Vec<_>> = parts.iter().map(|part| key(part)).collect();
    found.filter(|keys| !keys.is_empty()).ok_or_else(|| {
        Failure::usage(format!(
            "{place} holds no key for secrets; a key is 32 bytes in base64 or 64 hexadecimal digits"
        ))
        .next("openssl rand -hex 32")
    })
}

/// The keys of a host on this data folder.
pub fn find(data: &Path, environment: Option<&str>, named: Option<&Path>) -> Result<VaultKeys, Failure> {
    let keys = match (environment, named) {
        (Some(text), _) => keys(text, VARIABLE)?,
        (None, Some(file)) => read(file)?,
        (None, None) => {
            let file = data.join(FILE);
            if !file.exists() {
                make(data, &file)?;
            }
            read(&file)?
        }
    };
    Ok(VaultKeys { keys, randomness: Arc::new(|bytes: &mut [u8]| SystemEntropy.fill(bytes)) })
}

fn unusable(file: &Path, error: &std::io::Error) -> Failure {
    Failure::other(format!("the key for secrets in {} cannot be used: {error}", file.display()))
}

fn read(file: &Path) -> Result<Vec<[u8; 32]>, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| unusable(file, &error))?;
    let mode = std::fs::metadata(file).map_err(|error| unusable(file, &error))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(Failure::other(format!("others may read the key for secrets in {}", file.display()))
            .next(format!("chmod 600 {}", file.display())));
    }
    keys(&text, &file.display().to_string())
}

/// Makes a key whole or not at all: a half-written key would seal secrets that no later start opens.
fn make(data: &Path, file: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(data).map_err(|error| unusable(file, &error))?;
    let mut bytes = [0; 32];
    SystemEntropy.fill(&mut bytes);
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let half = data.join(format!("{FILE}.new"));
    let written = || {
        let mut out = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&half)?;
        writeln!(out, "{text}")?;
        out.sync_all()?;
        std::fs::rename(&half, file)?;
        std::fs::File::open(data)?.sync_all()
    };
    written().map_err(|error| unusable(file, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_only_its_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let first = find(folder.path(), None, None).unwrap().keys;
        assert_eq!(find(folder.path(), None, None).unwrap().keys, first);
        let file = folder.path().join(FILE);
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(find(folder.path(), None, None).is_err());
    }

    #[test]
    fn keys_are_read_in_both_spellings_and_the_environment_goes_first() {
        let folder = tempfile::tempdir().unwrap();
        let text = format!("{}, {}", "07".repeat(32), STANDARD.encode([8; 32]));
        let keys = find(folder.path(), Some(&text), None).unwrap().keys;
        assert_eq!(keys, [[7; 32], [8; 32]]);
        assert!(!folder.path().join(FILE).exists());
        for wrong in ["", "password", &"07".repeat(31), &"0x".repeat(32)] {
            assert!(find(folder.path(), Some(wrong), None).is_err(), "{wrong}");
        }
    }
}
