//! A line that is typed and not shown.

use std::io::{BufRead, Stdin, Write};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// A terminal that does not show what is typed; it shows it again when this goes.
struct Quiet<'a> {
    terminal: &'a Stdin,
    before: Termios,
}

impl Drop for Quiet<'_> {
    fn drop(&mut self) {
        let _ = tcsetattr(self.terminal, OptionalActions::Now, &self.before);
        eprintln!();
    }
}

/// Asks for a line at the terminal on stdin. What was typed before the question is not taken for the answer.
pub fn line(question: &str) -> std::io::Result<String> {
    let terminal = std::io::stdin();
    let before = tcgetattr(&terminal)?;
    let mut hidden = before.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&terminal, OptionalActions::Flush, &hidden)?;
    let quiet = Quiet { terminal: &terminal, before };
    eprint!("{question}");
    std::io::stderr().flush()?;
    let mut typed = String::new();
    terminal.lock().read_line(&mut typed)?;
    drop(quiet);
    Ok(typed)
}
