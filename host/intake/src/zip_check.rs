//! Looks into a workbook before anything believes it.
//!
//! A workbook is a zip archive, and a zip archive can promise one size and unpack to a thousand times that, or end in the
//! middle. Every part is unpacked once into nothing, counting, before the real reader may hold any of it in memory. The
//! sizes an archive declares about itself are never trusted.

use std::io::{self, Read, Seek, SeekFrom};

use zip::ZipArchive;

use crate::error::IntakeError;
use crate::options::Limits;
use crate::source::Source;

/// No cell holds more than 32,767 characters (the format's own limit), and markup between two cells is short.
const LONGEST_RUN: usize = 1 << 20;

fn broken(error: impl std::fmt::Display) -> IntakeError {
    IntakeError::BrokenWorkbook { why: error.to_string() }
}

pub(crate) fn check(source: &mut dyn Source, limits: Limits) -> Result<(), IntakeError> {
    source.seek(SeekFrom::Start(0))?;
    let mut archive = ZipArchive::new(io::BufReader::new(source)).map_err(broken)?;
    refuse_other_archives(&archive)?;
    let mut total = 0;
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).map_err(broken)?;
        let name = part.name().map_err(broken)?.to_ascii_lowercase();
        let is_shared_text = name.ends_with("sharedstrings.xml");
        let is_markup = name.ends_with(".xml") || name.ends_with(".rels");
        let limit = if is_shared_text { limits.shared_text_bytes } else { limits.unpacked_bytes };
        let what = if is_shared_text { "bytes of shared text" } else { "bytes in all" };
        let mut walk = Walk { is_markup, ..Walk::default() };
        walk.through(&mut part, limit.min(limits.unpacked_bytes - total), what)?;
        // The reader reserves memory for as many texts as the part claims to have.
        if walk.claimed_texts.is_some_and(|claimed| claimed > walk.bytes) {
            return Err(broken("it claims more texts than it has bytes"));
        }
        total += walk.bytes;
    }
    Ok(())
}

fn refuse_other_archives<R: Read + Seek>(archive: &ZipArchive<R>) -> Result<(), IntakeError> {
    let has = |start: &str| archive.file_names().any(|name| name.is_ok_and(|name| name.starts_with(start)));
    const CSV: &str = "export the list as CSV or XLSX";
    let (what, advice) = match () {
        () if has("xl/workbook.bin") => ("a binary workbook (.xlsb)", "save it as .xlsx or CSV"),
        () if has("xl/") => return Ok(()),
        () if has("word/") => ("a text document (.docx)", CSV),
        () if has("ppt/") => ("a presentation", CSV),
        () if has("content.xml") => ("an OpenDocument file", "save it as .xlsx or CSV"),
        () if has("Index/") => ("a Numbers document", CSV),
        () => ("a zip archive", "unpack it and choose the list inside"),
    };
    Err(IntakeError::NotATable { what, advice })
}

#[derive(Default)]
struct Walk {
    is_markup: bool,
    bytes: u64,
    /// Bytes since the last `<`.
    run: usize,
    claimed_texts: Option<u64>,
}

impl Walk {
    fn through(&mut self, part: &mut dyn Read, limit: u64, what: &'static str) -> Result<(), IntakeError> {
        let mut buffer = vec![0; 64 << 10];
        loop {
            let read = part.read(&mut buffer).map_err(broken)?;
            if read == 0 {
                return Ok(());
            }
            if self.bytes == 0 {
                self.claimed_texts = claimed_texts(&buffer[..read]);
            }
            self.bytes += read as u64;
            if self.bytes > limit {
                return Err(IntakeError::WorkbookTooLarge { what, limit });
            }
            if self.is_markup {
                self.measure(&buffer[..read])?;
            }
        }
    }

    fn measure(&mut self, bytes: &[u8]) -> Result<(), IntakeError> {
        for piece in bytes.split_inclusive(|byte| *byte == b'<') {
            self.run += piece.len();
            if self.run > LONGEST_RUN {
                return Err(IntakeError::WorkbookTooLarge { what: "bytes in one cell", limit: LONGEST_RUN as u64 });
            }
            if piece.ends_with(b"<") {
                self.run = 0;
            }
        }
        Ok(())
    }
}

fn claimed_texts(head: &[u8]) -> Option<u64> {
    let head = String::from_utf8_lossy(head);
    let (_, claim) = head.split_once("uniqueCount=")?;
    let digits: String = claim.chars().skip(1).take_while(char::is_ascii_digit).collect();
    Some(digits.parse().unwrap_or(u64::MAX))
}
