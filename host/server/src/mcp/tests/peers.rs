//! The endpoint as somebody else's client sees it.
//!
//! A client and a server that were written by one hand may share a mistake; so the official client, which other programs speak the
//! protocol with, goes through a session over a real connection. It is no dependency of this project: where it lies is said by
//! `CAMPANILE_PEERS`, a folder in which tests/run installs it with npm. Without it, this test says that it was skipped.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::process::Command;

use super::super::desk::told;
use crate::testing::Host;

#[tokio::test]
async fn the_official_client_goes_through_a_session() {
    let Some(folder) = std::env::var_os("CAMPANILE_PEERS").map(PathBuf::from) else {
        eprintln!("skipped: CAMPANILE_PEERS names no folder with the client; tests/run says how one is made");
        return;
    };
    let host = Host::new().await;
    let assistant = host.assistant().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(axum::serve(listener, host.router.clone()).into_future());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/mcp/tests/peers/session.js");
    let ran = Command::new("node")
        .arg(script)
        .args([format!("http://{address}/mcp"), host.live.clone(), assistant])
        .env("NODE_PATH", folder.join("node_modules"))
        .output()
        .await
        .unwrap();
    served.abort();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let seen: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(seen["tools"], told().count());
    assert_eq!((&seen["status"], &seen["leads"]), (&"in_progress".into(), &1.into()), "{seen}");
    assert_eq!((&seen["refused"], &seen["code"]), (&true.into(), &"CE0004".into()), "{seen}");
    assert!(seen["stranger"].as_str().unwrap().contains("401"), "{seen}");
}
