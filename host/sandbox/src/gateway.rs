//! A voice gateway that a tenant installed: the engine's port on one side, a sandboxed component on the other.
//!
//! The guest says what it did; the host knows what left. Inside `place` at most one request that is not GET goes out, and
//! what became of it outranks the answer: "refused" is believed only if nothing was sent or the answer was a 4xx, and a
//! guest that crashed, lied or took too long after the first byte has perhaps dialled. A guest that failed before it sent
//! anything has surely not.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use campanile_domain::ids::CallId;
use campanile_domain::phone::Phone;
use campanile_domain::plugin::instance::{Checked, Choice};
use campanile_domain::ports::gateway::{
    CallEvent, Capabilities, Dial, Evidence, Finding, Gateway, GatewayError, PlaceAnswer, Refusal, RefusalScope,
    Webhook,
};
use campanile_domain::ports::outbound::Principal;
use campanile_domain::time::Timestamp;

use crate::capabilities::{Reach, State};
use crate::contract::exports::campanile::plugin::gateway::Guest as Face;
use crate::convert::{gateway as convert, instance};
use crate::fault::Fault;
use crate::guest::{Called, Live};
use crate::installed::{Asking, Installation};
use crate::ready::Ready;
use crate::sandbox::Sandbox;
use crate::shelf::Version;

/// The gateway of one installation.
pub struct PluginGateway {
    sandbox: Sandbox,
    installed: Installation,
    able: Mutex<Capabilities>,
}

/// A call that came to an end: its answer, and what was seen of the request that dials.
struct Ended<T> {
    called: Called<T>,
    evidence: Evidence,
}

impl PluginGateway {
    /// Nothing is asked yet; [`Gateway::check`] tells whether it can place calls.
    pub fn new(sandbox: Sandbox, installed: Installation) -> Self {
        // Until the plugin has said otherwise it can find nothing, because a search believed too early would call a person
        // twice, and it dials slowly, because what is too fast for a provider waits there and rings too late.
        let able = Capabilities { finds_by_attempt: false, find_lag_ms: 0, calls_per_second: Some(1.0) };
        Self { sandbox, installed, able: Mutex::new(able) }
    }

    /// The version in force, compiled, with everything that one call of it is lent.
    async fn asking(&self, dials: bool) -> Result<(Arc<Version>, Asking), Fault> {
        let (version, mut asking) = self.installed.asking(&self.sandbox, State::default(), None).await?;
        if dials {
            asking.loan.reach = asking.loan.reach.map(Reach::dialling);
        }
        Ok((version, asking))
    }

    /// Runs one call on the sandbox's threads and tells what it used.
    async fn run<T: Send + 'static>(
        &self,
        function: &'static str,
        version: &Version,
        call: impl Future<Output = Ended<T>> + Send + 'static,
    ) -> Ended<T> {
        let sandbox = self.sandbox.inner();
        let Principal { tenant, instance, .. } = &*self.installed.principal;
        let ended = sandbox.crew.run(*tenant, version.kind(), call).await;
        // The host failed in the middle: nobody knows what was sent.
        let ended = ended.unwrap_or_else(|fault| Ended { called: Called::not_run(fault), evidence: Evidence::Lost });
        sandbox.note(*tenant, version, instance, function, &ended.called);
        ended
    }
}

/// A live instance, its face and how many bytes it may answer.
async fn live(asking: Asking) -> Result<(Live, Face, usize), Ended<Infallible>> {
    let failed = |fault| Ended { called: Called::not_run(fault), evidence: Evidence::NothingSent };
    let Asking { sandbox, ready, loan, limits } = asking;
    let Ready::Gateway(dialler) = &*ready else {
        let what = format!("a {} does not dial", ready.guest().kind);
        return Err(failed(Fault::NotReady { what }));
    };
    let mut live = match dialler.guest.instantiate(&sandbox.engines, loan, limits, None).await {
        Ok(live) => live,
        Err(called) => {
            let called = called.and_then(|()| Err(Fault::NotReady { what: "it did not start".to_owned() }));
            return Err(Ended { called, evidence: Evidence::NothingSent });
        }
    };
    match dialler.face.load(&mut live.store, &live.instance) {
        Ok(face) => Ok((live, face, limits.output_bytes)),
        Err(error) => Err(failed(Fault::not_ready(&error))),
    }
}

impl Ended<Infallible> {
    fn of<T>(self) -> Ended<T> {
        Ended { called: self.called.and_then(|never| match never {}), evidence: self.evidence }
    }
}

fn evidence(live: &Live) -> Evidence {
    live.store.data().loan.reach.as_ref().map_or(Evidence::NothingSent, |reach| reach.used().evidence)
}

