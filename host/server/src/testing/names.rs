//! Names in examples: the same in every run, and the same in a request and in what answers it.
//!
//! Ids, keys and tokens are random. In the document the first campaign of an example is always the same one, and so is the second;
//! before an example is sent its names are replaced by those of real objects, and what comes back is written with the document's
//! names again.

use std::collections::BTreeMap;

use serde_json::Value;

/// What an id of the document ends with: the first of its kind, but for its last two characters.
const FIRST: &str = "01k9zr2v9pfb1sxkh5gqd0m8";
/// The rest of them, by number. An example with more objects of a kind than this has too many to be read.
const ENDS: [&str; 12] = ["ea", "f3", "gk", "h9", "j6", "kx", "m2", "np", "pw", "q7", "rc", "s5"];
const ALPHABET: &[u8] = b"0123456789abcdefghjkmnpqrstvwxyz";
const ID: usize = 26;

/// Secrets as the document shows them: what they begin with, and what stands for the rest.
const SECRETS: [(&str, &str); 4] =
    [("cpn_live_", KEY), ("cpn_test_", KEY), ("cpn_operator_", KEY), ("whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")];
const KEY: &str = "5m0k2v9c8t3w7q4x1n6r0h5j2b8d3f7g4s9p1a6e";
const TOKEN: &str = "Zk3vQm8xT1bLr6Yp0WcNs5Jd2HfGa7Ue9RiKoXtVyMg";

fn shown_id(kind: &str, number: usize) -> String {
    let end = ENDS.get(number).unwrap_or_else(|| panic!("an example with so many {kind} ids is too long to be read"));
    format!("{kind}_{FIRST}{end}")
}

/// Every piece of a text that may be a name, and what is between.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(|one: char| !one.is_ascii_alphanumeric() && one != '_')
}

/// Kind and text of the id that a piece begins with.
fn id(piece: &str) -> Option<(&str, &str)> {
    let (kind, rest) = piece.split_once('_')?;
    let of_id = rest.bytes().take_while(|byte| ALPHABET.contains(byte)).count();
    let kind_is = (2..=4).contains(&kind.len()) && kind.bytes().all(|byte| byte.is_ascii_lowercase());
    (kind_is && of_id == ID).then(|| (kind, &piece[..kind.len() + 1 + ID]))
}

/// What is done to the texts of a value.
fn each(value: &Value, change: &mut impl FnMut(&str, &str) -> String, at: &str) -> Value {
    match value {
        Value::String(text) => Value::String(change(at, text)),
        Value::Array(list) => list.iter().map(|one| each(one, change, at)).collect(),
        Value::Object(fields) => {
            let names: Vec<_> = fields.iter().map(|(name, one)| (change("", name), each(one, change, name))).collect();
            Value::Object(names.into_iter().collect())
        }
        other => other.clone(),
    }
}

/// The example of a request with the names of real objects.
pub(super) fn real(example: &Value, named: &[String]) -> Value {
    let (mut counts, mut known) = (BTreeMap::<&str, usize>::new(), BTreeMap::new());
    for real in named {
        let Some((kind, _)) = id(real) else { continue };
        let number = counts.entry(kind).or_default();
        known.insert(shown_id(kind, *number), real.as_str());
        *number += 1;
    }
    let change = &mut |_: &str, text: &str| {
        pieces(text).fold(String::new(), |all, piece| match id(piece) {
            Some((_, shown)) => {
                let real = known
                    .get(shown)
                    .unwrap_or_else(|| panic!("the example names {shown}, and nothing is staged for it"));
                all + &piece.replacen(shown, real, 1)
            }
            None => all + piece,
        })
    };
    each(example, change, "")
}

/// An answer with the names of the document.
pub(super) fn shown(answer: &Value, named: &[String]) -> Value {
    let mut known = BTreeMap::<String, String>::new();
    let mut counts = BTreeMap::<String, usize>::new();
    let mut name = |real: &str, kind: &str| {
        let new = || {
            let number = counts.entry(kind.to_owned()).or_default();
            *number += 1;
            shown_id(kind, *number - 1)
        };
        known.entry(real.to_owned()).or_insert_with(new).clone()
    };
    for real in named {
        if let Some((kind, real)) = id(real) {
            name(real, kind);
        }
    }
    let change = &mut |at: &str, text: &str| {
        if at == "last_four" {
            return KEY[KEY.len() - 4..].to_owned();
        }
        let text = without_secrets(text);
        pieces(&text).fold(String::new(), |all, piece| match id(piece) {
            Some((kind, real)) => all + &piece.replacen(real, &name(real, kind), 1),
            None => all + piece,
        })
    };
    each(answer, change, "")
}

fn without_secrets(text: &str) -> String {
    if let Some((place, _)) = text.rsplit_once('/').filter(|(place, _)| place.contains("/hooks/") && id_ends(place)) {
        return format!("{place}/{TOKEN}");
    }
    if let Some((before, rest)) = text.split_once("state=") {
        let after = rest.find('&').map_or("", |end| &rest[end..]);
        return format!("{before}state={TOKEN}{after}");
    }
    for (begins, stands) in SECRETS {
        if text.starts_with(begins) {
            return format!("{begins}{stands}");
        }
    }
    text.to_owned()
}

fn id_ends(place: &str) -> bool {
    place.rsplit('/').next().is_some_and(|last| id(last).is_some())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_exchanged_there_and_back() {
        let campaign = "cmp_01kjqh0cc0e7mvyeavtpmx61s9";
        let example = json!({"campaign": "cmp_01k9zr2v9pfb1sxkh5gqd0m8ea", "phone": "+14155552671"});
        let sent = real(&example, &[campaign.to_owned()]);
        assert_eq!(sent["campaign"], campaign);
        assert_eq!(shown(&sent, &[campaign.to_owned()]), example);
        let two = json!([format!("see {campaign}, please"), "cmp_01kjqh0cc0e7mvyeavtpmx61sa", campaign]);
        let (first, second) = (shown_id("cmp", 0), shown_id("cmp", 1));
        assert_eq!(shown(&two, &[]), json!([format!("see {first}, please"), second, first]));
    }

    #[test]
    fn no_secret_is_kept() {
        let hook = "https://calls.example/hooks/gateways/gw_01kjqh0cc0e7mvyeavtpmx61s9/a-b_c";
        let answer = json!({"secret": "cpn_live_0123", "last_four": "0123", "hook_url": hook});
        let shown = shown(&answer, &[]);
        assert_eq!(shown["secret"], format!("cpn_live_{KEY}"));
        assert_eq!(shown["last_four"], "1a6e");
        assert_eq!(shown["hook_url"], format!("https://calls.example/hooks/gateways/{}/{TOKEN}", shown_id("gw", 0)));
    }
}
