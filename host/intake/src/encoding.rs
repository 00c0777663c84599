//! Which bytes mean which letters.
//!
//! A lead file never says its encoding and half of them are not UTF-8. A mark at the start decides; then the pattern of
//! NULs that UTF-16 leaves; then whether the text is UTF-8; only then statistics. The head of a large file is often plain
//! ASCII, so the search goes on to the first byte that can tell. It must never hold more than a window of the file.

use std::fmt;
use std::io::{self, Read, SeekFrom};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use serde::{Serialize, Serializer};

use crate::error::IntakeError;
use crate::source::Source;

/// How many bytes decide, from the first one that is not ASCII.
const WINDOW: usize = 256 << 10;

/// The encoding of a text file. Shown as `utf-8`, `utf-8 with BOM`, `utf-16le with BOM`, `windows-1252`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextEncoding {
    pub(crate) encoding: &'static Encoding,
    /// Length of the mark at the start, in bytes; 0 without one.
    pub(crate) mark: u64,
}

impl TextEncoding {
    /// By a WHATWG label.
    pub(crate) fn named(label: &str, source: &mut dyn Source) -> Result<Self, IntakeError> {
        let encoding = Encoding::for_label_no_replacement(label.trim().as_bytes())
            .ok_or_else(|| IntakeError::UnknownEncoding { name: label.to_owned() })?;
        let head = window(source, 0, 4)?;
        let mark = Encoding::for_bom(&head).filter(|(found, _)| *found == encoding).map_or(0, |(_, length)| length);
        Ok(Self { encoding, mark: mark as u64 })
    }

    /// By looking at the bytes.
    pub(crate) fn detect(source: &mut dyn Source) -> Result<Self, IntakeError> {
        let head = window(source, 0, WINDOW)?;
        if let Some((encoding, length)) = Encoding::for_bom(&head) {
            return Ok(Self { encoding, mark: length as u64 });
        }
        if let Some(encoding) = utf16_without_mark(&head) {
            return Ok(Self { encoding, mark: 0 });
        }
        let telling = match head.iter().position(|byte| !byte.is_ascii()) {
            Some(_) => head,
            None if head.len() < WINDOW => return Ok(Self { encoding: UTF_8, mark: 0 }),
            None => match first_beyond_ascii(source, head.len() as u64)? {
                Some(at) => window(source, at, WINDOW)?,
                None => return Ok(Self { encoding: UTF_8, mark: 0 }),
            },
        };
        Ok(Self { encoding: if is_mostly_utf8(&telling) { UTF_8 } else { guess(&telling) }, mark: 0 })
    }
}

impl fmt::Display for TextEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.encoding.name().to_ascii_lowercase(), if self.mark > 0 { " with BOM" } else { "" })
    }
}

