//! Tells the addresses of the public internet from all others.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A block of IPv4 addresses: its first address and the length of its prefix in bits.
type Block4 = (Ipv4Addr, u32);
/// A block of IPv6 addresses: its first address and the length of its prefix in bits.
type Block6 = (Ipv6Addr, u32);

/// What is not public in IPv4.
///
/// Source: IANA IPv4 Special-Purpose Address Registry (RFC 6890), RFC 5771 for multicast.
const SPECIAL_4: [Block4; 16] = [
    // This network, and the unspecified address (RFC 791).
    (Ipv4Addr::UNSPECIFIED, 8),
    // Private (RFC 1918).
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    // Shared by carriers behind NAT (RFC 6598); Alibaba's metadata service is in it.
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    // Loopback (RFC 1122).
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    // Link-local (RFC 3927); the metadata service of most clouds is in it.
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    // Protocol assignments (RFC 6890); Oracle's metadata service is in it.
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    // Documentation (RFC 5737).
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    // Relays from 6to4 (RFC 7526, withdrawn).
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    // Benchmarks (RFC 2544).
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    // Multicast (RFC 5771).
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    // Reserved, and broadcast (RFC 1112, RFC 919).
    (Ipv4Addr::new(240, 0, 0, 0), 4),
    // Azure's metadata and DNS service: public by number, but answered by the host below.
    (Ipv4Addr::new(168, 63, 129, 16), 32),
];

/// All that IANA gives out for the public internet (RFC 4291 §2.4).
const GLOBAL_UNICAST_6: Block6 = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// What is not public within it.
///
/// Source: IANA IPv6 Special-Purpose Address Registry.
const SPECIAL_6: [Block6; 4] = [
    // Protocol assignments (RFC 2928): Teredo, benchmarks, ORCHID.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    // Documentation (RFC 3849, RFC 9637).
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
    // 6to4 (RFC 3056): leads to an IPv4 address of the sender's choice.
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
];

/// IPv4 as IPv6 sockets show it (RFC 4291 §2.5.5.2).
const MAPPED: Block6 = (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96);
/// The well-known prefix of NAT64 (RFC 6052): how networks without IPv4 reach IPv4.
const NAT64: Block6 = (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

/// Tells whether `address` is one of the public internet.
///
/// Loopback, private, link-local, shared, reserved, documentation, benchmark, multicast and metadata
/// addresses are not.
/// IPv4 inside IPv6 counts as the IPv4 address where a machine may be reached so (mapped, and NAT64's
/// well-known prefix); compatible, translated, 6to4, Teredo, ISATAP and NAT64's local prefix
/// `64:ff9b:1::/48` are never public.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_4(address),
        IpAddr::V6(address) => is_public_6(address),
    }
}

fn is_public_4(address: Ipv4Addr) -> bool {
    let is_in = |(block, bits): &Block4| {
        let host_bits = 32 - bits;
        (address.to_bits() ^ block.to_bits()) >> host_bits == 0
    };
    !SPECIAL_4.iter().any(is_in)
}

fn is_public_6(address: Ipv6Addr) -> bool {
    let is_in = |(block, bits): &Block6| {
        let host_bits = 128 - bits;
        (address.to_bits() ^ block.to_bits()) >> host_bits == 0
    };
    if is_in(&MAPPED) || is_in(&NAT64) {
        let [.., a, b, c, d] = address.octets();
        return is_public_4(Ipv4Addr::new(a, b, c, d));
    }
    is_in(&GLOBAL_UNICAST_6) && !SPECIAL_6.iter().any(is_in) && !is_isatap(address)
}

/// Tells whether the lower half of the address is that of ISATAP, which holds an IPv4 address within a
/// site (RFC 5214 §6.1).
fn is_isatap(address: Ipv6Addr) -> bool {
    matches!(
        address.segments(),
        [_, _, _, _, 0x0000 | 0x0200, 0x5efe, _, _]
    )
}

#[cfg(test)]
mod tests;
