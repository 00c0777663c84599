//! Scripts that nobody has kept yet, tried: on cases that their author wrote, and on calls that happened.
//!
//! The cases are the same on an author's disk and over HTTP, because they are put here. Nothing is decided by it: a draft is
//! asked at the rank of those whose answer moves nobody.

mod asking;
mod cases;
mod judging;
mod past;
mod usual;
mod which;

use std::sync::Arc;

use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::PluginRef;
use campanile_domain::ports::mapper::{MapCall, RowMapper};
use campanile_domain::ports::policy::{PolicyCall, PolicyRunner};
use serde::Serialize;
use serde_json::Value;

use self::asking::Wrong;
pub use self::cases::Case;
use self::judging::{Differences, failed};
pub(crate) use self::past::{Asked, Past, Ran};
pub(crate) use self::which::Which;
use crate::ports::{ScriptRole, Scripts};

/// A draft and whom it is asked through.
pub struct Bench<'a> {
    /// On whose behalf, and within whose limits.
    pub tenant: TenantKey,
    /// Asks it to decide.
    pub policies: &'a dyn PolicyRunner,
    /// Asks it to map rows.
    pub mapper: &'a dyn RowMapper,
    /// Asks it to evaluate.
    pub scripts: &'a dyn Scripts,
    /// What it is called.
    pub name: PluginRef,
    /// The draft.
    pub source: Arc<str>,
    /// What it can be asked.
    pub roles: &'a [ScriptRole],
}

/// What became of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CaseResult {
    /// Its name.
    pub case: String,
    /// It is as expected.
    pub passed: bool,
    /// What is different.
    pub difference: Option<String>,
}

impl Bench<'_> {
    /// Puts a case.
    pub async fn put(&self, case: &Case) -> CaseResult {
        let put = self.asked(case).await;
        let difference = put.unwrap_or_else(|wrong| Some(format!("the case cannot be put: {wrong}")));
        CaseResult { case: case.name.clone(), passed: difference.is_none(), difference }
    }

    fn must_play(&self, role: ScriptRole) -> Result<(), Wrong> {
        if self.roles.contains(&role) {
            return Ok(());
        }
        Err(format!("the script does not define {}", role.function()))
    }

    async fn asked(&self, case: &Case) -> Result<Option<String>, Wrong> {
        let settings = Value::Object(case.settings.clone());
        let zone = asking::zone(case)?;
        let told = |found: Result<Differences, Wrong>| found.map(Differences::told);
        match (&case.calls, &case.said, &case.row) {
            (Some(calls), None, None) => {
                self.must_play(ScriptRole::RetryPolicy)?;
                let call = PolicyCall {
                    tenant: self.tenant,
                    policy: self.name.clone(),
                    settings,
                    input: asking::decision(case, calls)?,
                    calendar: asking::calendar(case)?,
                };
                match self.policies.consider(&call, Some(&self.source)).await.decision {
                    Ok(decision) => told(judging::decision(&case.expect, &decision, &zone)),
                    Err(failure) => Ok(failed(&case.expect, &failure.message)),
                }
            }
            (None, Some(said), None) => {
                self.must_play(ScriptRole::CallEvaluator)?;
                let (input, calendar) = (asking::evaluation(case, said)?, asking::calendar(case)?);
                match self.scripts.evaluate(self.tenant, &self.source, &settings, &input, calendar).await.answer {
                    Ok(evaluation) => told(judging::evaluation(&case.expect, &evaluation, &zone)),
                    Err(failure) => Ok(failed(&case.expect, &failure.message)),
                }
            }
            (None, None, Some(cells)) => {
                self.must_play(ScriptRole::RowMapping)?;
                let (columns, row) = asking::row(cells);
                let (script, draft) = (self.name.clone(), Some(Arc::clone(&self.source)));
                let call = MapCall { tenant: self.tenant, script, draft, columns: columns.into() };
                match self.mapper.map_rows(&call, vec![row]).await {
                    Ok(mapped) => match mapped.first() {
                        Some(mapped) => told(judging::row(&case.expect, mapped, &zone)),
                        None => Err("nothing was answered".to_owned()),
                    },
                    Err(failure) => Ok(failed(&case.expect, &failure.message)),
                }
            }
            _ => Err("write one of calls (for decide), said (for evaluate) and row (for map_row)".to_owned()),
        }
    }
}
