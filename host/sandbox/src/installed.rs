//! An installed instance and how one call of it is asked, whatever its kind.
//!
//! An instance is a version (pinned or followed), whose requests leave on whose behalf, and a clock. Each call gets a fresh
//! guest and a copy of what the instance kept; what it wrote comes back with a good answer and is gone with a bad one.
//! Calls of one instance take turns, because two of them would each write a state that knows nothing of the other's.
//!
//! Gateways have no state and are asked in parallel; they are held to more than this, see [`crate::gateway`].

use std::sync::Arc;

use campanile_domain::plugin::PluginRef;
use campanile_domain::plugin::failure::PluginFailure;
use campanile_domain::plugin::instance::{Kept, PluginAnswer};
use campanile_domain::plugin::limits::Limits;
use campanile_domain::ports::clock::WallClock;
use campanile_domain::ports::outbound::{Outbound, Principal};
use campanile_domain::ports::policy::{Calendar, Usage};

use crate::capabilities::{Loan, Reach, State};
use crate::fault::Fault;
use crate::guest::Called;
use crate::ready::Ready;
use crate::sandbox::{Inner, Sandbox};
use crate::shelf::Version;

/// One installed instance.
#[derive(Clone)]
pub struct Installation {
    /// Which plugin, and whether it follows the active version.
    pub plugin: PluginRef,
    /// Whose requests leave, with settings, secrets and grants.
    pub principal: Arc<Principal>,
    /// How they leave.
    pub outbound: Arc<dyn Outbound>,
    /// What `clock` shows the guest.
    pub clock: Arc<dyn WallClock>,
}

/// What one call needs, so that it can run on another thread.
pub(crate) struct Asking {
    pub sandbox: Arc<Inner>,
    pub ready: Arc<Ready>,
    pub loan: Loan,
    pub limits: Limits,
}

impl Installation {
    /// The version in force, compiled, with everything that one call of it is lent.
    pub(crate) async fn asking(
        &self,
        sandbox: &Sandbox,
        state: State,
        calendar: Option<Calendar>,
    ) -> Result<(Arc<Version>, Asking), Fault> {
        let sandbox = Arc::clone(sandbox.inner());
        let version = sandbox.find(self.principal.tenant, &self.plugin)?;
        // Compiled before the call takes a turn.
        let ready = sandbox.ready(&version).await?;
        let limits = sandbox.limits(self.principal.tenant, ready.guest());
        let reach = limits.http.map(|http| Reach::new(Arc::clone(&self.outbound), Arc::clone(&self.principal), http));
        let loan = Loan {
            settings: self.principal.settings.to_string().into(),
            calendar,
            clock: Some(Arc::clone(&self.clock)),
            secrets: Arc::clone(&self.principal.secrets),
            state,
            reach,
        };
        Ok((version, Asking { sandbox, ready, loan, limits }))
    }

    /// Runs one call on the sandbox's threads and tells what it used. What was written to the state comes back with a good
    /// answer only.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        sandbox: &Sandbox,
        function: &'static str,
        version: &Version,
        call: impl Future<Output = (Called<T>, State)> + Send + 'static,
    ) -> PluginAnswer<T> {
        let inner = sandbox.inner();
        let Principal { tenant, instance, .. } = &*self.principal;
        let ended = inner.crew.run(*tenant, version.kind(), call).await;
        let (called, state) = ended.unwrap_or_else(|fault| (Called::not_run(fault), State::default()));
        inner.note(*tenant, version, instance, function, &called);
        let Called { answer, usage, log, .. } = called;
        let kept = if answer.is_ok() { state.changes().map(Kept) } else { None };
        let answer = answer.map_err(PluginFailure::from);
        PluginAnswer { version: version.reference.clone(), answer, kept, usage, log }
    }
}

/// A call that found no plugin to ask.
pub fn not_asked<T>(fault: Fault) -> PluginAnswer<T> {
    PluginAnswer {
        version: String::new(),
        answer: Err(fault.into()),
        kept: None,
        usage: Usage::default(),
        log: Vec::new(),
    }
}

/// One function of the contract: waits for the instance's turn, makes a guest, asks it, reads the answer (`limits` is what
/// the kind allows) and takes what was written to the state. `$kind` is the case of [`Ready`] that can be asked.
macro_rules! ask_instance {
    (
        $self:ident, $kind:ident, $function:literal, state: $state:expr, calendar: $calendar:expr,
        |$live:ident, $face:ident| $call:expr,
        |$answer:ident, $limits:ident| $read:expr
    ) => {{
        use $crate::capabilities::State;
        use $crate::fault::Fault;
        use $crate::guest::Called;
        use $crate::installed::{Asking, not_asked};
        use $crate::ready::Ready;
        let principal = &$self.installed.principal;
        let inner = $self.sandbox.inner();
        let _turn = inner.instances.take(principal.tenant, &principal.instance).await;
        match $self.installed.asking(&$self.sandbox, $state, $calendar).await {
            Err(fault) => not_asked(fault),
            Ok((version, Asking { sandbox, ready, loan, limits })) => {
                let call = async move {
                    let Ready::$kind(faced) = &*ready else {
                        let what = format!("a {} has no {}", ready.guest().kind, $function);
                        return (Called::not_run(Fault::NotReady { what }), State::default());
                    };
                    let mut $live = match faced.guest.instantiate(&sandbox.engines, loan, limits, None).await {
                        Ok(live) => live,
                        Err(called) => {
                            let called = called.and_then(|()| Err(Fault::NotReady { what: "it did not start".into() }));
                            return (called, State::default());
                        }
                    };
                    let $face = match faced.face.load(&mut $live.store, &$live.instance) {
                        Ok(face) => face,
                        Err(error) => return (Called::not_run(Fault::not_ready(&error)), State::default()),
                    };
                    let called = $live.bounds().hold($call).await;
                    let $limits = limits;
                    let called = $live.finish(called).and_then(|$answer| $read);
                    (called, std::mem::take(&mut $live.store.data_mut().loan.state))
                };
                $self.installed.run(&$self.sandbox, $function, &version, call).await
            }
        }
    }};
}
pub(crate) use ask_instance;
