//! What a hostile or broken component can do, and that the next call works all the same.
//!
//! The components are written as core modules in text and componentised like any plugin, so that the tests need no guest
//! compiler. Each case asserts the code, then that a well-behaved policy and the same hostile one still get their answers
//! from the same engine.

use campanile_domain::attempt::Outcome;
use campanile_domain::plugin::Kind;
use campanile_domain::plugin::limits::{Cpu, Limits};
use campanile_domain::ports::policy::PolicyFailure;
use campanile_sandbox::{Sandbox, admit};
use serde_json::json;

use crate::frame::{MODULE, component, component_of, manifest};
use crate::support::{TENANT, after, ask, ask_of, fresh_policies, policies};

/// The longest that a policy may keep a processor, in milliseconds: the time that its kind is given, and 100 more.
///
/// Fuel is what stops a policy, so that a busy machine decides as a quiet one does; time on the wall would measure the machine.
/// Processor time of the thread does not count who else ran, and still shows a fuel that is worth too much: an instruction that
/// costs one unit and runs for a second. Instantiating and cleaning up are part of it.
const LONGEST_MS: u64 = Limits::of(Kind::RetryPolicy).wall_ms as u64 + 100;

fn processor_ms() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec.unsigned_abs() * 1_000 + time.tv_nsec.unsigned_abs() / 1_000_000
}

fn failure_of(policies: &Sandbox, name: &str) -> PolicyFailure {
    ask_of(policies, name, json!({}), after(&[Outcome::Busy])).decision.unwrap_err()
}

/// Installs the hostile component, asks it twice and a good policy in between; the failure.
fn survives(name: &str, body: &str, extra: &str, code: &str) -> PolicyFailure {
    policies().install_component(TENANT, &component(name, body, extra)).unwrap();
    let failure = failure_of(policies(), name);
    assert_eq!(failure.code, code, "{failure}");
    assert!(ask("patient-retry", json!({}), after(&[Outcome::Busy])).decision.is_ok());
    // It is compiled now; what is left is the call.
    let began = processor_ms();
    let again = ask_of(policies(), name, json!({}), after(&[Outcome::Busy]));
    let took = processor_ms() - began;
    assert!(took <= LONGEST_MS, "{name} kept its thread for {took} ms of processor time; {LONGEST_MS} are allowed");
    let Cpu::Fuel(limit) = Limits::of(Kind::RetryPolicy).cpu else { panic!("policies run on fuel") };
    assert!(again.usage.fuel <= limit, "{name} burnt {} units of {limit}", again.usage.fuel);
    println!("{name:<20} {code:<28} {took:>4} ms of processor time, {} units of fuel", again.usage.fuel);
    assert_eq!(again.decision.unwrap_err(), failure);
    failure
}

#[test]
fn the_frame_of_these_tests_answers_when_it_is_not_hostile() {
    policies().install_component(TENANT, &component("well-behaved", "(call $answer (i32.const 0))", "")).unwrap();
    let answer = ask("well-behaved", json!({}), after(&[Outcome::Busy]));
    assert_eq!(answer.decision.unwrap().word(), "complete");
    assert_eq!(answer.version, "well-behaved@1.0.0");
}

#[test]
fn an_endless_loop_runs_out_of_fuel() {
    let failure = survives("endless", "(call $endless)", "", "policy_out_of_fuel");
    assert!(failure.message.contains("20000000"), "{failure}");
}

#[test]
fn an_endless_loop_at_the_start_runs_out_of_fuel() {
    let start = "(func $begin (drop (call $endless))) (start $begin)";
    survives("endless-start", "(call $answer (i32.const 0))", start, "policy_out_of_fuel");
}

#[test]
fn large_copies_cost_what_they_move() {
    let body = "(loop $again (memory.copy (i32.const 0) (i32.const 0) (i32.const 1048576)) (br $again)) (unreachable)";
    survives("copies", body, "", "policy_out_of_fuel");
}

#[test]
fn deep_recursion_traps() {
    let failure = survives("recursive", "(call $deeper (i32.const 0))", "", "policy_trapped");
    assert!(failure.message.contains("stack"), "{failure}");
}

