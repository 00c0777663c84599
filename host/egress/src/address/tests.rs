//! Every range at both of its edges and beside them, and every way to hide an IPv4 address in an IPv6 one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::{Range, check, check_v4};

fn verdict(text: &str) -> Result<(), &'static str> {
    check(text.parse().unwrap()).map_err(|Range(name)| name)
}

#[test]
fn every_range_is_refused_to_its_edges_and_not_beyond() {
    let refused: [(&str, &[&str]); 21] = [
        ("unspecified", &["0.0.0.0", "::"]),
        ("this network", &["0.0.0.1", "0.255.255.255"]),
        ("private", &["10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255"]),
        ("shared by a carrier", &["100.64.0.0", "100.127.255.255"]),
        ("loopback", &["127.0.0.0", "127.0.0.1", "127.255.255.255", "::1"]),
        ("link-local", &["169.254.0.0", "169.254.255.255", "fe80::", "fe80::1", "febf:ffff::1"]),
        (
            "cloud metadata",
            &["169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254"],
        ),
        ("protocol assignments", &["192.0.0.0", "192.0.0.255", "192.88.99.1", "2001:1::1", "2001:1ff:ffff::1"]),
        ("documentation", &["192.0.2.1", "198.51.100.255", "203.0.113.0", "2001:db8::1", "3fff::", "3fff:fff:ffff::1"]),
        ("benchmarking", &["198.18.0.0", "198.19.255.255", "2001:2::1", "2001:2:0:ffff::1"]),
        ("multicast", &["224.0.0.0", "239.255.255.255", "ff00::", "ff02::1", "ffff::1"]),
        ("reserved", &["240.0.0.0", "255.255.255.254", "4000::1", "1000::1", "fbff::1", "::1:0:0:0:1", "fe00::1"]),
        ("broadcast", &["255.255.255.255"]),
        ("local translation", &["64:ff9b:1::", "64:ff9b:1::8.8.8.8", "64:ff9b:1:ffff::1"]),
        ("discard-only", &["100::", "100::ffff:ffff:ffff:ffff"]),
        ("dummy", &["100:0:0:1::1"]),
        ("ORCHID", &["2001:10::1", "2001:1f:ffff::1", "2001:20::1", "2001:2f:ffff::1"]),
        ("segment routing", &["5f00::1"]),
        ("unique local", &["fc00::1", "fd12:3456::1", "fdff:ffff::1"]),
        ("site-local", &["fec0::1", "feff:ffff::1"]),
        ("reserved", &["64:ff9b:0:0:1::1", "64:ff9b:2::1"]),
    ];
    for (name, addresses) in refused {
        for address in addresses {
            assert_eq!(verdict(address), Err(name), "{address}");
        }
    }
    let beside = [
        "1.0.0.0",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "191.255.255.255",
        "192.0.1.0",
        "192.0.3.0",
        "192.88.98.255",
        "192.88.100.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "198.51.99.255",
        "198.51.101.0",
        "203.0.112.255",
        "203.0.114.0",
        "223.255.255.255",
        "8.8.8.8",
        "1.1.1.1",
        "168.63.129.17",
        "2001:200::1",
        "2001:db7::1",
        "2001:db9::1",
        "3ffe:ffff::1",
        "3fff:1000::1",
        "2606:4700:4700::1111",
        "2a00:1450:4001::200e",
        "2000::1",
        "2620:4f:8000::1",
    ];
    for address in beside {
        assert_eq!(verdict(address), Ok(()), "{address}");
    }
}

#[test]
fn an_address_that_carries_another_is_judged_by_what_it_carries() {
    for (address, name) in [
        ("::ffff:127.0.0.1", "loopback"),
        ("::ffff:169.254.169.254", "cloud metadata"),
        ("::ffff:a9fe:a9fe", "cloud metadata"),
        ("::127.0.0.1", "loopback"),
        ("::2", "this network"),
        ("::ffff:0:10.0.0.1", "private"),
        ("64:ff9b::192.168.1.1", "private"),
        ("64:ff9b::a00:1", "private"),
        ("2002:7f00:1::", "loopback"),
        ("2002:a9fe:a9fe::1", "cloud metadata"),
        ("2001:0:808:808::f5ff:fffe", "private"),
        ("2001:0:a00:1::f7f7:f7f7", "private"),
        ("2606:4700::5efe:10.0.0.1", "private"),
        ("2606:4700::200:5efe:127.0.0.1", "loopback"),
    ] {
        assert_eq!(verdict(address), Err(name), "{address}");
    }
    for address in ["::ffff:8.8.8.8", "::8.8.8.8", "64:ff9b::808:808", "2002:808:808::1", "2001:0:808:808::f7f7:f7f7"] {
        assert_eq!(verdict(address), Ok(()), "{address}");
    }
}

/// Every way to write an IPv4 address as an IPv6 one; what is free is filled with `noise`.
fn disguises(address: Ipv4Addr, noise: u64) -> Vec<Ipv6Addr> {
    let v4 = u128::from(u32::from(address));
    let noise = u128::from(noise);
    let public = u128::from(u32::from(Ipv4Addr::new(8, 8, 8, 8)));
    [
        v4,
        (0xffff << 32) | v4,
        (0xffff << 48) | v4,
        (0x64_ff9b << 96) | v4,
        (0x2002 << 112) | (v4 << 80) | noise,
        (0x2001_0000 << 96) | (v4 << 64) | ((noise & 0xffff_ffff) << 32) | (0xffff_ffff ^ public),
        (0x2001_0000 << 96) | (public << 64) | ((noise & 0xffff_ffff) << 32) | (0xffff_ffff ^ v4),
        (0x2606 << 112) | (noise << 48 & (0xffff_ffff << 64)) | (0x5efe << 32) | v4,
    ]
    .into_iter()
    .map(Ipv6Addr::from)
    .collect()
}

fn refused_v4() -> impl Strategy<Value = Ipv4Addr> {
    any::<u32>().prop_flat_map(|bits| {
        let within =
            |first: u32, length: u32| Ipv4Addr::from(first | (bits & u32::MAX.checked_shr(length).unwrap_or(0)));
        let all: Vec<_> = super::V4.iter().map(|(first, length, _)| within(*first, *length)).collect();
        prop::sample::select(all)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn no_disguise_helps_a_refused_address(address in refused_v4(), noise in any::<u64>()) {
        prop_assert!(check_v4(address).is_err(), "{address}");
        for disguise in disguises(address, noise) {
            prop_assert!(check(IpAddr::V6(disguise)).is_err(), "{address} as {disguise}");
        }
    }

    #[test]
    fn what_is_outside_global_unicast_is_refused_unless_it_carries_a_public_address(bits in any::<u128>()) {
        let address = Ipv6Addr::from(bits);
        let public = address.segments()[0] >> 13 == 1 || !super::carried(bits).is_empty();
        prop_assert!(public || check(IpAddr::V6(address)).is_err(), "{address}");
    }
}
