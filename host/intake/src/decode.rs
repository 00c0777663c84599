//! Bytes in, UTF-8 out, in buffers of fixed size.
//!
//! Nothing a file contains may be lost on the way: a byte that is not UTF-8 inside a UTF-8 file is read as the
//! windows-1252 letter it most probably was, because lists are glued together from several exports. What had to be
//! done is counted so that it can be said. NULs, which no table means, are dropped and counted too.

use std::io::{self, Read, SeekFrom};

use encoding_rs::{Decoder, UTF_8, WINDOWS_1252};

use crate::encoding::TextEncoding;
use crate::source::Source;

const CHUNK: usize = 64 << 10;

/// What had to be repaired while decoding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Repairs {
    /// NUL characters dropped.
    pub nuls: u64,
    /// Byte sequences that do not belong to the encoding.
    pub foreign: u64,
}

/// Decodes a source to UTF-8.
pub(crate) struct Utf8Reader<'a> {
    source: &'a mut dyn Source,
    /// `None` for UTF-8, which is checked rather than converted.
    decoder: Option<Decoder>,
    raw: Vec<u8>,
    /// Bytes at the start of `raw` left over from the last round: the beginning of a character.
    kept: usize,
    text: Vec<u8>,
    given: usize,
    ended: bool,
    repairs: Repairs,
}

impl<'a> Utf8Reader<'a> {
    pub(crate) fn new(source: &'a mut dyn Source, encoding: TextEncoding) -> io::Result<Self> {
        source.seek(SeekFrom::Start(encoding.mark))?;
        let decoder = (encoding.encoding != UTF_8).then(|| encoding.encoding.new_decoder_without_bom_handling());
        let (raw, text) = (vec![0; CHUNK], Vec::with_capacity(CHUNK * 3 + 16));
        Ok(Self { source, decoder, raw, kept: 0, text, given: 0, ended: false, repairs: Repairs::default() })
    }

    pub(crate) fn repairs(&self) -> Repairs {
        self.repairs
    }

    fn fill(&mut self) -> io::Result<()> {
        self.text.clear();
        self.given = 0;
        while self.text.is_empty() && !self.ended {
            let read = self.source.read(&mut self.raw[self.kept..])?;
            self.ended = read == 0;
            let filled = self.kept + read;
            match &mut self.decoder {
                None => self.check_utf8(filled),
                Some(_) => self.convert(filled),
            }
            if self.text.contains(&0) {
                let before = self.text.len();
                self.text.retain(|byte| *byte != 0);
                self.repairs.nuls += (before - self.text.len()) as u64;
            }
        }
        Ok(())
    }

    fn check_utf8(&mut self, filled: usize) {
        let mut rest = 0;
        for chunk in self.raw[..filled].utf8_chunks() {
            self.text.extend_from_slice(chunk.valid().as_bytes());
            let invalid = chunk.invalid();
            let at_end = invalid.as_ptr_range().end == self.raw[..filled].as_ptr_range().end;
            if at_end && !self.ended && is_start_of_character(invalid) {
                rest = invalid.len();
            } else if !invalid.is_empty() {
                self.repairs.foreign += 1;
                self.text.extend_from_slice(WINDOWS_1252.decode_without_bom_handling(invalid).0.as_bytes());
            }
        }
        self.raw.copy_within(filled - rest..filled, 0);
        self.kept = rest;
    }

    fn convert(&mut self, filled: usize) {
        let Some(decoder) = &mut self.decoder else { return };
        let needed = decoder.max_utf8_buffer_length(filled).unwrap_or(filled * 3 + 16);
        self.text.resize(needed, 0);
        let (_, _, written, had_errors) = decoder.decode_to_utf8(&self.raw[..filled], &mut self.text, self.ended);
        self.text.truncate(written);
        self.repairs.foreign += u64::from(had_errors);
        self.kept = 0;
    }
}

/// Could the next bytes make it a character? (A cut-off sequence is reported by the standard library as invalid.)
fn is_start_of_character(bytes: &[u8]) -> bool {
    let wanted = match bytes.first() {
        Some(0xc2..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xf4) => 4,
        _ => return false,
    };
    bytes.len() < wanted && bytes[1..].iter().all(|byte| (0x80..0xc0).contains(byte))
}

impl Read for Utf8Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.text.len() {
            self.fill()?;
        }
        let count = buffer.len().min(self.text.len() - self.given);
        buffer[..count].copy_from_slice(&self.text[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn decoded(bytes: Vec<u8>) -> (String, Repairs) {
        let mut source = Cursor::new(bytes);
        let encoding = TextEncoding::detect(&mut source).unwrap();
        let mut reader = Utf8Reader::new(&mut source, encoding).unwrap();
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        (text, reader.repairs())
    }

    #[test]
    fn a_character_across_two_chunks_stays_whole() {
        for shift in 0..4 {
            let text = "x".repeat(CHUNK - shift) + &"€ü😀".repeat(CHUNK / 4);
            assert_eq!(decoded(text.clone().into_bytes()), (text, Repairs::default()));
        }
    }

    #[test]
    fn a_foreign_byte_in_utf8_becomes_the_letter_it_was() {
        let mut bytes = "Zoë, Søren, François, Jürgen, Käthe ".as_bytes().to_vec();
        bytes.extend_from_slice(b"M\xfcller \xe2\x82");
        let (text, repairs) = decoded(bytes);
        assert_eq!(text, "Zoë, Søren, François, Jürgen, Käthe Müller â‚");
        assert_eq!(repairs, Repairs { nuls: 0, foreign: 2 });
    }

    #[test]
    fn nuls_are_dropped_and_counted() {
        assert_eq!(
            decoded(b"a\0b\0\0c, and some more text".to_vec()),
            ("abc, and some more text".into(), Repairs { nuls: 3, foreign: 0 })
        );
    }
}
