//! `campanile campaign watch CAMPAIGN`: sees a campaign go on.
//!
//! A bar at a terminal; where nobody sits, a line per change. It ends well when the campaign completes, and with a conflict
//! when it pauses, so that a script can tell. A server that is started again meanwhile is waited for.

use std::io::IsTerminal;

use campanile_domain::ports::clock::EngineClock;
use campanile_engine::shell::clock::SystemClock;
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};

use super::NOUN;
use crate::client::Client;
use crate::exit::Failure;
use crate::nouns::flags::{Reading, id};
use crate::nouns::table::{cell, record};
use crate::say::say;

/// Flags of `campaign watch`.
#[derive(Args, Debug)]
pub struct Watch {
    /// cmp_...
    #[arg(value_name = "CAMPAIGN", value_parser = id)]
    campaign: String,
    /// How often to look
    #[arg(long, value_name = "SECONDS", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=3600))]
    interval: u32,
    #[command(flatten)]
    reading: Reading,
}

/// How often in a row nobody may answer.
const PATIENCE: u32 = 30;

/// What is looked at.
struct Look {
    campaign: Value,
    stats: Value,
}

impl Look {
    async fn take(client: &Client, id: &str) -> Result<Self, Failure> {
        // The counts first: those of a campaign that is seen to be over are then its last ones, or nearly.
        let before = client.get(&format!("{}/stats", NOUN.at(id))).await?;
        let campaign = client.get(&NOUN.at(id)).await?;
        let over = campaign["status"] != "in_progress";
        let stats = if over { client.get(&format!("{}/stats", NOUN.at(id))).await? } else { before };
        Ok(Self { campaign, stats })
    }

    fn count(&self, field: &str) -> u64 {
        self.stats[field].as_u64().unwrap_or(0)
    }

    fn with_status(&self, status: &str) -> u64 {
        let reasons = self.stats["by_status"][status].as_object();
        reasons.into_iter().flatten().filter_map(|(_, leads)| leads.as_u64()).sum()
    }

    fn done(&self) -> u64 {
        ["completed", "max_retries", "suppressed"].into_iter().map(|status| self.with_status(status)).sum()
    }

    fn told(&self) -> String {
        let (live, goals) = (self.count("open_attempts"), self.count("goals_reached"));
        format!("{live} calls live, {} waiting for a retry, {goals} goals reached", self.with_status("rescheduled"))
    }

    fn line(&self) -> String {
        let status = cell(&self.campaign["status"]);
        format!("{status}  {}/{} leads done  {}", self.done(), self.count("leads"), self.told())
    }

    fn document(&self) -> Value {
        json!({"status": self.campaign["status"], "status_reason": self.campaign["status_reason"], "stats": self.stats})
    }

    /// How a campaign that is not in progress ends the watch.
    fn end(&self, id: &str) -> Result<(), Failure> {
        let why = cell(&self.campaign["status_reason"]["detail"]);
        match self.campaign["status"].as_str() {
            Some("completed") => Ok(()),
            Some("draft") => Err(Failure::conflict("the campaign is a draft and was never started")
                .next(format!("campanile campaign start {id}"))),
            status => Err(Failure::conflict(format!("the campaign is {}: {why}", status.unwrap_or("gone")))
                .next(format!("campanile campaign explain {id}, then: campanile campaign resume {id}"))),
        }
    }
}

/// Runs the command.
pub async fn run(args: &Watch) -> Result<(), Failure> {
    let client = args.reading.client()?;
    let live = !args.reading.json && std::io::stdout().is_terminal() && std::io::stderr().is_terminal();
    let target = if live { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(Some(1), target);
    if let Ok(style) = ProgressStyle::with_template("{bar:32} {pos}/{len} leads done  {msg}") {
        bar.set_style(style);
    }
    let (mut told, mut seen, mut unanswered) = (String::new(), false, 0);
    loop {
        match Look::take(&client, &args.campaign).await {
            Ok(look) => {
                (seen, unanswered) = (true, 0);
                bar.set_length(look.count("leads"));
                bar.set_position(look.done());
                bar.set_message(look.told());
                let line = if args.reading.json { look.document().to_string() } else { look.line() };
                if !live && line != told {
                    say(&line)?;
                    told = line;
                }
                if look.campaign["status"] != "in_progress" {
                    bar.finish_and_clear();
                    if live {
                        say(look.line())?;
                        record(&look.stats)?;
                    }
                    return look.end(&args.campaign);
                }
            }
            Err(failure) if failure.is_unavailable() && seen && unanswered < PATIENCE => {
                unanswered += 1;
                if unanswered == 1 && !live {
                    eprintln!("no answer; asking again");
                }
                bar.set_message("no answer; asking again");
            }
            Err(failure) => {
                bar.finish_and_clear();
                return Err(failure);
            }
        }
        SystemClock.sleep_until(SystemClock.now() + i64::from(args.interval) * 1000).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(status: &str) -> Look {
        Look {
            campaign: json!({"status": status, "status_reason": {"detail": "why"}}),
            stats: json!({"leads": 9, "open_attempts": 1, "goals_reached": 2,
                "by_status": {"completed": {"goal_reached": 2, "answered": 1}, "suppressed": {"on_list": 1}, "rescheduled": {"": 3}}}),
        }
    }

    #[test]
    fn a_line_counts_whoever_is_done() {
        let line = look("in_progress").line();
        assert_eq!(line, "in_progress  4/9 leads done  1 calls live, 3 waiting for a retry, 2 goals reached");
    }

    #[test]
    fn only_a_completed_campaign_ends_well() {
        assert!(look("completed").end("cmp_1").is_ok());
        let paused = format!("{:?}", look("paused").end("cmp_1").unwrap_err());
        assert!(paused.contains("code: 5") && paused.contains("paused: why"), "{paused}");
        let draft = format!("{:?}", look("draft").end("cmp_1").unwrap_err());
        assert!(draft.contains("code: 5") && draft.contains("campaign start cmp_1"), "{draft}");
    }
}
