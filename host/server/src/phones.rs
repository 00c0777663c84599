//! Phones in bodies, as people write them.
//!
//! A body may say `(415) 555-0100` where a country is known: from `default_region`, else from the zone of the campaign or
//! the assistant. Inside everything is E.164; this file is the edge where that happens for the API.

use campanile_domain::phone::{self, Phone};
use campanile_domain::region::{NotARegion, Region, region_of_zone};
use serde_json::{Map, Value};

use crate::problem::{FieldProblem, Problem};

/// Reads a phone at a place of a body.
pub(crate) fn read(written: &str, region: Option<Region>, pointer: &str) -> Result<Phone, FieldProblem> {
    phone::parse(written, region).map_err(|error| {
        let message = format!("{error}; {}", error.suggestion());
        FieldProblem::new(pointer, error.code(), message)
    })
}

/// Reads a phone of a path or a query. A plus in a query means a space, nobody remembers to escape it, and digits without a
/// country are those of E.164.
pub(crate) fn of_url(written: &str, region: Option<Region>, name: &str) -> Result<Phone, Problem> {
    let written = written.trim_start();
    let bare = region.is_none() && written.starts_with(|first: char| ('1'..='9').contains(&first));
    let meant = if bare { format!("+{written}") } else { written.to_owned() };
    phone::parse(&meant, region)
        .map_err(|error| Problem::parameter(name, error.code(), format!("{error}; {}", error.suggestion())))
}

/// The region a query names.
pub(crate) fn region_of_url(named: Option<&str>) -> Result<Option<Region>, Problem> {
    let unknown = |error: NotARegion| Problem::parameter("default_region", "unknown_region", error.to_string());
    named.map(|text| text.parse().map_err(unknown)).transpose()
}

/// The region a body names, or the zone's.
pub(crate) fn region(named: Option<&str>, zone: Option<&str>, pointer: &str) -> Result<Option<Region>, FieldProblem> {
    match named {
        Some(text) => match text.parse() {
            Ok(region) => Ok(Some(region)),
            Err(error) => Err(FieldProblem::new(pointer, "unknown_region", format!("{error}"))),
        },
        None => Ok(zone.and_then(region_of_zone)),
    }
}

/// Rewrites a field that lists phones as E.164; what is no text is left for the shape to refuse. A list with a fault is
/// taken out, so that the rest of the body can be checked.
pub(crate) fn normalise(
    body: &mut Map<String, Value>,
    field: &str,
    region: Option<Region>,
    faults: &mut Vec<FieldProblem>,
) {
    let Some(Value::Array(list)) = body.get_mut(field) else { return };
    let before = faults.len();
    for (index, item) in list.iter_mut().enumerate() {
        let Value::String(written) = item else { continue };
        match read(written, region, &format!("/{field}/{index}")) {
            Ok(phone) => *item = Value::String(phone.to_string()),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.len() > before {
        body.remove(field);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn phones_are_read_with_the_zone_of_the_campaign() {
        let region = region(None, Some("America/New_York"), "").unwrap();
        assert_eq!(read("(415) 555-2671", region, "/phone").unwrap().to_string(), "+14155552671");
        assert_eq!(read("(415) 555-2671", None, "/phone").unwrap_err().code, "unparseable");
    }

    #[test]
    fn phones_of_urls_may_have_lost_their_plus() {
        for written in ["+14155552671", " 14155552671", "14155552671"] {
            assert_eq!(of_url(written, None, "phone").unwrap().to_string(), "+14155552671", "{written:?}");
        }
        let us = region_of_url(Some("US")).unwrap();
        assert_eq!(of_url("4155552671", us, "phone").unwrap().to_string(), "+14155552671");
        assert!(of_url("nobody", None, "phone").is_err() && region_of_url(Some("Atlantis")).is_err());
    }

    #[test]
    fn every_bad_phone_of_a_list_is_told() {
        let Value::Object(mut body) = json!({"phone_numbers": ["+14155552671", "12", 7, ""]}) else { unreachable!() };
        let mut faults = Vec::new();
        normalise(&mut body, "phone_numbers", None, &mut faults);
        let pointers: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, ["/phone_numbers/1", "/phone_numbers/3"]);
    }
}
