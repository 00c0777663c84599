//! Lead files on their way in: from the wire to the disk, from the disk to the store.
//!
//! A file of any size costs the memory of one page. It is streamed to a temporary file that vanishes with its handle,
//! understood before the client gets its answer (a photograph of a list is refused at once), and read in the background,
//! page by page, each page one transaction. A host that dies in between leaves whole pages; uploading the same file again
//! makes no second lead, because phones are unique in a campaign.

pub(crate) mod run;
pub(crate) mod upload;

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
