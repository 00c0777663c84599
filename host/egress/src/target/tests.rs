//! The spellings of a host that have fooled somebody, each with its verdict.

use serde_json::json;

use super::*;

/// A grant that nothing is outside of, so that only the other rules speak: the host of the URL itself, as parsed.
fn verdict(text: &str) -> String {
    let host = Url::parse(text).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let granted = [HostPattern::Exact(host.strip_suffix('.').unwrap_or(&host).to_owned())];
    match check(text, &granted, &json!({}), &Exemptions::default()) {
        Ok(target) => format!("to {} port {}", target.host(), target.url.port_or_known_default().unwrap()),
        Err(Refused::Address { range: Range(name), .. }) => name.to_owned(),
        Err(Refused::Scheme { .. }) => "scheme".to_owned(),
        Err(Refused::NotAUrl(_)) => "no url".to_owned(),
        Err(Refused::UserInfo(_)) => "user".to_owned(),
        Err(Refused::Port(_)) => "port".to_owned(),
        Err(Refused::TooLong(_)) => "too long".to_owned(),
        Err(Refused::NotGranted(_)) => "not granted".to_owned(),
    }
}

#[test]
fn a_spelling_changes_no_verdict() {
    for (text, expected) in [
        // One address in every spelling.
        ("https://127.0.0.1/", "loopback"),
        ("https://127.0.0.1./", "loopback"),
        ("https://127.1/", "loopback"),
        ("https://127.0.1/", "loopback"),
        ("https://2130706433/", "loopback"),
        ("https://017700000001/", "loopback"),
        ("https://0x7f000001/", "loopback"),
        ("https://0X7F000001/", "loopback"),
        ("https://0177.0.0.1/", "loopback"),
        ("https://0177.0.0.01/", "loopback"),
        ("https://0x7f.1/", "loopback"),
        ("https://0x7f.0x0.0x0.0x1/", "loopback"),
        ("https://127.0x0.1/", "loopback"),
        ("https://127.0.0.1:8443/", "loopback"),
        ("https://%31%32%37.0.0.1/", "loopback"),
        ("https://127%2e0%2e0%2e1/", "loopback"),
        ("https://１２７.0.0.1/", "loopback"),
        ("https://127。0。0。1/", "loopback"),
        ("https://127．0．0．1/", "loopback"),
        ("https://①②⑦.0.0.1/", "loopback"),
        ("https:127.0.0.1/", "loopback"),
        ("https:///127.0.0.1/", "loopback"),
        ("HTTPS://127.0.0.1/", "loopback"),
        ("https://127.255.255.254/", "loopback"),
        ("https://[::1]/", "loopback"),
        ("https://[0:0:0:0:0:0:0:1]/", "loopback"),
        ("https://[0000:0000:0000:0000:0000:0000:0000:0001]:443/", "loopback"),
        ("https://[::ffff:127.0.0.1]/", "loopback"),
        ("https://[::FFFF:7F00:1]/", "loopback"),
        ("https://[::127.0.0.1]/", "loopback"),
        ("https://[64:ff9b::7f00:1]/", "loopback"),
        ("https://[2002:7f00:1::]/", "loopback"),
        ("https://0/", "unspecified"),
        ("https://0.0.0.0/", "unspecified"),
        ("https://0x0/", "unspecified"),
        ("https://[::]/", "unspecified"),
        ("https://0.1.2.3/", "this network"),
        // Where clouds keep credentials.
        ("https://169.254.169.254/latest/meta-data/", "cloud metadata"),
        ("https://2852039166/", "cloud metadata"),
        ("https://0xa9fea9fe/", "cloud metadata"),
        ("https://0251.0376.0251.0376/", "cloud metadata"),
        ("https://169.254.43518/", "cloud metadata"),
        ("https://[::ffff:169.254.169.254]/", "cloud metadata"),
        ("https://[fd00:ec2::254]/", "cloud metadata"),
        ("https://100.100.100.200/", "cloud metadata"),
        ("https://168.63.129.16/", "cloud metadata"),
        // The other ranges, as URLs.
        ("https://10.0.0.1/", "private"),
        ("https://10.1/", "private"),
        ("https://012.0.0.1/", "private"),
        ("https://172.16.0.1/", "private"),
        ("https://192.168.1/", "private"),
        ("https://100.64.0.1/", "shared by a carrier"),
        ("https://169.254.1.1/", "link-local"),
        ("https://[fe80::1]/", "link-local"),
        ("https://192.0.2.1/", "documentation"),
        ("https://[2001:db8::1]/", "documentation"),
        ("https://198.18.0.1/", "benchmarking"),
        ("https://224.0.0.1/", "multicast"),
        ("https://[ff02::1]/", "multicast"),
        ("https://255.255.255.255/", "broadcast"),
        ("https://0xffffffff/", "broadcast"),
        ("https://250.1.2.3/", "reserved"),
        ("https://[fc00::1]/", "unique local"),
        ("https://[fec0::1]/", "site-local"),
        ("https://[100::1]/", "discard-only"),
        // Not https.
        ("http://127.0.0.1/", "scheme"),
        ("http://2130706433/", "scheme"),
        ("http://api.example.com/", "scheme"),
        ("ftp://api.example.com/", "scheme"),
        ("ws://api.example.com/", "scheme"),
        ("gopher://127.0.0.1:6379/_x", "scheme"),
        // Two hosts in one.
        ("https://api.example.com@127.0.0.1/", "user"),
        ("https://user:word@api.example.com/", "user"),
        ("https://:word@api.example.com/", "user"),
        ("https://127.0.0.1#@api.example.com/", "loopback"),
        ("https://127.0.0.1?@api.example.com/", "loopback"),
        ("https://api.example.com\\@127.0.0.1/", "no url"),
        ("https://api.example.com%2f@127.0.0.1/", "user"),
        ("https:\\\\127.0.0.1/", "no url"),
        // No URL, or one that two readers would read in two ways.
        ("", "no url"),
        ("api.example.com", "no url"),
        ("/v1/calls", "no url"),
        ("//api.example.com/", "no url"),
        ("https://", "no url"),
        ("https://./", "no url"),
        ("https://api.example.com../", "no url"),
        ("https://127.0.0.1.1/", "no url"),
        ("https://256.1.1.1/", "no url"),
        ("https://4294967296/", "no url"),
        ("https://1.2.3.08/", "no url"),
        ("https://[::1/", "no url"),
        ("https://[fe80::1%25eth0]/", "no url"),
        ("https://[::ffff:127.0.0.1.5]/", "no url"),
        ("https://api .example.com/", "no url"),
        ("https://api.example.com/a b", "no url"),
        (" https://api.example.com/", "no url"),
        ("https://api.exam\tple.com/", "no url"),
        ("https://api.example.com/\r\nhost: evil", "no url"),
        ("https://api.example.com:99999/", "no url"),
        ("https://api.example.com:-1/", "no url"),
        ("https://api.example.com%00.evil.example/", "no url"),
        ("https://api.example.com<evil>/", "no url"),
        ("javascript:alert(1)", "no url"),
        ("data:text/plain,x", "no url"),
        ("file:///etc/passwd", "no url"),
        // Ports.
        ("https://api.example.com:0/", "port"),
        ("https://api.example.com:22/", "port"),
        ("https://api.example.com:25/", "port"),
        ("https://api.example.com:80/", "port"),
        ("https://api.example.com:444/", "port"),
        ("https://api.example.com:8443/", "to api.example.com port 8443"),
        ("https://api.example.com:443/", "to api.example.com port 443"),
        // Allowed.
        ("https://api.example.com/", "to api.example.com port 443"),
        ("https://API.Example.COM/", "to api.example.com port 443"),
        ("https://api.example.com./", "to api.example.com port 443"),
        ("https://api.example.com", "to api.example.com port 443"),
        ("https://api.example.com/a%20b?to=%2B1#part", "to api.example.com port 443"),
        ("https://api。example。com/", "to api.example.com port 443"),
        ("https://bücher.example/", "to xn--bcher-kva.example port 443"),
        ("https://8.8.8.8/", "to 8.8.8.8 port 443"),
        ("https://134744072/", "to 8.8.8.8 port 443"),
        ("https://[2606:4700:4700::1111]/", "to [2606:4700:4700::1111] port 443"),
        // Names that mean this host are judged by what they resolve to.
        ("https://localhost/", "to localhost port 443"),
    ] {
        assert_eq!(verdict(text), expected, "{text}");
    }
    assert_eq!(verdict(&format!("https://api.example.com/{}", "a".repeat(URL_BYTES))), "too long");
}

