//! What kind of file this is, before a single row is believed.
//!
//! People upload PDFs, old workbooks and photographs of lists. The first bytes tell, and the answer must be the name of
//! what they chose and how to get a table out of it, never a parser's complaint about column 1.

use std::io::{Read, Seek, SeekFrom};

use crate::error::IntakeError;

/// Something a lead file can be read from: a file, or bytes in memory.
pub trait Source: Read + Seek {}

impl<T: Read + Seek + ?Sized> Source for T {}

/// What the first bytes promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Zip,
}

/// Looks at the first bytes.
pub(crate) fn kind(source: &mut dyn Source) -> Result<Kind, IntakeError> {
    source.seek(SeekFrom::Start(0))?;
    let mut head = Vec::with_capacity(16);
    source.take(16).read_to_end(&mut head)?;
    const CSV: &str = "export the list as CSV or XLSX";
    let not = |what, advice| Err(IntakeError::NotATable { what, advice });
    match head.as_slice() {
        [] => Err(IntakeError::Empty),
        [b'P', b'K', 3 | 5 | 7, ..] => Ok(Kind::Zip),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => {
            not("an old .xls workbook or one protected by a password", "save it as .xlsx without a password, or as CSV")
        }
        [b'%', b'P', b'D', b'F', ..] => not("a PDF document", CSV),
        [0x1f, 0x8b, ..] => not("a gzip archive", "unpack it first"),
        [b'7', b'z', 0xbc, 0xaf, ..] | [b'R', b'a', b'r', b'!', ..] => not("an archive", "unpack it first"),
        [0x89, b'P', b'N', b'G', ..] | [0xff, 0xd8, 0xff, ..] | [b'G', b'I', b'F', b'8', ..] => not("a picture", CSV),
        [b'{', b'\\', b'r', b't', b'f', ..] => not("a rich text document", CSV),
        _ => Ok(Kind::Text),
    }
}

/// Text has hardly any control characters; a file that is full of them is something else. NULs alone prove nothing:
/// broken transfers pad with them, and they are gone from the sample.
pub(crate) fn refuse_binary(sample: &str) -> Result<(), IntakeError> {
    let strange = |c: char| {
        (c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1a}')) || c == '\u{fffd}'
    };
    let controls = sample.chars().filter(|c| strange(*c)).count();
    if controls * 20 > sample.chars().count() {
        return Err(IntakeError::NotATable { what: "binary data", advice: "export the list as CSV or XLSX" });
    }
    let start = sample.trim_start().get(..15).unwrap_or_default().to_ascii_lowercase();
    if start.starts_with("<!doctype html") || start.starts_with("<html") {
        let advice =
            "it is often what a download link answers when the session has ended; sign in and download it again";
        return Err(IntakeError::NotATable { what: "a web page", advice });
    }
    Ok(())
}
