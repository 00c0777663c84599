//! `log`: lines for the tenant, bounded and harmless to a terminal.
//!
//! Log lines end up in records, API answers and terminals, so control characters (which could move a cursor or forge a
//! line) are shown as a replacement character, and both a line and a call have a limit that the reader is told about.

use super::Lent;
use crate::contract::campanile::plugin::log::{Host, Level};

/// Bytes kept of one line.
const LINE_BYTES: usize = 1 << 10;
/// Bytes kept of one call.
const CALL_BYTES: usize = 64 << 10;
/// How the SDK's panic hook begins.
const PANIC: &str = "panicked at ";

/// The lines of one call.
#[derive(Debug, Default)]
pub struct LogLines {
    lines: Vec<String>,
    bytes: usize,
    cut: bool,
}

impl LogLines {
    /// Keeps a line, cut to what a line and a call may have.
    pub fn push(&mut self, level: Level, message: &str) {
        if self.cut {
            return;
        }
        let mut end = message.len().min(LINE_BYTES);
        while !message.is_char_boundary(end) {
            end -= 1;
        }
        let word = match level {
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        };
        let kept = message[..end].chars().map(|letter| match letter {
            '\t' => ' ',
            control if control.is_control() => char::REPLACEMENT_CHARACTER,
            letter => letter,
        });
        let mut line = format!("{word}: ");
        line.extend(kept);
        if end < message.len() {
            line.push_str(" (line cut)");
        }
        if self.bytes + line.len() > CALL_BYTES {
            self.cut = true;
            self.lines.push("warn: the log of this call is cut here, at 64 KiB".to_owned());
            return;
        }
        self.bytes += line.len();
        self.lines.push(line);
    }

    /// What the SDK's panic hook wrote, if it did.
    pub fn panic(&self) -> Option<String> {
        self.lines
            .iter()
            .rev()
            .find_map(|line| line.strip_prefix("error: "))
            .filter(|line| line.starts_with(PANIC))
            .map(str::to_owned)
    }

    pub fn take(&mut self) -> Vec<String> {
        std::mem::take(&mut self.lines)
    }
}

impl Host for Lent {
    fn write(&mut self, level: Level, message: String) -> wasmtime::Result<()> {
        self.count()?;
        self.log.push(level, &message);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_at_a_character_and_says_so() {
        let mut log = LogLines::default();
        log.push(Level::Info, &"é".repeat(LINE_BYTES));
        let lines = log.take();
        assert!(lines[0].ends_with("é (line cut)"), "{}", &lines[0][lines[0].len() - 20..]);
        assert!(lines[0].len() <= LINE_BYTES + 20);
    }

    #[test]
    fn a_call_keeps_64_kib() {
        let mut log = LogLines::default();
        for _ in 0..1_000 {
            log.push(Level::Debug, &"x".repeat(500));
        }
        let lines = log.take();
        assert!(lines.iter().map(String::len).sum::<usize>() <= CALL_BYTES + 100);
        assert!(lines.last().unwrap().contains("64 KiB"));
    }

    #[test]
    fn control_characters_reach_no_terminal() {
        let mut log = LogLines::default();
        log.push(Level::Warn, "\u{1b}[2Jgone\r\nforged\tline");
        assert_eq!(log.take(), ["warn: \u{fffd}[2Jgone\u{fffd}\u{fffd}forged line"]);
    }
}
