//! A disk that forgets what was not synced.
//!
//! A file system for SQLite, all in memory, that behaves like a disk with a cache: what is written is read back at once,
//! but only a sync makes it last. After a chosen number of writes the power goes: of everything since each file's last
//! sync a random part is on the platter, whole sectors in any combination, and nothing can be written any more. The
//! image of that moment is what the next process finds.
//!
//! A disk can also lie, answering syncs without doing them; a test that cannot tell a lying disk from an honest one
//! proves nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

mod vfs;

/// What a disk writes in one piece.
const SECTOR: usize = 512;

/// A write that no sync has followed yet.
#[derive(Clone, Debug)]
enum Pending {
    Write(usize, Vec<u8>),
    Truncate(usize),
}

/// The locks on one file, and its shared memory; gone with the power.
#[derive(Debug, Default)]
struct Sharing {
    shared: u32,
    reserved: Option<usize>,
    pending: Option<usize>,
    exclusive: Option<usize>,
    regions: Vec<Box<[u64]>>,
    mapped: u32,
    readers: [u32; 8],
    writers: [Option<usize>; 8],
}

#[derive(Debug, Default)]
struct File {
    /// As it is read.
    data: Vec<u8>,
    /// As the last sync left it.
    synced: Vec<u8>,
    pending: Vec<Pending>,
    sharing: Sharing,
}

fn write(data: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if data.len() < end {
        data.resize(end, 0);
    }
    data[offset..end].copy_from_slice(bytes);
}

impl File {
    /// What a power cut leaves of it.
    fn after_a_cut(&self, rng: &mut ChaCha8Rng) -> Vec<u8> {
        let mut left = self.synced.clone();
        for pending in &self.pending {
            match (pending, rng.next_u32() % 3) {
                (_, 0) => {}
                (Pending::Truncate(length), _) => left.resize(*length, 0),
                (Pending::Write(offset, bytes), 1) => write(&mut left, *offset, bytes),
                (Pending::Write(offset, bytes), _) => {
                    let mut at = *offset;
                    while at < offset + bytes.len() {
                        let end = ((at / SECTOR + 1) * SECTOR).min(offset + bytes.len());
                        if rng.next_u32() & 1 == 0 {
                            write(&mut left, at, &bytes[at - offset..end - offset]);
                        }
                        at = end;
                    }
                }
            }
        }
        left
    }
}

/// What is on the platter after a cut.
pub type Image = BTreeMap<String, Vec<u8>>;

#[derive(Debug)]
struct Inside {
    files: BTreeMap<String, File>,
    honest: bool,
    full: bool,
    countdown: u64,
    image: Option<Image>,
    rng: ChaCha8Rng,
    names: u64,
}

impl Inside {
    /// Whether the disk still has power for a write or a sync; the last one is where it goes.
    fn has_power(&mut self) -> bool {
        if self.image.is_some() {
            return false;
        }
        self.countdown = self.countdown.saturating_sub(1);
        if self.countdown > 0 {
            return true;
        }
        let (rng, files) = (&mut self.rng, &self.files);
        self.image = Some(files.iter().map(|(name, file)| (name.clone(), file.after_a_cut(rng))).collect());
        false
    }
}

/// The disk.
#[derive(Clone, Debug)]
pub struct Disk(Arc<Mutex<Inside>>);

impl Disk {
    /// A disk with files on it, whose power goes at write or sync number `cut_at`.
    pub fn new(image: Image, cut_at: u64, seed: u64, honest: bool) -> Self {
        let files = image
            .into_iter()
            .map(|(name, data)| (name, File { synced: data.clone(), data, ..File::default() }))
            .collect();
        let rng = ChaCha8Rng::seed_from_u64(seed);
        Self(Arc::new(Mutex::new(Inside { files, honest, full: false, countdown: cut_at, image: None, rng, names: 0 })))
    }

    fn with<T>(&self, act: impl FnOnce(&mut Inside) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes it known to SQLite; returns the name to open with. Stays known as long as the process lives.
    pub fn register(&self) -> String {
        vfs::register(self.clone())
    }

    /// From now on the disk has no room, or has room again.
    pub fn fill(&self, full: bool) {
        self.with(|inside| inside.full = full);
    }

    /// Cuts the power now, if it is still there, and takes the platter out.
    pub fn cut(&self) -> Image {
        self.with(|inside| {
            inside.countdown = inside.countdown.min(1);
            inside.has_power();
            inside.image.clone().expect("the power is gone")
        })
    }
}
