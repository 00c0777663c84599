//! The stable codes of the API, in one place.
//!
//! A code is a promise: programs branch on it and people look it up, so it is never reused and never changes its
//! meaning. Each has a page in `docs/errors` that says what happened, why, and what to do; the pages are inside the
//! binary and served at `/errors/{code}`. The finer reasons within a problem are words (`unknown_field`), not numbers.

use http::StatusCode;

/// One kind of problem.
#[derive(Debug)]
pub struct Code {
    /// `CE0001`.
    pub code: &'static str,
    /// The HTTP status it comes with.
    pub status: StatusCode,
    /// The problem in a few words, the same every time.
    pub title: &'static str,
    /// The page in Markdown.
    pub page: &'static str,
}

macro_rules! codes {
    ($($name:ident = $code:literal, $status:ident, $title:literal;)*) => {
        $(pub(crate) static $name: Code = Code {
            code: $code,
            status: StatusCode::$status,
            title: $title,
            page: include_str!(concat!("../../../docs/errors/", $code, ".md")),
        };)*

        /// Every code, by number.
        pub fn all() -> impl Iterator<Item = &'static Code> {
            static ALL: &[&Code] = &[$(&$name),*];
            ALL.iter().copied()
        }
    };
}

codes! {
    UNAUTHENTICATED = "CE0001", UNAUTHORIZED, "No valid API key";
    MISSING_SCOPE = "CE0002", FORBIDDEN, "The key lacks a scope";
    WRONG_KEY = "CE0003", FORBIDDEN, "Another kind of key is needed";
    NOT_FOUND = "CE0004", NOT_FOUND, "No such object";
    NO_SUCH_PATH = "CE0005", NOT_FOUND, "No such path";
    METHOD_NOT_ALLOWED = "CE0006", METHOD_NOT_ALLOWED, "The path has no such method";
    INVALID_CONTENT = "CE0007", UNPROCESSABLE_ENTITY, "The content breaks a rule";
    MALFORMED_BODY = "CE0008", BAD_REQUEST, "The body cannot be read";
    WRONG_CONTENT_TYPE = "CE0009", UNSUPPORTED_MEDIA_TYPE, "The body is of the wrong type";
    TOO_LARGE = "CE0010", PAYLOAD_TOO_LARGE, "The body is too large";
    INVALID_PARAMETER = "CE0011", BAD_REQUEST, "A parameter cannot be used";
    CANNOT_START = "CE0012", CONFLICT, "The campaign cannot start";
    INVALID_VERB = "CE0013", CONFLICT, "Not possible in this state";
    REVISION_MISMATCH = "CE0014", PRECONDITION_FAILED, "Somebody changed it meanwhile";
    CONFLICT = "CE0015", CONFLICT, "A rule of the data stands in the way";
    SIMULATED_ONLY = "CE0016", CONFLICT, "A test account only simulates";
    STORAGE_UNWRITABLE = "CE0017", SERVICE_UNAVAILABLE, "The storage cannot be written";
    INTERNAL = "CE0018", INTERNAL_SERVER_ERROR, "Something broke inside";
    NOT_READY = "CE0019", SERVICE_UNAVAILABLE, "Not ready";
    IDEMPOTENCY_KEY_REUSED = "CE0020", CONFLICT, "The idempotency key belongs to another request";
    CHANGED_MEANWHILE = "CE0021", CONFLICT, "Changed by somebody else at the same time";
    SCRIPT_REJECTED = "CE0022", UNPROCESSABLE_ENTITY, "The script cannot be used";
    DUPLICATE_LEAD = "CE0023", CONFLICT, "The campaign already has this phone";
    FILE_REJECTED = "CE0024", UNPROCESSABLE_ENTITY, "The file is not a list of leads";
    NO_STORAGE_FOR_UPLOAD = "CE0025", INSUFFICIENT_STORAGE, "There is no room for the upload";
    PLUGIN_REJECTED = "CE0026", UNPROCESSABLE_ENTITY, "The plugin cannot be taken";
    PLUGIN_NOT_GRANTED = "CE0027", CONFLICT, "The plugin asks for what was not granted";
    PLUGIN_SETTINGS_UNFIT = "CE0028", CONFLICT, "Settings in use do not fit this version";
    CONSENT_INVALID = "CE0029", BAD_REQUEST, "The consent cannot be taken";
    CONSENT_FAILED = "CE0030", BAD_GATEWAY, "The other system gave no tokens";
    NO_ROOM_FOR_PLUGIN = "CE0031", CONFLICT, "The account has no room for another plugin";
    TOO_MANY_UPLOADS = "CE0032", TOO_MANY_REQUESTS, "Too many uploads are on their way";
    IMPORTER_FAILED = "CE0033", BAD_GATEWAY, "The importer did not answer";
    SINK_FAILED = "CE0034", BAD_GATEWAY, "The sink did not answer";
    CALL_NOT_NOW = "CE0035", CONFLICT, "The call may not be placed now";
    TOO_MANY_REQUESTS = "CE0036", TOO_MANY_REQUESTS, "Too many requests";
    ACCOUNT_FULL = "CE0037", CONFLICT, "The account may hold no more";
    OTHER_SITE = "CE0038", FORBIDDEN, "The request comes from another site";
    EVENTS_GONE = "CE0039", GONE, "The events are not kept any more";
    TOO_MANY_STREAMS = "CE0040", TOO_MANY_REQUESTS, "The account has as many streams as it may";
    GATEWAY_FAILED = "CE0041", BAD_GATEWAY, "The gateway did not answer";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_has_a_page_that_says_what_why_and_what_to_do() {
        let mut last = "";
        for code in all() {
            assert!(code.code > last && code.code.len() == 6, "{} comes after {last}", code.code);
            last = code.code;
            let begins = format!("# {}: {}\n", code.code, code.title);
            assert!(code.page.starts_with(&begins), "{} begins with {begins:?}", code.code);
            let status = format!("HTTP {}", code.status.as_u16());
            assert!(code.page.contains(&status), "{} names its status {status}", code.code);
            for part in ["## What happened", "## Why", "## What to do"] {
                let text = code.page.split(part).nth(1).unwrap_or_else(|| panic!("{} has {part:?}", code.code));
                let text = text.split("\n## ").next().unwrap_or_default();
                assert!(text.trim().len() > 60, "{} says something under {part:?}", code.code);
            }
        }
    }

    #[test]
    fn no_page_is_left_without_a_code() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/errors");
        let pages: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.starts_with("CE"))
            .collect();
        let codes: BTreeSet<String> = all().map(|code| format!("{}.md", code.code)).collect();
        assert_eq!(pages, codes);
    }
}
