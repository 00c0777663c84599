//! Lead files on their way in: from the wire to the disk, looked at, reviewed, confirmed, read; and back out again.
//!
//! A file of any size costs the memory of one page. It is streamed to the disk, understood before the client gets its
//! answer (a photograph of a list is refused at once), reviewed whole on request without writing anything, and read in
//! the background when it is confirmed, page by page, each page one transaction with the progress in it. A host that dies
//! in between goes on at the next start.

mod arrived;
mod background;
mod failure;
mod files;
mod options;
mod reading;
mod rejects;
mod review;
mod run;
mod understood;
mod undo;
pub(crate) mod upload;
mod work;

pub use self::arrived::{Arrived, looked, region_of, understand};
#[cfg(test)]
pub(crate) use self::background::at_work;
pub use self::background::resume_imports;
pub(crate) use self::background::{forget_old, start};
pub use self::failure::Failure;
pub use self::files::Files;
pub use self::options::ImportOptions;
pub use self::review::review;
pub use self::run::run;
pub use self::understood::{Meaning, Understood};
pub use self::undo::undo;
pub use self::work::{Job, Tell, Work};

use campanile_intake::IntakeError;

/// Intake speaks to its command line; here the flags are parameters.
pub(crate) fn told(error: &IntakeError) -> String {
    let flags = [
        ("--primary COLUMN", "?primary=COLUMN"),
        ("--header-row N", "?header_row=N"),
        ("--primary", "?primary"),
        ("--secondary", "?secondary"),
        ("--header-row", "?header_row"),
        ("--delimiter", "?delimiter"),
        ("--encoding", "?encoding"),
        ("--sheet", "?sheet"),
        ("--external-id", "?external_id"),
        ("--time-zone", "?time_zone"),
        ("--name", "?name"),
        ("--ignore", "?ignored"),
    ];
    flags.iter().fold(error.to_string(), |text, (flag, parameter)| text.replace(flag, parameter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_told_as_parameters() {
        let error = IntakeError::NoPhoneColumn { header_row: 1, columns: vec!["a".into()] };
        let text = told(&error);
        assert!(text.contains("?primary=COLUMN") && !text.contains("--"), "{text}");
    }
}
