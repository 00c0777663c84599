//! Versions: how they come, how they go through the gates, how they are found.
//!
//! A version never changes: the same name, number and bytes again is the same version, other bytes under the same number
//! are refused, unless the gates rejected the first ones. Scripts have no number of their own and are counted.

use campanile_domain::ids::{PluginId, TenantKey};
use campanile_domain::plugin::report::Report;
use campanile_domain::plugin::{PluginRef, VersionState};
use campanile_domain::ports::store::{PluginVersion, VersionAdded};
use campanile_domain::time::Timestamp;
use rusqlite::{Connection, Row, params};
use serde_json::json;

use super::{content, room};
use crate::sqlite::fault::{Done, broken, conflict, not_found};
use crate::sqlite::op::{About, Op};

const SELECT: &str = "SELECT tenant, public_id, name, version, kind, sha256, size, state, manifest, report, created_at,
        changed_at, activated_at, activated_by FROM plugin_version";

fn read(row: &Row<'_>) -> Done<(TenantKey, PluginVersion)> {
    let state: VersionState = row.get::<_, String>(7)?.parse().map_err(broken)?;
    let document = |column| row.get::<_, Option<String>>(column);
    let version = PluginVersion {
        id: PluginId::from_bytes(row.get(1)?),
        name: row.get(2)?,
        version: row.get(3)?,
        kind: row.get(4)?,
        sha256: row.get(5)?,
        bytes: row.get::<_, i64>(6)? as u64,
        state,
        active: state == VersionState::Active,
        manifest: document(8)?.map(|text| serde_json::from_str(&text)).transpose()?,
        report: document(9)?.map(|text| serde_json::from_str(&text)).transpose()?,
        created_at: Timestamp(row.get(10)?),
        changed_at: Timestamp(row.get(11)?),
        activated_at: row.get::<_, Option<i64>>(12)?.map(Timestamp),
        activated_by: row.get(13)?,
    };
    Ok((TenantKey(row.get(0)?), version))
}

fn one(db: &Connection, condition: &str, params: impl rusqlite::Params) -> Done<Option<PluginVersion>> {
    let mut statement = db.prepare_cached(&format!("{SELECT} WHERE {condition}"))?;
    let mut rows = statement.query(params)?;
    Ok(rows.next()?.map(read).transpose()?.map(|(_, version)| version))
}

fn many(db: &Connection, rest: &str, params: impl rusqlite::Params) -> Done<Vec<(TenantKey, PluginVersion)>> {
    let mut statement = db.prepare_cached(&format!("{SELECT} {rest}"))?;
    let mut rows = statement.query(params)?;
    let mut versions = Vec::new();
    while let Some(row) = rows.next()? {
        versions.push(read(row)?);
    }
    Ok(versions)
}

/// The version of that number, if there is one.
pub(crate) fn find(db: &Connection, tenant: i64, name: &str, version: &str) -> Done<Option<PluginVersion>> {
    one(db, "tenant = ?1 AND name = ?2 AND version = ?3", params![tenant, name, version])
}

/// The version of that number.
pub(crate) fn named(db: &Connection, tenant: i64, name: &str, version: &str) -> Done<PluginVersion> {
    find(db, tenant, name, version)?.map_or_else(|| not_found("plugin version"), Ok)
}

/// The version of that id.
pub(crate) fn by_id(db: &Connection, tenant: i64, id: PluginId) -> Done<PluginVersion> {
    one(db, "public_id = ?1 AND tenant = ?2", params![id.to_bytes(), tenant])?
        .map_or_else(|| not_found("plugin version"), Ok)
}

/// The active version of a name, if there is one.
pub(crate) fn active(db: &Connection, tenant: i64, name: &str) -> Done<Option<PluginVersion>> {
    one(db, "tenant = ?1 AND name = ?2 AND state = 'active'", params![tenant, name])
}

