//! `campanile lead add CAMPAIGN`: one lead from flags, or many from lines of JSON.
//!
//! Lines go out in batches as they are read, so a pipe may be endless. A lead that is refused does not hold up the others;
//! it is told with its line. When a batch cannot be sent, the lines before it are in, and that is told too.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use clap::Args;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::NOUN;
use crate::client::{Body, Client, Insists};
use crate::exit::Failure;
use crate::nouns::fields::{Assignment, assignment, object};
use crate::nouns::flags::{Once, Writing, id};
use crate::nouns::noun::{given, text};
use crate::nouns::table::{clean, record};
use crate::say::{print, say};

/// Flags of `lead add`.
#[derive(Args, Debug)]
pub struct Add {
    /// cmp_...
    #[arg(value_name = "CAMPAIGN", value_parser = id)]
    campaign: String,
    /// Read leads, a JSON object a line with the fields of the API; - is stdin
    #[arg(long, value_name = "FILE", conflicts_with_all = ["phone", "secondary", "variables", "external_id", "priority", "not_before", "expires_at", "allow_duplicate", "idempotency_key"])]
    lines: Option<PathBuf>,
    /// The primary phone, as people write it
    #[arg(long, required_unless_present = "lines")]
    phone: Option<String>,
    /// Another phone; repeat it in the order they are tried
    #[arg(long, value_name = "PHONE")]
    secondary: Vec<String>,
    /// Data for the conversation; repeat it
    #[arg(long = "variable", value_name = "NAME=VALUE", value_parser = assignment)]
    variables: Vec<Assignment>,
    /// Unique in the campaign: a second arrival updates the lead
    #[arg(long, value_name = "ID")]
    external_id: Option<String>,
    /// Higher first
    #[arg(long, allow_hyphen_values = true)]
    priority: Option<i32>,
    /// Not called before (RFC 3339)
    #[arg(long, value_name = "INSTANT")]
    not_before: Option<String>,
    /// Not called from then on (RFC 3339)
    #[arg(long, value_name = "INSTANT")]
    expires_at: Option<String>,
    /// Country of numbers written without one, for example US
    #[arg(long, value_name = "REGION")]
    default_region: Option<String>,
    /// Take the lead also when the campaign has its phone already
    #[arg(long)]
    allow_duplicate: bool,
    #[command(flatten)]
    once: Once,
    #[command(flatten)]
    writing: Writing,
}

/// Leads in a request, the most that the server takes.
const BATCH: usize = 1_000;
/// Bytes of leads after which a request is sent, below what the server takes.
const BATCH_BYTES: usize = 1 << 20;

/// Runs the command.
pub async fn run(args: &Add) -> Result<(), Failure> {
    match &args.lines {
        Some(path) => many(args, path).await,
        None => {
            let path = format!("/v1/campaigns/{}/leads", args.campaign);
            let once = args.once.idempotency_key.as_deref().map(Insists::Once);
            let made = args.writing.send(Method::POST, &path, Some(one(args).into()), once).await?;
            NOUN.told(made, &args.writing)
        }
    }
}

fn one(args: &Add) -> Map<String, Value> {
    let secondary: Vec<Value> = args.secondary.iter().map(|phone| json!({"phone": phone})).collect();
    let some = |given: bool, value: Value| given.then_some(value);
    given([
        ("phone", text(&args.phone)),
        ("secondary_contacts", some(!secondary.is_empty(), secondary.into())),
        ("variables", some(!args.variables.is_empty(), object(&args.variables).into())),
        ("external_id", text(&args.external_id)),
        ("priority", args.priority.map(Into::into)),
        ("not_before", text(&args.not_before)),
        ("expires_at", text(&args.expires_at)),
        ("default_region", text(&args.default_region)),
        ("allow_duplicate", some(args.allow_duplicate, true.into())),
    ])
}

/// Leads with the numbers of their lines, from 1.
#[derive(Default)]
struct Batch {
    leads: Vec<Value>,
    lines: Vec<u64>,
    bytes: usize,
}

