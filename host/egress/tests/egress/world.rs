//! What stands round the door in a test: names, a clock, a token store, a tenant with grants.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use campanile_domain::ids::{ConnectionId, TenantKey};
use campanile_domain::plugin::auth::AuthBlock;
use campanile_domain::plugin::hosts::HostPattern;
use campanile_domain::plugin::secrets::{ExposeSecret, SecretString};
use campanile_domain::ports::clock::WallClock;
use campanile_domain::ports::outbound::{
    Outbound, OutboundRequest, Principal, Sent, TokenStore, Tokens, TokensUnavailable,
};
use campanile_domain::time::Timestamp;
use campanile_egress::{Authorities, Egress, EgressOptions, Exemptions, Resolver};
use serde_json::{Value, json};
use tokio::sync::mpsc;

pub const CONNECTION: ConnectionId = ConnectionId(7);
pub const START: Timestamp = Timestamp(1_800_000_000_000);

/// Each name answers from its list in turn, and the last answer from then on. A name without one never answers.
#[derive(Default)]
pub struct Names {
    answers: Mutex<BTreeMap<String, Vec<Vec<IpAddr>>>>,
    pub asked: Mutex<Vec<String>>,
}

impl Names {
    pub fn set(&self, name: &str, answers: &[&[&str]]) {
        let parse = |list: &&[&str]| list.iter().map(|text| text.parse().unwrap()).collect();
        self.answers.lock().unwrap().insert(name.to_owned(), answers.iter().map(parse).collect());
    }
}

#[async_trait]
impl Resolver for Names {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        self.asked.lock().unwrap().push(host.to_owned());
        let next = {
            let mut answers = self.answers.lock().unwrap();
            answers.get_mut(host).map(|list| if list.len() > 1 { list.remove(0) } else { list[0].clone() })
        };
        match next {
            Some(answer) => Ok(answer),
            None => std::future::pending().await,
        }
    }
}

pub struct Clock(Mutex<Timestamp>);

impl Clock {
    pub fn advance(&self, ms: i64) {
        let mut now = self.0.lock().unwrap();
        *now = now.plus_ms(ms);
    }
}

impl WallClock for Clock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// What keeping does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Keeps,
    Fails,
    Dies,
}

/// The tokens of one connection.
pub struct Store {
    tokens: Mutex<Option<Tokens>>,
    pub mood: Mutex<Mood>,
    kept: mpsc::UnboundedSender<String>,
    keeps: tokio::sync::Mutex<mpsc::UnboundedReceiver<String>>,
}

impl Store {
    fn new() -> Self {
        let (kept, keeps) = mpsc::unbounded_channel();
        Self { tokens: Mutex::default(), mood: Mutex::new(Mood::Keeps), kept, keeps: keeps.into() }
    }

    pub fn put(&self, access: &str, refresh: Option<&str>, expires_at: Option<Timestamp>) {
        let secret = |text: &str| SecretString::from(text.to_owned());
        *self.tokens.lock().unwrap() =
            Some(Tokens { access: secret(access), refresh: refresh.map(secret), expires_at });
    }

    /// `access/refresh` as stored.
    pub fn stored(&self) -> String {
        self.tokens.lock().unwrap().as_ref().map(shown).unwrap_or_default()
    }

    /// Waits until a pair was kept.
    pub async fn kept(&self) -> String {
        self.keeps.lock().await.recv().await.unwrap()
    }
}

pub fn shown(tokens: &Tokens) -> String {
    let refresh = tokens.refresh.as_ref().map_or("-", |refresh| refresh.expose_secret());
    format!("{}/{refresh}", tokens.access.expose_secret())
}

#[async_trait]
impl TokenStore for Store {
    async fn tokens(&self, _: TenantKey, connection: ConnectionId) -> Result<Tokens, TokensUnavailable> {
        assert_eq!(connection, CONNECTION);
        self.tokens.lock().unwrap().clone().ok_or(TokensUnavailable("the connection was revoked".into()))
    }