/// The version that a reference finds now, among those that passed every gate.
pub(crate) fn usable(db: &Connection, tenant: i64, plugin: &PluginRef) -> Done<PluginVersion> {
    let found = match &plugin.version {
        Some(version) => find(db, tenant, &plugin.name, version)?,
        None => active(db, tenant, &plugin.name)?,
    };
    match found {
        Some(version) if version.state.is_usable() => Ok(version),
        Some(version) => {
            let message =
                format!("{plugin} is {}; only a version that passed every gate can be used", version.state.word());
            Err(conflict("plugin_not_usable", message))
        }
        None => {
            let message = format!("{plugin} names no version of this account; GET /v1/plugins lists them");
            Err(conflict("unknown_plugin", message))
        }
    }
}

/// Of one tenant or of all, of one name or of all; by name and age.
pub(crate) fn all(
    db: &Connection,
    tenant: Option<TenantKey>,
    name: Option<&str>,
) -> Done<Vec<(TenantKey, PluginVersion)>> {
    let rest = "WHERE (?1 IS NULL OR tenant = ?1) AND (?2 IS NULL OR name = ?2) ORDER BY tenant, name, id";
    many(db, rest, params![tenant.map(|tenant| tenant.0), name])
}

/// What a host that died left in the middle.
pub(crate) fn unfinished(db: &Connection) -> Done<Vec<(TenantKey, PluginVersion)>> {
    many(db, "WHERE state IN ('compiling', 'testing') ORDER BY id", [])
}

/// What comes, as far as clashes are concerned.
pub(crate) struct Coming<'a> {
    pub name: &'a str,
    pub version: Option<&'a str>,
    pub kind: &'a str,
    pub sha256: &'a str,
}

/// The version that this is already; `Err` when it cannot come at all.
pub(crate) fn known(db: &Connection, tenant: i64, coming: &Coming<'_>) -> Done<Option<PluginVersion>> {
    let Coming { name, version, kind, sha256 } = coming;
    let other: Option<PluginVersion> = one(
        db,
        "tenant = ?1 AND name = ?2 AND kind <> ?3 AND state <> 'rejected' ORDER BY id LIMIT 1",
        params![tenant, name, kind],
    )?;
    if let Some(other) = other {
        let message = format!("{name} is a {} here and cannot become a {kind}; give it another name", other.kind);
        return Err(conflict("plugin_kind_differs", message));
    }
    let Some(version) = version else {
        let newest = one(db, "tenant = ?1 AND name = ?2 ORDER BY id DESC LIMIT 1", params![tenant, name])?;
        return Ok(newest.filter(|newest| newest.sha256 == *sha256));
    };
    match find(db, tenant, name, version)? {
        None => Ok(None),
        Some(kept) if kept.state == VersionState::Rejected => Ok(None),
        Some(kept) if kept.sha256 == *sha256 => Ok(Some(kept)),
        Some(_) => {
            let message =
                format!("{name}@{version} exists with other content; versions never change, raise the number");
            Err(conflict("version_exists", message))
        }
    }
}

fn next_count(op: &Op<'_>, name: &str) -> Done<String> {
    let most: i64 = op
        .db
        .prepare_cached(
            "SELECT coalesce(max(CAST(version AS INTEGER)), 0) FROM plugin_version WHERE tenant = ?1 AND name = ?2",
        )?
        .query_row(params![op.tenant(), name], |row| row.get(0))?;
    Ok((most + 1).to_string())
}

