//! The sandbox of somebody who works on scripts and rehearses, without a server.
//!
//! Compiling the script runner takes a second, and `script test` is run at every change, so what is compiled is kept for the
//! next time. It is native code that is run as it is found: it lies in the person's own folder for caches, never where others
//! could put something in its place, such as a folder for temporary files. A folder that is not the person's alone is not
//! used, which costs that second and nothing else.

use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;

use campanile_domain::ports::clock::EngineClock;
use campanile_domain::time::{DAY_MS, Timestamp};
use campanile_engine::shell::clock::SystemClock;
use campanile_sandbox::{Options, Sandbox};

use crate::base_folders;
use crate::exit::Failure;

/// How long compiled code is kept: that of a program which was replaced since is never asked for again.
const KEPT_DAYS: i64 = 30;

/// What scripts and policies run in here.
pub fn sandbox() -> Result<Sandbox, Failure> {
    let cache_folder = base_folders::cache().and_then(|cache| {
        let folder = cache.join("campanile/compiled");
        let usable = own(&folder).and_then(|()| clear(&folder, SystemClock.now()));
        usable
            .inspect_err(|error| tracing::info!(?folder, %error, "compiled code is not kept"))
            .is_ok()
            .then_some(folder)
    });
    Sandbox::new(Options { cache_folder, ..Options::default() })
        .map_err(|error| Failure::other(format!("plugins cannot run here: {error}")).next("campanile doctor"))
}

/// Makes the folder if it is not there. An error where somebody else could write there.
fn own(folder: &Path) -> io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let found = std::fs::symlink_metadata(folder)?;
    let mine = found.is_dir() && found.uid() == rustix::process::geteuid().as_raw() && found.mode() & 0o022 == 0;
    if mine { Ok(()) } else { Err(io::Error::other("others can write there")) }
}

/// Removes what is too old.
fn clear(folder: &Path, now: Timestamp) -> io::Result<()> {
    let oldest = (now - KEPT_DAYS * DAY_MS).millis() / 1_000;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        // Another command may have removed it in the meantime.
        if std::fs::symlink_metadata(&path).is_ok_and(|found| found.mtime() < oldest) {
            let _ = std::fs::remove_file(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_folder_that_others_can_write_is_not_used() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("campanile/compiled");
        own(&folder).unwrap();
        own(&folder).unwrap();
        assert_eq!(std::fs::metadata(&folder).unwrap().mode() & 0o777, 0o700);
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o770)).unwrap();
        own(&folder).unwrap_err();

        let elsewhere = home.path().join("elsewhere");
        std::os::unix::fs::symlink(home.path(), &elsewhere).unwrap();
        own(&elsewhere).unwrap_err();
    }

    #[test]
    fn what_is_old_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.cwasm"), b"native").unwrap();
        let written = Timestamp(std::fs::metadata(folder.path().join("a.cwasm")).unwrap().mtime() * 1_000);
        clear(folder.path(), written + KEPT_DAYS * DAY_MS).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        clear(folder.path(), written + (KEPT_DAYS + 1) * DAY_MS).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
