//! Script runners that are kept between decisions.
//!
//! A fresh runner builds an interpreter and parses the source, forty times the cost of a decision, so runners are reused:
//! by the same tenant, for the same script and the same settings, never for another. A runner is dropped after any
//! failure, after 10,000 decisions or when its memory has grown by 8 MiB, and the idle ones are few. What a runner decided
//! before must not show: a test compares warm, cold and shuffled answers byte by byte.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use campanile_domain::evaluation::{Evaluation, EvaluationInput};
use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::limits::Limits;
use campanile_domain::policy::{Decision, PolicyInput};
use campanile_domain::ports::mapper::{MapColumn, MapRow};
use campanile_domain::ports::policy::Calendar;

use crate::contract::exports::campanile::plugin::{
    evaluator as evaluator_contract, policy as policy_contract, script as contract,
};
use crate::convert::{evaluator as evaluation, mapping};
use crate::diagnostic::not_loaded;
use crate::digest::Digest;
use crate::fault::Fault;
use crate::guest::{Called, Live};
use crate::policy;

/// Idle runners of one tenant.
const MAX_IDLE_PER_TENANT: usize = 2;
/// Decisions of one runner.
const MAX_CALLS: u32 = 10_000;
/// Growth of its memory since its first decision, in bytes.
const MAX_GROWTH: u64 = 8 << 20;

/// Whose runner it is and what it has read: the script and its settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Holder {
    pub tenant: TenantKey,
    pub script: Digest,
}

/// What a runner can be asked.
pub struct Faces {
    pub policy: policy_contract::Guest,
    pub evaluator: evaluator_contract::Guest,
    pub script: contract::Guest,
}

/// A runner that has read its script.
pub struct Runner {
    live: Live,
    faces: Faces,
    calls: u32,
    born_bytes: u64,
}

impl Runner {
    pub fn new(live: Live, faces: Faces) -> Self {
        let born_bytes = live.store.data().meter.memory_bytes();
        Self { live, faces, calls: 0, born_bytes }
    }

    /// What it was made under.
    pub const fn limits(&self) -> &Limits {
        self.live.limits()
    }

    /// One decision, on a full tank.
    pub async fn decide(&mut self, input: &PolicyInput, calendar: Calendar) -> Called<Decision> {
        match self.live.refuel() {
            Ok(()) => policy::ask(&mut self.live, &self.faces.policy, input, calendar).await,
            Err(fault) => Called::not_run(fault),
        }
    }

    /// One evaluation, on a full tank.
    pub async fn evaluate(&mut self, input: &EvaluationInput, calendar: Calendar) -> Called<Evaluation> {
        if let Err(fault) = self.live.refuel() {
            return Called::not_run(fault);
        }
        self.live.store.data_mut().begin(Some(calendar));
        let (talk, wanted) = evaluation::question(input);
        let allowed = self.live.limits().output_bytes;
        let called = self.faces.evaluator.call_evaluate(&mut self.live.store, &talk, &wanted).await;
        self.live.finish(called).and_then(|answered| {
            let given = answered.map_err(Fault::of_plugin)?;
            evaluation::evaluation(given, &input.wanted, input.talk.transcript.len(), allowed)
        })
    }

    /// What its script makes of rows, on a full tank.
    pub async fn map_rows(&mut self, columns: &[MapColumn], rows: Vec<MapRow>) -> Called<Vec<contract::Mapped>> {
        if let Err(fault) = self.live.refuel() {
            return Called::not_run(fault);
        }
        self.live.store.data_mut().begin(None);
        let (columns, rows) = (mapping::columns(columns), mapping::rows(rows));
        let call = self.faces.script.call_map_rows(&mut self.live.store, &columns, &rows);
        let called = call.await;
        self.live.finish(called).and_then(|answered| answered.map_err(not_loaded))
    }

    /// Counts one successful decision; whether the runner may be kept.
    fn worth_keeping(&mut self) -> bool {
        self.calls += 1;
        let grown = self.live.store.data().meter.memory_bytes().saturating_sub(self.born_bytes);
        self.calls < MAX_CALLS && grown <= MAX_GROWTH
    }
}

#[derive(Default)]
struct Shelf {
    /// By the order in which they were put back; the least is the one idle for longest.
    idle: BTreeMap<u64, (Holder, Box<Runner>)>,
    next: u64,
}

/// The idle runners.
pub struct WarmRunners {
    shelf: Mutex<Shelf>,
    most: u32,
}

impl WarmRunners {
    /// None yet, and never more than so many.
    pub fn at_most(most: u32) -> Self {
        Self { shelf: Mutex::default(), most }
    }

    fn shelf(&self) -> std::sync::MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The runner of this holder that was used last, if one is idle.
    pub fn take(&self, holder: Holder) -> Option<Box<Runner>> {
        let mut shelf = self.shelf();
        let at = *shelf.idle.iter().rev().find(|(_, (known, _))| *known == holder)?.0;
        shelf.idle.remove(&at).map(|(_, runner)| runner)
    }

    /// Puts a runner back after a decision that succeeded, unless it is used up; makes room by dropping those that have
    /// been idle for longest.
    pub fn put_back(&self, holder: Holder, mut runner: Box<Runner>) {
        if !runner.worth_keeping() {
            return;
        }
        let mut dropped = Vec::new();
        let mut shelf = self.shelf();
        let at = shelf.next;
        shelf.next += 1;
        shelf.idle.insert(at, (holder, runner));
        let of_tenant = |(_, (known, _)): &(&u64, &(Holder, Box<Runner>))| known.tenant == holder.tenant;
        while shelf.idle.iter().filter(of_tenant).count() > MAX_IDLE_PER_TENANT {
            let oldest = shelf.idle.iter().find(of_tenant).map(|(at, _)| *at);
            dropped.extend(oldest.and_then(|at| shelf.idle.remove(&at)));
        }
        if shelf.idle.len() > self.most as usize {
            dropped.extend(shelf.idle.pop_first().map(|(_, idle)| idle));
        }
        drop(shelf);
        drop(dropped);
    }

    /// How many are idle.
    pub fn idle(&self) -> usize {
        self.shelf().idle.len()
    }
}