#[test]
fn only_what_is_granted_is_reached() {
    let hosts = ["api.example.com".parse().unwrap(), "*.eu.example.com".parse().unwrap(), "{base}".parse().unwrap()];
    let settings = json!({"base": "https://acme.example.org:8443/api"});
    let ask = |text: &str| check(text, &hosts, &settings, &Exemptions::default()).map(|target| target.url.to_string());
    for fine in ["https://api.example.com/x", "https://a.eu.example.com/", "https://acme.example.org/"] {
        assert_eq!(ask(fine).as_deref(), Ok(fine));
    }
    assert_eq!(ask("https://api.example.com./x#y").as_deref(), Ok("https://api.example.com/x"));
    for strange in
        ["https://example.com/", "https://eu.example.com/", "https://api.example.com.evil.org/", "https://8.8.8.8/"]
    {
        assert!(matches!(ask(strange), Err(Refused::NotGranted(_))), "{strange}");
    }
}

#[test]
fn an_exemption_is_one_host_and_one_port_and_grants_nothing() {
    let listed = Exemptions::parse(["127.0.0.1:8080", "crm.intern.example:80"]).unwrap();
    let hosts = [HostPattern::Setting("base".into())];
    let ask = |text: &str, base: &str| check(text, &hosts, &json!({"base": base}), &listed);
    assert!(ask("http://127.0.0.1:8080/", "127.0.0.1").is_ok_and(|target| target.is_exempt));
    assert!(ask("http://0x7f.1:8080/", "127.0.0.1").is_ok_and(|target| target.host() == "127.0.0.1"));
    assert!(ask("http://crm.intern.example/", "crm.intern.example").is_ok());
    assert!(matches!(ask("http://127.0.0.1:8081/", "127.0.0.1"), Err(Refused::Scheme { .. })));
    assert!(matches!(ask("https://127.0.0.1:8081/", "127.0.0.1"), Err(Refused::Address { .. })));
    assert!(matches!(ask("http://127.0.0.1:8080/", "other.example"), Err(Refused::NotGranted(_))));
    assert!(matches!(ask("ftp://127.0.0.1:8080/", "127.0.0.1"), Err(Refused::Scheme { .. })));
    assert!(matches!(ask("http://a@127.0.0.1:8080/", "127.0.0.1"), Err(Refused::UserInfo(_))));
}
