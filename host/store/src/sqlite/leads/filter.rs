//! Which leads are meant: by a list, a dry run, a bulk update. One room, so that what was counted is what is changed.
//!
//! Every condition stands in the question; what differs is where the question begins, and it begins where the fewest
//! leads are: at the phones or the external ids that are named, at the places that the counts say are not empty
//! (`lead_place` has each of them in the order of its leads), or at the leads of the campaign or the tenant in their
//! order. Each beginning is written so that SQLite can take no other, because it knows nothing of how many there are.
//!
//! Ids outside grow with time (UUIDv7), so instants of creation are a range of them.

use campanile_domain::attempt::{AttemptState, Outcome};
use campanile_domain::gate::Gate;
use campanile_domain::ids::{CampaignKey, TenantKey};
use campanile_domain::lead::LeadState;
use campanile_domain::ports::store::{LeadFilter, LeadSort, WaitsAt};
use campanile_domain::time::Timestamp;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params_from_iter};

use crate::sqlite::campaigns::campaign;
use crate::sqlite::codes::Code;
use crate::sqlite::fault::Done;
use crate::sqlite::row::{codes_of, digits, list};

/// So many leads are few.
const FEW: i64 = 5_000;

/// A question about leads, of a table called `f`.
pub(crate) struct Question {
    from: From,
    conditions: String,
    values: Vec<Sql>,
}

/// Where a question begins.
enum From {
    /// At the leads of these keys; SQL that lists them.
    Named(String),
    /// At the places that are not empty; SQL that lists them.
    Places(String),
    /// At all of a campaign.
    Campaign,
    /// At all of a tenant.
    Tenant,
}

impl Question {
    fn value(&mut self, value: impl Into<Sql>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }

    fn and(&mut self, condition: &str) {
        self.conditions.push_str(" AND ");
        self.conditions.push_str(condition);
    }

