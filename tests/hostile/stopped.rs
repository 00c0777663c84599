//! What is let in and misbehaves when it runs: the cases of its kind, in the real sandbox, end in the right code.

use super::frame::{Frame, INNOCENT};
use super::zoo::{Zoo, text};

const HOUR: &str = "(call $block (call $after (i64.const 3600000000000))) (unreachable)";
const COPY: &str =
    "(loop $again (memory.copy (i32.const 0) (i32.const 67108864) (i32.const 67108864)) (br $again)) (unreachable)";

/// Policies: what is odd about each, and the code that a case of it ends in.
const POLICIES: [(Frame<'_>, &str); 27] = [
    (policy("endless-export", "(call $endless)"), "out_of_fuel"),
    (with("endless-start", "(func $begin (drop (call $endless))) (start $begin)"), "out_of_fuel"),
    (with("endless-initialisation", "(func (export \"_initialize\") (drop (call $endless)))"), "out_of_fuel"),
    (
        policy(
            "copies",
            "(loop $again (memory.copy (i32.const 0) (i32.const 0) (i32.const 1048576)) (br $again)) (unreachable)",
        ),
        "out_of_fuel",
    ),
    (
        policy(
            "fills",
            "(loop $again (memory.fill (i32.const 0) (i32.const 7) (i32.const 1048576)) (br $again)) (unreachable)",
        ),
        "out_of_fuel",
    ),
    (policy("deep-recursion", "(call $deeper (i32.const 0))"), "trapped"),
    (with("deep-recursion-at-start", "(func $begin (drop (call $deeper (i32.const 0)))) (start $begin)"), "trapped"),
    (
        policy("memory-storm", "(loop $again (drop (memory.grow (i32.const 16))) (br $again)) (unreachable)"),
        "out_of_memory",
    ),
    (policy("memory-at-once", "(drop (memory.grow (i32.const 65000))) (unreachable)"), "out_of_memory"),
    (
        policy(
            "table-storm",
            "(loop $again (drop (table.grow $table (ref.null func) (i32.const 1000))) (br $again)) (unreachable)",
        ),
        "out_of_memory",
    ),
    (policy("long-answer", "(call $answer (i32.const 65537))"), "output_invalid"),
    (
        policy("longer-answer", "(drop (memory.grow (i32.const 100))) (call $answer (i32.const 2097152))"),
        "output_invalid",
    ),
    (policy("answer-outside", "(call $answer (i32.const 2147483647))"), "trapped"),
    (policy("answer-not-there", "(i32.const -8)"), "trapped"),
    (policy("answer-misaligned", "(i32.const 1025)"), "trapped"),
    (
        policy(
            "answer-of-no-case",
            "(drop (call $answer (i32.const 0))) (i32.store8 (i32.const 1032) (i32.const 99)) (i32.const 1024)",
        ),
        "trapped",
    ),
    (
        // A retry whose list of variables claims a million entries that do not exist.
        policy(
            "huge-list",
            "(i32.store (i32.const 1032) (i32.const 2)) (i32.store (i32.const 1080) (i32.const 65536)) \
             (i32.store (i32.const 1084) (i32.const 1000000)) (i32.const 1024)",
        ),
        "trapped",
    ),
    (Frame { realloc: "(return (i32.const -16))", ..policy("takes-outside", INNOCENT.body) }, "trapped"),
    (Frame { realloc: "(drop (call $endless))", ..policy("takes-for-ever", INNOCENT.body) }, "out_of_fuel"),
    (
        Frame {
            realloc: "(loop $again (drop (memory.grow (i32.const 16))) (br $again))",
            ..policy("takes-and-grows", INNOCENT.body)
        },
        "out_of_memory",
    ),
    (policy("unreachable", "(unreachable)"), "trapped"),
    (policy("divides-by-nothing", "(i32.div_u (i32.const 1) (i32.const 0))"), "trapped"),
    (policy("reads-outside", "(i32.load (i32.const -4))"), "trapped"),
    (
        policy(
            "log-flood",
            "(loop $again (call $write (i32.const 0) (i32.const 2048) (i32.const 8)) (br $again)) (unreachable)",
        ),
        "too_many_host_calls",
    ),
    (
        policy(
            "log-not-utf8",
            "(call $write (i32.const 0) (i32.const 4096) (i32.const 7)) (call $answer (i32.const 0))",
        ),
        "trapped",
    ),
    (policy("calls-nothing", "(call_indirect (result i32) (i32.const 0))"), "trapped"),
    // Waiting costs no fuel, so it has an end of its own.
    (Frame { waits: true, ..policy("waits-an-hour", HOUR) }, "timed_out"),
];

const fn policy(name: &'static str, body: &'static str) -> Frame<'static> {
    Frame { name, body, ..INNOCENT }
}