/// What became of all that was sent so far.
#[derive(Default)]
struct Sent {
    counts: Map<String, Value>,
    leads: u64,
    last_line: u64,
}

const COUNTS: [&str; 4] = ["created", "updated", "duplicates", "rejected"];

impl Sent {
    fn count(&self, name: &str) -> u64 {
        self.counts.get(name).and_then(Value::as_u64).unwrap_or(0)
    }

    fn take(&mut self, batch: &Batch, answer: &Value) {
        for name in COUNTS {
            let more = self.count(name) + answer[name].as_u64().unwrap_or(0);
            self.counts.insert(name.to_owned(), more.into());
        }
        self.leads += batch.leads.len() as u64;
        self.last_line = batch.lines.last().copied().unwrap_or(self.last_line);
    }
}

/// Results as they are told: with lines, not with places in a batch.
fn results(batch: &Batch, answer: &Value) -> Vec<Value> {
    let results = answer["results"].as_array().cloned().unwrap_or_default();
    let lined = results.into_iter().filter_map(|result| {
        let index = usize::try_from(result["index"].as_u64()?).ok()?;
        let mut told = Map::new();
        told.insert("line".to_owned(), (*batch.lines.get(index)?).into());
        let Value::Object(mut fields) = result else { return None };
        fields.shift_remove("index");
        told.extend(fields);
        Some(told.into())
    });
    lined.collect()
}

async fn many(args: &Add, path: &Path) -> Result<(), Failure> {
    let shown = if path == Path::new("-") { "stdin".to_owned() } else { path.display().to_string() };
    let mut input: Box<dyn BufRead + Send> = if path == Path::new("-") {
        Box::new(BufReader::new(std::io::stdin()))
    } else {
        let file = File::open(path)
            .map_err(|error| Failure::not_found(format!("{shown} cannot be read: {error}")).next("check the path"))?;
        Box::new(BufReader::new(file))
    };
    let (json, dry) = (args.writing.reading.json, args.writing.dry_run);
    let client = if dry { None } else { Some(args.writing.reading.client()?) };
    let (mut sent, mut line, mut began) = (Sent::default(), 0, false);
    loop {
        let batch = next(&mut *input, &mut line, &shown).map_err(|failure| kept(failure, &sent, path, args))?;
        let Some(batch) = batch else { break };
        let answer = match &client {
            Some(client) => send(client, args, &batch).await.map_err(|failure| kept(failure, &sent, path, args))?,
            None => json!({"results": []}),
        };
        let told = results(&batch, &answer);
        if json && !dry {
            let text: Vec<String> = told.iter().map(Value::to_string).collect();
            print(format_args!("{}{}", if began { "," } else { "{\"results\":[" }, text.join(",")))?;
            began = true;
        } else {
            told.iter().filter(|one| one["result"] == "rejected").for_each(refused);
        }
        sent.take(&batch, &answer);
    }
    ended(args, &sent, began)
}

fn ended(args: &Add, sent: &Sent, began: bool) -> Result<(), Failure> {
    let json = args.writing.reading.json;
    if args.writing.dry_run {
        let told = json!({"method": "POST", "path": path_of(args), "leads": sent.leads});
        if json {
            say(&told)?
        } else {
            record(&told)?
        }
        eprintln!("nothing was sent");
        return Ok(());
    }
    let counts = COUNTS.map(|name| (name.to_owned(), Value::from(sent.count(name))));
    if json {
        let counts: Vec<String> = counts.iter().map(|(name, count)| format!("\"{name}\":{count}")).collect();
        say(format_args!("{}],{}}}", if began { "" } else { "{\"results\":[" }, counts.join(",")))?;
    } else {
        record(&Value::Object(counts.into_iter().collect()))?;
    }
    match sent.count("rejected") {
        0 => Ok(()),
        count => Err(Failure::invalid(format!("{count} of {} leads were rejected; the others are in", sent.leads))
            .next("mend those lines and send them again; with an external_id, a lead that is in is only updated")),
    }
}

