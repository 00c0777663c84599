//! What an instance keeps between calls: sync tokens, the last page, what was seen.
//!
//! 64 KiB in all, and a call that fails leaves nothing of what it wrote. A store for leads it is not: an importer's place
//! in the other system belongs into the page's cursor, which the host keeps together with the leads.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::types::PluginError;

/// What is kept under a key.
pub fn get(key: &str) -> Option<String> {
    #[cfg(target_arch = "wasm32")]
    return crate::bindings::state::campanile::plugin::state::get(key);
    #[cfg(not(target_arch = "wasm32"))]
    crate::fake::with(|host| host.state.get(key))
}

/// Keeps a text under a key. Ends the call where it would be more than 64 KiB in all.
pub fn set(key: &str, value: &str) {
    #[cfg(target_arch = "wasm32")]
    crate::bindings::state::campanile::plugin::state::set(key, value);
    #[cfg(not(target_arch = "wasm32"))]
    crate::fake::with(|host| host.state.set(key, value));
}

/// Forgets a key; one that is not there is no error.
pub fn remove(key: &str) {
    #[cfg(target_arch = "wasm32")]
    crate::bindings::state::campanile::plugin::state::remove(key);
    #[cfg(not(target_arch = "wasm32"))]
    crate::fake::with(|host| host.state.remove(key));
}

/// What is kept under a key, as the plugin's own type. Code `state_unreadable` for a text of another shape: most likely an
/// earlier version of the plugin wrote it.
pub fn get_json<T: DeserializeOwned>(key: &str) -> Result<Option<T>, PluginError> {
    let read = |text: String| {
        serde_json::from_str(&text).map_err(|error| {
            PluginError::new(
                "state_unreadable",
                format!("what is kept under {key:?} is not what is looked for: {error}"),
            )
        })
    };
    get(key).map(read).transpose()
}

/// Keeps a value as JSON. Code `state_unwritable` for what JSON cannot say.
pub fn set_json<T: Serialize + ?Sized>(key: &str, value: &T) -> Result<(), PluginError> {
    let text = serde_json::to_string(value)
        .map_err(|error| PluginError::new("state_unwritable", format!("{key:?} cannot be kept as JSON: {error}")))?;
    set(key, &text);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_comes_back_typed_until_it_is_removed() {
        crate::fake::install(crate::fake::Host::default());
        assert_eq!(get_json::<Vec<u32>>("seen").unwrap(), None);
        set_json("seen", &[1, 2]).unwrap();
        assert_eq!(get("seen").as_deref(), Some("[1,2]"));
        assert_eq!(get_json::<Vec<u32>>("seen").unwrap(), Some(vec![1, 2]));
        assert_eq!(get_json::<String>("seen").unwrap_err().code, "state_unreadable");
        remove("seen");
        assert_eq!(get("seen"), None);
    }

    #[test]
    #[should_panic(expected = "65536 bytes")]
    fn more_than_the_host_keeps_ends_the_call() {
        crate::fake::install(crate::fake::Host::default());
        set("a", &"x".repeat(40_000));
        set("a", &"x".repeat(60_000));
        set("b", &"x".repeat(10_000));
    }
}
