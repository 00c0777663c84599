//! A reader of a stream of events.

use std::pin::Pin;
use std::sync::Arc;

use axum::body::{Body, BodyDataStream};
use campanile_domain::contact::Contact;
use campanile_domain::ids::TenantKey;
use campanile_domain::ports::store::{NewLead, WriteContext};
use campanile_domain::variable::Variables;
use campanile_engine::shell::clock::VirtualClock;
use futures::{FutureExt, StreamExt};
use http::{Request, header};
use serde_json::Value;
use tower::ServiceExt;

use super::host::{Answer, Host};
use crate::secret::seed;

/// An event as it came.
#[derive(Debug)]
pub(crate) struct Told {
    pub id: i64,
    pub kind: String,
    pub data: Value,
}

/// A connection that is told.
pub(crate) struct Listening {
    body: Pin<Box<BodyDataStream>>,
    text: String,
}

impl Listening {
    /// The next block of the stream; `None`: it ended.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(block);
            }
            let chunk = self.body.next().await?.unwrap();
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// What the first comment says.
    pub(crate) async fn comment(&mut self) -> String {
        self.block().await.unwrap().trim_start_matches(':').trim().to_owned()
    }

    /// The next event, past comments; the host's clock goes on while it is waited for.
    pub(crate) async fn next(&mut self, host: &Host) -> Option<Told> {
        loop {
            let block = tokio::select! {
                biased;
                block = self.block() => block?,
                () = std::future::poll_fn(|context| { context.waker().wake_by_ref(); std::task::Poll::Ready(()) }) => {
                    host.engine_later(200);
                    tokio::task::yield_now().await;
                    continue;
                }
            };
            let field = |name: &str| {
                let line = block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
                line.map(|value| value.strip_prefix(' ').unwrap_or(value).to_owned())
            };
            if let (Some(id), Some(kind), Some(data)) = (field("id"), field("event"), field("data")) {
                return Some(Told { id: id.parse().unwrap(), kind, data: serde_json::from_str(&data).unwrap() });
            }
        }
    }

    /// Whether nothing came, however often everybody had their turn.
    pub(crate) async fn is_quiet(&mut self) -> bool {
        for _ in 0..50 {
            if self.block().now_or_never().is_some() {
                return false;
            }
            tokio::task::yield_now().await;
        }
        true
    }
}

impl Host {
    /// Opens a stream.
    pub(crate) async fn listen(&self, key: &str, path: &str, headers: &[(&str, &str)]) -> Listening {
        let request = headers.iter().fold(
            Request::get(path).header(header::AUTHORIZATION, format!("Bearer {key}")),
            |request, (name, value)| request.header(*name, *value),
        );
        let response = self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let kind = response.headers().get(header::CONTENT_TYPE).map(|kind| kind.to_str().unwrap().to_owned());
        assert_eq!((response.status().as_u16(), kind.as_deref()), (200, Some("text/event-stream")), "{path}");
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        Listening { body: Box::pin(response.into_body().into_data_stream()), text: String::new() }
    }

    /// An answer to a request with headers.
    pub(crate) async fn get_with(&self, key: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let request = headers.iter().fold(
            Request::get(path).header(header::AUTHORIZATION, format!("Bearer {key}")),
            |request, (name, value)| request.header(*name, *value),
        );
        self.call(request.body(Body::empty()).unwrap()).await
    }

    /// Everybody had their turn.
    pub(crate) async fn settled(&self) {
        for _ in 0..200 {
            tokio::task::yield_now().await;
        }
    }

    /// The clock that calls live in.
    pub(crate) fn engine_clock(&self) -> Arc<VirtualClock> {
        Arc::clone(&self.engine_time)
    }

    /// Contexts of the engine's writes, for who writes beside the test.
    pub(crate) fn contexts(&self, tenant: TenantKey) -> impl Fn() -> WriteContext + Send + Sync + 'static {
        let (clock, entropy) = (Arc::clone(&self.app.engine_clock), Arc::clone(&self.app.entropy));
        move || WriteContext::engine(tenant, clock.now(), seed(&*entropy))
    }

    /// A lead to be added.
    pub(crate) fn new_lead(phone: &str) -> NewLead {
        NewLead {
            external_id: None,
            contacts: vec![Contact::new(0, phone.parse().unwrap())],
            priority: 0,
            not_before: None,
            expires_at: None,
            time_zone: None,
            variables: Variables::new(),
            allow_duplicate: false,
        }
    }
}
