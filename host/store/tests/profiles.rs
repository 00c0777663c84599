//! The conformance suite over both profiles of the SQLite store.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod conformance;
mod support;

use std::sync::Arc;

use campanile_domain::ports::store::Store;
use campanile_store::{Options, Profile, open};

/// A store, and whatever must outlive it.
struct Opened {
    store: Arc<dyn Store>,
    _folder: Option<tempfile::TempDir>,
}

impl Opened {
    fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store)
    }
}

fn in_memory() -> Opened {
    Opened {
        store: open(&Options { profile: Profile::Ephemeral, readers: 0, vault: Some(support::vault(&[7])) }).unwrap(),
        _folder: None,
    }
}

fn on_disk() -> Opened {
    let folder = tempfile::tempdir().unwrap();
    let profile = Profile::Durable { folder: folder.path().to_owned() };
    Opened {
        store: open(&Options { profile, readers: 2, vault: Some(support::vault(&[7])) }).unwrap(),
        _folder: Some(folder),
    }
}

suite!(ephemeral, super::in_memory());
suite!(durable, super::on_disk());
