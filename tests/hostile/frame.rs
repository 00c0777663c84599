//! Components whose one interesting function is hostile.
//!
//! A core module in text answers the world of a kind: the signatures come from the contract itself, every function traps,
//! and one is given a body. The tests need no compiler of guests, and what a row does to the host is one line of text.

use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{Resolve, UnresolvedPackageGroup, WorldId, WorldItem};

const CONTRACT: &str = include_str!("../../plugin-sdk/wit/v0.1/campanile.wit");
/// What a compiler of another language might import, for guests that wait.
const SYSTEM: &str = "package zoo:system;
    package wasi:io@0.2.0 { interface poll { resource pollable { block: func(); } } }
    package wasi:clocks@0.2.0 {
        interface monotonic-clock {
            use wasi:io/poll@0.2.0.{pollable};
            subscribe-duration: func(when: u64) -> pollable;
        }
    }
    world waiting {
        import wasi:io/poll@0.2.0;
        import wasi:clocks/monotonic-clock@0.2.0;
        include campanile:plugin/KIND@0.1.0;
    }";
const WAIT: &str = r#"
    (import "wasi:clocks/monotonic-clock@0.2.0" "subscribe-duration" (func $after (param i64) (result i32)))
    (import "wasi:io/poll@0.2.0" "[method]pollable.block" (func $block (param i32)))"#;

/// `$answer` is `complete` of a policy with the text at 65536, of the length that it is given.
const MODULE: &str = r#"(module
    (import "campanile:plugin/log@0.1.0" "write" (func $write (param i32 i32 i32)))
    IMPORTS
    (memory (export "memory") PAGES)
    (table $table 1 funcref)
    (global $next (mut i32) (i32.const 131072))
    (func (export "cabi_realloc") (param i32 i32 i32) (param $bytes i32) (result i32)
        (local $at i32)
        REALLOC
        (local.set $at (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
        (global.set $next (i32.add (local.get $at) (local.get $bytes)))
        (loop $grow
            (if (i32.gt_u (global.get $next) (i32.mul (memory.size) (i32.const 65536))) (then
                (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then (unreachable)))
                (br $grow))))
        (local.get $at))
    (func $answer (param $length i32) (result i32)
        (i32.store (i32.const 1024) (i32.const 0))
        (i32.store (i32.const 1032) (i32.const 0))
        (i32.store (i32.const 1040) (i32.const 65536))
        (i32.store (i32.const 1044) (local.get $length))
        (i32.const 1024))
    (data (i32.const 2048) "panicked at src/lib.rs:7:9: boom")
    (data (i32.const 2112) "panicked at \1b[31mred\1b[2J\07")
    (data (i32.const 4096) "\1b[31m\ff\fe")
    (func $endless (result i32) (loop $again (br $again)) (unreachable))
    (func $deeper (param i32) (result i32) (i32.add (call $deeper (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))
    FUNCTIONS
    EXTRA)"#;

/// A component to be made; every field but the name has an innocent default.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    pub name: &'a str,
    pub version: &'a str,
    pub kind: &'a str,
    /// The function that has the body; the others trap.
    pub function: &'a str,
    pub body: &'a str,
    /// Further fields of the module.
    pub extra: &'a str,
    /// What `cabi_realloc` does first.
    pub realloc: &'a str,
    /// Pages of memory to begin with.
    pub pages: u32,
    /// It imports a clock to wait on.
    pub waits: bool,
}

/// Answers and does no harm.
pub const INNOCENT: Frame<'_> = Frame {
    name: "innocent",
    version: "1.0.0",
    kind: "retry-policy",
    function: "decide",
    body: "(call $answer (i32.const 0))",
    extra: "",
    realloc: "",
    pages: 17,
    waits: false,
};

fn contract(frame: &Frame<'_>) -> (Resolve, WorldId) {
    let mut resolve = Resolve::default();
    let sources = UnresolvedPackageGroup::parse("campanile.wit", CONTRACT).unwrap();
    let mut package = resolve.push_group(sources).unwrap();
    let mut world = frame.kind;
    if frame.waits {
        let system = SYSTEM.replace("KIND", frame.kind);
        package = resolve.push_group(UnresolvedPackageGroup::parse("system.wit", &system).unwrap()).unwrap();
        world = "waiting";
    }
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    (resolve, world)
}

fn types(word: &str, types: &[WasmType]) -> String {
    let names = types.iter().map(|ty| match ty {
        WasmType::I64 | WasmType::PointerOrI64 => " i64",
        WasmType::F32 => " f32",
        WasmType::F64 => " f64",
        WasmType::I32 | WasmType::Pointer | WasmType::Length => " i32",
    });
    format!("({word}{})", names.collect::<String>())
}

/// The functions that the world exports, one with the body.
fn functions(frame: &Frame<'_>, resolve: &Resolve, world: WorldId) -> String {
    let mut text = String::new();
    for item in resolve.worlds[world].exports.values() {
        let WorldItem::Interface { id, .. } = item else { continue };
        let interface = resolve.id_of(*id).unwrap();
        for (name, function) in &resolve.interfaces[*id].functions {
            let signature = resolve.wasm_signature(AbiVariant::GuestExport, function);
            let (takes, gives) = (types("param", &signature.params), types("result", &signature.results));
            let body = if name == frame.function { frame.body } else { "(unreachable)" };
            text += &format!("(func (export \"{interface}#{name}\") {takes} {gives} {body})\n");
        }
    }
    text
}

/// The manifest in the fewest words.
pub fn manifest(name: &str, version: &str, kind: &str) -> String {
    format!("name = {name:?}\nversion = {version:?}\nkind = {kind:?}\nsummary = \"from the zoo\"\n")
}

/// The component of a frame, with its manifest.
pub fn component(frame: &Frame<'_>) -> Vec<u8> {
    let (resolve, world) = contract(frame);
    let text = MODULE
        .replace("IMPORTS", if frame.waits { WAIT } else { "" })
        .replace("PAGES", &frame.pages.to_string())
        .replace("REALLOC", frame.realloc)
        .replace("FUNCTIONS", &functions(frame, &resolve, world))
        .replace("EXTRA", frame.extra);
    let mut module = wat::parse_str(&text).unwrap_or_else(|error| panic!("{}: {error}", frame.name));
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
    let encoded = ComponentEncoder::default().module(&module).and_then(|encoder| encoder.encode());
    let component = encoded.unwrap_or_else(|error| panic!("{}: {error:#}", frame.name));
    with_manifest(component, &manifest(frame.name, frame.version, frame.kind))
}

/// A component written as text, with the manifest of a policy.
pub fn text(name: &str, inside: &str) -> Vec<u8> {
    let component = wat::parse_str(format!("(component {inside})"));
    with_manifest(component.unwrap_or_else(|error| panic!("{name}: {error}")), &manifest(name, "1.0.0", "retry-policy"))
}

/// Appends the custom section that carries a manifest.
pub fn with_manifest(mut component: Vec<u8>, manifest: &str) -> Vec<u8> {
    let name = "campanile:manifest";
    let body = [&[u8::try_from(name.len()).unwrap()], name.as_bytes(), manifest.as_bytes()].concat();
    section(&mut component, 0, &body);
    component
}

/// Appends a section.
pub fn section(component: &mut Vec<u8>, id: u8, body: &[u8]) {
    component.push(id);
    let mut length = body.len();
    loop {
        let low = u8::try_from(length & 0x7f).unwrap();
        length >>= 7;
        component.push(if length == 0 { low } else { low | 0x80 });
        if length == 0 {
            break;
        }
    }
    component.extend_from_slice(body);
}
