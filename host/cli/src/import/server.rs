//! Imports over a running server's API.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use campanile_domain::ports::clock::EngineClock;
use campanile_engine::shell::clock::SystemClock;
use campanile_server::imports::ImportOptions;
use futures::StreamExt;
use reqwest::Method;
use serde_json::{Value, json};
use tokio_util::io::ReaderStream;

use super::desk::{Desk, Progress, Sending, digest};
use crate::client::{Body, Client, ServerFlags};
use crate::exit::Failure;

/// How long to wait before an import is read again, in milliseconds.
const ASKED_AGAIN_MS: i64 = 300;

/// The server.
pub struct Server(Client);

impl Server {
    /// Of the flags.
    pub fn new(flags: &ServerFlags) -> Result<Self, Failure> {
        Client::new(flags).map(Self)
    }

    /// Reads the import until nobody is at work on it.
    async fn follow(&self, import: &str, progress: Progress<'_>) -> Result<Value, Failure> {
        loop {
            let now = self.0.get(&format!("/v1/imports/{import}")).await?;
            progress(&now);
            if !matches!(now["status"].as_str(), Some("reviewing" | "running" | "undoing")) {
                return Ok(now);
            }
            SystemClock.sleep_until(SystemClock.now() + ASKED_AGAIN_MS).await;
        }
    }

    async fn verb(&self, import: &str, verb: &str, body: Body, progress: Progress<'_>) -> Result<Value, Failure> {
        self.0.post(&format!("/v1/imports/{import}/{verb}"), body).await?;
        self.follow(import, progress).await
    }
}

fn query(campaign: &str, options: &ImportOptions, update: bool, name: &str) -> String {
    let mut pairs = url::form_urlencoded::Serializer::new(String::new());
    pairs.append_pair("campaign", campaign).append_pair("file_name", name);
    let texts = [
        ("default_region", options.default_region.map(|region| region.to_string())),
        ("primary", options.primary.clone()),
        ("secondary", options.secondary.as_ref().map(|columns| columns.join(","))),
        ("script", options.script.as_ref().map(ToString::to_string)),
        ("header_row", options.header_row.map(|row| row.to_string())),
        ("existing", update.then(|| "update".to_owned())),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            pairs.append_pair(name, &text);
        }
    }
    pairs.finish()
}

#[async_trait]
impl Desk for Server {
    async fn draft(&self, name: &str) -> Result<String, Failure> {
        let assistants = self.0.get("/v1/assistants?limit=1").await?;
        let Some(assistant) = assistants["data"][0]["id"].as_str() else {
            return Err(Failure::conflict("a campaign needs an assistant, and there is none")
                .next("campanile assistant create --name NAME --gateway GATEWAY"));
        };
        let made = self.0.post("/v1/campaigns", Body::Json(json!({"assistant": assistant, "name": name}))).await?;
        Ok(made["id"].as_str().unwrap_or_default().to_owned())
    }

    async fn upload(
        &self,
        file: &Path,
        campaign: &str,
        options: &ImportOptions,
        update: bool,
        sending: Sending<'_>,
    ) -> Result<Value, Failure> {
        let shown = file.display().to_string();
        let unreadable = |error: std::io::Error| Failure::not_found(format!("{shown} cannot be read: {error}"));
        let reading = tokio::fs::File::open(file).await.map_err(unreadable)?;
        let bytes = reading.metadata().await.map_err(unreadable)?.len();
        let sent = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&sent);
        let stream = ReaderStream::with_capacity(reading, 1 << 18).inspect(move |piece| {
            if let Ok(piece) = piece {
                counted.fetch_add(piece.len() as u64, Ordering::Relaxed);
            }
        });
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or("upload");
        let path = format!("/v1/imports?{}", query(campaign, options, update, name));
        let body = Body::Stream { content_type: "application/octet-stream", body: reqwest::Body::wrap_stream(stream) };
        let mut answer = std::pin::pin!(self.0.send(Method::POST, &path, body));
        loop {
            tokio::select! {
                answer = &mut answer => return answer?.accepted(),
                () = SystemClock.sleep_until(SystemClock.now() + ASKED_AGAIN_MS) => {
                    sending(sent.load(Ordering::Relaxed), bytes);
                }
            }
        }
    }

    async fn review(&self, import: &str) -> Result<Value, Failure> {
        self.verb(import, "review", Body::Json(json!({})), &|_| {}).await
    }

    async fn confirm(&self, import: &str, progress: Progress<'_>) -> Result<Value, Failure> {
        self.verb(import, "confirm", Body::Json(json!({})), progress).await
    }

    async fn discard(&self, import: &str) -> Result<(), Failure> {
        self.0.send(Method::DELETE, &format!("/v1/imports/{import}"), Body::None).await?.accepted().map(drop)
    }

    async fn find(&self, file_or_id: &str, statuses: &[&str]) -> Result<String, Failure> {
        if file_or_id.starts_with("imp_") {
            return Ok(file_or_id.to_owned());
        }
        let digest = digest(Path::new(file_or_id))?;
        let mut path = "/v1/imports?limit=200".to_owned();
        loop {
            let listed = self.0.get(&path).await?;
            let imports = listed["data"].as_array().cloned().unwrap_or_default();
            let of_file = |import: &&Value| {
                import["sha256"] == digest.as_str()
                    && import["status"].as_str().is_some_and(|status| statuses.contains(&status))
            };
            if let Some(found) = imports.iter().find(of_file) {
                return Ok(found["id"].as_str().unwrap_or_default().to_owned());
            }
            match listed["next_cursor"].as_str() {
                Some(cursor) => path = format!("/v1/imports?limit=200&cursor={cursor}"),
                None => return Err(super::shown::none_of(file_or_id, statuses)),
            }
        }
    }

    async fn resume(&self, import: &str, progress: Progress<'_>) -> Result<Value, Failure> {
        let now = self.0.get(&format!("/v1/imports/{import}")).await?;
        if now["status"] == "running" {
            // The server goes on with it by itself.
            return self.follow(import, progress).await;
        }
        self.verb(import, "resume", Body::None, progress).await
    }

    async fn undo(&self, import: &str, progress: Progress<'_>) -> Result<Value, Failure> {
        let now = self.0.get(&format!("/v1/imports/{import}")).await?;
        if now["status"] == "undoing" {
            return self.follow(import, progress).await;
        }
        self.verb(import, "undo", Body::None, progress).await
    }
}
