//! What a tenant sets, and which fields of a record follow from it.

use campanile_plugin_sdk::records::{Chosen, Fields};
use campanile_plugin_sdk::sync::Pace;
use serde::Deserialize;

/// Which records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Module {
    /// People whom nobody has qualified yet.
    #[default]
    Leads,
    /// People of an account.
    Contacts,
}

impl Module {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Leads => "Leads",
            Self::Contacts => "Contacts",
        }
    }

    const fn phones(self) -> &'static [&'static str] {
        match self {
            Self::Leads => &["Mobile", "Phone"],
            Self::Contacts => &["Mobile", "Phone", "Home_Phone", "Other_Phone"],
        }
    }
}

/// The settings; their schema stands in `campanile.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Where the customer signs in, by region.
    pub accounts: String,
    /// The application; the host reads it.
    pub client_id: String,
    /// Which records.
    pub module: Module,
    /// A custom view, by its number.
    pub view: String,
    /// Fields that hold phones, in the order they are called.
    pub phones: Vec<String>,
    /// Field that says never to call.
    pub do_not_call: String,
    /// Without leads that were converted.
    pub skip_converted: bool,
    /// What is known of people, and their variables.
    #[serde(flatten)]
    pub chosen: Chosen,
    /// Hours after which everything is read again.
    pub full_every_hours: u32,
    /// Address of the API; empty: by the region.
    pub api_base: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            accounts: String::new(),
            client_id: String::new(),
            module: Module::Leads,
            view: String::new(),
            phones: Vec::new(),
            do_not_call: String::new(),
            skip_converted: true,
            chosen: Chosen::default(),
            full_every_hours: 24,
            api_base: String::new(),
        }
    }
}

/// Where the API of a region is, by where one signs in; `None` for an address that is none of Zoho's.
fn api_of(accounts: &str) -> Option<String> {
    let host = accounts.split_once("://").map_or(accounts, |(_, rest)| rest).split('/').next()?;
    match host.to_ascii_lowercase().strip_prefix("accounts.zoho")? {
        "cloud.ca" => Some("https://www.zohoapis.ca".to_owned()),
        region if region.starts_with('.') => Some(format!("https://www.zohoapis{region}")),
        _ => None,
    }
}

impl Settings {
    /// How it keeps up.
    pub fn pace(&self) -> Pace {
        Pace::hours(self.full_every_hours)
    }

    /// An address of the API.
    pub fn at(&self, path: &str) -> String {
        let base = Some(self.api_base.clone()).filter(|base| !base.is_empty()).or_else(|| api_of(&self.accounts));
        let base = base.unwrap_or_else(|| "https://www.zohoapis.com".to_owned());
        format!("{}/crm/v8{path}", base.trim_end_matches('/'))
    }

    /// Fields that hold phones.
    pub fn phones(&self) -> Vec<&str> {
        match self.phones.as_slice() {
            [] => self.module.phones().to_vec(),
            chosen => chosen.iter().map(String::as_str).collect(),
        }
    }

    /// Whether converted leads are left out.
    pub fn skips_converted(&self) -> bool {
        self.skip_converted && self.module == Module::Leads
    }

    /// Every field that a setting names, with the setting.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let own = [("do_not_call", self.do_not_call.as_str())].into_iter().filter(|(_, field)| !field.is_empty());
        own.chain(self.phones().into_iter().map(|field| ("phones", field))).chain(self.chosen.named())
    }

    /// The fields to ask for, each once.
    pub fn selected(&self) -> Vec<&str> {
        let mut all = vec!["First_Name", "Last_Name", "Modified_Time"];
        if self.skips_converted() {
            all.push("Converted__s");
        }
        for (_, field) in self.named() {
            if !all.contains(&field) {
                all.push(field);
            }
        }
        all
    }

    /// What a record's fields are.
    pub fn fields(&self) -> Fields {
        Fields {
            external_id: "id".to_owned(),
            phones: self.phones().into_iter().map(str::to_owned).collect(),
            name: vec!["First_Name".to_owned(), "Last_Name".to_owned()],
            do_not_call: self.do_not_call.clone(),
            updated_at: "Modified_Time".to_owned(),
            ..self.chosen.fields(str::to_owned)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_api_is_in_the_region_where_one_signs_in() {
        let at = |accounts: &str, api_base: &str| {
            let (accounts, api_base) = (accounts.to_owned(), api_base.to_owned());
            Settings { accounts, api_base, ..Settings::default() }.at("/Leads")
        };
        for (accounts, api) in [
            ("https://accounts.zoho.com", "https://www.zohoapis.com"),
            ("accounts.zoho.eu", "https://www.zohoapis.eu"),
            ("https://Accounts.zoho.com.au/", "https://www.zohoapis.com.au"),
            ("https://accounts.zohocloud.ca", "https://www.zohoapis.ca"),
            ("https://accounts.zohoevil.org", "https://www.zohoapis.com"),
            ("", "https://www.zohoapis.com"),
        ] {
            assert_eq!(at(accounts, ""), format!("{api}/crm/v8/Leads"), "{accounts}");
        }
        assert_eq!(
            at("https://accounts.zoho.eu", "https://sandbox.zohoapis.eu/"),
            "https://sandbox.zohoapis.eu/crm/v8/Leads"
        );
    }
}
