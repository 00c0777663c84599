//! Whether a component answers the world of its kind: what it must export, what it may import, and of which version.
//!
//! The contract's own text is the measure. Imports that compilers of other languages leave behind are tolerated by name
//! (see [`crate::capabilities::wasi`]); everything else that is not lent is named with the nearest that is.

use std::collections::BTreeSet;

use campanile_domain::plugin::Kind;
use campanile_domain::plugin::report::{Finding, Stage};
use wit_component::DecodedWasm;
use wit_parser::{Resolve, WorldId, WorldKey};

use crate::capabilities::wasi;

const CONTRACT: &str = include_str!("../../../plugin-sdk/wit/v0.1/campanile.wit");
const PACKAGE: &str = "campanile:plugin/";

/// The contract, parsed, with the world of a kind.
fn contract(kind: Kind) -> Result<(Resolve, WorldId), String> {
    let readable = |error: String| format!("the host's own contract cannot be read: {error}");
    let sources = wit_parser::UnresolvedPackageGroup::parse("campanile.wit", CONTRACT)
        .map_err(|error| readable(format!("{error:?}")))?;
    let mut resolve = Resolve::default();
    let package = resolve.push_group(sources).map_err(|error| readable(format!("{error:?}")))?;
    let world = resolve.select_world(&[package], Some(kind.word())).map_err(|error| readable(format!("{error:?}")))?;
    Ok((resolve, world))
}

fn names<'a>(resolve: &Resolve, keys: impl Iterator<Item = &'a WorldKey>) -> BTreeSet<String> {
    keys.map(|key| resolve.name_world_key(key)).collect()
}

/// The names in a set, for a message.
fn listed(names: &BTreeSet<String>) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.iter().cloned().collect::<Vec<_>>().join(", ") }
}

/// An interface's name without its version.
fn bare(name: &str) -> &str {
    name.split('@').next().unwrap_or(name)
}

/// Everything in which a component does not answer the world of its kind.
pub fn problems(component: &[u8], kind: Kind) -> Vec<Finding> {
    let broken = |why: String| {
        vec![Finding::at(Stage::Admission, "plugin_invalid", why, "build it with campanile plugin build")]
    };
    // The decoder panics on some valid components that no compiler writes (a type exported in a form it holds to be
    // impossible). It keeps nothing between calls, so nothing is left half done.
    let decoded = match std::panic::catch_unwind(|| wit_component::decode(component)) {
        Ok(Ok(DecodedWasm::Component(resolve, world))) => (resolve, world),
        Ok(Ok(DecodedWasm::WitPackage(..))) => {
            return broken("it is a package of interfaces, not a component".to_owned());
        }
        Ok(Err(error)) => return broken(format!("its types cannot be read: {error:#}")),
        Err(_) => return broken("its types are in a form that cannot be read".to_owned()),
    };
    let (wanted, world) = match contract(kind) {
        Ok(contract) => contract,
        Err(why) => return broken(why),
    };
    let (resolve, of_component) = decoded;
    let exported = names(&resolve, resolve.worlds[of_component].exports.keys());
    let imported = names(&resolve, resolve.worlds[of_component].imports.keys());
    let required = names(&wanted, wanted.worlds[world].exports.keys());
    let offered = names(&wanted, wanted.worlds[world].imports.keys());
    let mut found: Vec<Finding> =
        required.difference(&exported).map(|missing| not_exported(missing, &exported, kind)).collect();
    let strange = imported.difference(&offered).filter(|name| !is_closed_off(name));
    found.extend(strange.map(|name| not_lent(name, &offered, kind)));
    // With imports that are not the contract's the types are checked when the component is linked.
    if found.is_empty() && imported.is_subset(&offered) {
        let mismatch = wit_component::targets(&wanted, world, component, false).err();
        found.extend(mismatch.map(|error| {
            let message = format!("the types of what it exports are not the contract's: {error:#}");
            Finding::at(
                Stage::Admission,
                "plugin_wrong_world",
                message,
                "build it against the contract that this host serves (see plugin-guide.md)",
            )
        }));
    }
    found
}

fn is_closed_off(name: &str) -> bool {
    wasi::CLOSED_OFF.iter().any(|package| name.starts_with(&format!("{package}/")))
}

fn not_exported(missing: &str, exported: &BTreeSet<String>, kind: Kind) -> Finding {
    let other = exported.iter().find(|name| bare(name) == bare(missing));
    match other {
        Some(other) => {
            let message =
                format!("it answers {other}; this host serves version {} of the contract", crate::CONTRACT_VERSION);
            Finding::at(
                Stage::Admission,
                "plugin_contract_version",
                message,
                "build it against that version, or upload to a host that serves yours",
            )
        }
        None => {
            let message = format!("a {kind} must export {missing}; it exports {}", listed(exported));
            Finding::at(
                Stage::Admission,
                "plugin_wrong_world",
                message,
                "call the SDK's export macro for this kind, or correct `kind` in campanile.toml",
            )
        }
    }
}

fn not_lent(name: &str, offered: &BTreeSet<String>, kind: Kind) -> Finding {
    let (message, next) = if name.starts_with("wasi:sockets") || name.starts_with("wasi:http") {
        let way = if kind.reaches_out() {
            "send requests through campanile:plugin/http, which adds credentials and checks the address"
        } else {
            "a policy reaches nothing; do this in an evaluator or an importer"
        };
        (format!("it imports {name}; no plugin opens connections of its own"), way.to_owned())
    } else if let Some(other) = offered.iter().find(|other| bare(other) == bare(name)) {
        (
            format!("it imports {name}; this host lends {other}"),
            "build it against the contract that this host serves".to_owned(),
        )
    } else if name.starts_with(PACKAGE) {
        let message = format!("it imports {name}, which a {kind} is not lent; it is lent {}", listed(offered));
        (message, "remove what uses it, or choose a kind that is lent it".to_owned())
    } else {
        let nearest =
            nearest(name, offered).map(|near| format!("; the nearest that is lent is {near}")).unwrap_or_default();
        let message = format!("it imports {name}, which nobody lends{nearest}");
        (message, "find the dependency that pulls it in and drop it".to_owned())
    };
    Finding::at(Stage::Admission, "plugin_wrong_world", message, next)
}

/// The offered interface whose last part shares most of its beginning with that of `name`.
fn nearest<'a>(name: &str, offered: &'a BTreeSet<String>) -> Option<&'a String> {
    let last = |name: &str| bare(name).rsplit('/').next().unwrap_or_default().to_owned();
    let wanted = last(name);
    let shared = |other: &str| last(other).chars().zip(wanted.chars()).take_while(|(one, two)| one == two).count();
    offered.iter().max_by_key(|other| shared(other)).filter(|other| shared(other) >= 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_world() {
        for kind in Kind::UPLOADABLE {
            assert!(contract(kind).is_ok(), "{kind}");
        }
    }

    #[test]
    fn a_near_miss_is_recognised() {
        let (resolve, world) = contract(Kind::VoiceGateway).unwrap();
        let offered = names(&resolve, resolve.worlds[world].imports.keys());
        assert!(nearest("acme:host/clocks@1.0.0", &offered).unwrap().contains("/clock@"));
        assert_eq!(nearest("acme:host/filesystem", &offered), None);
        let older = not_lent("campanile:plugin/http@0.0.9", &offered, Kind::VoiceGateway);
        assert!(older.message.contains("http@0.1.0"), "{older:?}");
        let sockets = not_lent("wasi:sockets/tcp@0.2.0", &offered, Kind::VoiceGateway);
        assert!(sockets.next.contains("campanile:plugin/http"), "{sockets:?}");
    }
}