fn path_of(args: &Add) -> String {
    format!("/v1/campaigns/{}/leads:batch", args.campaign)
}

async fn send(client: &Client, args: &Add, batch: &Batch) -> Result<Value, Failure> {
    let mut body = json!({"leads": batch.leads});
    if let Some(region) = &args.default_region {
        body["default_region"] = region.as_str().into();
    }
    client.post(&path_of(args), Body::Json(body)).await
}

/// The next leads; none at the end.
fn next(input: &mut dyn BufRead, line: &mut u64, shown: &str) -> Result<Option<Batch>, Failure> {
    let mut batch = Batch::default();
    let mut text = String::new();
    while batch.leads.len() < BATCH && batch.bytes < BATCH_BYTES {
        text.clear();
        let read = input.read_line(&mut text);
        if read.map_err(|error| Failure::invalid(format!("{shown} cannot be read after line {line}: {error}")))? == 0 {
            break;
        }
        *line += 1;
        let bare = text.trim().trim_start_matches('\u{feff}');
        if bare.is_empty() {
            continue;
        }
        let lead: Map<String, Value> = serde_json::from_str(bare)
            .map_err(|error| Failure::invalid(format!("{shown}, line {line} is no JSON object: {error}")))?;
        batch.bytes += bare.len();
        batch.leads.push(lead.into());
        batch.lines.push(*line);
    }
    Ok((!batch.leads.is_empty()).then_some(batch))
}

fn refused(one: &Value) {
    let line = &one["line"];
    for error in one["errors"].as_array().into_iter().flatten() {
        let word = |field: &str| clean(error[field].as_str().unwrap_or_default());
        eprintln!("line {line}: {}: {}", word("code"), word("message"));
    }
}

/// A failure in the middle says what is in already, and how to go on behind it.
fn kept(failure: Failure, sent: &Sent, path: &Path, args: &Add) -> Failure {
    let (done, campaign) = (sent.last_line, &args.campaign);
    let from = done + 1;
    if path == Path::new("-") {
        return failure.after(&format!("lines up to {done} are in"), &format!("send on from line {from}"));
    }
    let shown = path.display();
    let next = format!("mend it, then: tail -n +{from} {shown} | campanile lead add {campaign} --lines -");
    failure.after(&format!("lines up to {done} are in"), &next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_cut_by_count_and_by_bytes_and_know_their_lines() {
        let mut text = "\u{feff}{\"phone\": \"1\"}\n\n".to_owned();
        text.push_str(&"{\"phone\": \"2\"}\r\n".repeat(1_500));
        let (mut input, mut line) = (text.as_bytes(), 0);
        let first = next(&mut input, &mut line, "x").unwrap().unwrap();
        assert_eq!((first.leads.len(), first.lines[0], first.lines[1]), (1_000, 1, 3));
        let second = next(&mut input, &mut line, "x").unwrap().unwrap();
        assert_eq!((second.leads.len(), second.lines.last()), (501, Some(&1_502)));
        assert!(next(&mut input, &mut line, "x").unwrap().is_none());
        let long = format!("{{\"phone\": \"{}\"}}\n", "1".repeat(600_000)).repeat(3);
        let (mut input, mut line) = (long.as_bytes(), 0);
        assert_eq!(next(&mut input, &mut line, "x").unwrap().unwrap().leads.len(), 2);
        let broken = format!("{:?}", next(&mut &b"{}\n[1]\n"[..], &mut 0, "leads.jsonl").err().unwrap());
        assert!(broken.contains("leads.jsonl, line 2"), "{broken}");
    }

    #[test]
    fn results_name_the_line() {
        let batch = Batch { lines: vec![4, 9], ..Batch::default() };
        let answer = json!({"results": [{"index": 1, "result": "rejected", "errors": []}]});
        assert_eq!(results(&batch, &answer), [json!({"line": 9, "result": "rejected", "errors": []})]);
    }
}
