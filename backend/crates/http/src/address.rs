//! The client's address: the connection's own, or what trusted proxies say in `x-forwarded-for`.

use actix_web::HttpRequest;
use ipnet::IpNet;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

/// Networks of reverse proxies whose `x-forwarded-for` is believed. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Arc<[IpNet]>);

impl TrustedProxies {
    /// Believes proxies in these networks and nobody else.
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks.into())
    }

    /// Who sent the request.
    pub fn client(&self, request: &HttpRequest) -> ClientAddress {
        let peer = request.peer_addr().map(|peer| peer.ip().to_canonical());
        // What a client wrote before may be no text at all; what the proxy added behind it still counts.
        let forwarded = request
            .headers()
            .get_all("x-forwarded-for")
            .map(|value| String::from_utf8_lossy(value.as_bytes()));
        ClientAddress(self.walk(peer, &forwarded.collect::<Vec<_>>().join(",")))
    }

    /// From the connection backwards, past every trusted proxy, to the first address that is none. What stands before it
    /// may be anyone's invention.
    fn walk(&self, peer: Option<IpAddr>, forwarded: &str) -> Option<IpAddr> {
        let mut client = peer?;
        for hop in forwarded.rsplit(',') {
            if !self.trusts(client) {
                break;
            }
            let Some(address) = read_hop(hop) else { break };
            client = address;
        }
        Some(client)
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]:4711`.
fn read_hop(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let address = hop
        .parse::<IpAddr>()
        .ok()
        .or_else(|| hop.parse::<std::net::SocketAddr>().ok().map(|s| s.ip()));
    address.map(|address| address.to_canonical())
}

/// Who sent a request; unknown over a Unix socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub Option<IpAddr>);

impl ClientAddress {
    /// What to count attempts by: one person holds a whole /64 of IPv6 addresses.
    pub fn bucket(&self) -> String {
        match self.0 {
            None => "unknown".to_owned(),
            Some(IpAddr::V4(address)) => address.to_string(),
            Some(IpAddr::V6(address)) => {
                Ipv6Addr::from_bits(address.to_bits() & (u128::from(u64::MAX) << 64)).to_string()
            }
        }
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |address| fmt::Display::fmt(&address, f))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(trusted: &str, peer: &str, forwarded: &str) -> String {
        let networks = trusted
            .split(',')
            .filter(|text| !text.is_empty())
            .map(|text| text.parse().unwrap());
        let client = TrustedProxies::new(networks.collect()).walk(Some(peer.parse().unwrap()), forwarded);
        ClientAddress(client).to_string()
    }

    #[test]
    fn nobody_is_believed_by_default() {
        assert_eq!(walk("", "192.0.2.9", "203.0.113.1"), "192.0.2.9");
    }

    #[test]
    fn a_trusted_proxy_is_believed_about_the_hop_before_it_only() {
        assert_eq!(walk("10.0.0.0/8", "10.0.0.1", "203.0.113.1"), "203.0.113.1");
        assert_eq!(
            walk("10.0.0.0/8", "10.0.0.1", "1.1.1.1, 203.0.113.1, 10.0.0.2"),
            "203.0.113.1"
        );
        assert_eq!(walk("10.0.0.0/8", "10.0.0.1", "forged, 10.0.0.2"), "10.0.0.2");
        assert_eq!(walk("10.0.0.0/8", "10.0.0.1", ""), "10.0.0.1");
    }

    #[test]
    fn what_a_client_wrote_into_the_header_hides_nobody() {
        let proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap()]);
        let line = |bytes: &[u8]| actix_web::http::header::HeaderValue::from_bytes(bytes).unwrap();
        let request = actix_web::test::TestRequest::get()
            .peer_addr("10.0.0.1:9".parse().unwrap())
            .append_header(("x-forwarded-for", line(b"\xff\xfe, 1.1.1.1")))
            .append_header(("x-forwarded-for", line(b"\xe9, 203.0.113.1")))
            .to_http_request();
        assert_eq!(proxies.client(&request).to_string(), "203.0.113.1");
    }

    #[test]
    fn ports_and_mapped_addresses_are_read() {
        assert_eq!(
            walk("10.0.0.0/8", "10.0.0.1", "[2001:db8::1]:4711"),
            "2001:db8::1"
        );
        assert_eq!(walk("10.0.0.0/8", "10.0.0.1", "203.0.113.1:80"), "203.0.113.1");
        assert_eq!(
            walk("10.0.0.0/8", "10.0.0.1", "::ffff:203.0.113.1"),
            "203.0.113.1"
        );
    }

    #[test]
    fn one_ipv6_network_is_one_client() {
        let one = ClientAddress(Some("2001:db8::1".parse().unwrap()));
        let two = ClientAddress(Some("2001:db8::ffff:1".parse().unwrap()));
        assert_eq!(one.bucket(), two.bucket());
    }
}