/// One function of the contract: makes the instance, asks, reads the answer (`allowed` bytes of it).
macro_rules! ask {
    (
        $self:ident, $function:literal, dials: $dials:literal,
        |$live:ident, $face:ident| $call:expr,
        |$answer:ident, $allowed:ident| $read:expr
    ) => {{
        match $self.asking($dials).await {
            Err(fault) => Ended { called: Called::not_run(fault), evidence: Evidence::NothingSent },
            Ok((version, asking)) => {
                let call = async move {
                    let (mut $live, $face, $allowed) = match live(asking).await {
                        Ok(live) => live,
                        Err(ended) => return ended.of(),
                    };
                    let _ = $allowed;
                    let called = $live.bounds().hold($call).await;
                    let seen = evidence(&$live);
                    Ended { called: $live.finish(called).and_then(|$answer| $read), evidence: seen }
                };
                $self.run($function, &version, call).await
            }
        }
    }};
}

fn too_much(bytes: usize, allowed: usize) -> Result<(), Fault> {
    if bytes > allowed {
        return Err(Fault::OutputInvalid { what: format!("it has {bytes} bytes; {allowed} are allowed") });
    }
    Ok(())
}

#[async_trait]
impl Gateway for PluginGateway {
    fn able(&self) -> Capabilities {
        *self.able.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn check(&self) -> Result<Checked, GatewayError> {
        let able = ask!(
            self, "able", dials: false,
            |live, face| face.call_able(&mut live.store),
            |answer, allowed| Ok(convert::capabilities(answer))
        );
        *self.able.lock().unwrap_or_else(PoisonError::into_inner) = able.called.answer?;
        let checked = ask!(
            self, "check", dials: false,
            |live, face| face.call_check(&mut live.store),
            |answer, allowed| instance::checked(answer.map_err(Fault::of_plugin)?)
        );
        Ok(checked.called.answer?)
    }

    async fn options(&self, setting: &str, query: &str) -> Result<Vec<Choice>, GatewayError> {
        let (setting, query) = (setting.to_owned(), query.to_owned());
        let choices = ask!(
            self, "options", dials: false,
            |live, face| face.call_options(&mut live.store, &setting, &query),
            |answer, allowed| instance::choices(answer.map_err(Fault::of_plugin)?, allowed)
        );
        Ok(choices.called.answer?)
    }

    async fn place(&self, dial: &Dial) -> PlaceAnswer {
        let dial = convert::dial(dial);
        let Ended { called, evidence } = ask!(
            self, "place", dials: true,
            |live, face| face.call_place(&mut live.store, &dial),
            |answer, allowed| Ok(convert::placed(answer))
        );
        match called.answer {
            Ok(answer) => answer.weighed(evidence),
            Err(fault) => failed_dial(&fault, evidence),
        }
    }

    async fn look_up(&self, provider_call_id: &str) -> Result<CallEvent, GatewayError> {
        let name = provider_call_id.to_owned();
        let found = ask!(
            self, "look-up", dials: false,
            |live, face| face.call_look_up(&mut live.store, &name),
            |answer, allowed| {
                let event = answer.map_err(Fault::of_plugin)?;
                too_much(convert::size(std::slice::from_ref(&event)), allowed)?;
                convert::event(event)
            }
        );
        let none =
            || GatewayError { code: "no_news".to_owned(), message: "the provider has no word for it".to_owned() };
        found.called.answer?.ok_or_else(none)
    }

    async fn find(
        &self,
        attempt: CallId,
        to: &Phone,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Finding, GatewayError> {
        let (attempt, to, since, until) = (attempt.to_string(), to.to_string(), since.millis(), until.millis());
        let found = ask!(
            self, "find", dials: false,
            |live, face| face.call_find(&mut live.store, &attempt, &to, since, until),
            |answer, allowed| convert::finding(answer.map_err(Fault::of_plugin)?)
        );
        Ok(found.called.answer?)
    }

    async fn hang_up(&self, provider_call_id: &str) -> Result<(), GatewayError> {
        let name = provider_call_id.to_owned();
        let hung = ask!(
            self, "hang-up", dials: false,
            |live, face| face.call_hang_up(&mut live.store, &name),
            |answer, allowed| answer.map_err(Fault::of_plugin)
        );
        Ok(hung.called.answer?)
    }

    async fn receive(&self, webhook: &Webhook) -> Result<Vec<CallEvent>, GatewayError> {
        let webhook = convert::webhook(webhook);
        let read = ask!(
            self, "receive", dials: false,
            |live, face| face.call_receive(&mut live.store, &webhook),
            |answer, allowed| {
                let events = answer.map_err(Fault::of_plugin)?;
                too_much(convert::size(&events), allowed)?;
                events.into_iter().filter_map(|event| convert::event(event).transpose()).collect()
            }
        );
        Ok(read.called.answer?)
    }
}

/// A guest that failed while it dialled. Only if nothing left the host is it sure that nobody is called.
fn failed_dial(fault: &Fault, evidence: Evidence) -> PlaceAnswer {
    match evidence {
        Evidence::NothingSent => PlaceAnswer::Refused(Refusal {
            code: Refusal::UNREACHABLE.to_owned(),
            message: format!("the gateway's plugin failed before it sent anything: {fault}"),
            scope: RefusalScope::ThisMoment,
            retry_after_ms: None,
        }),
        Evidence::Answered(_) | Evidence::Lost => {
            PlaceAnswer::Unsure { why: format!("the gateway's plugin failed after it sent the dial: {fault}") }
        }
    }
}
