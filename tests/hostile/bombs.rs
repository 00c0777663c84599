//! What is small and becomes large: in the compiler, in the validator, in the linker.
//!
//! A bomb may be refused, may fail to compile within the limits, or may be compiled; the server must be the same after it
//! and must answer everybody else meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use campanile_tests::patience::{self, Stopwatch};

use super::frame::{Frame, INNOCENT, component, section, text};
use super::zoo::{Zoo, codes, send, settled};

/// The longest that somebody else may wait for an answer while a bomb is at the gates. The machine may be small and busy.
const PATIENCE: Duration = Duration::from_secs(5);

fn policy(name: &str, extra: &str) -> Vec<u8> {
    component(&Frame { name, extra, ..INNOCENT })
}

/// `(x (x (x ...)))`.
fn nested(levels: usize, open: &str, inside: &str) -> String {
    format!("{}{inside}{}", open.repeat(levels), ")".repeat(levels))
}

/// Each type holds the one before twice.
fn doubling(levels: usize) -> String {
    (1..levels).fold("(type $t0 (tuple u8 u8))".to_owned(), |all, level| {
        all + &format!("(type $t{level} (tuple $t{0} $t{0}))", level - 1)
    })
}

/// Each component holds two instances of the one before.
fn multiplying(levels: usize) -> String {
    let first = "(component $c0 (core module $m) (core instance (instantiate $m)))".to_owned();
    let all = (1..levels).fold(first, |all, level| {
        format!("{all}(component $c{level} (alias outer 1 $c{0} (component $c)) (instance (instantiate $c)) (instance (instantiate $c)))", level - 1)
    });
    format!("{all}(instance (instantiate $c{}))", levels - 1)
}

fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    let many = "(func)".repeat(100_000);
    let worked = "(func (param i64 i64) (result i64) (i64.mul (i64.add (local.get 0) (local.get 1)) (i64.rotl (local.get 0) (local.get 1))))".repeat(60_000);
    let locals = format!(
        "(func (param i64) (local{}) (local.set 50 (local.get 0)) (loop $l (local.set 49000 (i64.add (local.get 50) (local.get 49000))) (br_if $l (i64.eqz (local.get 49000)))))",
        " i64".repeat(49_990)
    );
    let too_many_locals = format!("(func (local{}))", " i64".repeat(50_001));
    let table = format!("(func (param i32) (block $b (br_table{} (local.get 0))))", " $b".repeat(65_000));
    let targets = format!(
        "(func (param i32) {} (br_table {} (local.get 0)) {})",
        "(block ".repeat(1_000),
        (0..1_000).map(|n| n.to_string()).collect::<Vec<_>>().join(" "),
        ")".repeat(1_000)
    );
    let blocks = format!("(func {})", nested(20_000, "(block ", ""));
    vec![
        ("functions-100000", policy("functions-100000", &many)),
        ("functions-that-work", policy("functions-that-work", &worked)),
        ("locals-50000", policy("locals-50000", &locals.repeat(4))),
        ("locals-too-many", policy("locals-too-many", &too_many_locals)),
        ("br-table-65000", policy("br-table-65000", &table.repeat(4))),
        ("br-table-nested", policy("br-table-nested", &targets.repeat(20))),
        ("blocks-20000-deep", policy("blocks-20000-deep", &blocks)),
        ("locals-alive", policy("locals-alive", &alive(15_000))),
        ("instances-4096", beside("instances-4096", &multiplying(13))),
        ("instances-16-million", beside("instances-16-million", &multiplying(25))),
        ("large-memory", component(&Frame { name: "large-memory", pages: 600, ..INNOCENT })),
        ("huge-memory", component(&Frame { name: "huge-memory", pages: 65_536, ..INNOCENT })),
        ("huge-table", policy("huge-table", "(table 10000000 funcref)")),
        ("many-memories", policy("many-memories", &"(memory 1)".repeat(90))),
        ("components-90-deep", text("components-90-deep", &nested(90, "(component ", ""))),
        ("types-doubling", text("types-doubling", &doubling(60))),
        ("components-multiplying", text("components-multiplying", &multiplying(24))),
        ("many-modules", text("many-modules", &"(core module)".repeat(50_000))),
    ]
}

