//! `campanile serve`: the server on a data folder.

use std::net::SocketAddr;
use std::path::PathBuf;

use campanile_domain::ids::{KeyId, TenantKey};
use campanile_domain::ports::clock::WallClock;
use campanile_domain::ports::store::{Accounts, Actor, NewKey, WriteContext};
use campanile_engine::shell::clock::SystemClock;
use campanile_server::{KeyKind, Secret};
use clap::Args;
use rand_core::SeedableRng;

use crate::clock::ClockFlags;
use crate::entropy::{self, SystemEntropy};
use crate::exit::Failure;
use crate::say::{announce, say};
use crate::wiring::{self, Host, Setup};

/// Flags of `serve`.
#[derive(Args, Debug)]
pub struct Serve {
    /// Data folder; made when it is missing
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// How the world reaches this host; providers send their events there
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// File with the key that secrets are sealed with; without it DATA/secret.key, made at the first start
    #[arg(long, value_name = "FILE")]
    secret_key_file: Option<PathBuf>,
    /// A system inside that plugins and webhooks may reach over plain http or at a private address; may be repeated
    #[arg(long = "plugin-host", value_name = "HOST:PORT")]
    plugin_hosts: Vec<String>,
    /// PEM file of a certificate authority of your own, trusted at the hosts given with --plugin-host and nowhere else; may
    /// be repeated
    #[arg(long = "plugin-ca", value_name = "FILE", requires = "plugin_hosts")]
    plugin_cas: Vec<PathBuf>,
    /// Calls at once over all tenants
    #[arg(long, value_name = "N", default_value_t = 1000)]
    max_calls: u32,
    /// Serve metrics at this address without a key; only your scraper must reach it
    #[arg(long, value_name = "ADDR")]
    metrics_listen: Option<SocketAddr>,
    #[command(flatten)]
    clock: ClockFlags,
}

/// Runs the command until it is interrupted.
pub async fn run(args: Serve) -> Result<(), Failure> {
    let setup = Setup {
        data: args.data,
        listen: args.listen,
        public_url: args.public_url,
        secret_key_file: args.secret_key_file,
        plugin_hosts: args.plugin_hosts,
        plugin_cas: args.plugin_cas,
        clock: args.clock,
        max_concurrent_calls: args.max_calls,
        metrics_listen: args.metrics_listen,
    };
    let mut host = wiring::start(setup).await?;
    announce(format_args!("listening on http://{}", host.address));
    if let Some(address) = host.metrics_address {
        announce(format_args!("metrics on http://{address}/metrics"));
        if !address.ip().is_loopback() {
            eprintln!("metrics are served there without a key; let only your scraper reach that port");
        }
    }
    if let Some(factor) = host.clock_factor {
        announce(format_args!(
            "the clock runs x{factor} and shows {}: only simulated people are called",
            host.clock.now()
        ));
    }
    if let Some(key) = first_key(&host).await? {
        let line = format!("operator key (shown once): {key}");
        // It is kept nowhere: told to nobody, it would be lost.
        say(&line).unwrap_or_else(|_| eprintln!("{line}"));
    }
    tokio::select! {
        () = interrupted() => {}
        error = host.failed() => return Err(error.into()),
    }
    eprintln!("stopping: nothing new is dialled, what is open stays in the data folder");
    host.stop().await;
    Ok(())
}

/// Makes the operator's key at the first start.
async fn first_key(host: &Host) -> Result<Option<String>, Failure> {
    let failed = |error: campanile_domain::ports::store::StoreError| Failure::other(error.to_string());
    if host.store.has_operator_key().await.map_err(failed)? {
        return Ok(None);
    }
    let secret = Secret::mint(KeyKind::Operator, &SystemEntropy);
    let now = WallClock::now(&SystemClock);
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(entropy::seed());
    let key = NewKey {
        id: KeyId::mint(now, &mut rng),
        tenant: None,
        name: "operator".into(),
        scopes: vec!["admin".into()],
        hash: secret.hash,
        last_four: secret.last_four,
        expires_at: None,
        created_at: now,
    };
    let ctx = WriteContext { actor: Actor::Operator, ..WriteContext::engine(TenantKey(0), now, entropy::seed()) };
    host.store.create_key(&ctx, key).await.map_err(failed)?;
    Ok(Some(secret.text))
}

async fn interrupted() {
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}
