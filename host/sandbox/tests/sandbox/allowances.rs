//! What a tenant may use less of than others: it binds from the next call on, cold and warm, and binds nobody else.

use campanile_domain::attempt::Outcome::Unanswered;
use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::allowance::{Allowance, KindAllowance};
use campanile_domain::policy::Decision;
use campanile_domain::ports::policy::{PolicyAnswer, PolicyRunner};
use campanile_sandbox::Sandbox;
use futures::executor::block_on;
use serde_json::json;

use crate::support::{TENANT, after, ask_of, call, fresh_policies};

const OTHER: TenantKey = TenantKey(2);

fn allow(policies: &Sandbox, policy: KindAllowance) {
    policies.allow(TENANT, Allowance { policy, ..Allowance::default() });
}

fn code(answer: &PolicyAnswer) -> &str {
    answer.decision.as_ref().map_or_else(|failure| failure.code.as_str(), |_| "ok")
}

#[test]
fn a_component_is_held_to_fuel_memory_and_output_of_its_tenant() {
    let policies = fresh_policies();
    let ask = || ask_of(&policies, "patient-retry", json!({}), after(&[Unanswered]));
    let usual = ask();
    assert_eq!(code(&usual), "ok");
    let cases = [
        (KindAllowance { fuel: Some(usual.usage.fuel), ..KindAllowance::default() }, "ok"),
        (KindAllowance { fuel: Some(usual.usage.fuel / 2), ..KindAllowance::default() }, "policy_out_of_fuel"),
        (KindAllowance { memory_bytes: Some(65_536), ..KindAllowance::default() }, "policy_out_of_memory"),
        (KindAllowance { output_bytes: Some(3), ..KindAllowance::default() }, "policy_output_invalid"),
        (KindAllowance { fuel: Some(u64::MAX), memory_bytes: Some(u64::MAX), ..KindAllowance::default() }, "ok"),
    ];
    for (policy, wanted) in cases {
        allow(&policies, policy);
        let answer = ask();
        assert_eq!(code(&answer), wanted, "{policy:?}: {:?}", answer.decision);
        let mut theirs = call("patient-retry", json!({}), after(&[Unanswered]));
        theirs.tenant = OTHER;
        assert!(block_on(policies.decide(&theirs)).decision.is_ok(), "another tenant has the usual limits");
    }
    let failure = {
        allow(&policies, cases[1].0);
        ask().decision.unwrap_err().to_string()
    };
    assert!(failure.contains(&(usual.usage.fuel / 2).to_string()), "the limit in force is named: {failure}");
}

#[test]
fn a_warm_runner_that_was_made_under_other_limits_is_not_used() {
    let policies = fresh_policies();
    let source =
        "fn decide(lead) { let n = 0; while n < 3000 { n += 1; } complete(\"a long reason, longer than ten\") }";
    block_on(policies.install_script(TENANT, "slow", source)).unwrap();
    let ask = || ask_of(&policies, "slow", json!({}), after(&[Unanswered]));
    let usual = ask();
    assert!(matches!(usual.decision, Ok(Decision::Complete { .. })), "{:?}", usual.decision);
    assert_eq!(policies.idle_runners(), 1);
    allow(&policies, KindAllowance { fuel: Some(usual.usage.fuel / 2), ..KindAllowance::default() });
    assert_eq!(code(&ask()), "policy_out_of_fuel", "reading the script has a tank of its own, deciding has this one");
    allow(&policies, KindAllowance { output_bytes: Some(10), ..KindAllowance::default() });
    assert_eq!(code(&ask()), "policy_output_invalid");
    allow(&policies, KindAllowance::default());
    let again = ask();
    assert_eq!((&again.decision, again.usage.fuel), (&usual.decision, usual.usage.fuel), "and back, at once");
}
