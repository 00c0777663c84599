//! The carrier's process: the line of calls behind HTTP.
//!
//! A dial holds the line from the moment it is placed until its log line is on the disk; no other call is placed and no
//! event told meanwhile, so whatever the world learns of a call the log knew before. The work of a dial goes on when the
//! caller hangs up the connection or dies, as it does at a real provider.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use axum::extract::connect_info::ConnectInfo;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use campanile_domain::ports::clock::EngineClock;
use campanile_domain::ports::gateway::{Dial, Finding, PlaceAnswer, RefusalScope};
use campanile_engine::carrier::{Carrier, Placing, Reception, Scenario, Silence};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, Notify};
use tokio_util::sync::CancellationToken;

use super::callbacks::Callbacks;
use super::cut::{Cut, CuttableListener};
use super::log::{Entry, Log};
use super::wire::{About, Placed, Problem, Search};

/// What the carrier's process needs besides a clock.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where every dial is written down.
    pub log: PathBuf,
    /// What it plays.
    pub scenario: Scenario,
    /// The same seed is the same world.
    pub seed: u64,
    /// How often an event is posted to a server that does not take it.
    pub callback_tries: u32,
}

/// A carrier that listens.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    state: Arc<Exchange>,
    callback_tries: u32,
}

struct Exchange {
    line: Mutex<Carrier>,
    log: Log,
    clock: Arc<dyn EngineClock>,
    news: Notify,
    /// Set when the log fails: a carrier whose log has a gap proves nothing and stops.
    broken: CancellationToken,
}

impl Server {
    /// Opens the log and listens; requests wait until [`Self::run`].
    ///
    /// # Errors
    /// The log cannot be opened or the address is taken.
    pub async fn bind(options: Options, clock: Arc<dyn EngineClock>) -> anyhow::Result<Self> {
        let log = Log::open(&options.log)
            .with_context(|| format!("the carrier's log {} cannot be written", options.log.display()))?;
        let listener = TcpListener::bind(options.listen)
            .await
            .with_context(|| format!("cannot listen on {}; choose another --listen", options.listen))?;
        let line = Mutex::new(Carrier::new(options.scenario, options.seed));
        let state = Exchange { line, log, clock, news: Notify::new(), broken: CancellationToken::new() };
        let address = listener.local_addr()?;
        Ok(Self { listener, address, state: Arc::new(state), callback_tries: options.callback_tries })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop`.
    ///
    /// # Errors
    /// The log could not be written.
    pub async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        let callbacks = Callbacks::start(self.callback_tries, &stop)?;
        let routes = Router::new()
            .route("/", get(about))
            .route("/calls", post(dial).get(find))
            .route("/calls/{id}", get(look_up).delete(hang_up))
            .with_state(Arc::clone(&self.state))
            .into_make_service_with_connect_info::<Cut>();
        let serving = axum::serve(CuttableListener(self.listener), routes);
        tokio::select! {
            served = serving.into_future() => served.context("the carrier stopped listening"),
            () = tell_news(&self.state, &callbacks) => Ok(()),
            () = self.state.broken.cancelled() => anyhow::bail!("the carrier's log could not be written; free the disk"),
            () = stop.cancelled() => Ok(()),
        }
    }
}

async fn tell_news(state: &Exchange, callbacks: &Callbacks) {
    loop {
        let changed = state.news.notified();
        let next = {
            let mut line = state.line.lock().await;
            line.take_due(state.clock.now()).into_iter().for_each(|delivery| callbacks.tell(delivery));
            line.next_due()
        };
        match next {
            Some(at) => tokio::select! {
                () = state.clock.sleep_until(at) => {}
                () = changed => {}
            },
            None => changed.await,
        }
    }
}

async fn about(State(state): State<Arc<Exchange>>) -> Json<About> {
    let line = state.line.lock().await;
    Json(About {
        carrier: "simulated".to_owned(),
        seed: line.seed(),
        now: state.clock.now(),
        find_lag_ms: line.scenario().find_lag_ms(),
    })
}

async fn dial(
    State(state): State<Arc<Exchange>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    Json(dial): Json<Dial>,
) -> Response {
    let placed = tokio::spawn(async move {
        let mut line = state.line.lock().await;
        let at = state.clock.now();
        let placing = line.place(&dial, None, at);
        if let Err(error) = state.log.write(&Entry::dial(&dial, &placing, at)).await {
            tracing::error!(%error, "the carrier's log cannot be written");
            state.broken.cancel();
        }
        drop(line);
        state.news.notify_one();
        placing
    });
    match placed.await {
        Ok(placing) => answer(placing, &cut),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

fn answer(placing: Placing, cut: &Cut) -> Response {
    if let Reception::LostAnswer(Silence::Cut) | Reception::LostRequest(Silence::Cut) = placing.reception {
        cut.pull();
    }
    match placing.answer {
        PlaceAnswer::Placed { provider_call_id } => {
            (StatusCode::CREATED, Json(Placed { provider_call_id })).into_response()
        }
        PlaceAnswer::Refused(refusal) => {
            let status = match refusal.scope {
                RefusalScope::ThisNumber => StatusCode::UNPROCESSABLE_ENTITY,
                RefusalScope::ThisCallerId => StatusCode::FORBIDDEN,
                RefusalScope::ThisMoment => StatusCode::TOO_MANY_REQUESTS,
                RefusalScope::ThisAccount => StatusCode::PAYMENT_REQUIRED,
            };
            (status, Json(refusal)).into_response()
        }
        PlaceAnswer::Unsure { why } => (StatusCode::BAD_GATEWAY, why).into_response(),
    }
}

async fn find(State(state): State<Arc<Exchange>>, Query(search): Query<Search>) -> Json<Finding> {
    let line = state.line.lock().await;
    Json(line.find(search.attempt, search.since, state.clock.now()))
}

fn no_such_call(id: &str) -> Response {
    let message = format!("the simulated carrier has no call {id:?}");
    (StatusCode::NOT_FOUND, Json(Problem { code: "unknown_call".to_owned(), message })).into_response()
}

async fn look_up(State(state): State<Arc<Exchange>>, Path(id): Path<String>) -> Response {
    let line = state.line.lock().await;
    match line.look_up(&id, state.clock.now()) {
        Some(event) => Json(event).into_response(),
        None => no_such_call(&id),
    }
}

async fn hang_up(State(state): State<Arc<Exchange>>, Path(id): Path<String>) -> Response {
    let hung_up = tokio::spawn(async move {
        let mut line = state.line.lock().await;
        let at = state.clock.now();
        let live = line.hang_up(&id, at);
        if live == Some(true)
            && let Err(error) = state.log.write(&Entry::HungUp { call: id.clone(), at }).await
        {
            tracing::error!(%error, "the carrier's log cannot be written");
            state.broken.cancel();
        }
        drop(line);
        state.news.notify_one();
        live.map_or_else(|| no_such_call(&id), |_| StatusCode::NO_CONTENT.into_response())
    });
    hung_up.await.unwrap_or_else(|error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response())
}
