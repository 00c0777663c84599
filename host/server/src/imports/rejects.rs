//! The rejected rows of one reading, kept in memory up to a limit; past it they are only counted.

use std::io;

use campanile_intake::{Layout, Rejected, RejectsWriter};

/// Rejected rows that are kept for correction, in bytes of CSV.
const MOST: usize = 64 << 20;

/// Keeps them.
pub(super) struct Rejects {
    writer: RejectsWriter<Limited>,
    /// Rows that did not fit.
    pub left_out: u64,
}

impl Rejects {
    pub fn new(layout: &Layout) -> io::Result<Self> {
        Ok(Self { writer: RejectsWriter::new(Limited::default(), layout)?, left_out: 0 })
    }

    pub fn add(&mut self, rejected: &Rejected<'_>) {
        // Past the limit the writer keeps failing; the rows are still counted.
        self.left_out += u64::from(self.writer.write(rejected).is_err());
    }

    pub fn finish(self) -> Vec<u8> {
        self.writer.finish().map(|limited| limited.kept).unwrap_or_default()
    }
}

/// A file in memory with an end.
#[derive(Default)]
struct Limited {
    kept: Vec<u8>,
}

impl io::Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.kept.len() + bytes.len() > MOST {
            return Err(io::Error::other("the file of rejected rows is full"));
        }
        self.kept.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