    /// What a filter asks of a tenant's leads.
    pub(crate) fn of(db: &Connection, tenant: TenantKey, filter: &LeadFilter) -> Done<Self> {
        let conditions = "f.tenant = ?1 AND f.state <> 27".to_owned();
        let mut ask = Self { from: From::Tenant, conditions, values: vec![Sql::Integer(tenant.0)] };
        let campaign = filter.campaign.map(|id| campaign::key_of(db, tenant, id)).transpose()?;
        match campaign {
            Some(CampaignKey(key)) => {
                let key = ask.value(key);
                ask.and(&format!("f.campaign = {key}"));
                ask.from = From::Campaign;
            }
            None => {
                ask.and("NOT EXISTS (SELECT 1 FROM campaign c WHERE c.id = f.campaign AND c.deleted_at IS NOT NULL)")
            }
        }
        ask.places(filter);
        ask.created(db, filter)?;
        ask.names(filter);
        if filter.not_reached {
            let codes = ask.value(codes_of(|state: AttemptState| {
                matches!(state, AttemptState::InProgress | AttemptState::Ended(Outcome::Answered))
            }));
            ask.and(&format!(
                "NOT EXISTS (SELECT 1 FROM attempt a WHERE a.lead = f.id AND a.state IN (SELECT value FROM json_each({codes})))"
            ));
        }
        for (name, value) in filter.variables.iter() {
            let path = ask.value(format!("$.{}", serde_json::to_string(name)?));
            let wanted = ask.value(serde_json::to_string(value)?);
            // Whole and as it is written: "1" is not 1, and undetermined is not left out.
            ask.and(&format!(
                "(SELECT json_extract(d.variables, {path}) IS json_extract({wanted}, '$')
                    AND json_type(d.variables, {path}) IS json_type({wanted}) FROM lead_data d WHERE d.lead = f.id)"
            ));
        }
        Ok(ask)
    }

    /// Conditions that the counts know.
    fn places(&mut self, filter: &LeadFilter) {
        let meant = |state: &LeadState| {
            filter.status.as_ref().is_none_or(|status| state.status() == status)
                && filter.reason.as_ref().is_none_or(|reason| state.reason() == Some(reason))
        };
        let mut counted = Vec::new();
        if filter.status.is_some() || filter.reason.is_some() {
            let codes = (0..=u8::MAX).filter(|code| LeadState::read(*code).is_ok_and(|state| meant(&state)));
            let codes = self.value(list(codes.map(i64::from)));
            self.and(&format!("f.state IN (SELECT value FROM json_each({codes}))"));
            counted.push(format!("n.state IN (SELECT value FROM json_each({codes}))"));
        }
        if let Some((at, now)) = filter.waits_at {
            self.waits_at(at, now, &mut counted);
        }
        if counted.is_empty() {
            return;
        }
        let whose = match self.from {
            From::Campaign => "n.campaign = ?2".to_owned(),
            _ => "n.campaign IN (SELECT id FROM campaign WHERE tenant = ?1 AND deleted_at IS NULL)".to_owned(),
        };
        self.from = From::Places(format!(
            "SELECT n.campaign, n.state, n.gate FROM lead_count n WHERE {whose} AND n.zone_group = 0 AND n.n > 0 AND {}",
            counted.join(" AND ")
        ));
    }

    /// The gate that a lead waits at, as the counts per gate tell it: one that parked it, or its own time.
    fn waits_at(&mut self, at: WaitsAt, now: Timestamp, counted: &mut Vec<String>) {
        let now = self.value(now.0);
        let fresh = "((f.queue % 4) + 4) % 4 = 1";
        match at {
            WaitsAt::Nothing => {
                self.and(&format!(
                    "f.gate = 0 AND (f.state IN (0, 2) OR (f.state IN (1, 3, 4) AND f.due_at <= {now}))"
                ));
                counted.push("n.gate = 0 AND n.state IN (0, 1, 2, 3, 4)".to_owned());
            }
            WaitsAt::Gate(gate) => {
                let number = self.value(i64::from(gate.number()));
                let own = match gate {
                    Gate::LeadNotBefore => fresh.to_owned(),
                    Gate::LeadRetryWait => format!("NOT ({fresh})"),
                    _ => {
                        self.and(&format!("f.gate = {number}"));
                        counted.push(format!("n.gate = {number}"));
                        return;
                    }
                };
                self.and(&format!(
                    "(f.gate = {number} OR (f.gate = 0 AND f.state IN (1, 3, 4) AND f.due_at > {now} AND {own}))"
                ));
                counted.push(format!("(n.gate = {number} OR (n.gate = 0 AND n.state IN (1, 3, 4)))"));
            }
        }
    }

    /// Instants of creation, which the ids outside begin with. A range that few leads are in, whoever has them, is where the
    /// question begins; the keys inside are in no such order, because a write waits for its turn with the time it has.
    fn created(&mut self, db: &Connection, filter: &LeadFilter) -> Done<()> {
        if filter.created_since.is_none() && filter.created_until.is_none() {
            return Ok(());
        }
        let since = self.value(filter.created_since.map_or([0; 16], first_id).to_vec());
        let until = self.value(filter.created_until.map_or([u8::MAX; 16], first_id).to_vec());
        self.and(&format!("f.public_id >= {since} AND f.public_id < {until}"));
        let range = format!("lead r INDEXED BY lead_public WHERE r.public_id >= {since} AND r.public_id < {until}");
        if matches!(self.from, From::Campaign | From::Tenant) {
            let sql = format!("SELECT count(*) FROM (SELECT 1 FROM {range} LIMIT {FEW} + 1)");
            let values = params_from_iter(self.values.clone());
            let there: i64 = db.prepare_cached(&sql)?.query_row(values, |row| row.get(0))?;
            if there <= FEW {
                self.from = From::Named(format!("SELECT r.id AS lead FROM {range}"));
            }
        }
        Ok(())
    }

    /// Phones and external ids. They are few, so the question begins at them.
    fn names(&mut self, filter: &LeadFilter) {
        if !filter.external_ids.is_empty() {
            let ids = self.value(serde_json::json!(filter.external_ids).to_string());
            let whose = match filter.campaign {
                Some(_) => "c.id = ?2",
                None => "c.tenant = ?1",
            };
            let named = format!(
                "SELECT d.lead FROM (SELECT c.id AS campaign, 0 AS source FROM campaign c WHERE {whose}
                    UNION ALL SELECT c.id, s.id FROM source s JOIN campaign c ON c.id = s.campaign WHERE {whose}) p
                 CROSS JOIN json_each({ids}) w CROSS JOIN lead_data d INDEXED BY lead_external
                    ON d.campaign = p.campaign AND d.source = p.source AND d.external_id = w.value
                 WHERE d.external_id IS NOT NULL"
            );
            self.and(&format!(
                "(SELECT d.external_id FROM lead_data d WHERE d.lead = f.id) IN (SELECT value FROM json_each({ids}))"
            ));
            self.from = From::Named(named);
        }
        if !filter.phones.is_empty() {
            let phones = self.value(list(filter.phones.iter().map(|phone| digits(*phone))));
            self.and(&format!(
                "EXISTS (SELECT 1 FROM contact t WHERE t.lead = f.id AND t.phone IN (SELECT value FROM json_each({phones})))"
            ));
            let named = format!(
                "SELECT DISTINCT t.lead FROM json_each({phones}) w
                 CROSS JOIN contact t INDEXED BY contact_phone ON t.tenant = ?1 AND t.phone = w.value"
            );
            if filter.external_ids.is_empty() {
                self.from = From::Named(named);
            }
        }
    }

    /// The keys of those behind `after`, in order; at most `limit`.
    pub(crate) fn keys(&self, db: &Connection, order: LeadSort, after: Option<i64>, limit: u32) -> Done<Vec<i64>> {
        let (sql, values) = self.page(order, after, limit);
        let mut statement = db.prepare_cached(&sql)?;
        let keys = statement.query_map(params_from_iter(values), |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(keys)
    }

    fn page(&self, order: LeadSort, after: Option<i64>, limit: u32) -> (String, Vec<Sql>) {
        let (compare, direction) = match order {
            LeadSort::Newest => ("<", "DESC"),
            LeadSort::Oldest => (">", "ASC"),
        };
        let mut values = self.values.clone();
        let mut conditions = self.conditions.clone();
        if let Some(after) = after {
            values.push(Sql::Integer(after));
            conditions.push_str(&format!(" AND f.id {compare} ?{}", values.len()));
        }
        let end = format!("ORDER BY f.id {direction} LIMIT {limit}");
        let sql = match &self.from {
            From::Named(named) => {
                format!(
                    "SELECT DISTINCT f.id FROM ({named}) k CROSS JOIN lead f ON f.id = k.lead WHERE {conditions} {end}"
                )
            }
            // Of each place no more than the page has room for.
            From::Places(places) => format!(
                "SELECT l.id FROM ({places}) p CROSS JOIN lead l ON l.id IN (
                   SELECT f.id FROM lead f INDEXED BY lead_place
                   WHERE f.campaign = p.campaign AND f.state = p.state AND f.gate = p.gate AND {conditions} {end})
                 ORDER BY l.id {direction} LIMIT {limit}"
            ),
            From::Campaign => format!("SELECT f.id FROM lead f INDEXED BY lead_of_campaign WHERE {conditions} {end}"),
            From::Tenant => format!("SELECT f.id FROM lead f INDEXED BY lead_of_tenant WHERE {conditions} {end}"),
        };
        (sql, values)
    }

    /// How many there are.
    pub(crate) fn count(&self, db: &Connection) -> Done<u64> {
        let conditions = &self.conditions;
        let from = match &self.from {
            From::Named(named) => format!("({named}) k CROSS JOIN lead f ON f.id = k.lead"),
            From::Places(places) => format!(
                "({places}) p CROSS JOIN lead f INDEXED BY lead_place
                 ON f.campaign = p.campaign AND f.state = p.state AND f.gate = p.gate"
            ),
            From::Campaign => "lead f INDEXED BY lead_of_campaign".to_owned(),
            From::Tenant => "lead f INDEXED BY lead_of_tenant".to_owned(),
        };
        let sql = format!("SELECT count(DISTINCT f.id) FROM {from} WHERE {conditions}");
        let values = params_from_iter(self.values.clone());
        let count: i64 = db.prepare_cached(&sql)?.query_row(values, |row| row.get(0))?;
        Ok(count as u64)
    }

    /// Those of these keys that are still meant, in order.
    pub(crate) fn still(&self, db: &Connection, keys: &[i64]) -> Done<Vec<i64>> {
        let mut values = self.values.clone();
        values.push(Sql::Text(list(keys.iter().copied())));
        let sql = format!(
            "SELECT f.id FROM json_each(?{}) k CROSS JOIN lead f ON f.id = k.value WHERE {} ORDER BY f.id",
            values.len(),
            self.conditions
        );
        let mut statement = db.prepare_cached(&sql)?;
        let keys = statement.query_map(params_from_iter(values), |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(keys)
    }
}