const fn with(name: &'static str, extra: &'static str) -> Frame<'static> {
    Frame { name, extra, ..INNOCENT }
}

const fn other(name: &'static str, kind: &'static str, function: &'static str, body: &'static str) -> Frame<'static> {
    Frame { name, kind, function, body, ..INNOCENT }
}

#[test]
fn a_hostile_policy_is_stopped_with_its_code_and_the_next_upload_passes() {
    let zoo = Zoo::open();
    zoo.recovers("nothing");
    for (frame, code) in &POLICIES {
        let version = zoo.rejected(frame.name, frame, code);
        let shown = version.to_string();
        assert!(!shown.contains("\\u001b") && !shown.contains("the host failed"), "{}: {shown}", frame.name);
    }
}

#[test]
fn hostile_plugins_of_other_kinds_are_stopped_by_time() {
    let zoo = Zoo::open();
    let rows = [
        (other("gateway-endless", "voice-gateway", "check", "(drop (call $endless)) (unreachable)"), "out_of_time"),
        (other("gateway-recursive", "voice-gateway", "able", "(call $deeper (i32.const 0))"), "trapped"),
        (other("importer-copies", "lead-importer", "check", COPY), "out_of_time"),
        (other("evaluator-endless", "call-evaluator", "evaluate", "(call $endless)"), "out_of_time"),
        (
            other(
                "evaluator-grows",
                "call-evaluator",
                "evaluate",
                "(loop $again (drop (memory.grow (i32.const 16))) (br $again)) (unreachable)",
            ),
            "out_of_memory",
        ),
        (
            Frame {
                extra: "(func $begin (drop (call $endless))) (start $begin)",
                ..other("sink-endless-start", "result-sink", "check", "(unreachable)")
            },
            "out_of_time",
        ),
        (Frame { waits: true, ..other("gateway-waits", "voice-gateway", "check", HOUR) }, "timed_out"),
    ];
    for (mut frame, code) in rows {
        if frame.name == "importer-copies" {
            frame.pages = 2_100;
        }
        zoo.rejected(frame.name, &frame, code);
    }
}

#[test]
fn what_a_plugin_logs_reaches_no_terminal_as_it_is() {
    let zoo = Zoo::open();
    let row = policy("red", "(call $write (i32.const 3) (i32.const 2112) (i32.const 24)) (unreachable)");
    let version = zoo.rejected("ANSI in a panic", &row, "trapped");
    let details: Vec<_> = version
        .pointer("/report/cases")
        .unwrap()
        .as_array()
        .unwrap()
        .iter()
        .map(|case| text(case, "/detail"))
        .collect();
    assert!(details.iter().any(|detail| detail.contains("panicked at") && detail.contains("red")), "{details:#?}");
    assert!(!details.iter().any(|detail| detail.chars().any(char::is_control)), "{details:#?}");
    let report = version.pointer("/report").unwrap();
    let raw = report.to_string();
    assert!(!raw.contains("\\u001b") && !raw.contains("\\u0007"), "{raw}");
}

#[test]
fn numbers_that_are_none_reach_nobody() {
    let zoo = Zoo::open();
    // A retry in a minute with one variable whose number is not one.
    let body = "(i32.store (i32.const 1032) (i32.const 2)) (i64.store (i32.const 1040) (i64.const 1772445660000)) \
        (i32.store (i32.const 1080) (i32.const 8192)) (i32.store (i32.const 1084) (i32.const 1)) \
        (i32.store (i32.const 8192) (i32.const 2048)) (i32.store (i32.const 8196) (i32.const 3)) \
        (i32.store (i32.const 8200) (i32.const 1)) (f64.store (i32.const 8208) (f64.const nan)) (i32.const 1024)";
    zoo.rejected("NaN", &policy("not-a-number", body), "output_invalid");
    // A gateway that says it places so many calls a second; the other fields are nothing.
    let able =
        "(i32.store8 (i32.const 1060) (i32.const 1)) (f32.store (i32.const 1064) (f32.const inf)) (i32.const 1024)";
    zoo.rejected("infinity", &other("not-a-rate", "voice-gateway", "able", able), "output_invalid");
}
