//! Scripts through the runner: what they can say, what their mistakes sound like, and what a hostile one can do.

use campanile_domain::attempt::Outcome::{Answered, Busy, Unanswered, Voicemail};
use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::Kind;
use campanile_domain::policy::{Decision, PolicyInput, Retry, Whom};
use campanile_domain::ports::policy::{PolicyFailure, PolicyRunner};
use campanile_domain::time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};
use campanile_domain::variable::Value;
use campanile_sandbox::{Content, Diagnostic, Digest, InstallError, Installed};
use futures::executor::block_on;
use serde_json::json;

use crate::support::{TENANT, after, ask, ask_of, call, decide, fresh_policies, policies};

/// Installs a script under a name of its own.
fn install(name: &str, source: &str) {
    block_on(policies().install_script(TENANT, name, source)).unwrap();
}

fn decides(name: &str, body: &str, input: PolicyInput) -> Decision {
    install(name, &format!("fn decide(lead) {{ {body} }}"));
    decide(name, json!({}), input)
}

fn fails(name: &str, source: &str, input: PolicyInput) -> PolicyFailure {
    install(name, source);
    ask(name, json!({}), input).decision.unwrap_err()
}

/// What is wrong with a source, found without running it.
fn wrong(source: &str) -> Diagnostic {
    match block_on(policies().install_script(TENANT, "never-installed", source)) {
        Err(InstallError::Script(mut found)) if found.len() == 1 => found.remove(0),
        other => panic!("{other:?}"),
    }
}

fn berlin(text: &str) -> Timestamp {
    format!("{text}:00+01:00").parse().unwrap()
}