/// No id of an earlier instant is as great, and none of this or a later one is less.
fn first_id(at: Timestamp) -> [u8; 16] {
    let mut id = [0; 16];
    let millis = u64::try_from(at.0).unwrap_or(0).to_be_bytes();
    id[..6].copy_from_slice(&millis[2..]);
    id
}

#[cfg(test)]
mod tests {
    use campanile_domain::ids::CampaignId;
    use campanile_domain::phone::Phone;
    use campanile_domain::variable::Variables;

    use super::*;
    use crate::sqlite::migrate::{self, Database};
    use crate::sqlite::profile;

    const AT: Timestamp = Timestamp(1_772_463_600_000);

    fn filters(campaign: Option<CampaignId>) -> Vec<LeadFilter> {
        let all = || LeadFilter { campaign, ..LeadFilter::default() };
        let phone: Phone = "+14155552671".parse().unwrap();
        let mut variables = Variables::new();
        variables.set("a \"b\".c", true);
        vec![
            all(),
            LeadFilter { status: Some("completed".into()), ..all() },
            LeadFilter { reason: Some("by_policy".into()), ..all() },
            LeadFilter { waits_at: Some((WaitsAt::Nothing, AT)), ..all() },
            LeadFilter { waits_at: Some((WaitsAt::Gate(Gate::PhoneGap), AT)), ..all() },
            LeadFilter {
                waits_at: Some((WaitsAt::Gate(Gate::LeadRetryWait), AT)),
                status: Some("rescheduled".into()),
                ..all()
            },
            LeadFilter { phones: vec![phone], status: Some("created".into()), ..all() },
            LeadFilter { external_ids: vec!["a".into()], phones: vec![phone], ..all() },
            LeadFilter { created_since: Some(AT), created_until: Some(AT + 5), ..all() },
            LeadFilter { variables, sort: LeadSort::Oldest, ..all() },
        ]
    }

