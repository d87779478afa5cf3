//! Which IP addresses belong to the public Internet. Pure tables, after the IANA special-purpose registries
//! (RFC 6890 and its updates); never resolution, never what the operator allows.

use crate::guard::AddressKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The IPv4 address that a dual-stack host would really reach when told `address`, if it carries one:
/// IPv4-mapped (`::ffff:0:0/96`), IPv4-compatible (`::/96`) and NAT64 (`64:ff9b::/96`, RFC 6052).
pub(crate) fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let segments = address.segments();
    let carries = matches!(
        segments,
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..]
    );
    // `::` and `::1` have the shape of IPv4-compatible addresses, but a meaning of their own.
    if !carries || address.is_unspecified() || address.is_loopback() {
        return None;
    }
    let [.., high, low] = segments;
    Some(Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low)))
}

/// Why `address` is not a public unicast address; `None` when it is one.
pub(crate) fn special_kind(address: IpAddr) -> Option<AddressKind> {
    match address {
        IpAddr::V4(v4) => special_v4(v4),
        IpAddr::V6(v6) => match embedded_v4(v6) {
            Some(v4) => special_v4(v4),
            None => special_v6(v6),
        },
    }
}

fn special_v4(address: Ipv4Addr) -> Option<AddressKind> {
    match address.octets() {
        [0, ..] => Some(AddressKind::Unspecified),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Some(AddressKind::Private),
        [100, 64..=127, ..] => Some(AddressKind::CarrierNat),
        [127, ..] => Some(AddressKind::Loopback),
        // 168.63.129.16 is Azure's host agent: public by number, but reachable from inside a virtual machine only.
        [169, 254, ..] | [168, 63, 129, 16] => Some(AddressKind::LinkLocal),
        // Protocol assignments, documentation, 6to4 relays, benchmarking, reserved and broadcast.
        [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [198, 18 | 19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _]
        | [240..=255, ..] => Some(AddressKind::Reserved),
        [224..=239, ..] => Some(AddressKind::Multicast),
        _ => None,
    }
}

fn special_v6(address: Ipv6Addr) -> Option<AddressKind> {
    if address.is_unspecified() {
        return Some(AddressKind::Unspecified);
    }
    if address.is_loopback() {
        return Some(AddressKind::Loopback);
    }
    match address.segments() {
        [0xff00..=0xffff, ..] => Some(AddressKind::Multicast),
        // fec0::/10 is the old site-local range, which hosts may still route at home.
        [0xfc00..=0xfdff | 0xfec0..=0xfeff, ..] => Some(AddressKind::Private),
        [0xfe80..=0xfebf, ..] => Some(AddressKind::LinkLocal),
        // Teredo, 6to4, and ISATAP (any prefix) carry an IPv4 address to be reached through a relay. No vendor is served
        // over them, so they are refused whole rather than unwrapped.
        [0x2001, 0, ..] | [0x2002, ..] | [_, _, _, _, 0 | 0x0200, 0x5efe, ..] => Some(AddressKind::Tunnel),
        // 2001::/23 protocol assignments (ORCHID and others), documentation.
        [0x2001, 1..=0x01ff | 0x0db8, ..] | [0x3fff, 0..=0x0fff, ..] => Some(AddressKind::Reserved),
        // 2000::/3 is all the global unicast that IANA has given out; the rest is special or unassigned, the
        // local-use NAT64 prefix 64:ff9b:1::/48 included.
        [0x2000..=0x3fff, ..] => None,
        _ => Some(AddressKind::Reserved),
    }
}
