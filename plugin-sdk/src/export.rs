//! The one macro that makes a type the plugin.

/// Makes a type the plugin's answer to a world: `export!(retry_policy: MyPolicy);`.
///
/// Once per crate. Exports only from WebAssembly: no native linker takes the contract's names. The kind before the colon needs the SDK's feature of the same name (with a hyphen).
#[macro_export]
macro_rules! export {
    (retry_policy: $policy:ty) => {
        const _: () = {
            struct Exported;
            impl $crate::policy::bindings::exports::campanile::plugin::policy::Guest for Exported {
                fn decide(
                    input: $crate::policy::Input,
                ) -> ::core::result::Result<$crate::policy::Decision, $crate::types::PluginError> {
                    $crate::glue::install_panic_hook();
                    let settings = $crate::glue::read_settings()?;
                    <$policy as $crate::policy::RetryPolicy>::decide(&input, &settings)
                }
            }
            #[cfg(not(target_arch = "wasm32"))]
            #[used]
            static ALIVE: fn(
                $crate::policy::Input,
            ) -> ::core::result::Result<$crate::policy::Decision, $crate::types::PluginError> =
                <Exported as $crate::policy::bindings::exports::campanile::plugin::policy::Guest>::decide;
            #[cfg(target_arch = "wasm32")]
    $crate::policy::bindings::export!(Exported with_types_in $crate::policy::bindings);
        };
    };
}
