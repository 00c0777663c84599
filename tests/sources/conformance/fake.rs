//! A face behind a socket, broken where a scenario says so.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use super::face::{Face, Reply};
use super::world::World;
use crate::gateway::wire::Request;

type Meanwhile = Box<dyn FnMut(usize, &mut World) + Send>;

struct Inside {
    face: Box<dyn Face>,
    world: World,
    /// Requests for data so far.
    asked: usize,
    /// Answers instead of the face's, by the number of the request for data.
    instead: BTreeMap<usize, Reply>,
    /// The token is exchanged before that request for data.
    expires_at: Option<usize>,
    generation: usize,
    renewals: usize,
    odd: bool,
    meanwhile: Option<Meanwhile>,
}

/// A running one.
#[derive(Clone)]
pub struct Fake {
    /// Where it listens.
    pub address: SocketAddr,
    inside: Arc<Mutex<Inside>>,
}

fn token(generation: usize) -> String {
    format!("token-{generation}")
}

fn answer(mut stream: &TcpStream, reply: &Reply) {
    let more: String = reply.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = reply.body.len();
    let head = format!("HTTP/1.1 {} Said\r\ncontent-length: {length}\r\nconnection: close\r\n{more}\r\n", reply.status);
    // Nobody may be left to hear it.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&reply.body));
}

impl Fake {
    /// Starts it with so many people.
    pub fn start(face: Box<dyn Face>, count: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let world = World::of(count, |index| face.id(index));
        let inside = Inside {
            face,
            world,
            asked: 0,
            instead: BTreeMap::new(),
            expires_at: None,
            generation: 0,
            renewals: 0,
            odd: false,
            meanwhile: None,
        };
        let fake = Self { address: listener.local_addr().unwrap(), inside: Arc::new(Mutex::new(inside)) };
        let serving = fake.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let fake = serving.clone();
                std::thread::spawn(move || {
                    if let Some(request) = Request::read(&stream) {
                        let reply = fake.with(|inside| inside.reply(&request));
                        answer(&stream, &reply);
                    }
                });
            }
        });
        fake
    }

    fn with<T>(&self, act: impl FnOnce(&mut Inside) -> T) -> T {
        act(&mut self.inside.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Asks or changes the truth.
    pub fn world<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        self.with(|inside| act(&mut inside.world))
    }

    /// Asks the face.
    pub fn face<T>(&self, ask: impl FnOnce(&dyn Face) -> T) -> T {
        self.with(|inside| ask(inside.face.as_ref()))
    }

    /// An id that nobody has yet.
    pub fn id(&self, index: usize) -> String {
        self.face(|face| face.id(index))
    }

    /// Requests for data so far.
    pub fn asked(&self) -> usize {
        self.with(|inside| inside.asked)
    }

    /// Tokens handed out so far.
    pub fn renewals(&self) -> usize {
        self.with(|inside| inside.renewals)
    }

    /// The token that is taken now.
    pub fn token(&self) -> String {
        self.with(|inside| token(inside.generation))
    }

    /// Answers so, `later` requests for data from now (0: the next).
    pub fn instead(&self, later: usize, reply: Reply) {
        self.with(|inside| inside.instead.insert(inside.asked + later, reply));
    }

    /// Takes another token, `later` requests for data from now.
    pub fn expire(&self, later: usize) {
        self.with(|inside| inside.expires_at = Some(inside.asked + later));
    }

    /// Serves the odd records too.
    pub fn with_odd(&self) {
        self.with(|inside| inside.odd = true);
    }

    /// Does something before every request for data, by its number.
    pub fn meanwhile(&self, act: impl FnMut(usize, &mut World) + Send + 'static) {
        self.with(|inside| inside.meanwhile = Some(Box::new(act)));
    }

    /// Does nothing more of its own.
    pub fn calm(&self) {
        self.with(|inside| inside.meanwhile = None);
    }
}

impl Inside {
    fn reply(&mut self, request: &Request) -> Reply {
        if let Some(reply) = self.face.token(request, &token(self.generation)) {
            self.renewals += usize::from(reply.status < 300);
            return reply;
        }
        if self.expires_at.is_some_and(|at| self.asked >= at) {
            (self.expires_at, self.generation) = (None, self.generation + 1);
        }
        if !self.face.lets_in(request, &token(self.generation)) {
            return self.face.refused();
        }
        let number = self.asked;
        self.asked += 1;
        if let Some(reply) = self.instead.remove(&number) {
            return reply;
        }
        if let Some(meanwhile) = &mut self.meanwhile {
            meanwhile(number, &mut self.world);
        }
        self.face.reply(request, &self.world, self.odd)
    }
}