#[test]
fn memory_that_grows_without_end_is_stopped() {
    let body = "(loop $again (drop (memory.grow (i32.const 16))) (br $again)) (unreachable)";
    let failure = survives("growing", body, "", "policy_out_of_memory");
    assert!(failure.message.contains("32 MiB"), "{failure}");
}

#[test]
fn memory_that_is_too_large_from_the_start_is_stopped() {
    // The pool refuses it before an instance exists, memory on demand when it is made; never is it run.
    let module = MODULE.replace("(memory (export \"memory\") 17)", "(memory (export \"memory\") 600)");
    assert_ne!(module, MODULE);
    let module = module.replace("BODY", "(call $answer (i32.const 0))").replace("EXTRA", "");
    let large = component_of("large", &module);
    policies().install_component(TENANT, &large).unwrap();
    let failure = failure_of(policies(), "large");
    assert!(["policy_out_of_memory", "policy_not_ready"].contains(&failure.code.as_str()), "{failure}");
    assert!(ask("patient-retry", json!({}), after(&[Outcome::Busy])).decision.is_ok());
}

#[test]
fn a_table_that_grows_without_end_is_stopped() {
    let body = "(loop $again (drop (table.grow $table (ref.null func) (i32.const 1000))) (br $again)) (unreachable)";
    survives("tables", body, "", "policy_out_of_memory");
}

#[test]
fn a_trap_is_reported() {
    let failure = survives("trapping", "(unreachable)", "", "policy_trapped");
    assert!(failure.message.contains("unreachable"), "{failure}");
}

#[test]
fn a_panic_is_reported_with_file_and_line() {
    let body = "(call $write (i32.const 3) (i32.const 2048) (i32.const 32)) (unreachable)";
    let failure = survives("panicking", body, "", "policy_trapped");
    assert!(failure.message.contains("panicked at src/lib.rs:7:9: boom"), "{failure}");
}

#[test]
fn an_answer_that_is_too_long_is_no_answer() {
    let failure = survives("long-answer", "(call $answer (i32.const 65537))", "", "policy_output_invalid");
    assert!(failure.message.contains("65536 are allowed"), "{failure}");
    let failure = survives(
        "longer-answer",
        "(drop (memory.grow (i32.const 100))) (call $answer (i32.const 2097152))",
        "",
        "policy_output_invalid",
    );
    assert!(failure.message.contains("more at once than a call may"), "{failure}");
}

#[test]
fn an_answer_outside_of_its_memory_traps() {
    survives("outside", "(call $answer (i32.const 2147483647))", "", "policy_trapped");
}

#[test]
fn a_list_that_claims_to_be_huge_costs_the_host_nothing() {
    // A retry whose list of variables has a million entries of no bytes that exist.
    let body = "(i32.store (i32.const 1032) (i32.const 2)) (i32.store (i32.const 1080) (i32.const 65536)) \
                (i32.store (i32.const 1084) (i32.const 1000000)) (i32.store (i32.const 1024) (i32.const 0)) (i32.const 1024)";
    let failure = survives("huge-list", body, "", "policy_trapped");
    assert!(!failure.message.is_empty());
}

#[test]
fn a_flood_of_host_calls_is_stopped() {
    let body = "(loop $again (call $write (i32.const 0) (i32.const 2048) (i32.const 8)) (br $again)) (unreachable)";
    survives("flooding", body, "", "policy_too_many_host_calls");
    let answer = ask("flooding", json!({}), after(&[Outcome::Busy]));
    assert!(answer.log.iter().map(String::len).sum::<usize>() <= 66_000);
}

#[test]
fn text_that_is_not_utf_8_traps_and_reaches_no_log() {
    let body = "(call $write (i32.const 0) (i32.const 4096) (i32.const 7)) (call $answer (i32.const 0))";
    survives("not-utf8", body, "", "policy_trapped");
}