#[test]
fn a_script_can_say_everything_that_a_policy_can() {
    let input = || after(&[Busy]);
    let now = input().now;
    let reason = |reason: &str| reason.to_owned();
    assert_eq!(decides("say-complete", r#"complete("done")"#, input()), Decision::Complete { reason: reason("done") });
    assert_eq!(decides("say-give-up", r#"give_up("enough")"#, input()), Decision::GiveUp { reason: reason("enough") });
    assert_eq!(
        decides("say-next", r#"next_contact("other phone")"#, input()),
        Decision::NextContact { reason: reason("other phone") }
    );
    let suppressed = Decision::Suppress { whom: Whom::Person, reason: reason("asked for it") };
    assert_eq!(decides("say-suppress", r#"suppress("person", "asked for it")"#, input()), suppressed);
    assert_eq!(decides("say-builtin", "builtin()", input()), input().builtin);
    let body = r#"retry(#{ after: hours(2), before: lead.now + days(3), contact: 1, priority: 5, reason: "r",
                          vars: #{ tries: lead.count("busy"), note: "n", ok: true, when: lead.now } })"#;
    let Decision::Retry(retry) = decides("say-retry", body, input()) else { panic!() };
    let mut wanted = Retry::at(now + 2 * HOUR_MS, "r");
    wanted.not_after = Some(now + 3 * DAY_MS);
    wanted.contact = Some(1);
    wanted.priority = Some(5);
    for (name, value) in
        [("tries", Value::Number(1.0)), ("note", "n".into()), ("ok", true.into()), ("when", now.into())]
    {
        wanted.variables.set(name, value);
    }
    assert_eq!(retry, wanted);
}

#[test]
fn a_lead_shows_its_calls_its_limits_and_its_variables() {
    let mut input = after(&[Unanswered, Busy, Busy]);
    input.lead_variables.set("city", "Ulm");
    input.lead_variables.set("age", 41.0_f64.to_string().as_str());
    input.contacts[1].label = Some("office".into());
    let body = r#"
        let seen = [lead.round, lead.rounds_left, lead.attempts_left, lead.count("busy"), lead.in_a_row("busy"),
            lead.attempts.len(), lead.last.outcome, lead.last.contact, lead.attempts[0].outcome, lead.vars.city,
            lead.vars.has("zip"), lead.contacts[1].label, lead.now.hour, lead.now.weekday, lead.interval.minutes];
        complete(seen.to_string())"#;
    let Decision::Complete { reason } = decides("shows", body, input) else { panic!() };
    assert_eq!(reason, r#"[3, 3, 10, 2, 2, 3, "busy", 0, "unanswered", "Ulm", false, "office", 9, "monday", 60.0]"#);
}

#[test]
fn only_the_current_era_counts() {
    let mut input = after(&[Voicemail, Voicemail, Busy]);
    input.era = 2;
    input.attempts[2].era = 2;
    let body = r#"complete(`${lead.attempts.len()} ${lead.count("voicemail")}`)"#;
    assert_eq!(decides("eras", body, input), Decision::Complete { reason: "1 0".into() });
}

#[test]
fn local_time_is_the_leads_and_comes_from_the_host() {
    let at = |name: &str, expression: &str| match decides(
        name,
        &format!("retry(#{{ at: {expression} }})"),
        after(&[Busy]),
    ) {
        Decision::Retry(retry) => retry.not_before,
        other => panic!("{other:?}"),
    };
    assert_eq!(at("next-monday", r#"next("monday 10:00")"#), berlin("2026-03-02T10:00"));
    assert_eq!(at("next-monday-past", r#"next("monday 8:00")"#), berlin("2026-03-09T08:00"));
    assert_eq!(at("next-time", r#"next("9:00")"#), berlin("2026-03-03T09:00"));
    assert_eq!(at("next-tomorrow", r#"next("tomorrow 15:30")"#), berlin("2026-03-03T15:30"));
    assert_eq!(at("next-open", r#"next_open(next("saturday 10:00"))"#), berlin("2026-03-09T09:00"));
    // The clocks go forward on 2026-03-29: the next 10:00 there is at +02:00.
    let mut input = after(&[Busy]);
    input.now = berlin("2026-03-28T12:00");
    let Decision::Retry(retry) = decides("over-the-gap", r#"retry(#{ at: next("tomorrow 10:00") })"#, input) else {
        panic!()
    };
    assert_eq!(retry.not_before, "2026-03-29T10:00:00+02:00".parse().unwrap());
}

#[test]
fn a_misspelt_name_is_an_error_that_suggests_the_right_one() {
    for (name, body, line, hint) in [
        ("typo-attempt", "lead.last.outcom;", 1, "did you mean `outcome`?"),
        ("typo-retry", "retry(#{ aftr: hours(1) })", 1, "did you mean `after`?"),
        ("typo-outcome", "lead.count(\"voicmail\");", 1, "did you mean `voicemail`?"),
        ("typo-day", "next(\"munday 10:00\")", 1, "did you mean `monday`?"),
        ("wrong-kind", "retry(minutes(5))", 1, "for example retry(#{ after: minutes(15)"),
        ("typo-whom", "suppress(\"numbr\")", 1, "did you mean `number`?"),
        ("typo-setting", "setting(\"wait\")", 1, "declare it"),
        ("typo-zone", "lead.now.hours", 1, "did you mean `hour`?"),
    ] {
        let failure = fails(name, &format!("fn decide(lead) {{ {body} }}"), after(&[Busy]));
        assert_eq!(failure.code, "policy_error", "{name}");
        assert!(failure.message.contains(&format!("line {line}, ")), "{name}: {failure}");
        assert!(failure.message.contains(hint), "{name}: {failure}");
    }
}

#[test]
fn undetermined_is_not_compared_but_can_be_asked_about() {
    let mut input = after(&[Answered]);
    input.goal = Some(Value::Undetermined);
    for (name, body) in [
        ("undet-eq", "if lead.goal == true { return complete(\"x\"); } builtin()"),
        ("undet-ne", "if lead.goal != false { return complete(\"x\"); } builtin()"),
        ("undet-if", "if lead.goal { return complete(\"x\"); } builtin()"),
        ("undet-not", "if !lead.goal { return complete(\"x\"); } builtin()"),
        ("undet-and", "if lead.round > 0 && lead.goal { return complete(\"x\"); } builtin()"),
        ("undet-less", "if lead.vars.age < 18 { return complete(\"x\"); } builtin()"),
        ("undet-right", "if 18 > lead.vars.age { return complete(\"x\"); } builtin()"),
    ] {
        let failure = fails(name, &format!("fn decide(lead) {{ {body} }}"), input.clone());
        assert!(failure.message.contains("undetermined"), "{name}: {failure}");
        assert!(failure.message.contains(".is_undetermined()"), "{name}: {failure}");
    }
    let body =
        "if lead.goal.is_undetermined() && !lead.round.is_undetermined() { complete(\"asked\") } else { builtin() }";
    assert_eq!(decides("undet-asked", body, input), Decision::Complete { reason: "asked".into() });
}

#[test]
fn an_absent_variable_says_so_when_it_is_compared() {
    let mut input = after(&[Busy]);
    input.lead_variables.set("city", "Ulm");
    let failure =
        fails("absent", "fn decide(lead) { if lead.vars.cty == \"Ulm\" { builtin() } else { builtin() } }", input);
    assert!(failure.message.contains("no such variable; did you mean `city`?"), "{failure}");
}

#[test]
fn what_does_not_compile_is_refused_with_line_and_column() {
    let found = wrong("fn decide(lead) {\n    let x = ;\n}");
    assert_eq!((found.line, found.column), (2, 13), "{found}");
    let found = wrong("fn decide(lead) {\n    if lead.round > 9 { complet(\"x\") } else { builtin() }\n}");
    assert_eq!((found.line, found.column, found.hint.as_deref()), (2, 25, Some("did you mean `complete`?")));
    let found = wrong("fn decide(lead) {\n    retry(#{ after: horus })\n}");
    assert_eq!(found.line, 2, "{found}");
    assert!(found.message.contains("horus"), "{found}");
    let found = wrong("fn decide(lead) {\n    eval(\"1\")\n}");
    assert_eq!(found.line, 2, "{found}");
    let found = wrong("fn decid(lead) { builtin() }");
    assert!(found.message.contains("neither `decide(lead)` nor") && found.hint.unwrap().contains("`decid`"));
    let found = wrong("fn decide(lead, call_count) { builtin() }");
    assert!(found.message.contains("2 parameters"), "{found}");
    let found = wrong("const WAIT = 5;\nfn decide(lead) { builtin() }");
    assert!(found.message.contains("`WAIT` stands outside"), "{found}");
    assert!(
        wrong(&format!("fn decide(lead) {{ builtin() }} // {}", "x".repeat(70_000)))
            .message
            .contains("65536 are allowed")
    );
    let nested = format!("fn decide(lead) {{ {}1{} }}", "(".repeat(500), ")".repeat(500));
    assert!(wrong(&nested).line >= 1);
}

#[test]
fn a_way_through_without_a_decision_is_an_error() {
    let failure = fails("no-decision", "fn decide(lead) { if lead.round > 5 { return builtin(); } }", after(&[Busy]));
    assert!(failure.message.contains("ended without a decision"), "{failure}");
    let failure = fails("a-number", "fn decide(lead) { 42 }", after(&[Busy]));
    assert!(failure.message.contains("answered i64") || failure.message.contains("which is no decision"), "{failure}");
}

#[test]
fn settings_are_declared_checked_and_read() {
    let source = r#"
        fn settings() { #{
            wait: number(90, "Minutes", 10, 600),
            pace: choice("slow", ["slow", "fast"], "Pace"),
            strict: flag(false, "Strict"),
            factor: number(1.5, "Factor"),
            note: text("n", "Note"),
        } }
        fn decide(lead) {
            complete(`${setting("wait")} ${setting("pace")} ${setting("strict")} ${setting("factor")} ${setting("note")}`)
        }"#;
    install("with-settings", source);
    let said = |settings| match decide("with-settings", settings, after(&[Busy])) {
        Decision::Complete { reason } => reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(said(json!({})), "90 slow false 1.5 n");
    assert_eq!(said(json!({"wait": 30, "pace": "fast", "strict": true})), "30 fast true 1.5 n");
    let check = |settings| {
        let policy = "with-settings".parse().unwrap();
        block_on(policies().check_settings(TENANT, &policy, &settings)).unwrap()
    };
    assert_eq!(check(json!({"wait": 600})), []);
    assert_eq!(check(json!({"wait": 5, "pcae": "fast"})).len(), 2);
    for settings in [json!({"wait": 5}), json!({"pcae": "fast"}), json!({"pace": "medium"})] {
        let failure = ask("with-settings", settings, after(&[Busy])).decision.unwrap_err();
        assert_eq!(failure.code, "policy_error");
    }
}

#[test]
fn printing_goes_to_the_log_of_the_call() {
    install("printing", "fn decide(lead) { print(`round ${lead.round}`); debug(1); builtin() }");
    let answer = ask("printing", json!({}), after(&[Busy]));
    assert_eq!(answer.log, ["info: round 1", "debug: line 1: 1"]);
}

#[test]
fn a_hostile_script_is_stopped_and_the_next_call_works() {
    install("harmless", "fn decide(lead) { complete(\"fine\") }");
    for (name, body, codes) in [
        ("loops", "loop { }", &["policy_out_of_fuel"][..]),
        ("counts", "let i = 0; while true { i += 1; }", &["policy_out_of_fuel"]),
        ("doubles", "let s = \"x\"; loop { s += s; }", &["policy_out_of_memory", "policy_out_of_fuel", "policy_error"]),
        (
            "map-growth",
            "let m = #{}; let i = 0; loop { m[`${i}`] = \"y\" + i; i += 1; }",
            &["policy_out_of_memory", "policy_out_of_fuel"],
        ),
        ("concat", "let a = [1]; loop { a += a; }", &["policy_out_of_memory", "policy_out_of_fuel", "policy_error"]),
        (
            "sorts",
            "let a = []; for i in 0..9000 { a.push(9000 - i); } loop { a.sort(); a.reverse(); }",
            &["policy_out_of_fuel"],
        ),
        (
            "contains",
            "let s = \"ab\"; s.pad(60000, 'a'); loop { s.contains(\"aaaaaaaaaab\"); }",
            &["policy_out_of_fuel"],
        ),
        (
            "pads",
            "let s = \"\"; s.pad(2000000000, 'x'); builtin()",
            &["policy_out_of_memory", "policy_out_of_fuel", "policy_error", "policy_trapped"],
        ),
        ("calendar", "loop { lead.now.hour; }", &["policy_too_many_host_calls", "policy_out_of_fuel"]),
    ] {
        let failure = fails(name, &format!("fn decide(lead) {{ {body} }}"), after(&[Busy]));
        assert!(codes.contains(&failure.code.as_str()), "{name}: {failure}");
        let next = decide("harmless", json!({}), after(&[Busy]));
        assert_eq!(next, Decision::Complete { reason: "fine".into() }, "after {name}");
    }
}

#[test]
fn deep_recursion_is_an_error_with_its_line() {
    let source = "fn down(n) {\n    down(n + 1)\n}\nfn decide(lead) { down(0) }";
    let failure = fails("recursing", source, after(&[Busy]));
    assert_eq!(failure.code, "policy_error");
    assert!(failure.message.contains("too deeply"), "{failure}");
    let mutual = "fn a(n) { b(n) + 1 } fn b(n) { let x = [a(n)]; x[0] } fn decide(lead) { a(0) }";
    assert_eq!(fails("recursing-mutually", mutual, after(&[Busy])).code, "policy_error");
}

#[test]
fn warm_cold_and_shuffled_answers_are_the_same_bytes() {
    let source = include_str!("../../../../scripts/goal_retry.rhai");
    let outcomes = [Answered, Busy, Unanswered, Voicemail];
    let mut inputs = Vec::new();
    for first in outcomes {
        for second in outcomes {
            for goal in [None, Some(Value::Undetermined), Some(Value::Boolean(true)), Some(Value::Boolean(false))] {
                let mut input = after(&[first, second]);
                input.goal = goal;
                inputs.push(input);
            }
        }
    }
    let bytes = |decision: Result<Decision, PolicyFailure>| serde_json::to_vec(&decision).unwrap();
    install("goal-again", source);
    let cold: Vec<_> = inputs
        .iter()
        .enumerate()
        .map(|(at, input)| {
            // Another tenant's runner is never taken, so each of these is new.
            let mut call = call("goal-cold", json!({}), input.clone());
            call.tenant = TenantKey(1_000 + at as i64);
            block_on(policies().install_script(call.tenant, "goal-cold", source)).unwrap();
            bytes(block_on(policies().decide(&call)).decision)
        })
        .collect();
    let warm: Vec<_> = inputs.iter().map(|input| bytes(ask("goal-again", json!({}), input.clone()).decision)).collect();
    let again: Vec<_> =
        inputs.iter().map(|input| bytes(ask("goal-again", json!({}), input.clone()).decision)).collect();
    assert_eq!(cold, warm);
    assert_eq!(warm, again);
    for stride in [7, 11, 29] {
        for step in 0..inputs.len() {
            let at = step * stride % inputs.len();
            assert_eq!(
                bytes(ask("goal-again", json!({}), inputs[at].clone()).decision),
                warm[at],
                "stride {stride}, input {at}"
            );
        }
    }
}

#[test]
fn a_runner_is_kept_after_an_answer_and_dropped_after_a_failure() {
    let policies = fresh_policies();
    let source = "fn decide(lead) { if lead.round > 1 { throw \"no\"; } builtin() }";
    block_on(policies.install_script(TENANT, "sometimes", source)).unwrap();
    assert!(ask_of(&policies, "sometimes", json!({}), after(&[Busy])).decision.is_ok());
    assert_eq!(policies.idle_runners(), 1);
    let failure = ask_of(&policies, "sometimes", json!({}), after(&[Busy, Busy])).decision.unwrap_err();
    assert!(failure.message.contains("line 1, ") && failure.message.contains("no"), "{failure}");
    assert_eq!(policies.idle_runners(), 0);
    for tenant in 2..5 {
        for script in ["first-script", "second-script", "third-script"] {
            let source = format!("{source} // {script}");
            block_on(policies.install_script(TenantKey(tenant), script, &source)).unwrap();
            let mut call = call(script, json!({}), after(&[Busy]));
            call.tenant = TenantKey(tenant);
            assert!(block_on(policies.decide(&call)).decision.is_ok());
        }
    }
    assert_eq!(policies.idle_runners(), 6, "two of each tenant");
}

#[test]
fn a_warm_runner_remembers_nothing() {
    install("remembering", "fn decide(lead) { let seen = lead.vars.has(\"secret\"); complete(`${seen}`) }");
    let mut input = after(&[Busy]);
    input.lead_variables.set("secret", "x");
    assert_eq!(decide("remembering", json!({}), input), Decision::Complete { reason: "true".into() });
    assert_eq!(decide("remembering", json!({}), after(&[Busy])), Decision::Complete { reason: "false".into() });
}

#[test]
fn what_the_store_gives_back_decides_as_it_says() {
    let sandbox = fresh_policies();
    for (version, reason) in [("1", "first"), ("2", "second")] {
        let source = format!("fn decide(lead) {{ complete(\"{reason}\") }}");
        sandbox.put(Installed {
            tenant: TENANT,
            name: "versioned".to_owned(),
            version: version.to_owned(),
            kind: Kind::RetryPolicy,
            digest: Digest::of(source.as_bytes()),
            bytes: source.len(),
            content: Content::Script(source),
        });
    }
    let said = |policy: &str| ask_of(&sandbox, policy, json!({}), after(&[Busy])).decision.unwrap();
    let complete = |reason: &str| Decision::Complete { reason: reason.to_owned() };
    sandbox.activate(TENANT, "versioned", "2").unwrap();
    assert_eq!(said("versioned"), complete("second"));
    assert_eq!(said("versioned@1"), complete("first"));
    sandbox.activate(TENANT, "versioned", "1").unwrap();
    assert_eq!(said("versioned@active"), complete("first"));
    sandbox.deactivate(TENANT, "versioned");
    assert_eq!(said("versioned@2"), complete("second"));
    let gone = ask_of(&sandbox, "versioned", json!({}), after(&[Busy])).decision.unwrap_err();
    assert!(gone.message.contains("activate one"), "{gone}");
}

#[test]
fn what_ships_keeps_its_name() {
    let taken = block_on(policies().install_script(TENANT, "goal-retry", "fn decide(lead) { builtin() }"));
    assert!(matches!(taken, Err(InstallError::Name { .. })), "{taken:?}");
}

#[test]
fn retries_land_where_the_settings_say() {
    let Decision::Retry(retry) = decide("goal-retry", json!({"busy_minutes": 20}), after(&[Busy])) else { panic!() };
    assert_eq!(retry.not_before, after(&[Busy]).now + 20 * MINUTE_MS);
}

#[test]
fn every_script_in_the_document_of_the_api_is_one() {
    let document: serde_json::Value = serde_json::from_str(include_str!("../../../../docs/openapi.json")).unwrap();
    let paths = document["paths"].as_object().unwrap().values();
    let operations = paths.flat_map(|item| item.as_object().unwrap().values());
    let sources = operations.filter_map(|operation| {
        operation.pointer("/requestBody/content/application~1json/example/source")?.as_str().map(str::to_owned)
    });
    let mut found = 0;
    for source in sources {
        install(&format!("documented-{found}"), &source);
        let decided = ask(&format!("documented-{found}"), json!({}), after(&[Busy])).decision;
        assert!(decided.is_ok(), "{source}: {decided:?}");
        found += 1;
    }
    assert!(found >= 4, "{found}");
}
