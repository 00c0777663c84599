//! What the rows of sources and sinks have in common: a status with its reason, and what a failure makes of them.

use campanile_domain::plugin::failure::PluginFailure;
use campanile_domain::plugin::manifest::Manifest;
use campanile_domain::plugin::setback;
use campanile_domain::plugin::{Kind, PluginRef};
use campanile_domain::ports::store::{InstanceReason, InstanceStatus};

use super::actor::by;
use super::failures::{self, Of};
use super::fault::{Done, broken, conflict};
use super::op::Op;
use super::plugins::{grants, versions};

/// The status that a word of the database is.
pub(crate) fn status(word: &str) -> Done<InstanceStatus> {
    let all = [InstanceStatus::Active, InstanceStatus::Paused, InstanceStatus::NeedsAttention];
    all.into_iter()
        .find(|status| status.word() == word)
        .ok_or_else(|| broken(format!("{word:?} is no status of a source or a sink")))
}

/// What a plugin says about itself that may be installed as an instance of a kind now (`does`: "brings leads").
///
/// # Errors
/// It is of another kind, is not usable yet, or asks for what was not granted.
pub(crate) fn usable(op: &Op<'_>, plugin: &PluginRef, kind: Kind, does: &str) -> Done<Option<Manifest>> {
    let version = versions::usable(op.db, op.tenant(), plugin)?;
    if version.kind != kind.word() {
        let message = format!("{plugin} is a {}; only a {kind} {does}", version.kind);
        return Err(conflict("plugin_wrong_kind", message));
    }
    grants::must_be_given(op.db, op.tenant(), &version)?;
    Ok(version.manifest)
}

/// Why an instance stands where it does now.
pub(crate) fn reason(op: &Op<'_>, code: &str, detail: impl Into<String>) -> InstanceReason {
    InstanceReason { code: code.to_owned(), detail: detail.into(), by: by(&op.ctx.actor), at: op.now() }
}

/// Counts a failure of an instance (`what`: "source", "sink") and says where it puts it; `None`: it goes on.
pub(crate) fn verdict(
    op: &Op<'_>,
    (of, key): (Of, i64),
    (what, plugin): (&str, &PluginRef),
    failure: &PluginFailure,
) -> Done<Option<(InstanceStatus, InstanceReason)>> {
    let too_many = failures::count(op, of, key)?;
    let next = setback::next_step(&failure.code, what);
    if setback::needs_a_person(&failure.code) {
        let why = reason(op, &failure.code, format!("{}; {next}", failure.message));
        return Ok(Some((InstanceStatus::NeedsAttention, why)));
    }
    Ok(too_many.map(|too_many| {
        let detail = format!("{}; {next}", too_many.reason(&plugin.to_string(), failure));
        (InstanceStatus::Paused, reason(op, "too_many_failures", detail))
    }))
}
