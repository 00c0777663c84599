//! The endpoints.

use campanile_domain::ids::{AssistantId, CampaignId, TenantKey, WebhookId, WebhookKey};
use campanile_domain::plugin::secrets::SecretString;
use campanile_domain::ports::store::{InstanceReason, SecretOwner, Webhook, WebhookConfig};
use campanile_domain::time::Timestamp;
use campanile_domain::webhook::{MOST_OF_ASSISTANTS, MOST_OF_TENANT, WebhookFormat};
use rusqlite::{Connection, Row, params};

use crate::sqlite::accounts::assistants;
use crate::sqlite::campaigns::campaign;
use crate::sqlite::credentials::secrets;
use crate::sqlite::fault::{Done, conflict, not_found};
use crate::sqlite::instances::reason;
use crate::sqlite::op::{About, Op};
use crate::vault::Vault;

const SELECT: &str =
    "SELECT w.id, w.public_id, w.tenant, w.url, w.events, c.public_id, w.description, w.enabled, w.reason,
        w.failing_since, w.old_secret_until, w.created_at, w.updated_at,
        (SELECT count(*) FROM webhook_delivery d INDEXED BY webhook_delivery_due WHERE d.webhook = w.id AND d.state = 0),
        (SELECT count(*) FROM webhook_delivery d INDEXED BY webhook_delivery_failed WHERE d.webhook = w.id AND d.state = 3),
        a.public_id, w.format, w.only_completed
    FROM webhook w LEFT JOIN campaign c ON c.id = w.campaign LEFT JOIN assistant a ON a.id = w.assistant";
/// What signs.
pub(super) const SECRET: &str = "signing";
/// What signed before the last rotation.
pub(super) const SECRET_BEFORE: &str = "signing_before";

fn read(row: &Row<'_>) -> Done<Webhook> {
    let at = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(Timestamp));
    Ok(Webhook {
        key: WebhookKey(row.get(0)?),
        id: WebhookId::from_bytes(row.get(1)?),
        tenant: TenantKey(row.get(2)?),
        url: row.get(3)?,
        events: row.get::<_, Option<String>>(4)?.map(|text| serde_json::from_str(&text)).transpose()?,
        campaign: row.get::<_, Option<[u8; 16]>>(5)?.map(CampaignId::from_bytes),
        description: row.get(6)?,
        enabled: row.get(7)?,
        status_reason: serde_json::from_str(&row.get::<_, String>(8)?)?,
        failing_since: at(9)?,
        old_secret_until: at(10)?,
        created_at: Timestamp(row.get(11)?),
        updated_at: Timestamp(row.get(12)?),
        waiting: row.get::<_, i64>(13)? as u64,
        failed: row.get::<_, i64>(14)? as u64,
        assistant: row.get::<_, Option<[u8; 16]>>(15)?.map(AssistantId::from_bytes),
        format: format_of(row.get(16)?),
        only_completed: row.get(17)?,
    })
}

/// Of its code.
pub(super) const fn format_of(code: i64) -> WebhookFormat {
    if code == 1 { WebhookFormat::Hosted } else { WebhookFormat::Standard }
}

const fn code_of(format: WebhookFormat) -> i64 {
    match format {
        WebhookFormat::Standard => 0,
        WebhookFormat::Hosted => 1,
    }
}

/// By its key.
pub(super) fn by_key(db: &Connection, key: WebhookKey) -> Done<Webhook> {
    let mut statement = db.prepare_cached(&format!("{SELECT} WHERE w.id = ?1 AND w.deleted_at IS NULL"))?;
    let mut rows = statement.query([key.0])?;
    rows.next()?.map_or_else(|| not_found("webhook"), read)
}

/// A tenant's.
pub(crate) fn of_tenant(db: &Connection, tenant: TenantKey, id: WebhookId) -> Done<Webhook> {
    let sql = format!("{SELECT} WHERE w.public_id = ?1 AND w.tenant = ?2 AND w.deleted_at IS NULL");
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(params![id.to_bytes(), tenant.0])?;
    rows.next()?.map_or_else(|| not_found("webhook"), read)
}

