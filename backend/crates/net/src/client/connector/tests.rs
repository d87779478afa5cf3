use super::*;
use crate::client::UpstreamTls;
use std::collections::VecDeque;
use std::sync::Mutex;
use tokio::net::TcpListener;

/// A name server that answers each look-up with the next of its answers, then with nothing, and remembers who was asked
/// for.
#[derive(Clone, Debug, Default)]
pub(in crate::client) struct Script {
    answers: Arc<Mutex<VecDeque<Vec<SocketAddr>>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Script {
    pub(in crate::client) fn new(answers: &[&[&str]]) -> Self {
        let script = Self::default();
        let list = answers.iter().map(|answer| addresses(answer).collect());
        script.answers.lock().unwrap().extend(list);
        script
    }

    pub(in crate::client) fn resolver(&self, guard: NetGuard) -> GuardedResolver {
        GuardedResolver {
            script: Some(self.clone()),
            ..GuardedResolver::new(guard)
        }
    }

    pub(in crate::client) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    pub(super) fn answer(&self, name: &str) -> std::vec::IntoIter<SocketAddr> {
        self.asked.lock().unwrap().push(name.to_owned());
        let next = self.answers.lock().unwrap().pop_front();
        next.unwrap_or_default().into_iter()
    }
}

fn addresses(list: &[&str]) -> std::vec::IntoIter<SocketAddr> {
    list.iter()
        .map(|text| SocketAddr::new(text.parse().unwrap(), 0))
        .collect::<Vec<_>>()
        .into_iter()
}

fn connector(allow: &[&str]) -> GuardedConnector {
    let guard = NetGuard::new(allow.iter().map(|net| net.parse().unwrap()).collect());
    let tls = UpstreamTls::with_roots(rustls::RootCertStore::empty()).unwrap();
    let timeout = Duration::from_secs(5);
    let dialer = dialer(GuardedResolver::new(guard.clone()), timeout);
    GuardedConnector::new(guard, dialer, tls.config, timeout)
}

#[test]
fn of_a_name_s_addresses_only_the_permitted_are_connected_to() {
    let guard = NetGuard::new(Vec::new());
    let passed = permitted(
        &guard,
        "mixed.example",
        addresses(&["127.0.0.1", "1.1.1.1", "::1", "fd00::1"]),
    )
    .unwrap();
    assert_eq!(passed, addresses(&["1.1.1.1"]).collect::<Vec<_>>());
    let refused = permitted(&guard, "rebound.example", addresses(&["169.254.169.254"])).unwrap_err();
    assert!(matches!(refused, ConnectFailure::Blocked(_)), "{refused:?}");
    let empty = permitted(&guard, "empty.example", addresses(&[])).unwrap_err();
    assert!(matches!(empty, ConnectFailure::Dns(_)), "{empty:?}");
}

#[tokio::test]
async fn the_resolver_itself_refuses_a_name_that_leads_home() {
    let mut resolver = GuardedResolver::new(NetGuard::new(Vec::new()));
    // `0x7f.1` passes no parser of literals here, but getaddrinfo reads it as 127.0.0.1.
    for name in ["localhost", "0x7f.1", "0177.0.0.1"] {
        let refused = resolver.call(name.parse().unwrap()).await.unwrap_err();
        assert!(
            matches!(refused, ConnectFailure::Blocked(_)),
            "{name}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn upstream_sockets_do_not_wait_to_fill_a_packet() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri: Uri = format!("http://{}/", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    let stream = connector(&["127.0.0.0/8"]).call(uri).await.unwrap();
    let MaybeHttpsStream::Http(stream) = stream else {
        panic!("plain")
    };
    assert!(stream.inner().nodelay().unwrap());
}

#[tokio::test]
async fn a_private_literal_is_refused_before_a_packet_leaves() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    for host in [
        "127.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "0177.0.0.1",
        "2130706433",
        "localhost",
        "localhost.",
    ] {
        let uri: Uri = format!("http://{host}:{port}/").parse().unwrap();
        let refused = connector(&[]).call(uri).await.unwrap_err();
        assert!(
            matches!(refused, ConnectFailure::Blocked(_)),
            "{host}: {refused:?}"
        );
    }
    assert!(
        tokio::time::timeout(Duration::from_millis(50), listener.accept())
            .await
            .is_err()
    );
}
