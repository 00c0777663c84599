//! A panic that says where it happened.
//!
//! In WebAssembly a panic is the instruction `unreachable`: the host sees a trap and nothing else. This hook writes the
//! message, the file and the line through the log first, in the one form that the host looks for
//! (`panicked at FILE:LINE:COLUMN: MESSAGE`), so that the tenant reads a sentence and the author finds the line.

use std::panic::PanicHookInfo;
use std::sync::Once;

fn sentence(info: &PanicHookInfo<'_>) -> String {
    let payload = info.payload();
    let message = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(no message)");
    match info.location() {
        Some(at) => format!("panicked at {}:{}:{}: {message}", at.file(), at.line(), at.column()),
        None => format!("panicked: {message}"),
    }
}

/// Called by [`crate::export!`] at the head of every exported function; installs the hook once. Native tests keep the
/// hook of the test harness.
pub fn install() {
    static ONCE: Once = Once::new();
    if cfg!(target_arch = "wasm32") {
        ONCE.call_once(|| std::panic::set_hook(Box::new(|info| crate::log::error(&sentence(info)))));
    }
}
