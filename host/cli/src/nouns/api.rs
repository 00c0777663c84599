//! `campanile api METHOD PATH`: any request, for what has no command of its own.

use std::io::Read;
use std::path::Path;

use clap::Args;
use reqwest::Method;
use serde_json::Value;

use super::flags::{Once, Writing};
use super::table::clean;
use crate::answer::Answer;
use crate::client::{Body, Insists, Raw};
use crate::exit::Failure;
use crate::say::say;

/// Flags of `api`.
#[derive(Args, Debug)]
pub struct Api {
    /// GET, POST, PUT, PATCH or DELETE
    #[arg(value_parser = method)]
    method: Method,
    /// With its query, for example /v1/campaigns?limit=5
    #[arg(value_parser = path)]
    path: String,
    /// The body: JSON, or @FILE; @- is stdin
    #[arg(long, value_name = "DATA")]
    data: Option<String>,
    /// What the body is, if it is not JSON
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
    #[command(flatten)]
    once: Once,
    #[command(flatten)]
    writing: Writing,
}

fn method(text: &str) -> Result<Method, String> {
    let text = text.to_uppercase();
    let known = ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&text.as_str());
    known.then(|| text.parse().ok()).flatten().ok_or_else(|| "GET, POST, PUT, PATCH or DELETE".to_owned())
}

/// A path below the server's address; it cannot become another address.
fn path(text: &str) -> Result<String, String> {
    let fits = text.starts_with('/') && !text.starts_with("//") && text.bytes().all(|byte| byte.is_ascii_graphic());
    if fits {
        Ok(text.to_owned())
    } else {
        Err("a path begins with / and has no spaces: /v1/campaigns?limit=5".to_owned())
    }
}

/// Runs the command.
pub async fn run(args: Api) -> Result<(), Failure> {
    let bytes = args.data.as_deref().map(data).transpose()?;
    let json = match (&bytes, &args.content_type) {
        (Some(bytes), None) => Some(serde_json::from_slice::<Value>(bytes).map_err(|error| {
            Failure::invalid(format!("the body is no JSON: {error}")).next("mend it, or say what it is: --content-type")
        })?),
        _ => None,
    };
    if args.writing.dry_run {
        let told = args.content_type.as_ref().and(bytes.as_ref()).map(|bytes| format!("{} bytes", bytes.len()).into());
        return args.writing.send(args.method, &args.path, json.or(told), None).await.map(drop);
    }
    let body = match (bytes, json, args.content_type) {
        (_, Some(json), _) => Body::Json(json),
        (Some(bytes), None, Some(content_type)) => Body::Bytes { content_type, bytes },
        _ => Body::None,
    };
    let once = args.once.idempotency_key.as_deref().map(Insists::Once);
    let Raw { answer, text } = args.writing.reading.client()?.ask(args.method, &args.path, body, once).await?;
    let document: Option<Value> = serde_json::from_str(&text).ok();
    if !(200..300).contains(&answer.status) {
        return Answer { body: document.unwrap_or_default(), ..answer }.accepted().map(drop);
    }
    match document {
        Some(_) if args.writing.reading.json => say(&text),
        Some(document) => say(format_args!("{document:#}")),
        None if args.writing.reading.json && text.is_empty() => say(Value::Null),
        None if args.writing.reading.json => say(Value::from(text)),
        None => text.lines().try_for_each(|line| say(clean(line))),
    }
}

fn data(text: &str) -> Result<Vec<u8>, Failure> {
    let Some(file) = text.strip_prefix('@') else { return Ok(text.as_bytes().to_vec()) };
    if file == "-" {
        let mut bytes = Vec::new();
        let read = std::io::stdin().read_to_end(&mut bytes);
        return read.map(|_| bytes).map_err(|error| Failure::other(format!("stdin cannot be read: {error}")));
    }
    std::fs::read(Path::new(file))
        .map_err(|error| Failure::not_found(format!("{file} cannot be read: {error}")).next("check the path behind @"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_below_the_server_are_asked() {
        assert!(path("/v1/leads?phone=%2B1").is_ok());
        for wrong in ["v1/leads", "//evil.example/v1", "@evil.example", "/v1/a b", "https://evil.example"] {
            assert!(path(wrong).is_err(), "{wrong}");
        }
        assert_eq!(method("get"), Ok(Method::GET));
        assert!(method("TRACE").is_err() && method("G ET").is_err());
    }
}
