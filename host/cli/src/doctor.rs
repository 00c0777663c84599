//! `campanile doctor`: what would keep this machine from running Campanile, and what to do about it.

use std::path::{Path, PathBuf};

use campanile_domain::plugin::Kind;
use campanile_domain::ports::clock::WallClock;
use campanile_domain::time::{DAY_MS, Timestamp};
use campanile_domain::zone;
use campanile_engine::shell::clock::SystemClock;
use campanile_sandbox::{Allocation, Sandbox};
use campanile_store::{Options, Profile};
use clap::Args;

use crate::exit::Failure;
use crate::say::say;
use crate::secret_key;

/// Flags of `doctor`.
#[derive(Args, Debug)]
pub struct Doctor {
    /// A data folder to look at; no server may run on it
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Print JSON lines
    #[arg(long)]
    json: bool,
}

/// How a check came out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Ok,
    Note,
    Bad,
}

struct Finding {
    mark: Mark,
    check: &'static str,
    text: String,
}

/// Runs the command.
pub fn run(args: &Doctor) -> Result<(), Failure> {
    let mut findings = vec![zones(WallClock::now(&SystemClock))];
    findings.extend(sandbox());
    if let Some(folder) = &args.data {
        findings.push(store(folder.clone()));
        findings.push(secrets(folder));
    }
    for finding in &findings {
        let mark = match finding.mark {
            Mark::Ok => "ok",
            Mark::Note => "note",
            Mark::Bad => "BAD",
        };
        if args.json {
            say(serde_json::json!({ "check": finding.check, "mark": mark, "text": finding.text }))?;
        } else {
            say(format_args!("{mark:<5} {:<12} {}", finding.check, finding.text))?;
        }
    }
    let bad = findings.iter().filter(|finding| finding.mark == Mark::Bad).count();
    if bad == 0 { Ok(()) } else { Err(Failure::other(format!("{bad} of {} checks failed", findings.len()))) }
}

/// Zone rules change several times a year; a database of the year before last calls somebody at the wrong hour.
fn zones(now: Timestamp) -> Finding {
    let version = zone::database_version();
    let year = zone::Zone::utc().local(now).year;
    let of: i32 = version.chars().take(4).collect::<String>().parse().unwrap_or(0);
    let old = now.millis() > 365 * DAY_MS && of + 1 < year;
    let text = if old {
        format!("the time zone database is {version}; update Campanile, zones have changed since")
    } else {
        format!("time zone database {version}")
    };
    Finding { mark: if old { Mark::Bad } else { Mark::Ok }, check: "zones", text }
}

fn sandbox() -> Vec<Finding> {
    let check = "sandbox";
    let sandbox = match Sandbox::new(campanile_sandbox::Options::default()) {
        Ok(sandbox) => sandbox,
        Err(error) => return vec![Finding { mark: Mark::Bad, check, text: error.to_string() }],
    };
    let engines = [("policies and scripts", Kind::RetryPolicy), ("other plugins", Kind::VoiceGateway)];
    let told = engines.into_iter().map(|(whose, kind)| match sandbox.allocation(kind) {
        Allocation::Pooling { slots, keeps_pages } => {
            let pages = if *keeps_pages { "" } else { "; this kernel cannot keep their pages, which is slower" };
            Finding { mark: Mark::Ok, check, text: format!("{whose}: instances come from a pool of {slots}{pages}") }
        }
        Allocation::OnDemand { reason } => {
            let text = format!("{whose}: instances are made on demand, slower: {reason}");
            Finding { mark: Mark::Note, check, text }
        }
    });
    told.collect()
}

/// Whoever copies the folder has both halves.
fn secrets(folder: &Path) -> Finding {
    let check = "secrets";
    if folder.join(secret_key::FILE).exists() {
        let text = format!(
            "the key for secrets lies beside the data it seals, in {}; keep it elsewhere with {} or --secret-key-file",
            folder.join(secret_key::FILE).display(),
            secret_key::VARIABLE
        );
        return Finding { mark: Mark::Note, check, text };
    }
    Finding { mark: Mark::Ok, check, text: "no key for secrets lies in the data folder".into() }
}

fn store(folder: PathBuf) -> Finding {
    let check = "store";
    if !folder.join("campanile.db").exists() {
        let text = format!("{} holds no database yet; campanile serve makes one", folder.display());
        return Finding { mark: Mark::Note, check, text };
    }
    match campanile_store::open(&Options { profile: Profile::Durable { folder }, readers: 1, vault: None }) {
        Ok(store) => {
            let health = store.health();
            store.close();
            let text = format!(
                "SQLite {}, schema {}, journal {}, synchronous {}",
                health.sqlite_version, health.schema_version, health.journal_mode, health.synchronous
            );
            Finding { mark: Mark::Ok, check, text }
        }
        Err(error) => Finding { mark: Mark::Bad, check, text: error.to_string() },
    }
}