impl Serialize for TextEncoding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn window(source: &mut dyn Source, from: u64, length: usize) -> io::Result<Vec<u8>> {
    source.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::with_capacity(length.min(WINDOW));
    source.take(length as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn first_beyond_ascii(source: &mut dyn Source, from: u64) -> io::Result<Option<u64>> {
    source.seek(SeekFrom::Start(from))?;
    let mut buffer = vec![0; 64 << 10];
    let mut at = from;
    loop {
        let read = source.read(&mut buffer)?;
        if read == 0 {
            return Ok(None);
        }
        if let Some(position) = buffer[..read].iter().position(|byte| !byte.is_ascii()) {
            return Ok(Some(at + position as u64));
        }
        at += read as u64;
    }
}

/// Delimiters, digits and line ends are ASCII in every language, so UTF-16 has a NUL in half of their bytes, always on
/// the same side. Stray NULs in other files fall on both sides.
fn utf16_without_mark(head: &[u8]) -> Option<&'static Encoding> {
    let pairs = head.len() / 2;
    let zeros = |side: usize| head.iter().skip(side).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let candidate = match () {
        () if odd * 20 > pairs && odd > even * 10 => UTF_16LE,
        () if even * 20 > pairs && even > odd * 10 => UTF_16BE,
        () => return None,
    };
    let (text, broken) = candidate.decode_without_bom_handling(&head[..pairs * 2]);
    let controls = text.chars().filter(|c| c.is_control() && !matches!(c, '\t' | '\r' | '\n')).count();
    // Every line feed is a character of its own; among stray NULs it is not.
    let feeds = (head.iter().filter(|byte| **byte == b'\n').count(), text.chars().filter(|c| *c == '\n').count());
    let whole_lines = feeds.1 * 5 >= feeds.0 * 4 && (feeds.0 > 0 || odd.max(even) * 3 > pairs);
    (pairs > 1 && (!broken || head.len() == WINDOW) && controls * 100 <= pairs && whole_lines).then_some(candidate)
}

/// A sequence of several bytes that is valid UTF-8 hardly ever arises by chance; a few broken ones among many valid ones
/// are damage, not another encoding.
fn is_mostly_utf8(bytes: &[u8]) -> bool {
    let (mut valid, mut broken) = (0_usize, 0_usize);
    let mut chunks = bytes.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        valid += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        // The window may end inside a character.
        let cut_off = chunks.peek().is_none() && bytes.len() >= WINDOW;
        if !chunk.invalid().is_empty() && !cut_off {
            broken += 1;
        }
    }
    broken == 0 || valid >= broken * 2
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    detector.guess(None, Utf8Detection::Deny)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn shown(bytes: &[u8]) -> String {
        TextEncoding::detect(&mut Cursor::new(bytes.to_vec())).unwrap().to_string()
    }

    fn utf16(text: &str, big: bool) -> Vec<u8> {
        text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    }

    #[test]
    fn a_mark_decides() {
        assert_eq!(shown(b"\xef\xbb\xbfName"), "utf-8 with BOM");
        assert_eq!(shown(&[b"\xff\xfe".to_vec(), utf16("Name", false)].concat()), "utf-16le with BOM");
        assert_eq!(shown(&[b"\xfe\xff".to_vec(), utf16("Name", true)].concat()), "utf-16be with BOM");
    }

    #[test]
    fn utf16_without_a_mark_is_seen_by_its_nuls() {
        let text = "Имя;Телефон\r\nЖанна;+7 495 555 01 00\r\n";
        assert_eq!(shown(&utf16(text, false)), "utf-16le");
        assert_eq!(shown(&utf16(text, true)), "utf-16be");
        assert_eq!(shown(b"Name,Phone\nA\0nna,+1415\0\n"), "utf-8");
    }

    #[test]
    fn western_text_is_windows_1252() {
        assert_eq!(shown(b"Name;Telefon;Ort\r\nJ\xfcrgen M\xfcller;030 123;K\xf6ln\r\n"), "windows-1252");
        assert_eq!(shown(b"Nom;T\xe9l\xe9phone\r\nFran\xe7oise L\xe9vy;01 99 00 10 01\r\n"), "windows-1252");
        assert_eq!(shown(b"Nombre;Tel\xe9fono\r\nBego\xf1a Mu\xf1oz;910 000 000\r\n"), "windows-1252");
    }

    #[test]
    fn one_broken_character_does_not_make_it_another_encoding() {
        let text = ["Müller, Käthe, Jürgen, Zoë, Søren\n".repeat(3).into_bytes(), b"J\xfcrgen\n".to_vec()].concat();
        assert_eq!(shown(&text), "utf-8");
    }

    #[test]
    fn the_first_letter_that_can_tell_may_come_late() {
        let head = "Name,Phone\n".repeat(60_000).into_bytes();
        assert_eq!(shown(&head), "utf-8");
        assert_eq!(shown(&[head.clone(), "Jürgen Müller\n".into()].concat()), "utf-8");
        assert_eq!(shown(&[head, b"J\xfcrgen M\xfcller, K\xf6ln\n".to_vec()].concat()), "windows-1252");
    }
}