    #[test]
    fn no_question_walks_through_a_table() {
        let mut db = profile::memory().unwrap();
        migrate::run(&mut db, Database::Main).unwrap();
        db.execute_batch(
            "INSERT INTO tenant (id, public_id, name, limits, created_at) VALUES (1, x'01', '', '{}', 0);
             INSERT INTO gateway (id, public_id, tenant, name, kind, settings, hook_token, created_at)
               VALUES (1, x'01', 1, '', '', '', '', 0);
             INSERT INTO assistant (id, public_id, tenant, gateway, config, created_at, updated_at)
               VALUES (1, x'01', 1, 1, '', 0, 0);
             INSERT INTO campaign (id, public_id, tenant, assistant, state, reason, created_at, updated_at)
               VALUES (1, x'00000000000000000000000000000001', 1, 1, 0, '', 0, 0);",
        )
        .unwrap();
        for campaign in [None, Some(CampaignId(1))] {
            for filter in filters(campaign) {
                let ask = Question::of(&db, TenantKey(1), &filter).unwrap();
                for after in [None, Some(7)] {
                    let (sql, values) = ask.page(filter.sort, after, 51);
                    let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
                    let plan: Vec<String> = statement
                        .query_map(params_from_iter(values), |row| row.get(3))
                        .unwrap()
                        .collect::<Result<_, _>>()
                        .unwrap();
                    let big = ["SCAN f", "SCAN l", "SCAN d", "SCAN t", "SCAN contact", "SCAN lead"];
                    let walks = plan
                        .iter()
                        .any(|step| big.iter().any(|walk| *step == *walk || step.starts_with(&format!("{walk} "))));
                    assert!(!walks, "{filter:?}\n{sql}\n{plan:#?}");
                    let named = !filter.phones.is_empty() || !filter.external_ids.is_empty();
                    let placed = filter.status.is_some() || filter.reason.is_some() || filter.waits_at.is_some();
                    let sorts = plan.iter().any(|step| step.contains("TEMP B-TREE FOR ORDER BY"));
                    assert!(!sorts || named || placed, "only what is few is sorted: {plan:#?}");
                    ask.keys(&db, filter.sort, after, 51).unwrap();
                }
                assert_eq!(ask.count(&db).unwrap(), 0);
                assert!(ask.still(&db, &[1, 2]).unwrap().is_empty());
            }
        }
    }

    #[test]
    fn instants_are_ranges_of_ids() {
        let id = campanile_domain::ids::LeadId::from_bytes;
        for (at, other) in [(AT, AT), (AT, AT + 1), (AT + 1, AT)] {
            use rand_core::SeedableRng;
            let minted = campanile_domain::ids::LeadId::mint(other, &mut rand_chacha::ChaCha8Rng::seed_from_u64(7));
            assert_eq!(minted.to_bytes() >= first_id(at), other >= at);
        }
        assert!(id(first_id(AT)).to_bytes() > first_id(AT - 1));
    }
}