    async fn keep_tokens(&self, _: TenantKey, _: ConnectionId, tokens: Tokens) -> Result<(), TokensUnavailable> {
        let mood = *self.mood.lock().unwrap();
        match mood {
            Mood::Fails => return Err(TokensUnavailable("the disk is full".into())),
            Mood::Dies => panic!("the store died"),
            Mood::Keeps => {}
        }
        let text = shown(&tokens);
        *self.tokens.lock().unwrap() = Some(tokens);
        let _ = self.kept.send(text);
        Ok(())
    }
}

pub struct World {
    pub egress: Egress,
    pub names: Arc<Names>,
    pub clock: Arc<Clock>,
    pub store: Arc<Store>,
    pub principal: Principal,
}

impl World {
    /// The operator lists these ports of `api.example.com`, `other.example.com` and `login.example.com`, which are all on
    /// this machine. The tenant granted the first two, `strict.example.com` and what the setting `base` says.
    pub fn new(ports: &[u16]) -> Self {
        Self::trusting(ports, Authorities::default())
    }

    /// The same, and the operator trusts these authorities at what is listed.
    pub fn trusting(ports: &[u16], authorities: Authorities) -> Self {
        let hosts = ["api.example.com", "other.example.com", "login.example.com", "127.0.0.1"];
        let pairs = ports.iter().flat_map(|port| hosts.map(|host| format!("{host}:{port}")));
        let names = Arc::new(Names::default());
        for host in hosts {
            names.set(host, &[&["127.0.0.1"]]);
        }
        let (clock, store) = (Arc::new(Clock(Mutex::new(START))), Arc::new(Store::new()));
        let egress = Egress::new(EgressOptions {
            exemptions: Exemptions::parse(pairs).unwrap(),
            authorities,
            clock: clock.clone(),
            resolver: names.clone(),
            tokens: store.clone(),
        });
        let granted = ["api.example.com", "other.example.com", "strict.example.com", "{base}"];
        let secrets = [("key", "s3cr3t+key/value"), ("app_secret", "app&s3cr3t=="), ("password", "pass:w0rd")];
        let principal = Principal {
            tenant: TenantKey(1),
            instance: "gw_1".into(),
            hosts: granted.iter().map(|host| host.parse().unwrap()).collect(),
            auth: Vec::new(),
            settings: Arc::new(json!({"base": "127.0.0.1", "app_id": "the-app", "user": "AC1"})),
            secrets: Arc::new(secrets.into_iter().collect()),
            connections: vec![("crm".into(), CONNECTION)],
        };
        Self { egress, names, clock, store, principal }
    }

    pub fn grant(&mut self, name: &str, block: Value) {
        let block: AuthBlock = serde_json::from_value(block).unwrap();
        self.principal.auth.retain(|(known, _)| known != name);
        self.principal.auth.push((name.to_owned(), block));
    }

    pub fn grant_host(&mut self, host: &str) {
        self.principal.hosts.push(HostPattern::Exact(host.to_owned()));
    }

    pub async fn send(&self, request: OutboundRequest) -> Sent {
        self.egress.send(&self.principal, request).await
    }
}

pub fn request(method: &str, url: impl Into<String>) -> OutboundRequest {
    OutboundRequest {
        method: method.into(),
        url: url.into(),
        headers: Vec::new(),
        body: Vec::new(),
        timeout_ms: 20_000,
        auth: None,
        max_reply_bytes: 64 << 10,
    }
}

/// A request that names a block.
pub fn with_auth(method: &str, url: impl Into<String>, block: &str) -> OutboundRequest {
    OutboundRequest { auth: Some(block.into()), ..request(method, url) }
}

/// The fault in one word, or the status.
pub fn told(sent: &Sent) -> String {
    use campanile_domain::ports::outbound::OutboundFault;
    match &sent.answer {
        Ok(reply) => reply.status.to_string(),
        Err(OutboundFault::Denied(_)) => "denied".into(),
        Err(OutboundFault::Unreachable(_)) => "unreachable".into(),
        Err(OutboundFault::TimedOut) => "timed out".into(),
        Err(OutboundFault::TooLarge) => "too large".into(),
        Err(OutboundFault::BudgetSpent) => "budget spent".into(),
        Err(OutboundFault::Unauthorised(_)) => "unauthorised".into(),
    }
}

/// The fault as the guest reads it.
pub fn why(sent: &Sent) -> String {
    sent.answer.as_ref().map_or_else(ToString::to_string, |reply| format!("answered {}", reply.status))
}