/// A tenant's, oldest first.
pub(super) fn all(db: &Connection, tenant: TenantKey) -> Done<Vec<Webhook>> {
    let sql = format!("{SELECT} WHERE w.tenant = ?1 AND w.deleted_at IS NULL ORDER BY w.id");
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query([tenant.0])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

fn columns(op: &Op<'_>, config: &WebhookConfig) -> Done<(Option<String>, Option<i64>)> {
    let events = config.events.as_ref().map(serde_json::to_string).transpose()?;
    let campaign = config.campaign.map(|id| campaign::key_of(op.db, op.ctx.tenant, id)).transpose()?;
    Ok((events, campaign.map(|key| key.0)))
}

/// Why one is told, or not, when its owner says so.
fn by_hand(op: &Op<'_>, enabled: bool) -> InstanceReason {
    let detail = if enabled {
        "told of what happens from now on; POST /v1/webhooks/{id}/recover brings back what it missed"
    } else {
        "what waits is sent when it is enabled again; what happens meanwhile is not, but can be recovered then"
    };
    reason(op, "by_hand", detail)
}

/// Makes one, told of what happens from now on.
pub(super) fn create(op: &mut Op<'_>, vault: &Vault, new: &WebhookConfig, secret: &SecretString) -> Done<Webhook> {
    let assistant = new.assistant.map(|id| assistants::one(op.db, op.ctx.tenant, id)).transpose()?;
    must_have_room(op, new)?;
    let id = WebhookId::mint(op.ctx.now, &mut op.rng);
    let (events, campaign) = columns(op, new)?;
    let why = if new.enabled { reason(op, "created", "") } else { by_hand(op, false) };
    op.db
        .prepare_cached(
            "INSERT INTO webhook (public_id, tenant, url, events, campaign, description, enabled, reason, position, next_at,
                    created_at, updated_at, assistant, format, only_completed)
             SELECT ?1, id, ?3, ?4, ?5, ?6, ?7, ?8, event_seq, ?9, ?9, ?9, ?10, ?11, ?12 FROM tenant WHERE id = ?2",
        )?
        .execute(params![
            id.to_bytes(),
            op.tenant(),
            new.url,
            events,
            campaign,
            new.description,
            new.enabled,
            serde_json::to_string(&why)?,
            op.now().0,
            assistant.map(|assistant| assistant.key.0),
            code_of(new.format),
            new.only_completed,
        ])?;
    let key = WebhookKey(op.db.last_insert_rowid());
    secrets::put(op, vault, &SecretOwner::Webhook(id), SECRET, secret)?;
    op.audit("webhook.create", &id)?;
    by_key(op.db, key)
}

/// Those that are told after the calls of one assistant are counted by themselves: each assistant may have one.
fn must_have_room(op: &Op<'_>, new: &WebhookConfig) -> Done<()> {
    let is_of_assistant =
        |format, assistant: Option<AssistantId>| format == WebhookFormat::Hosted && assistant.is_some();
    let known = all(op.db, op.ctx.tenant)?;
    let after_calls = is_of_assistant(new.format, new.assistant);
    let alike: Vec<_> = known.iter().filter(|one| is_of_assistant(one.format, one.assistant) == after_calls).collect();
    if let Some(one) = alike.iter().find(|one| after_calls && one.assistant == new.assistant) {
        let message =
            format!("the assistant has a webhook of this format, {}; change that one or take it out first", one.id);
        return Err(conflict("webhook_of_assistant", message));
    }
    let (held, most) = (alike.len(), if after_calls { MOST_OF_ASSISTANTS } else { MOST_OF_TENANT });
    if held >= most {
        let message = format!(
            "the account has {held} webhooks{}, and {most} are the most; take one out that nobody needs, or have one \
             endpoint share events out",
            if after_calls { " of single assistants" } else { "" }
        );
        return Err(conflict("too_many_webhooks", message));
    }
    Ok(())
}

