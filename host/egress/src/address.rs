//! Addresses that nothing of a tenant's may reach.
//!
//! A small room of its own, because a mistake here opens the operator's network to whoever uploads a plugin. An address
//! is judged after it is canonicalised: an IPv6 address that carries an IPv4 one inside (mapped, compatible, translated,
//! tunnelled) is judged by what it carries. IPv4 is allowed unless a range below refuses it; IPv6 is refused unless it is
//! global unicast and no range below refuses it. Pure: it resolves nothing and knows no exemption.
//!
//! The ranges are those of the special-purpose registries of RFC 6890 as they stand today, and the cloud metadata
//! services that answer outside of them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A range that is refused, by name: what a tenant is told instead of the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range(pub &'static str);

const fn v4(a: u8, b: u8, c: u8, d: u8) -> u32 {
    u32::from_be_bytes([a, b, c, d])
}

/// First address, length of the prefix, name. The first that fits gives the name.
const V4: [(u32, u32, Range); 20] = [
    (v4(169, 254, 169, 254), 32, Range("cloud metadata")),
    (v4(100, 100, 100, 200), 32, Range("cloud metadata")),
    (v4(168, 63, 129, 16), 32, Range("cloud metadata")),
    (v4(192, 0, 0, 192), 32, Range("cloud metadata")),
    (v4(0, 0, 0, 0), 32, Range("unspecified")),
    (v4(255, 255, 255, 255), 32, Range("broadcast")),
    (v4(0, 0, 0, 0), 8, Range("this network")),
    (v4(10, 0, 0, 0), 8, Range("private")),
    (v4(100, 64, 0, 0), 10, Range("shared by a carrier")),
    (v4(127, 0, 0, 0), 8, Range("loopback")),
    (v4(169, 254, 0, 0), 16, Range("link-local")),
    (v4(172, 16, 0, 0), 12, Range("private")),
    (v4(192, 0, 0, 0), 24, Range("protocol assignments")),
    (v4(192, 0, 2, 0), 24, Range("documentation")),
    (v4(192, 88, 99, 0), 24, Range("protocol assignments")),
    (v4(192, 168, 0, 0), 16, Range("private")),
    (v4(198, 18, 0, 0), 15, Range("benchmarking")),
    (v4(198, 51, 100, 0), 24, Range("documentation")),
    (v4(203, 0, 113, 0), 24, Range("documentation")),
    (v4(224, 0, 0, 0), 4, Range("multicast")),
];
/// 240.0.0.0/4, whatever is not the broadcast address.
const V4_RESERVED: (u32, u32, Range) = (v4(240, 0, 0, 0), 4, Range("reserved"));

const fn v6(a: u16, b: u16, c: u16, d: u16) -> u128 {
    ((a as u128) << 112) | ((b as u128) << 96) | ((c as u128) << 80) | ((d as u128) << 64)
}

const V6: [(u128, u32, Range); 18] = [
    (0, 128, Range("unspecified")),
    (1, 128, Range("loopback")),
    (v6(0xfd00, 0xec2, 0, 0) | 0x254, 128, Range("cloud metadata")),
    (v6(0xfd20, 0xce, 0, 0) | 0x254, 128, Range("cloud metadata")),
    // Networks choose where in it the IPv4 address stands, so nobody outside can judge it by that.
    (v6(0x64, 0xff9b, 1, 0), 48, Range("local translation")),
    (v6(0x100, 0, 0, 0), 64, Range("discard-only")),
    (v6(0x100, 0, 0, 1), 64, Range("dummy")),
    (v6(0x2001, 2, 0, 0), 48, Range("benchmarking")),
    (v6(0x2001, 0x10, 0, 0), 28, Range("ORCHID")),
    (v6(0x2001, 0x20, 0, 0), 28, Range("ORCHID")),
    (v6(0x2001, 0, 0, 0), 23, Range("protocol assignments")),
    (v6(0x2001, 0xdb8, 0, 0), 32, Range("documentation")),
    (v6(0x3fff, 0, 0, 0), 20, Range("documentation")),
    (v6(0x5f00, 0, 0, 0), 16, Range("segment routing")),
    (v6(0xfc00, 0, 0, 0), 7, Range("unique local")),
    (v6(0xfe80, 0, 0, 0), 10, Range("link-local")),
    (v6(0xfec0, 0, 0, 0), 10, Range("site-local")),
    (v6(0xff00, 0, 0, 0), 8, Range("multicast")),
];
/// 2000::/3: whatever else is not assigned to anybody.
const GLOBAL_UNICAST: (u128, u32) = (v6(0x2000, 0, 0, 0), 3);

fn within_v4(address: u32, first: u32, length: u32) -> bool {
    (address ^ first).leading_zeros() >= length
}

fn within_v6(address: u128, first: u128, length: u32) -> bool {
    (address ^ first).leading_zeros() >= length
}

/// Refuses an address that is not a public unicast one, with the name of its range.
pub fn check(address: IpAddr) -> Result<(), Range> {
    match address {
        IpAddr::V4(address) => check_v4(address),
        IpAddr::V6(address) => check_v6(address),
    }
}

fn check_v4(address: Ipv4Addr) -> Result<(), Range> {
    let bits = u32::from(address);
    let found = V4.iter().chain([&V4_RESERVED]).find(|(first, length, _)| within_v4(bits, *first, *length));
    found.map_or(Ok(()), |(_, _, range)| Err(*range))
}

fn check_v6(address: Ipv6Addr) -> Result<(), Range> {
    let bits = u128::from(address);
    let carried = carried(bits);
    if !carried.is_empty() {
        return carried.into_iter().try_for_each(check_v4);
    }
    if let Some((_, _, range)) = V6.iter().find(|(first, length, _)| within_v6(bits, *first, *length)) {
        return Err(*range);
    }
    if !within_v6(bits, GLOBAL_UNICAST.0, GLOBAL_UNICAST.1) {
        return Err(Range("reserved"));
    }
    isatap(bits).map_or(Ok(()), check_v4)
}

/// The IPv4 addresses that an address stands for: of a Teredo address both the server's and the client's.
fn carried(bits: u128) -> Vec<Ipv4Addr> {
    let at = |shift: u32| Ipv4Addr::from(((bits >> shift) & 0xffff_ffff) as u32);
    let mapped = within_v6(bits, 0xffff_u128 << 32, 96);
    let compatible = within_v6(bits, 0, 96) && bits > 1;
    let translated = within_v6(bits, 0xffff_u128 << 48, 96);
    let nat64 = within_v6(bits, v6(0x64, 0xff9b, 0, 0), 96);
    if mapped || compatible || translated || nat64 {
        vec![at(0)]
    } else if within_v6(bits, v6(0x2002, 0, 0, 0), 16) {
        vec![at(80)]
    } else if within_v6(bits, v6(0x2001, 0, 0, 0), 32) {
        vec![at(64), Ipv4Addr::from(!u32::from(at(0)))]
    } else {
        Vec::new()
    }
}

/// The IPv4 address at the end of an ISATAP interface identifier (RFC 5214), under any prefix.
fn isatap(bits: u128) -> Option<Ipv4Addr> {
    let identifier = (bits >> 32) as u32;
    matches!(identifier, 0x0000_5efe | 0x0200_5efe).then(|| Ipv4Addr::from(bits as u32))
}

#[cfg(test)]
mod tests;
