//! Networks, as `10.0.0.0/8` or one address.

use std::net::IpAddr;

/// The addresses that begin alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// Reads an address, or one with the length of its prefix (RFC 4632, RFC 4291). A prefix of no bits is everybody, and no network.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        (1..=most).contains(&bits).then_some(Self { address, bits })
    }

    /// Whether an address is in it. An IPv4 address that arrives in the form of IPv6 is the IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        let (own, other, most) = match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => (u128::from(u32::from(own)), u128::from(u32::from(other)), 32),
            (IpAddr::V6(own), IpAddr::V6(other)) => (u128::from(own), u128::from(other), 128),
            _ => return false,
        };
        (own ^ other) >> (most - self.bits) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_what_begins_like_it() {
        for (network, within, without) in [
            ("10.0.0.0/8", "10.255.1.2", "11.0.0.1"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.6"),
            ("172.16.0.0/12", "172.31.255.255", "172.32.0.0"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", "::10.1.2.3"),
            ("fd00::/8", "fd12::1", "fe80::1"),
            ("::1", "::1", "127.0.0.1"),
        ] {
            let network = Network::parse(network).expect(network);
            assert!(network.contains(within.parse().expect(within)), "{network:?} {within}");
            assert!(
                !network.contains(without.parse().expect(without)),
                "{network:?} {without}"
            );
        }
    }

    #[test]
    fn what_is_no_network_is_not_read() {
        for text in [
            "",
            "10.0.0.0/0",
            "::/0",
            "10.0.0.0/33",
            "::1/129",
            "10.0.0/8",
            "example.com",
            "10.0.0.0/-1",
            "*",
        ] {
            assert_eq!(Network::parse(text), None, "{text}");
        }
    }
}
