//! Watches the quotes of a text table as it streams by.
//!
//! A CSV parser that meets a quote without a partner swallows the rest of the file into one cell and calls it a success:
//! hundreds of leads become a note of the lead before. Here that is an error that names the line. The same walk over the
//! bytes keeps one row from growing without end, and makes every line end a plain line feed so that lines can be counted
//! whatever wrote them. Cells are left to the parser; this must never change what is inside quotes.

use std::io::{self, Read};

use crate::error::IntakeError;

#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    FieldStart,
    Unquoted,
    Quoted,
    /// Behind a quote inside a quoted cell: its end, or the first of a doubled pair.
    AfterQuote,
}

/// Passes bytes through, with every line end outside quotes as `\n` and one at the very end.
pub(crate) struct QuoteGuard<R> {
    inner: R,
    delimiter: u8,
    row_limit: usize,
    at: At,
    line: u64,
    row_line: u64,
    row_bytes: usize,
    opened: u64,
    after_return: bool,
    ended: bool,
}

impl<R: Read> QuoteGuard<R> {
    pub(crate) fn new(inner: R, delimiter: u8, row_limit: usize) -> Self {
        let (at, line) = (At::FieldStart, 1);
        Self {
            inner,
            delimiter,
            row_limit,
            at,
            line,
            row_line: line,
            row_bytes: 0,
            opened: line,
            after_return: false,
            ended: false,
        }
    }

    pub(crate) fn inner(&self) -> &R {
        &self.inner
    }

    fn end_row(&mut self) {
        self.line += 1;
        self.row_line = self.line;
        self.row_bytes = 0;
        self.at = At::FieldStart;
    }

    /// Walks over the bytes, moves those that stay to the front, and says how many stay.
    fn walk(&mut self, bytes: &mut [u8]) -> Result<usize, IntakeError> {
        let mut kept = 0;
        for position in 0..bytes.len() {
            let mut byte = bytes[position];
            let after_return = std::mem::take(&mut self.after_return);
            self.row_bytes += 1;
            if self.at == At::Quoted {
                match byte {
                    b'"' => self.at = At::AfterQuote,
                    b'\n' => self.line += 1,
                    _ => {}
                }
            } else {
                match byte {
                    b'\n' if after_return => {
                        self.row_bytes = 0;
                        continue;
                    }
                    b'\r' | b'\n' => {
                        self.after_return = byte == b'\r';
                        byte = b'\n';
                        self.end_row();
                    }
                    _ if byte == self.delimiter => self.at = At::FieldStart,
                    b'"' if self.at == At::FieldStart => {
                        self.at = At::Quoted;
                        self.opened = self.line;
                    }
                    b'"' if self.at == At::AfterQuote => self.at = At::Quoted,
                    b' ' if self.at == At::AfterQuote => {}
                    _ if self.at == At::AfterQuote => {
                        // Within a line it is sloppy quoting; across lines it is two cells that were never one.
                        if self.line > self.opened {
                            return Err(IntakeError::UnclosedQuote { opened: self.opened, noticed: self.line });
                        }
                        self.at = At::Unquoted;
                    }
                    _ => self.at = At::Unquoted,
                }
            }
            if self.row_bytes > self.row_limit {
                return Err(match self.at {
                    At::Quoted => IntakeError::UnclosedQuote { opened: self.opened, noticed: self.line },
                    _ => IntakeError::RowTooLarge { line: self.row_line, limit: self.row_limit },
                });
            }
            bytes[kept] = byte;
            kept += 1;
        }
        Ok(kept)
    }
}

impl<R: Read> Read for QuoteGuard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !self.ended && !buffer.is_empty() {
            let read = self.inner.read(buffer)?;
            if read == 0 {
                self.ended = true;
                if self.at == At::Quoted {
                    let (opened, noticed) = (self.opened, self.line);
                    return Err(IntakeError::UnclosedQuote { opened, noticed }.into_io());
                }
                if self.row_bytes > 0 {
                    buffer[0] = b'\n';
                    self.end_row();
                    return Ok(1);
                }
                return Ok(0);
            }
            let kept = self.walk(&mut buffer[..read]).map_err(IntakeError::into_io)?;
            if kept > 0 {
                return Ok(kept);
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(text: &str) -> Result<String, IntakeError> {
        let mut out = String::new();
        QuoteGuard::new(text.as_bytes(), b',', 1_000).read_to_string(&mut out)?;
        Ok(out)
    }

    #[test]
    fn every_line_end_becomes_a_line_feed_but_not_inside_quotes() {
        assert_eq!(through("a,b\r\nc\rd\n\ne,\"f\r\ng\"").unwrap(), "a,b\nc\nd\n\ne,\"f\r\ng\"\n");
    }

    #[test]
    fn a_quote_without_a_partner_names_its_line() {
        let open = through("a,b\nc,\"d\ne,f\n");
        assert!(matches!(open, Err(IntakeError::UnclosedQuote { opened: 2, .. })), "{open:?}");
        let swallowed = through("a,b\nc,\"d\ne,\"f\"\n");
        assert!(matches!(swallowed, Err(IntakeError::UnclosedQuote { opened: 2, noticed: 3 })), "{swallowed:?}");
    }

    #[test]
    fn sloppy_quotes_within_a_line_pass() {
        for text in ["a,5\" pipe,b\n", "\"He said \"hi\" twice\",b\n", "\"a\" ,b\n", "\"a\"\"b\",c\n", "a \"b\" c\n"] {
            assert_eq!(through(text).unwrap(), text);
        }
    }

    #[test]
    fn a_row_cannot_grow_without_end() {
        let endless = through(&"x".repeat(2_000));
        assert!(matches!(endless, Err(IntakeError::RowTooLarge { line: 1, limit: 1_000 })), "{endless:?}");
        assert!(through(&"x\n".repeat(2_000)).is_ok());
    }
}
