//! Things by their numbers: the port `Numbered`.
//!
//! Lists by page number have to skip rows and to count them. Both go over an index and not over the rows where the index
//! knows enough; only the rows of the page are read whole. Leads that are asked for by campaign and status are not counted
//! at all: how many stand where is kept with every change.

use async_trait::async_trait;
use campanile_domain::ids::{CampaignKey, TenantKey};
use campanile_domain::ports::store::{
    Campaign, Counted, Numbered, NumberedCall, NumberedCalls, NumberedLead, NumberedLeads, Slice, Stored,
};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params_from_iter};

use super::campaigns::campaign;
use super::fault::{Done, not_found};
use super::store::SqliteStore;

mod calls;
mod leads;

#[async_trait]
impl Numbered for SqliteStore {
    async fn campaign_numbered(&self, tenant: TenantKey, number: i64) -> Stored<Campaign> {
        self.read(move |db| one(db, tenant, number)).await
    }
    async fn lead_numbered(&self, tenant: TenantKey, number: i64) -> Stored<NumberedLead> {
        self.read(move |db| leads::one(db, tenant, number)).await
    }
    async fn leads_numbered(
        &self,
        tenant: TenantKey,
        which: &NumberedLeads,
        slice: Slice,
    ) -> Stored<Counted<NumberedLead>> {
        let which = which.clone();
        self.read(move |db| leads::slice(db, tenant, &which, slice)).await
    }
    async fn call_numbered(&self, tenant: TenantKey, number: i64) -> Stored<NumberedCall> {
        self.read(move |db| calls::one(db, tenant, number)).await
    }
    async fn calls_numbered(
        &self,
        tenant: TenantKey,
        which: &NumberedCalls,
        slice: Slice,
    ) -> Stored<Counted<NumberedCall>> {
        let which = which.clone();
        self.read(move |db| calls::slice(db, tenant, &which, slice)).await
    }
}

fn one(db: &Connection, tenant: TenantKey, number: i64) -> Done<Campaign> {
    let found = campaign::numbered(db, tenant, CampaignKey(number))?;
    if found.kind.is_single() { not_found("campaign") } else { Ok(found) }
}

/// The conditions of a list, and the values that they name.
struct Conditions {
    text: String,
    values: Vec<Sql>,
}

impl Conditions {
    /// The first one, which holds for every row of a tenant.
    fn of(tenant: TenantKey, text: &str) -> Self {
        Self { text: text.to_owned(), values: vec![Sql::Integer(tenant.0)] }
    }

    /// One more; `??` stands for the value, `?1` for the tenant.
    fn and(&mut self, condition: &str, value: impl Into<Sql>) {
        self.values.push(value.into());
        let place = format!("?{}", self.values.len());
        self.text.push_str(&format!(" AND {}", condition.replace("??", &place)));
    }

    fn and_since(&mut self, column: &str, since: Option<campanile_domain::time::Timestamp>) {
        if let Some(at) = since {
            self.and(&format!("{column} >= ??"), at.0);
        }
    }

    fn and_until(&mut self, column: &str, until: Option<campanile_domain::time::Timestamp>) {
        if let Some(at) = until {
            self.and(&format!("{column} < ??"), at.0);
        }
    }

    fn count(&self, db: &Connection, from: &str) -> Done<u64> {
        let sql = format!("SELECT count(*) FROM {from} WHERE {}", self.text);
        let count: i64 = db.prepare_cached(&sql)?.query_row(params_from_iter(&self.values), |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    fn sum(&self, db: &Connection, from: &str, column: &str) -> Done<u64> {
        let sql = format!("SELECT coalesce(sum({column}), 0) FROM {from} WHERE {}", self.text);
        let sum: i64 = db.prepare_cached(&sql)?.query_row(params_from_iter(&self.values), |row| row.get(0))?;
        Ok(sum.unsigned_abs())
    }

    /// The keys of a slice, newest first.
    fn keys(&self, db: &Connection, (from, key): (&str, &str), slice: Slice) -> Done<Vec<i64>> {
        let Slice { offset, limit } = slice;
        let offset = i64::try_from(offset).unwrap_or(i64::MAX);
        let text = &self.text;
        let sql = format!("SELECT {key} FROM {from} WHERE {text} ORDER BY {key} DESC LIMIT {limit} OFFSET {offset}");
        let mut statement = db.prepare(&sql)?;
        let keys = statement.query_map(params_from_iter(&self.values), |row| row.get(0))?;
        Ok(keys.collect::<Result<_, _>>()?)
    }
}

/// What a text looks for within the digits of a phone; a plus is where the number begins.
fn part(text: &str) -> String {
    let kept: String = text.chars().filter(|letter| letter.is_ascii_digit() || *letter == '+').collect();
    format!("%{kept}%")
}
