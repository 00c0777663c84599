//! `campanile restore`: a data folder out of a backup, in quarantine.
//!
//! Whoever was called since the backup is unknown to the copy, so the server that starts on it dials nobody until its
//! operator says how to go on. The folder gets its name only once it is in quarantine: whatever ends this in the middle, no
//! server ever starts on data that does not know that it is a copy.

use std::fs;
use std::path::{Path, PathBuf};

use campanile_store::backup;
use clap::Args;

use crate::backup::{FORMAT, MANIFEST, Manifest, beside, held, settle, unwritable};
use crate::exit::Failure;
use crate::say::say;

/// Flags of `restore`.
#[derive(Args, Debug)]
pub struct Restore {
    /// A folder that `campanile backup` made
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// Data folder to make; it must not exist or be empty
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

/// Runs the command.
pub fn run(args: &Restore) -> Result<(), Failure> {
    let manifest = read(args)?;
    let taken = fs::read_dir(&args.data).is_ok_and(|mut entries| entries.next().is_some());
    if taken {
        let message = format!("{} is not empty; a restore never writes over data", args.data.display());
        return Err(Failure::conflict(message).next("name a folder that does not exist"));
    }
    for file in &manifest.files {
        let found = held(&args.from, file.path.clone())?;
        if (found.bytes, &found.sha256) != (file.bytes, &file.sha256) {
            return Err(Failure::other(format!(
                "{} is not what the backup's list says; the backup is damaged",
                args.from.join(&file.path).display()
            ))
            .next("restore another backup"));
        }
    }
    let partial = beside(&args.data)?;
    if let Err(failure) = fill(args, &manifest, &partial).and_then(|()| settle(&partial, &args.data)) {
        let _ = fs::remove_dir_all(&partial);
        return Err(failure);
    }
    say(format_args!(
        "restored {} from a backup that knows what happened until {}",
        args.data.display(),
        manifest.knows_until
    ))?;
    eprintln!("nobody is dialled from it until you say how to go on: calls since then are not in it");
    if !args.data.join(crate::secret_key::FILE).exists() {
        eprintln!("put your copy of {} into it before the first start", crate::secret_key::FILE);
    }
    eprintln!("next:  campanile serve --data {}, then POST /v1/quarantine/release", args.data.display());
    Ok(())
}

fn fill(args: &Restore, manifest: &Manifest, data: &Path) -> Result<(), Failure> {
    for file in &manifest.files {
        let to = data.join(&file.path);
        let folder = to.parent().map_or(Ok(()), fs::create_dir_all);
        folder.and_then(|()| fs::copy(args.from.join(&file.path), &to)).map_err(|error| unwritable(&to, &error))?;
    }
    backup::quarantine(data, manifest.knows_until).map_err(|error| Failure::other(error.to_string()))
}

fn read(args: &Restore) -> Result<Manifest, Failure> {
    let path = args.from.join(MANIFEST);
    let text = fs::read(&path).map_err(|error| {
        Failure::not_found(format!("{} cannot be read: {error}", path.display()))
            .next("name a folder that `campanile backup` made")
    })?;
    let manifest: Manifest = serde_json::from_slice(&text)
        .map_err(|error| Failure::invalid(format!("{} is no list of a backup: {error}", path.display())))?;
    if manifest.format != FORMAT {
        return Err(Failure::invalid(format!(
            "the backup has form {} and this release reads form {FORMAT}; use the release that made it ({})",
            manifest.format, manifest.version
        )));
    }
    let inside = |path: &str| !path.starts_with('/') && path.split('/').all(|part| !part.is_empty() && part != "..");
    match manifest.files.iter().find(|file| !inside(&file.path)) {
        Some(file) => Err(Failure::invalid(format!("{:?} does not lie in the backup", file.path))),
        None => Ok(manifest),
    }
}