#[test]
fn without_the_pool_the_same_limits_hold() {
    let policies = fresh_policies();
    let growing = "(loop $again (drop (memory.grow (i32.const 16))) (br $again)) (unreachable)";
    policies.install_component(TENANT, &component("growing", growing, "")).unwrap();
    policies.install_component(TENANT, &component("endless", "(call $endless)", "")).unwrap();
    assert_eq!(failure_of(&policies, "growing").code, "policy_out_of_memory");
    assert_eq!(failure_of(&policies, "endless").code, "policy_out_of_fuel");
}

#[test]
fn memory_of_one_call_is_not_seen_by_the_next() {
    // Traps unless the memory it begins with is zero, then writes a pattern.
    let body = "(if (i32.load (i32.const 1000000)) (then (unreachable))) \
                (memory.fill (i32.const 900000) (i32.const 171) (i32.const 200000)) (call $answer (i32.const 0))";
    policies().install_component(TENANT, &component("pattern", body, "")).unwrap();
    for _ in 0..300 {
        assert!(ask("pattern", json!({}), after(&[Outcome::Busy])).decision.is_ok());
    }
}

fn world_problems(text: &str) -> Vec<String> {
    let report = admit(&wat::parse_str(text).unwrap());
    assert!(!report.passed && report.findings.iter().all(|found| !found.next.is_empty()), "{report:?}");
    report.findings.into_iter().map(|found| format!("{}: {}", found.code, found.message)).collect()
}

fn with_manifest(inside: &str) -> String {
    let manifest = manifest("wrong-world").replace('"', "\\22").replace('\n', "\\0a");
    format!("(component (@custom \"campanile:manifest\" \"{manifest}\") {inside})")
}

#[test]
fn a_wrong_world_names_the_export_that_is_missing_and_the_import_that_is_not_lent() {
    let problems = world_problems(&with_manifest(""));
    assert!(problems[0].contains("must export campanile:plugin/policy@0.1.0"), "{problems:?}");
    let importing = with_manifest(r#"(import "campanile:plugin/http@0.1.0" (instance))"#);
    let problems = world_problems(&importing);
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(
        problems[1].contains("imports campanile:plugin/http@0.1.0")
            && problems[1].contains("campanile:plugin/calendar")
    );
}

#[test]
fn an_export_of_the_right_name_and_the_wrong_type_is_refused() {
    let text = with_manifest(r#"(instance $empty) (export "campanile:plugin/policy@0.1.0" (instance $empty))"#);
    let problems = world_problems(&text);
    assert!(problems[0].contains("are not the contract's"), "{problems:?}");
}

#[test]
fn types_in_a_form_that_the_decoder_panics_on_are_refused() {
    for odd in ["func", "instance", "component"] {
        let import = format!("(import \"a:b/c\" (instance (type $odd ({odd})) (export \"t\" (type (eq $odd)))))");
        let problems = world_problems(&with_manifest(&import));
        assert!(problems[0].starts_with("plugin_invalid") && problems[0].contains("cannot be read"), "{problems:?}");
    }
}

#[test]
fn what_is_not_a_component_is_refused_before_it_is_compiled() {
    let good = component("good-one", "(call $answer (i32.const 0))", "");
    let code = |bytes: &[u8]| admit(bytes).findings[0].code.clone();
    assert_eq!(code(b"not wasm"), "plugin_invalid");
    assert_eq!(code(&good[..good.len() / 2]), "plugin_invalid");
    assert_eq!(code(&wat::parse_str("(module)").unwrap()), "plugin_invalid");
    assert_eq!(code(&wat::parse_str("(component)").unwrap()), "plugin_manifest");
    assert_eq!(code(&vec![0; (48 << 20) + 1]), "plugin_too_large");
    let threads = with_manifest("(core module (memory 1 1 shared))");
    assert_eq!(code(&wat::parse_str(threads).unwrap()), "plugin_invalid");
    let compiled = wasmtime::Engine::default().precompile_component(&wat::parse_str("(component)").unwrap()).unwrap();
    assert_eq!(code(&compiled), "plugin_precompiled");
}

#[test]
fn every_bit_flip_is_refused_or_harmless() {
    let good = component("flipped", "(call $answer (i32.const 0))", "");
    for at in (0..good.len()).step_by(7) {
        let mut bad = good.clone();
        bad[at] ^= 1 << (at % 8);
        let _ = admit(&bad);
    }
}
