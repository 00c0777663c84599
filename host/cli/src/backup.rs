//! `campanile backup`: a copy of a data folder, while its server runs.
//!
//! The copy lies in a folder under another name until it is whole. What is not in it: the key for secrets, which must lie
//! elsewhere to be worth anything, and compiled plugins, which are made again.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use campanile_domain::ports::clock::{EngineClock, WallClock};
use campanile_domain::time::Timestamp;
use campanile_engine::shell::clock::SystemClock;
use campanile_store::backup::{self, DATABASES};
use clap::Args;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::clock::{self, ClockFlags};
use crate::exit::Failure;
use crate::say::say;
use crate::secret_key;

/// What a backup says of itself; written last.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Of this file.
    pub format: u32,
    /// The release that made it.
    pub version: String,
    /// By the wall clock.
    pub made_at: Timestamp,
    /// By the clock that calls live in: what the copy knows ends here.
    pub knows_until: Timestamp,
    /// Every file with its digest.
    pub files: Vec<Held>,
}

/// One file of a backup.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Held {
    /// Relative to the folder.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// Hexadecimal.
    pub sha256: String,
}

/// The manifest's name in a backup.
pub const MANIFEST: &str = "backup.json";
/// The form of backups that this release makes and reads.
pub const FORMAT: u32 = 1;
/// Lead files that wait for their import.
pub const UPLOADS: &str = "uploads";

/// Flags of `backup`.
#[derive(Args, Debug)]
pub struct Backup {
    /// Data folder of the server; it may run
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Folder to make; it must not exist
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Copy DATA/secret.key too: whoever has the backup then has every secret in it
    #[arg(long)]
    with_secret_key: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Backup) -> Result<(), Failure> {
    if args.to.exists() {
        return Err(Failure::conflict(format!(
            "{} exists; a backup is never written over anything",
            args.to.display()
        ))
        .next("name a folder that does not exist"));
    }
    let partial = beside(&args.to)?;
    let made = make(args, &partial);
    if made.is_err() {
        let _ = fs::remove_dir_all(&partial);
    }
    let manifest = made?;
    settle(&partial, &args.to)?;
    let bytes: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    if args.json {
        say(serde_json::to_string(&manifest).map_err(|error| Failure::other(error.to_string()))?)?;
    } else {
        say(format_args!("{} files, {bytes} bytes in {}", manifest.files.len(), args.to.display()))?;
    }
    if !args.with_secret_key {
        eprintln!("the key for secrets is not in the backup: keep a copy of {} elsewhere", secret_key::FILE);
    }
    Ok(())
}

fn make(args: &Backup, to: &Path) -> Result<Manifest, Failure> {
    // Before the databases are read: whatever ends meanwhile is known to the copy as not ended yet.
    let knows_until = EngineClock::now(&*clock::choose(&args.data, &ClockFlags::default())?.engine);
    // A file lies there before its import is known and goes when it is over, so both moments are needed.
    uploads(&args.data, to)?;
    backup::copy(&args.data, to).map_err(|error| Failure::other(error.to_string()))?;
    uploads(&args.data, to)?;
    let key = if args.with_secret_key { Some(secret_key::FILE) } else { None };
    for name in [clock::FILE].into_iter().chain(key) {
        let from = args.data.join(name);
        if from.exists() {
            fs::copy(&from, to.join(name)).map_err(|error| unwritable(&to.join(name), &error))?;
        }
    }
    let manifest = Manifest {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: WallClock::now(&SystemClock),
        knows_until,
        files: listed(to)?,
    };
    let text = serde_json::to_vec_pretty(&manifest).map_err(|error| Failure::other(error.to_string()))?;
    let path = to.join(MANIFEST);
    fs::write(&path, text).map_err(|error| unwritable(&path, &error))?;
    Ok(manifest)
}

fn uploads(data: &Path, to: &Path) -> Result<(), Failure> {
    let (from, to) = (data.join(UPLOADS), to.join(UPLOADS));
    let Ok(entries) = fs::read_dir(&from) else { return Ok(()) };
    fs::create_dir_all(&to).map_err(|error| unwritable(&to, &error))?;
    for entry in entries.flatten() {
        let copy = to.join(entry.file_name());
        match fs::copy(entry.path(), &copy) {
            Ok(_) => {}
            // Its import ended.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(unwritable(&copy, &error)),
        }
    }
    Ok(())
}

fn listed(folder: &Path) -> Result<Vec<Held>, Failure> {
    let mut names: Vec<String> = DATABASES.iter().map(|name| (*name).to_owned()).collect();
    names.extend(
        [clock::FILE, secret_key::FILE].into_iter().filter(|name| folder.join(name).exists()).map(str::to_owned),
    );
    if let Ok(entries) = fs::read_dir(folder.join(UPLOADS)) {
        let mut uploads: Vec<String> =
            entries.flatten().map(|entry| format!("{UPLOADS}/{}", entry.file_name().to_string_lossy())).collect();
        uploads.sort();
        names.extend(uploads);
    }
    names.into_iter().map(|path| held(folder, path)).collect()
}

/// A new folder beside the one that is to be made, for what is not whole yet. One that was left by a run that died is not
/// ours to touch.
pub fn beside(to: &Path) -> Result<PathBuf, Failure> {
    let name = to.file_name().ok_or_else(|| Failure::usage(format!("{} names no folder", to.display())))?;
    let partial = to.with_file_name(format!("{}.partial", name.to_string_lossy()));
    let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::create_dir(&partial)).map_err(|error| {
        if error.kind() == io::ErrorKind::AlreadyExists {
            return Failure::conflict(format!("{} was left by a run that did not end", partial.display()))
                .next("look into it, remove it, and run this again");
        }
        unwritable(&partial, &error)
    })?;
    Ok(partial)
}

/// What is whole gets its name; it is on the disk, files and names, when this returns.
pub fn settle(partial: &Path, to: &Path) -> Result<(), Failure> {
    sync(partial).map_err(|error| unwritable(partial, &error))?;
    fs::rename(partial, to).map_err(|error| unwritable(to, &error))?;
    let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent).and_then(|folder| folder.sync_all()).map_err(|error| unwritable(parent, &error))
}

fn sync(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sync(&path)?;
        } else {
            File::open(&path)?.sync_all()?;
        }
    }
    File::open(folder)?.sync_all()
}

/// A file as it is.
pub fn held(folder: &Path, path: String) -> Result<Held, Failure> {
    let file = folder.join(&path);
    let unreadable = |error: io::Error| Failure::other(format!("{} cannot be read: {error}", file.display()));
    let (mut digest, mut bytes) = (Sha256::new(), 0);
    let mut reader = File::open(&file).map_err(unreadable)?;
    let mut piece = vec![0; 1 << 20];
    loop {
        let read = reader.read(&mut piece).map_err(unreadable)?;
        if read == 0 {
            break;
        }
        digest.update(&piece[..read]);
        bytes += read as u64;
    }
    let sha256 = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Held { path, bytes, sha256 })
}

/// That a file could not be written.
pub fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::other(format!("{} cannot be written: {error}", path.display()))
}
