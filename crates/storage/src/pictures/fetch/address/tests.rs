//! The table of addresses; add a line for every trick that turns up.

use std::net::IpAddr;

use super::is_public;

/// Every one of these must be refused.
const NOT_PUBLIC: &[&str] = &[
    // This network.
    "0.0.0.0",
    "0.1.2.3",
    "0.255.255.255",
    // Private.
    "10.0.0.0",
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.0",
    "172.20.10.2",
    "172.31.255.255",
    "192.168.0.0",
    "192.168.1.1",
    "192.168.255.255",
    // Carriers.
    "100.64.0.0",
    "100.100.100.200",
    "100.127.255.255",
    // Loopback.
    "127.0.0.0",
    "127.0.0.1",
    "127.0.0.53",
    "127.255.255.255",
    // Link-local and metadata.
    "169.254.0.0",
    "169.254.169.254",
    "169.254.170.2",
    "169.254.255.255",
    "168.63.129.16",
    "192.0.0.192",
    // Protocol assignments, documentation, relays, benchmarks.
    "192.0.0.0",
    "192.0.0.8",
    "192.0.0.170",
    "192.0.0.255",
    "192.0.2.0",
    "192.0.2.255",
    "198.51.100.7",
    "203.0.113.0",
    "203.0.113.255",
    "192.88.99.1",
    "198.18.0.0",
    "198.19.255.255",
    // Multicast, reserved, broadcast.
    "224.0.0.1",
    "233.252.0.1",
    "239.255.255.250",
    "240.0.0.0",
    "250.1.2.3",
    "255.255.255.254",
    "255.255.255.255",
    // IPv6: unspecified, loopback, compatible.
    "::",
    "::1",
    "::2",
    "::127.0.0.1",
    "::10.0.0.1",
    "::8.8.8.8",
    // Mapped.
    "::ffff:0.0.0.0",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:192.168.0.1",
    "::ffff:255.255.255.255",
    // Translated.
    "::ffff:0:127.0.0.1",
    "::ffff:0:8.8.8.8",
    // NAT64, both prefixes.
    "64:ff9b::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b::100.64.0.1",
    "64:ff9b:1::1",
    "64:ff9b:1::8.8.8.8",
    "64:ff9b:1:a00:0:100::",
    "64:ff9b:1:ffff:ffff:ffff:127.0.0.1",
    "64:ff9b:0:0:0:1:808:808",
    // Discard, 6to4, Teredo, ISATAP.
    "100::",
    "100::1",
    "100:0:0:1::1",
    "2002::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2002:808:808::1",
    "2001::",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:0:a00:1::f5ff:fffe",
    "2606:4700::5efe:10.0.0.1",
    "2606:4700::200:5efe:127.0.0.1",
    "fe80::5efe:192.168.1.1",
    // Benchmarks, ORCHID, protocol assignments, documentation, SIDs.
    "2001:2::1",
    "2001:3::1",
    "2001:10::1",
    "2001:20::1",
    "2001:1ff:ffff::1",
    "2001:db8::1",
    "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
    "3fff::1",
    "3fff:fff:ffff::1",
    "5f00::1",
    // Link-local, site-local, unique local with AWS's metadata, multicast, unassigned.
    "fe80::1",
    "febf::1",
    "fec0::1",
    "fc00::1",
    "fd00::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fdff:ffff::1",
    "ff00::1",
    "ff02::1",
    "ff05::2",
    "ff0e::1",
    "1fff:ffff::1",
    "4000::1",
    "8000::1",
    "e000::1",
];

/// Every one of these must be let through.
const PUBLIC: &[&str] = &[
    "1.0.0.1",
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "34.102.136.180",
    "52.216.0.1",
    "100.63.255.255",
    "100.128.0.0",
    "104.16.132.229",
    "126.255.255.255",
    "128.0.0.0",
    "142.250.74.208",
    "168.63.129.15",
    "168.63.129.17",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "172.67.1.1",
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
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "64:ff9b::34.102.136.180",
    "2000::1",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2001:db7:ffff::1",
    "2001:db9::1",
    "2003::1",
    "2400:cb00::1",
    "2404:6800:4005::200e",
    "2600:1f18::1",
    "2606:4700:4700::1111",
    "2606:4700::5eff:a00:1",
    "2606:4700::100:5efe:a00:1",
    "2620:fe::fe",
    "2a00:1450:4001::200e",
    "2c0f:fb50::1",
    "3ffe:ffff::1",
    "3fff:1000::1",
];

fn address(text: &str) -> IpAddr {
    text.parse()
        .unwrap_or_else(|_| panic!("{text} is no address"))
}

#[test]
fn no_address_inside_passes() {
    assert!(NOT_PUBLIC.len() >= 100);
    for text in NOT_PUBLIC {
        assert!(!is_public(address(text)), "{text}");
    }
}

#[test]
fn no_public_address_is_refused() {
    assert!(PUBLIC.len() >= 50);
    for text in PUBLIC {
        assert!(is_public(address(text)), "{text}");
    }
}

#[test]
fn no_address_is_in_the_table_twice() {
    let mut all: Vec<_> = NOT_PUBLIC
        .iter()
        .chain(PUBLIC)
        .map(|text| address(text))
        .collect();
    let count = all.len();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), count);
}
