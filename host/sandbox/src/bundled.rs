//! What ships inside the binary: released components and scripts, so that the first start needs no toolchain.
//!
//! The components are built from `plugins/` by `plugins/build` and refreshed only when a plugin's version is raised;
//! `plugins/bundled/manifest.toml` says what each is (a test compares it with the bytes). Everything here obeys the same
//! limits as an upload.

use campanile_domain::plugin::Kind;

/// One thing that ships.
#[derive(Clone, Copy, Debug)]
pub struct Bundled {
    /// The name that campaigns use.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Its content.
    pub body: BundledBody,
}

/// Component or script.
#[derive(Clone, Copy, Debug)]
pub enum BundledBody {
    /// A WebAssembly component.
    Component(&'static [u8]),
    /// A script's source.
    Script(&'static str),
}

const BUNDLED: &[Bundled] = &[
    Bundled {
        name: "patient-retry",
        version: "0.1.0",
        kind: Kind::RetryPolicy,
        body: BundledBody::Component(include_bytes!("../../../plugins/bundled/patient-retry.wasm")),
    },
    Bundled {
        name: "retry-table",
        version: "0.1.0",
        kind: Kind::RetryPolicy,
        body: BundledBody::Component(include_bytes!("../../../plugins/bundled/retry-table.wasm")),
    },
    Bundled {
        name: "keyword-evaluator",
        version: "0.1.0",
        kind: Kind::CallEvaluator,
        body: BundledBody::Component(include_bytes!("../../../plugins/bundled/keyword-evaluator.wasm")),
    },
    Bundled {
        name: "provided-evaluator",
        version: "0.1.0",
        kind: Kind::CallEvaluator,
        body: BundledBody::Component(include_bytes!("../../../plugins/bundled/provided-evaluator.wasm")),
    },
    Bundled {
        name: "goal-retry",
        version: "1",
        kind: Kind::RetryPolicy,
        body: BundledBody::Script(include_str!("../../../scripts/goal_retry.rhai")),
    },
    Bundled {
        name: "voicemail-twice",
        version: "1",
        kind: Kind::RetryPolicy,
        body: BundledBody::Script(include_str!("../../../scripts/voicemail_twice.rhai")),
    },
];

/// The interpreter of scripts; no campaign can name it.
pub const RUNNER: &[u8] = include_bytes!("../../../plugins/bundled/rhai-runner.wasm");

/// What ships, in the order of lists.
pub fn bundled() -> &'static [Bundled] {
    BUNDLED
}
