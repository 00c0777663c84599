//! Memory does not grow with the file. Alone in its process, because the measure is the process's own peak.

use std::io::{self, Read, Seek, SeekFrom};

use campanile_intake::{Options, Rules, detect, read};

/// A list of any length, made on demand: every row has the same width, so that any offset can be computed.
struct LongList {
    at: u64,
    rows: u64,
}

const HEADER: &[u8] = b"Name;Telefon;Notiz\r\n";
/// Few different numbers, so that what is remembered of them stays small too.
const NUMBERS: u64 = 100;

/// Bytes of a row.
const WIDTH: u64 = 995;

/// One row in twenty has a number, because parsing numbers is what takes the time of this test.
const SPACING: u64 = 20;

fn row(number: u64) -> Vec<u8> {
    let phone = match number % SPACING {
        0 => format!("+1 415 555 {:04}", 100 + number / SPACING % NUMBERS),
        _ => " ".repeat(15),
    };
    format!("M\u{fc}ller;{phone};{number:>970}\r\n").chars().map(|c| c as u8).collect()
}

impl LongList {
    fn length(&self) -> u64 {
        HEADER.len() as u64 + self.rows * WIDTH
    }
}

impl Read for LongList {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let (header, width) = (HEADER.len() as u64, WIDTH);
        let mut filled = 0;
        while filled < buffer.len() && self.at < self.length() {
            let (text, from) = match self.at.checked_sub(header) {
                None => (HEADER.to_vec(), self.at as usize),
                Some(offset) => (row(offset / width), (offset % width) as usize),
            };
            let count = (text.len() - from).min(buffer.len() - filled);
            buffer[filled..filled + count].copy_from_slice(&text[from..from + count]);
            filled += count;
            self.at += count as u64;
        }
        Ok(filled)
    }
}

impl Seek for LongList {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match to {
            SeekFrom::Start(at) => self.at = at,
            SeekFrom::End(back) => self.at = self.length().saturating_add_signed(back),
            SeekFrom::Current(on) => self.at = self.at.saturating_add_signed(on),
        }
        Ok(self.at)
    }
}

/// Peak memory of this process in KiB, where the system tells it.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().trim_end_matches(" kB").parse().ok()
}

#[expect(clippy::unwrap_used, reason = "a list that cannot be read fails the test")]
fn read_list(rows: u64) -> u64 {
    let mut list = LongList { at: 0, rows };
    let options = Options { default_region: Some("US".parse().unwrap()), ..Options::default() };
    let layout = detect(&mut list, &options).unwrap();
    let rules = Rules { default_region: options.default_region, is_known_zone: &|_| true };
    let summary = read(&mut list, &layout, layout.suggested().unwrap(), &rules, &mut |_| Ok(())).unwrap();
    assert_eq!((summary.rows, summary.accepted), (rows, NUMBERS.min(rows.div_ceil(SPACING))));
    list.length()
}

#[test]
fn a_file_many_times_as_long_needs_no_more_memory() {
    let Some(_) = peak() else {
        println!("skipped: this system does not tell a process its peak memory");
        return;
    };
    assert_eq!(row(0).len() as u64, WIDTH);
    read_list(500);
    let before = peak().unwrap();
    // 200 MB where the code is optimised, 15 MB where it is not.
    let rows = if cfg!(debug_assertions) { 15_000 } else { 200_000 };
    let length = read_list(rows);
    let grown = peak().unwrap() - before;
    println!("{length} bytes read, peak grew by {grown} KiB");
    assert!(grown < 4 << 10, "{length} bytes read, peak grew by {grown} KiB");
}
