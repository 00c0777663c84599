//! From the wire to a temporary file, never through memory.

use std::fs::File;
use std::io;
use std::path::Path;

use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Request};
use futures::{Stream, StreamExt};
use http::header;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt;

use crate::app::Config;
use crate::codes;
use crate::problem::{FieldProblem, Problem};

/// A file that arrived.
pub(crate) struct Upload {
    /// Vanishes when it is dropped.
    pub file: NamedTempFile,
    /// As the client called it.
    pub name: Option<String>,
    /// Its size.
    pub bytes: u64,
    /// SHA-256, in hexadecimal.
    pub sha256: String,
}

/// Receives the file of a request: the first file of a form, or the body itself.
pub(crate) async fn receive(request: Request, config: &Config) -> Result<Upload, Problem> {
    let content_type =
        request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "multipart/form-data" => receive_form(request, config).await,
        "application/json" | "application/x-www-form-urlencoded" => {
            let detail = format!(
                "the content type is {kind:?}; send the file itself (text/csv, application/octet-stream, ...) or multipart/form-data"
            );
            Err(Problem::new(&codes::WRONG_CONTENT_TYPE, detail))
        }
        _ => keep(request.into_body().into_data_stream(), config).await,
    }
}

async fn receive_form(request: Request, config: &Config) -> Result<Upload, Problem> {
    let broken =
        |what: String| Problem::new(&codes::MALFORMED_BODY, format!("the form cannot be read ({what}); send it again"));
    let mut form = Multipart::from_request(request, &()).await.map_err(|error| broken(error.body_text()))?;
    while let Some(field) = form.next_field().await.map_err(|error| broken(error.body_text()))? {
        let name = field.file_name().map(str::to_owned);
        if name.is_some() || field.name() == Some("file") {
            return Ok(Upload { name, ..keep(field, config).await? });
        }
    }
    let message = "the form holds no file; send it in a field named \"file\"";
    Err(Problem::invalid(vec![FieldProblem::new("/file", "required", message)]))
}

async fn keep<E: std::fmt::Display>(
    stream: impl Stream<Item = Result<Bytes, E>>,
    config: &Config,
) -> Result<Upload, Problem> {
    let (temporary, writing) = open(&config.upload_dir).map_err(no_room)?;
    let mut out = tokio::fs::File::from_std(writing);
    let mut stream = std::pin::pin!(stream);
    let mut size = 0;
    let mut digest = Sha256::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| {
            Problem::new(
                &codes::MALFORMED_BODY,
                format!("the upload broke off ({error}); nothing was imported, send it again"),
            )
        })?;
        size += chunk.len() as u64;
        if size > config.max_upload_bytes {
            let detail = format!(
                "the file is larger than {} bytes; split it and import the parts one after the other",
                config.max_upload_bytes
            );
            return Err(Problem::new(&codes::TOO_LARGE, detail));
        }
        digest.update(&chunk);
        out.write_all(&chunk).await.map_err(no_room)?;
    }
    out.flush().await.map_err(no_room)?;
    // Whoever is told that the file is here can rely on it after a power cut.
    out.sync_all().await.map_err(no_room)?;
    let sha256 = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Upload { file: temporary, name: None, bytes: size, sha256 })
}

fn open(folder: &Path) -> io::Result<(NamedTempFile, File)> {
    std::fs::create_dir_all(folder)?;
    let temporary = NamedTempFile::new_in(folder)?;
    let writing = temporary.reopen()?;
    Ok((temporary, writing))
}

pub(crate) fn no_room(error: io::Error) -> Problem {
    tracing::error!(%error, "an upload cannot be kept");
    let detail = "this host cannot keep the upload, probably because its disk is full; nothing was imported";
    Problem::new(&codes::NO_STORAGE_FOR_UPLOAD, detail)
}

/// A client's name of a file, fit to be shown: the last part of a path, without control characters.
pub(crate) fn shown_name(given: Option<String>) -> String {
    let given = given.unwrap_or_default();
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last.chars().filter(|letter| !letter.is_control()).take(255).collect();
    if clean.trim().is_empty() { "upload".to_owned() } else { clean.trim().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown_without_paths_and_controls() {
        assert_eq!(shown_name(Some("C:\\lists\\march.csv".into())), "march.csv");
        assert_eq!(shown_name(Some("../../etc/pass\nwd".into())), "passwd");
        assert_eq!(shown_name(None), "upload");
        assert_eq!(shown_name(Some("lists/".into())), "upload");
    }
}
