//! Policies written as core modules in text: hostile or broken ones need no compiler of guests.

use campanile_sandbox::componentize::componentize;
use wit_component::StringEncoding;
use wit_parser::{Resolve, UnresolvedPackageGroup};

const CONTRACT: &str = include_str!("../../../../plugin-sdk/wit/v0.1/campanile.wit");

/// `decide` answers `complete` with the text at 65536, of the length that `answer` is given.
pub const MODULE: &str = r#"(module
    (import "campanile:plugin/log@0.1.0" "write" (func $write (param i32 i32 i32)))
    (memory (export "memory") 17)
    (table $table 1 funcref)
    (global $next (mut i32) (i32.const 131072))
    (func (export "cabi_realloc") (param i32 i32 i32) (param $bytes i32) (result i32)
        (local $at i32)
        (local.set $at (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
        (global.set $next (i32.add (local.get $at) (local.get $bytes)))
        (local.get $at))
    (func $answer (param $length i32) (result i32)
        (i32.store (i32.const 1024) (i32.const 0))
        (i32.store (i32.const 1032) (i32.const 0))
        (i32.store (i32.const 1040) (i32.const 65536))
        (i32.store (i32.const 1044) (local.get $length))
        (i32.const 1024))
    (data (i32.const 2048) "panicked at src/lib.rs:7:9: boom")
    (data (i32.const 4096) "\1b[31m\ff\fe")
    (func $endless (result i32) (loop $again (br $again)) (unreachable))
    (func $deeper (param i32) (result i32) (i32.add (call $deeper (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))
    (func (export "campanile:plugin/policy@0.1.0#decide") (param i32) (result i32) BODY)
    EXTRA)"#;

/// The manifest of a hostile policy.
pub fn manifest(name: &str) -> String {
    format!("name = {name:?}\nversion = \"1.0.0\"\nkind = \"retry-policy\"\nsummary = \"hostile\"\n")
}

/// A policy whose `decide` is BODY.
pub fn component(name: &str, body: &str, extra: &str) -> Vec<u8> {
    component_of(name, &MODULE.replace("BODY", body).replace("EXTRA", extra))
}

/// A policy of a whole module.
pub fn component_of(name: &str, module: &str) -> Vec<u8> {
    let mut module = wat::parse_str(module).unwrap();
    let mut resolve = Resolve::default();
    let package = resolve.push_group(UnresolvedPackageGroup::parse("campanile.wit", CONTRACT).unwrap()).unwrap();
    let world = resolve.select_world(&[package], Some("retry-policy")).unwrap();
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
    componentize(&module, &manifest(name)).unwrap()
}
