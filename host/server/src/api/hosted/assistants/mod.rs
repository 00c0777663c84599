//! Assistants, as far as this host has what clients of hosted calling platforms know.
//!
//! Who speaks, with which words and which voice, is the voice gateway's business here. A wish about that is refused and not
//! kept: a prompt that is stored and never spoken would let people be called with the old one while its owner reads "updated".

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod enable_webhook;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod phone_numbers;
pub(crate) mod update;

mod shown;
mod webhook;
mod wish;

use std::collections::BTreeSet;

use campanile_domain::ids::TenantKey;
use campanile_domain::phone::Phone;
use campanile_domain::ports::store::Assistant;
use campanile_domain::variable::ValueKind;

use super::refusal::Refusal;
use crate::app::App;

/// The assistant of a number among those of an account.
pub(super) fn numbered(known: Vec<Assistant>, number: i64) -> Option<Assistant> {
    known.into_iter().find(|assistant| assistant.key.0 == number)
}

/// The assistant of a number.
pub(super) async fn of(app: &App, tenant: TenantKey, number: i64) -> Result<Assistant, Refusal> {
    let known = app.store.assistants(tenant).await?;
    numbered(known, number).ok_or_else(|| Refusal::not_found("assistant", number))
}

/// The numbers that an account calls from, each once. A number has its digits as its id.
pub(super) fn phones(known: &[Assistant]) -> Vec<Phone> {
    let all: BTreeSet<Phone> =
        known.iter().flat_map(|assistant| assistant.config.phone_numbers.iter().copied()).collect();
    all.into_iter().collect()
}

/// The word for the type of an answer: those platforms have three.
pub(super) const fn kind_there(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Boolean => "bool",
        ValueKind::Number => "number",
        ValueKind::Text | ValueKind::DateTime | ValueKind::Choice => "string",
    }
}
