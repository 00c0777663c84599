//! A fake of Twilio's Calls API that keeps calls, walks them through their statuses, tells of them, and fails as planned.
//!
//! It is the judge of these tests: every dial that it carried out is in its log, whatever anybody says about it. Nothing
//! here knows what the host believes. A thread for each connection and each call: the pauses between the steps of a call
//! are the only time that passes.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use campanile_tests::patience;
use serde_json::{Value, json};

use super::call::{ACCOUNT, Call, TOKEN, signature};
use super::plan::{Answer, Fate, Plan, Tells};
use super::wire::{self, Fields, Request, field};

const STEP: Duration = Duration::from_millis(30);

/// A POST that asked for a call, dialled or not.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Whom.
    pub to: String,
    /// From which number.
    pub from: String,
    /// For which of our attempts.
    pub attempt: String,
    /// Whether a phone rang.
    pub dialled: bool,
}

#[derive(Default)]
struct State {
    plans: BTreeMap<String, Plan>,
    refused_callers: Vec<String>,
    suspended: bool,
    calls: Vec<Call>,
    asked: Vec<Asked>,
    /// What the host answered to callbacks, and whether they were forged.
    told: Vec<(bool, Option<u16>)>,
}

/// The fake.
#[derive(Clone)]
pub struct Twilio {
    /// Where it listens.
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Twilio {
    /// Starts one, which lives as long as the process.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let fake = Self { address, state: Arc::default() };
        let serving = fake.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = serving.clone();
                std::thread::spawn(move || serving.serve(&stream));
            }
        });
        fake
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is to become of calls to a number. Without a plan somebody answers.
    pub fn plan(&self, phone: &str, plan: Plan) {
        self.state().plans.insert(phone.to_owned(), plan);
    }

    /// Does not call from this number.
    pub fn refuses_caller(&self, phone: &str) {
        self.state().refused_callers.push(phone.to_owned());
    }

    /// Refuses the credentials of dials from now on; the account itself can still be asked about.
    pub fn suspend(&self) {
        self.state().suspended = true;
    }

    /// Everything that was asked for, in order.
    pub fn asked(&self) -> Vec<Asked> {
        self.state().asked.clone()
    }

    /// Every dial that was carried out, in order.
    pub fn dials(&self) -> Vec<Asked> {
        self.asked().into_iter().filter(|asked| asked.dialled).collect()
    }

    /// Dials of a number.
    pub fn dials_to(&self, phone: &str) -> Vec<Asked> {
        self.dials().into_iter().filter(|dial| dial.to == phone).collect()
    }

    /// Callbacks that were sent so far (forged or not), and the statuses they were answered with.
    pub fn told(&self, forged: bool) -> Vec<Option<u16>> {
        self.state().told.iter().filter(|(was, _)| *was == forged).map(|(_, answer)| *answer).collect()
    }

    /// All calls as the API shows them.
    pub fn calls(&self) -> Vec<Value> {
        self.state().calls.iter().map(Call::json).collect()
    }

    /// What was sent with every dial that was carried out.
    pub fn forms(&self) -> Vec<Fields> {
        self.state().calls.iter().map(|call| call.asked.clone()).collect()
    }

    fn serve(&self, stream: &TcpStream) {
        let Some(request) = Request::read(stream) else { return };
        let expected = format!("Basic {}", STANDARD.encode(format!("{ACCOUNT}:{TOKEN}")));
        if request.headers.get("authorization") != Some(&expected) {
            return problem(stream, 401, 20003, None);
        }
        let base = format!("/2010-04-01/Accounts/{ACCOUNT}");
        let Some(path) = request.path.strip_prefix(&base) else { return problem(stream, 404, 20404, None) };
        match (request.method.as_str(), path) {
            ("GET", ".json") => {
                let account = json!({"sid": ACCOUNT, "friendly_name": "Fake", "status": "active", "type": "Full"});
                wire::answer(stream, 200, &[], &account);
            }
            ("POST", "/Calls.json") => self.dial(stream, request),
            ("GET", "/Calls.json") => self.list(stream, &request),
            (method, path) => self.one(stream, method, path, &request),
        }
    }

    fn dial(&self, stream: &TcpStream, request: Request) {
        let text = |name: &str| field(&request.form, name).unwrap_or_default().to_owned();
        let (to, from) = (text("To"), text("From"));
        let (plan, refusal) = {
            let state = self.state();
            let plan = state.plans.get(&to).copied().unwrap_or(Plan::of(Fate::Person(12)));
            let says_something = ["Url", "Twiml", "ApplicationSid"].iter().any(|name| !text(name).is_empty());
            let refusal = match plan.answer {
                _ if state.suspended => Some((401, 20003, None)),
                _ if state.refused_callers.contains(&from) => Some((400, 21210, None)),
                _ if to.is_empty() || from.is_empty() => Some((400, 21201, None)),
                _ if !says_something => Some((400, 21205, None)),
                Answer::No(status, code, wait) => Some((status, code, wait)),
                _ => None,
            };
            (plan, refusal)
        };
        let dials = refusal.is_none() && !matches!(plan.answer, Answer::CutBefore);
        let now = patience::wall();
        let call = {
            let mut state = self.state();
            let sid = format!("CA{:032x}", state.asked.len() + 1);
            let call = Call { sid, asked: request.form, plan, status: "queued", created: now, updated: now };
            state.asked.push(Asked { to, from, attempt: call.attempt(), dialled: dials });
            if dials {
                state.calls.push(call.clone());
            }
            call
        };
        if let Some((status, code, wait)) = refusal {
            return problem(stream, status, code, wait);
        }
        if dials {
            let (fake, call) = (self.clone(), call.clone());
            std::thread::spawn(move || fake.walk(&call));
        }
        match plan.answer {
            Answer::ErrorAfter(status) => problem(stream, status, 20500, None),
            Answer::CutAfter | Answer::CutBefore => {}
            Answer::LateBy(time) => {
                patience::pass(time);
                wire::answer(stream, 201, &[], &call.json());
            }
            Answer::Yes | Answer::No(..) => wire::answer(stream, 201, &[], &call.json()),
        }
    }

    fn list(&self, stream: &TcpStream, request: &Request) {
        let to = field(&request.query, "To");
        let since: Option<jiff::Timestamp> = field(&request.query, "StartTime>").and_then(|text| text.parse().ok());
        let state = self.state();
        let fits = |call: &&Call| {
            call.plan.listed
                && to.is_none_or(|to| call.asked("To") == to)
                && since.is_none_or(|since| call.created >= since)
        };
        let calls: Vec<_> = state.calls.iter().filter(fits).map(Call::json).collect();
        let uri = format!("/2010-04-01/Accounts/{ACCOUNT}/Calls.json?Page=0");
        let body = json!({
            "calls": calls, "page": 0, "page_size": 50, "start": 0, "end": calls.len().saturating_sub(1), "uri": uri,
            "first_page_uri": uri, "next_page_uri": null, "previous_page_uri": null,
        });
        drop(state);
        wire::answer(stream, 200, &[], &body);
    }

    fn one(&self, stream: &TcpStream, method: &str, path: &str, request: &Request) {
        let sid = path.strip_prefix("/Calls/").and_then(|rest| rest.strip_suffix(".json")).unwrap_or_default();
        let mut state = self.state();
        let found = state.calls.iter_mut().find(|call| call.sid == sid);
        let Some(call) = found else {
            drop(state);
            return problem(stream, 404, 20404, None);
        };
        let ended = match (method, field(&request.form, "Status")) {
            ("GET", _) => None,
            ("POST", Some("canceled")) if matches!(call.status, "queued" | "ringing") => Some("canceled"),
            ("POST", Some("completed")) if matches!(call.status, "queued" | "ringing" | "in-progress") => {
                Some("completed")
            }
            _ => {
                drop(state);
                return problem(stream, 400, 21220, None);
            }
        };
        call.status = ended.unwrap_or(call.status);
        let call = call.clone();
        drop(state);
        wire::answer(stream, 200, &[], &call.json());
        if let Some(ended) = ended {
            self.tell(&call, &call.callback(9, ended));
        }
    }

    /// The call goes its way.
    fn walk(&self, call: &Call) {
        let steps = call.plan.fate.steps();
        let told = call.plan.tells;
        for (number, step) in steps.iter().enumerate() {
            patience::pass(STEP);
            let Some(call) = self.reach(&call.sid, step) else { return };
            if matches!(told, Tells::OnlyForged | Tells::ForgedFirst) {
                self.forge(&call, number);
            }
            if matches!(told, Tells::Every | Tells::ForgedFirst) {
                self.tell(&call, &call.callback(number, step));
                if let Some(detection) = call.detection().filter(|_| *step == "in-progress") {
                    self.tell(&call, &detection);
                }
            }
        }
        let Some(call) = self.state().calls.iter().find(|known| known.sid == call.sid).cloned() else { return };
        if told == Tells::TwiceBackwards {
            for (number, step) in steps.iter().enumerate().rev() {
                for _ in 0..2 {
                    self.tell(&call, &call.callback(number, step));
                }
            }
        }
    }

    /// Moves a call on, unless somebody ended it.
    fn reach(&self, sid: &str, step: &'static str) -> Option<Call> {
        let mut state = self.state();
        let call = state.calls.iter_mut().find(|call| call.sid == sid)?;
        if matches!(call.status, "canceled" | "completed") {
            return None;
        }
        call.status = if step == "initiated" { "queued" } else { step };
        call.updated = patience::wall();
        Some(call.clone())
    }

    fn tell(&self, call: &Call, fields: &Fields) {
        let url = call.asked("StatusCallback");
        self.send(false, url, &[("x-twilio-signature", &signature(TOKEN, url, fields))], fields);
    }

    /// Somebody who has the URL but not the token says that the line was busy.
    fn forge(&self, call: &Call, number: usize) {
        let url = call.asked("StatusCallback");
        let mut fields = call.callback(number, "busy");
        self.send(true, url, &[], &fields);
        self.send(true, url, &[("x-twilio-signature", "AAAA")], &fields);
        self.send(true, url, &[("x-twilio-signature", &signature("another-token", url, &fields))], &fields);
        // A genuine signature, carried over to something that was not signed.
        let genuine = signature(TOKEN, url, &fields);
        fields.push(("CallDuration".to_owned(), "99".to_owned()));
        self.send(true, url, &[("x-twilio-signature", &genuine)], &fields);
    }

    fn send(&self, forged: bool, url: &str, headers: &[(&str, &str)], fields: &Fields) {
        let answer = wire::post(url, headers, "application/x-www-form-urlencoded", &wire::form(fields));
        self.state().told.push((forged, answer));
    }
}

fn problem(stream: &TcpStream, status: u16, code: u32, wait: Option<u32>) {
    let wait: Vec<_> = wait.iter().map(|seconds| ("retry-after", seconds.to_string())).collect();
    let body = json!({"code": code, "message": format!("this is {code}"), "status": status,
        "more_info": format!("https://www.twilio.com/docs/errors/{code}")});
    wire::answer(stream, status, &wait, &body);
}
