//! The one macro that makes a type the plugin.

/// Makes a type the plugin's answer to a world: `export!(retry_policy: MyPolicy);`, and `lead_importer`, `call_evaluator`,
/// `voice_gateway`, `result_sink` likewise.
///
/// Once per crate. Exports only from WebAssembly: no native linker takes the contract's names. The kind before the colon
/// needs the SDK's feature of the same name (with hyphens).
#[macro_export]
macro_rules! export {
    (lead_importer: $plugin:ty) => {
        $crate::export!(@kind importer {
            fn check() -> Result<$crate::types::Checked, $crate::types::PluginError> {
                $crate::glue::enter();
                <$plugin as $crate::importer::LeadImporter>::check(&$crate::glue::read_settings()?)
            }
            fn options(
                setting: String,
                query: String,
            ) -> Result<Vec<$crate::types::Choice>, $crate::types::PluginError> {
                $crate::glue::enter();
                let settings = $crate::glue::read_settings()?;
                <$plugin as $crate::importer::LeadImporter>::options(&setting, &query, &settings)
            }
            fn pull(
                cursor: Option<String>,
                limit: u32,
            ) -> Result<$crate::importer::Page, $crate::types::PluginError> {
                $crate::glue::enter();
                let settings = $crate::glue::read_settings()?;
                <$plugin as $crate::importer::LeadImporter>::pull(cursor.as_deref(), limit, &settings)
            }
            fn receive(
                webhook: $crate::types::Webhook,
            ) -> Result<$crate::importer::Page, $crate::types::PluginError> {
                $crate::glue::enter();
                let settings = $crate::glue::read_settings()?;
                <$plugin as $crate::importer::LeadImporter>::receive(&webhook, &settings)
            }
        });
    };
    (retry_policy: $plugin:ty) => {
        $crate::export!(@kind policy {
            fn decide(
                input: $crate::policy::Input,
            ) -> Result<$crate::policy::Decision, $crate::types::PluginError> {
                $crate::glue::install_panic_hook();
                let settings = $crate::glue::read_settings()?;
                <$plugin as $crate::policy::RetryPolicy>::decide(&input, &settings)
            }
        });
    };
    (call_evaluator: $plugin:ty) => {
        $crate::export!(@kind evaluator {
            fn evaluate(
                talk: $crate::evaluator::Talk,
                wanted: Vec<$crate::types::VariableSpec>,
            ) -> Result<$crate::evaluator::Evaluation, $crate::types::PluginError> {
                $crate::glue::install_panic_hook();
                let settings = $crate::glue::read_settings()?;
                <$plugin as $crate::evaluator::CallEvaluator>::evaluate(&talk, &wanted, &settings)
            }
        });
    };
    (voice_gateway: $plugin:ty) => {
        $crate::export!(@kind gateway {
            fn able() -> $crate::gateway::Capabilities {
                $crate::glue::enter();
                match $crate::glue::read_settings() {
                    Ok(settings) => <$plugin as $crate::gateway::VoiceGateway>::able(&settings),
                    Err(error) => {
                        $crate::log::error(&error.message);
                        $crate::gateway::Capabilities::default()
                    }
                }
            }
            fn check() -> Result<$crate::types::Checked, $crate::types::PluginError> {
                $crate::glue::enter();
                <$plugin as $crate::gateway::VoiceGateway>::check(&$crate::glue::read_settings()?)
            }
            fn options(
                setting: String,
                query: String,
            ) -> Result<Vec<$crate::types::Choice>, $crate::types::PluginError> {
                $crate::glue::enter();
                let settings = $crate::glue::read_settings()?;
                <$plugin as $crate::gateway::VoiceGateway>::options(&setting, &query, &settings)
            }
            fn place(
                dial: $crate::gateway::Dial,
            ) -> Result<$crate::gateway::Placed, $crate::gateway::DialFault> {
                $crate::glue::enter();
                let settings = $crate::glue::read_settings().map_err(|error| {
                    let scope = $crate::gateway::RefusalScope::ThisAccount;
                    $crate::gateway::DialFault::refused(scope, error.code, error.message)
                })?;
                <$plugin as $crate::gateway::VoiceGateway>::place(&dial, &settings)
            }
            fn look_up(
                provider_call_id: String,
            ) -> Result<$crate::gateway::Event, $crate::types::PluginError> {
                $crate::glue::enter();
                let settings = $crate::glue::read_settings()?;
                <$plugin as $crate::gateway::VoiceGateway>::look_up(&provider_call_id, &settings)
            }
            fn find(
                attempt_id: String,
                to: String,
                since: $crate::types::Timestamp,
                until: $crate::types::Timestamp,
            ) -> Result<$crate::gateway::Finding, $crate::types::PluginError> {
                $crate::glue::enter();
                let settings = $crate::glue::read_settings()?;
                <$plugin as $crate::gateway::VoiceGateway>::find(&attempt_id, &to, since, until, &settings)
            }
            fn hang_up(provider_call_id: String) -> Result<(), $crate::types::PluginError> {
                $crate::glue::enter();
                let settings = $crate::glue::read_settings()?;
                <$plugin as $crate::gateway::VoiceGateway>::hang_up(&provider_call_id, &settings)
            }
            fn receive(
                webhook: $crate::types::Webhook,
            ) -> Result<Vec<$crate::gateway::Event>, $crate::types::PluginError> {
                $crate::glue::enter();
                let settings = $crate::glue::read_settings()?;
                <$plugin as $crate::gateway::VoiceGateway>::receive(&webhook, &settings)
            }
        });
    };
    (result_sink: $plugin:ty) => {
        $crate::export!(@kind sink {
            fn check() -> Result<$crate::types::Checked, $crate::types::PluginError> {
                $crate::glue::enter();
                <$plugin as $crate::sink::ResultSink>::check(&$crate::glue::read_settings()?)
            }
            fn options(
                setting: String,
                query: String,
            ) -> Result<Vec<$crate::types::Choice>, $crate::types::PluginError> {
                $crate::glue::enter();
                let settings = $crate::glue::read_settings()?;
                <$plugin as $crate::sink::ResultSink>::options(&setting, &query, &settings)
            }
            fn deliver(
                events: Vec<$crate::sink::ResultEvent>,
            ) -> Result<Vec<$crate::sink::Ack>, $crate::types::PluginError> {
                $crate::glue::enter();
                let settings = $crate::glue::read_settings()?;
                <$plugin as $crate::sink::ResultSink>::deliver(&events, &settings)
            }
        });
    };
    // The module of the SDK, which has the name of the interface, and how its functions are answered.
    (@kind $module:ident { $($answers:item)* }) => {
        const _: () = {
            struct Exported;
            impl $crate::$module::bindings::exports::campanile::plugin::$module::Guest for Exported {
                $($answers)*
            }
            // Nothing calls the plugin natively; this keeps it from looking dead.
            #[cfg(not(target_arch = "wasm32"))]
            const fn alive<T: $crate::$module::bindings::exports::campanile::plugin::$module::Guest>() {}
            #[cfg(not(target_arch = "wasm32"))]
            const _: () = alive::<Exported>();
            #[cfg(target_arch = "wasm32")]
            $crate::$module::bindings::export!(Exported with_types_in $crate::$module::bindings);
        };
    };
}
