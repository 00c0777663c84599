//! URLs and forms, piece by piece.
//!
//! Names, phone numbers and ids go into URLs all day, and each is somebody's text: whatever is put into a path, a query or
//! a form goes through here, so that a `/`, a `&` or a space in it stays what it is.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but the letters, digits and signs that RFC 3986 calls unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A text as one piece of a path or a query: a space becomes `%20`, a `/` becomes `%2F`.
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// The text that `piece` stands for; what is not UTF-8 after that is replaced.
pub fn decode(piece: &str) -> String {
    percent_encoding::percent_decode_str(piece).decode_utf8_lossy().into_owned()
}

/// `url` with one more parameter in its query, and a fragment left behind it.
pub fn with_query(url: &str, name: &str, value: &str) -> String {
    let (address, fragment) = url.split_once('#').map_or((url, None), |(address, fragment)| (address, Some(fragment)));
    let joint = match address.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    let mut whole = format!("{address}{joint}{}={}", encode(name), encode(value));
    if let Some(fragment) = fragment {
        whole.push('#');
        whole.push_str(fragment);
    }
    whole
}

/// The part of a URL behind the `?`, without a fragment; empty where there is none.
pub fn query_of(url: &str) -> &str {
    let address = url.split('#').next().unwrap_or_default();
    address.split_once('?').map_or("", |(_, query)| query)
}

/// A body of `application/x-www-form-urlencoded`, in the order given; a key may come again.
pub fn write_pairs<K: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (K, V)>) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// What a form body or a query says, in its order; a key may come again.
pub fn read_pairs(text: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_stays_one_piece() {
        assert_eq!(encode("a b/c?d=e&f+g~é"), "a%20b%2Fc%3Fd%3De%26f%2Bg~%C3%A9");
        assert_eq!(decode(&encode("a b/c?d=e&f+g~é")), "a b/c?d=e&f+g~é");
    }

    #[test]
    fn a_parameter_is_added_wherever_the_query_is() {
        assert_eq!(with_query("https://a.example/x", "q", "1 2"), "https://a.example/x?q=1%202");
        assert_eq!(with_query("https://a.example/x?", "q", "1"), "https://a.example/x?q=1");
        assert_eq!(with_query("https://a.example/x?p=0#top", "q", "1"), "https://a.example/x?p=0&q=1#top");
        assert_eq!(query_of("https://a.example/x?p=0#top?"), "p=0");
        assert_eq!(query_of("https://a.example/x"), "");
    }

    #[test]
    fn forms_keep_order_and_repeated_keys() {
        let pairs = [("To", "+15550100"), ("Event", "a"), ("Event", "b&c"), ("Event", "")];
        let text = write_pairs(pairs);
        assert_eq!(text, "To=%2B15550100&Event=a&Event=b%26c&Event=");
        let back = read_pairs(&text);
        assert!(back.iter().map(|(key, value)| (key.as_str(), value.as_str())).eq(pairs));
    }
}
