//! What makes a provider.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::world::World;
use crate::gateway::stage::shipped;
use crate::gateway::wire::Request;

/// One answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Beside length and connection.
    pub headers: Vec<(String, String)>,
    /// As it is sent.
    pub body: Vec<u8>,
}

impl Reply {
    /// JSON.
    pub fn json(status: u16, body: &Value) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Self { status, headers, body: body.to_string().into_bytes() }
    }

    /// A status and nothing else.
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// The same with a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// "Not so fast", in one of a provider's spellings.
pub struct Busy {
    /// What it is called in a failure of the test.
    pub name: &'static str,
    /// The answer.
    pub reply: Reply,
    /// How long the answer asks to be left alone, in seconds; `None`: it does not say.
    pub wait_s: Option<i64>,
}

/// A raw record of the provider's that is no lead like the others.
pub struct Odd {
    /// The record's id.
    pub id: &'static str,
    /// As the provider answers it.
    pub record: Value,
    /// What must come of it: the phone of the lead, or the code that it is rejected with.
    pub becomes: Result<&'static str, &'static str>,
}

/// How the credentials of a provider come to an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// A token that a person made: only a person can make another.
    ByHand(&'static str),
    /// A token that the host fetches anew.
    Renewed,
    /// A token that the host fetches anew with a refresh token which is exchanged each time.
    Rotated,
}

/// People of a page at most, whatever is asked for: providers answer fewer as they like.
pub const PAGE: usize = 70;

/// One provider.
pub trait Face: Send + 'static {
    /// The importer's name.
    fn plugin(&self) -> &'static str;
    /// The importer itself: as it ships.
    fn component(&self) -> Vec<u8> {
        shipped(self.plugin())
    }
    /// An id as this provider writes them; ids grow with the index, as text too.
    fn id(&self, index: usize) -> String;
    /// The most people of a page.
    fn page(&self) -> usize {
        PAGE
    }
    /// `settings` and `secrets` of a source; `base` is where the fake listens. The variable `city` comes from the city. `full`:
    /// everything is to be read every time.
    fn install(&self, base: &str, full: bool) -> Value;
    /// What is exchanged in the manifest: the address of the token endpoint, and the fake's.
    fn retarget(&self, _base: &str) -> Option<(&'static str, String)> {
        None
    }
    /// What a connection is made of, where a person has to consent: `auth`, `settings` and `secrets`. The code is `good`.
    fn connect(&self, _base: &str) -> Option<Value> {
        None
    }
    /// Whether a run of changes shows who was deleted.
    fn tells_deletions(&self) -> bool {
        false
    }
    /// Whether a run of changes exists at all.
    fn tells_changes(&self) -> bool {
        true
    }
    /// How its token ends.
    fn expiry(&self) -> Expiry;
    /// The token endpoint, where there is one: the answer hands out `token`.
    fn token(&mut self, _request: &Request, _token: &str) -> Option<Reply> {
        None
    }
    /// Whether the request carries the token.
    fn lets_in(&self, request: &Request, token: &str) -> bool {
        request.headers.get("authorization").map(String::as_str) == Some(&format!("Bearer {token}"))
    }
    /// 401 in this provider's words.
    fn refused(&self) -> Reply {
        Reply::json(401, &json!({"message": "Unauthorized"}))
    }
    /// Every spelling of "not so fast".
    fn busy(&self) -> Vec<Busy>;
    /// The answer that says a place in the list is not known any more, for those that have one.
    fn place_lost(&self) -> Option<Reply> {
        None
    }
    /// Records with missing, null, empty and wrong-typed fields.
    fn odd(&self) -> Vec<Odd> {
        Vec::new()
    }
    /// The sink that writes to this provider, with its `settings` and `secrets`, where there is one. The status goes to the
    /// place that [`Face::written`] reads.
    fn results(&self, _base: &str) -> Option<(&'static str, Value)> {
        None
    }
    /// The status that was written to each record, by its id.
    fn written(&self) -> BTreeMap<String, String> {
        BTreeMap::new()
    }
    /// Everything else. `odd`: serve [`Face::odd`] too, at the end of the list.
    fn reply(&mut self, request: &Request, world: &World, odd: bool) -> Reply;
}