/// Names bytes that are there: from now on the version exists.
pub(crate) fn add(op: &mut Op<'_>, coming: &Coming<'_>, size: usize, report: Option<&Report>) -> Done<VersionAdded> {
    if let Some(version) = known(op.db, op.tenant(), coming)? {
        return Ok(VersionAdded { version, is_new: false });
    }
    content::must_be_whole(op, coming.sha256, size)?;
    let name = coming.name;
    let version = match coming.version {
        Some(version) => version.to_owned(),
        None => next_count(op, name)?,
    };
    let asked = room::Asked { name, version: coming.version, size, gated: report.is_some() };
    room::must_fit(op.db, op.tenant(), asked)?;
    let rejected = find(op.db, op.tenant(), name, &version)?.filter(|kept| kept.state == VersionState::Rejected);
    if let Some(rejected) = &rejected {
        remove(op, rejected.id)?;
    }
    let state = if report.is_some() { VersionState::Compiling } else { VersionState::Staged };
    let (manifest, report) = documents(report)?;
    let id = PluginId::mint(op.ctx.now, &mut op.rng);
    op.db
        .prepare_cached(
            "INSERT INTO plugin_version (public_id, tenant, name, version, kind, sha256, size, state, manifest, report,
                    created_at, changed_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11)",
        )?
        .execute(params![
            id.to_bytes(),
            op.tenant(),
            name,
            version,
            coming.kind,
            coming.sha256,
            size as i64,
            state.word(),
            manifest,
            report,
            op.now().0
        ])?;
    if let Some(rejected) = rejected {
        content::drop_unnamed(op.db, &rejected.sha256)?;
    }
    op.audit("plugin.add", &format!("{name}@{version}"))?;
    Ok(VersionAdded { version: by_id(op.db, op.tenant(), id)?, is_new: true })
}

/// The row goes; its bytes are the caller's business.
pub(crate) fn remove(op: &Op<'_>, id: PluginId) -> Done<()> {
    op.db
        .prepare_cached("DELETE FROM plugin_version WHERE tenant = ?1 AND public_id = ?2")?
        .execute(params![op.tenant(), id.to_bytes()])?;
    Ok(())
}

/// A report as it is kept: the manifest beside it, once.
fn documents(report: Option<&Report>) -> Done<(Option<String>, Option<String>)> {
    let Some(report) = report else { return Ok((None, None)) };
    let manifest = report.manifest.as_ref().map(serde_json::to_string).transpose()?;
    let bare = Report { manifest: None, ..report.clone() };
    Ok((manifest, Some(serde_json::to_string(&bare)?)))
}

/// The next step of the gates.
pub(crate) fn advance(op: &mut Op<'_>, id: PluginId, next: VersionState, report: &Report) -> Done<PluginVersion> {
    let now = by_id(op.db, op.tenant(), id)?;
    let by_gate = matches!(next, VersionState::Testing | VersionState::Staged | VersionState::Rejected);
    if !by_gate || !now.state.may_become(next) {
        return Err(cannot_become(&now, next));
    }
    let (_, report_kept) = documents(Some(report))?;
    op.db
        .prepare_cached(
            "UPDATE plugin_version SET state = ?3, report = ?4, changed_at = ?5 WHERE public_id = ?1 AND tenant = ?2",
        )?
        .execute(params![id.to_bytes(), op.tenant(), next.word(), report_kept, op.now().0])?;
    let version = by_id(op.db, op.tenant(), id)?;
    match next {
        VersionState::Staged => tell(op, "plugin.staged", &version, None),
        VersionState::Rejected => {
            let first = report.findings.first().map(|found| (found.code.as_str(), found.message.as_str()));
            tell(op, "plugin.failed", &version, Some(first.unwrap_or(("plugin_rejected", "the gates refused it"))));
        }
        _ => {}
    }
    Ok(version)
}

/// The refusal of a step that the states do not have.
pub(crate) fn cannot_become(version: &PluginVersion, next: VersionState) -> crate::sqlite::fault::Fault {
    let PluginVersion { name, version, state, .. } = version;
    let message = format!("{name}@{version} is {}, which cannot become {}", state.word(), next.word());
    conflict("plugin_state", message)
}

/// An event about a version.
pub(crate) fn tell(op: &mut Op<'_>, kind: &'static str, version: &PluginVersion, failure: Option<(&str, &str)>) {
    let PluginVersion { id, name, version, kind: plugin, state, .. } = version;
    let mut data = json!({ "id": id, "name": name, "version": version, "kind": plugin, "state": state });
    if let Some((code, message)) = failure {
        data["code"] = code.into();
        data["message"] = message.into();
    }
    op.event(op.ctx.tenant, kind, About::default(), data.to_string());
}