/// Changes one. Another address begins without a past; one that is enabled again begins with what happens from now on.
pub(super) fn update(op: &mut Op<'_>, id: WebhookId, config: &WebhookConfig) -> Done<Webhook> {
    let before = of_tenant(op.db, op.ctx.tenant, id)?;
    let (events, campaign) = columns(op, config)?;
    let why = if config.enabled == before.enabled { before.status_reason } else { by_hand(op, config.enabled) };
    let enabled_again = config.enabled && !before.enabled;
    op.db
        .prepare_cached(
            "UPDATE webhook SET url = ?2, events = ?3, campaign = ?4, description = ?5, enabled = ?6, reason = ?7,
                    updated_at = ?8, only_completed = ?11,
                    position = CASE WHEN ?9 THEN (SELECT event_seq FROM tenant WHERE id = tenant) ELSE position END,
                    recover_until = CASE WHEN ?9 THEN 0 ELSE recover_until END,
                    faults = CASE WHEN ?10 THEN 0 ELSE faults END,
                    failing_since = CASE WHEN ?10 THEN NULL ELSE failing_since END,
                    next_at = CASE WHEN ?10 THEN ?8 ELSE next_at END
             WHERE id = ?1",
        )?
        .execute(params![
            before.key.0,
            config.url,
            events,
            campaign,
            config.description,
            config.enabled,
            serde_json::to_string(&why)?,
            op.now().0,
            enabled_again,
            enabled_again || config.url != before.url,
            config.only_completed,
        ])?;
    op.audit("webhook.update", &id)?;
    by_key(op.db, before.key)
}

/// Takes one out. Its secrets go at once; its deliveries go by the piece as the log is read on.
pub(super) fn delete(op: &mut Op<'_>, id: WebhookId) -> Done<()> {
    let webhook = of_tenant(op.db, op.ctx.tenant, id)?;
    op.db
        .prepare_cached("UPDATE webhook SET deleted_at = ?2, url = '', description = '' WHERE id = ?1")?
        .execute(params![webhook.key.0, op.now().0])?;
    secrets::forget(op, &SecretOwner::Webhook(id))?;
    op.audit("webhook.delete", &id)
}

/// Takes out those of an assistant that goes.
pub(crate) fn delete_of(op: &mut Op<'_>, assistant: AssistantId) -> Done<()> {
    let known = all(op.db, op.ctx.tenant)?;
    known.iter().filter(|one| one.assistant == Some(assistant)).try_for_each(|one| delete(op, one.id))
}

/// Signs with another secret from now on, and with the one before for a while.
pub(super) fn rotate(
    op: &mut Op<'_>,
    vault: &Vault,
    id: WebhookId,
    secret: &SecretString,
    old_until: Timestamp,
) -> Done<Webhook> {
    let webhook = of_tenant(op.db, op.ctx.tenant, id)?;
    let owner = SecretOwner::Webhook(id);
    // One that cannot be opened any more, because the host's key is another one, signs nothing either.
    let held = secrets::all(op.db, vault, op.ctx.tenant, &owner).unwrap_or_default();
    if let Some(before) = held.get(SECRET) {
        secrets::put(op, vault, &owner, SECRET_BEFORE, before)?;
    }
    secrets::put(op, vault, &owner, SECRET, secret)?;
    op.db
        .prepare_cached("UPDATE webhook SET old_secret_until = ?2, updated_at = ?3 WHERE id = ?1")?
        .execute(params![webhook.key.0, old_until.0, op.now().0])?;
    op.audit("webhook.rotate_secret", &id)?;
    by_key(op.db, webhook.key)
}

/// It is not told any more, and the account is told so.
pub(super) fn disable(op: &mut Op<'_>, key: WebhookKey, code: &str, detail: &str) -> Done<()> {
    let webhook = by_key(op.db, key)?;
    let why = reason(op, code, detail);
    op.db
        .prepare_cached("UPDATE webhook SET enabled = 0, reason = ?2 WHERE id = ?1")?
        .execute(params![key.0, serde_json::to_string(&why)?])?;
    let data = serde_json::json!({
        "id": webhook.id, "url": webhook.url, "description": webhook.description, "enabled": false,
        "status_reason": why, "failing_since": webhook.failing_since, "previous": { "enabled": true },
    });
    op.event(webhook.tenant, "webhook.disabled", About::default(), data.to_string());
    Ok(())
}

/// Refuses what asks a webhook to be told that is not.
pub(super) fn must_be_enabled(webhook: &Webhook) -> Done<()> {
    if webhook.enabled {
        return Ok(());
    }
    let message = format!(
        "{} is disabled ({}); enable it first with PATCH /v1/webhooks/{}",
        webhook.id, webhook.status_reason.code, webhook.id
    );
    Err(conflict("webhook_disabled", message))
}
