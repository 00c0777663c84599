//! What goes to stdout: data, and nothing else.

use std::fmt::Display;
use std::io::Write;

use crate::exit::Failure;

/// A line. A reader that has seen enough ends the command, quietly.
pub fn say(line: impl Display) -> Result<(), Failure> {
    print(format_args!("{line}\n"))
}

/// A line of a process that goes on whether or not somebody reads it: a server serves without an audience.
pub fn announce(line: impl Display) {
    let _ = say(line);
}

/// Text, as it is.
pub fn print(text: impl Display) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    write!(out, "{text}").and_then(|()| out.flush()).map_err(|error| match error.kind() {
        std::io::ErrorKind::BrokenPipe => Failure::silent(),
        _ => Failure::other(format!("stdout cannot be written: {error}")),
    })
}