/// A loop in which so many locals are alive at once.
fn alive(locals: usize) -> String {
    let sums: String =
        (1..locals).map(|n| format!("(local.set {n} (i64.add (local.get {n}) (local.get {})))", n - 1)).collect();
    let first = "(local.set 0 (i64.add (local.get 0) (i64.const 1)))";
    format!(
        "(func (result i64) (local{}) (loop $l {first}{sums} (br_if $l (i64.eqz (local.get {})))) (local.get {}))",
        " i64".repeat(locals),
        locals - 1,
        locals / 2
    )
}

/// A plugin with a component beside it that is instantiated.
fn beside(name: &str, inside: &str) -> Vec<u8> {
    let mut whole = component(&Frame { name, ..INNOCENT });
    section(&mut whole, 4, &wat::parse_str(format!("(component {inside})")).unwrap());
    // One instance: of component 1, because making the plugin's own instance took component 0; with no arguments.
    section(&mut whole, 5, &[1, 0, 1, 0]);
    whole
}

/// Nested as bytes, because no writer of text goes so deep.
fn deep_components(levels: usize) -> Vec<u8> {
    let header = b"\0asm\x0d\0\x01\0";
    let mut component = header.to_vec();
    for _ in 0..levels {
        let mut outer = header.to_vec();
        section(&mut outer, 4, &component);
        component = outer;
    }
    super::frame::with_manifest(component, &super::frame::manifest("components-deep", "1.0.0", "retry-policy"))
}

/// A component type in a component type, and so on: one type section whose declarations nest.
fn deep_types(levels: usize) -> Vec<u8> {
    let mut component = b"\0asm\x0d\0\x01\0".to_vec();
    // component type = 0x41, one declaration = 0x01, a type = 0x01.
    let mut body = vec![1];
    body.extend([0x41, 1, 1].repeat(levels));
    body.extend([0x41, 0]);
    section(&mut component, 7, &body);
    super::frame::with_manifest(component, &super::frame::manifest("types-deep", "1.0.0", "retry-policy"))
}

#[test]
fn bombs_are_refused_or_compiled_within_limits_while_others_are_answered() {
    let zoo = Zoo::open();
    zoo.recovers("nothing");
    let (stop, api) = (Arc::new(AtomicBool::new(false)), zoo.api().clone());
    let stopped = Arc::clone(&stop);
    let other = std::thread::spawn(move || {
        let (mut slowest, mut asked) = (Duration::ZERO, 0_u32);
        while !stopped.load(Ordering::SeqCst) {
            let watch = Stopwatch::start();
            api.get("/v1/campaigns").ok();
            slowest = slowest.max(watch.elapsed());
            asked += 1;
            patience::pass(Duration::from_millis(5));
        }
        (slowest, asked)
    });
    let mut rows = bombs();
    rows.push(("components-deep", deep_components(2_000)));
    if std::env::var_os("CAMPANILE_ZOO").is_some() {
        // Ends at the compiler's limit of processor time, after a minute and a half.
        rows.push(("locals-alive-for-ever", policy("locals-alive-for-ever", &alive(45_000).repeat(3))));
    }
    rows.push(("types-deep", deep_types(1_000_000)));
    for (name, bytes) in rows {
        let (watch, size) = (Stopwatch::start(), bytes.len());
        let answer = send(zoo.api(), bytes);
        let said = match answer.status {
            202 => {
                let version = settled(zoo.api(), name, "1.0.0");
                let code = super::zoo::text(&version, "/report/findings/0/code").to_owned();
                let state = version["state"].as_str().unwrap().to_owned();
                let ends =
                    state == "staged" || ["plugin_not_compiled", "plugin_not_conforming"].contains(&code.as_str());
                assert!(ends, "{name}: {version}");
                assert!(!version.to_string().contains("the host failed"), "{name}: {version}");
                format!("{state} {code}")
            }
            _ => {
                assert_eq!(answer.problem(), (422, "CE0026".to_owned()), "{name}: {}", answer.text);
                assert!(!answer.text.contains("the host failed"), "{name}: {}", answer.text);
                codes(&answer).join(" ")
            }
        };
        println!("{name:<34} {size:>9} bytes  {said:<40} {:>6} ms", watch.elapsed().as_millis());
        zoo.recovers(name);
    }
    stop.store(true, Ordering::SeqCst);
    let (slowest, asked) = other.join().unwrap();
    println!("meanwhile {asked} other questions, the slowest {} ms; {}", slowest.as_millis(), zoo.host.memory());
    assert!(slowest < PATIENCE, "somebody else waited {slowest:?}");
}
