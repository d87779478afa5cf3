//! Requests through real proxies: microsocks and Dante (SOCKS5), tinyproxy (HTTP), Squid (HTTPS). What a proxy says only
//! when something is odd is played by scripts in `client::tunnel`'s own tests.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests end by panicking, their helpers too"
)]

mod failures;
mod servers;
mod target;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use servers::{LOGIN, PASSWORD, RealProxy, Rules, USER};
use std::time::Duration;
use target::{Identity, Target, roots};
use tollgate_net::{ClientSettings, NetGuard, Proxy, SendError, UpstreamClient, UpstreamTls};
use url::Url;

/// Long enough for a loaded machine; nothing here waits for it to pass.
const PATIENCE: Duration = Duration::from_secs(30);

/// A client that may go to this machine and trusts these.
fn client(trusted: &[&Identity]) -> UpstreamClient {
    let guard = NetGuard::new(vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()]);
    let tls = UpstreamTls::with_roots(roots(trusted)).unwrap();
    UpstreamClient::new(guard, &tls, &ClientSettings::default())
}

fn login() -> String {
    format!("{USER}:{PASSWORD}")
}

async fn echo(client: &UpstreamClient, proxy: &str, url: &str, body: &[u8]) -> Result<Bytes, SendError> {
    let proxy = Proxy::parse(proxy).unwrap();
    let request = Request::post(url)
        .body(Full::new(Bytes::copy_from_slice(body)))
        .unwrap();
    let answer = client.send(request, Some(&proxy), PATIENCE).await?;
    assert_eq!(answer.status(), 200);
    let echoed = answer.into_body().collect().await.unwrap().to_bytes();
    // Its connection goes back to the pool in a task of its own.
    tokio::task::yield_now().await;
    Ok(echoed)
}

/// Every kind of proxy with and without log-in, and the URLs by which it is reached.
fn all(identity: &Identity) -> Vec<(RealProxy, Vec<String>)> {
    let login = login();
    let with = |proxy: RealProxy, schemes: &[&str], login: Option<&str>| {
        let urls = schemes.iter().map(|scheme| proxy.url(scheme, login)).collect();
        (proxy, urls)
    };
    let squid = RealProxy::squid(&identity.certificate, &identity.key, LOGIN);
    vec![
        with(
            RealProxy::microsocks("127.0.0.1", Rules::default()),
            &["socks5", "socks5h"],
            None,
        ),
        with(
            RealProxy::microsocks("::1", LOGIN),
            &["socks5", "socks5h"],
            Some(&login),
        ),
        with(
            RealProxy::dante(Rules::default()),
            &["socks5", "socks5h"],
            Some(&login),
        ),
        with(RealProxy::tinyproxy(Rules::default()), &["http"], None),
        with(RealProxy::tinyproxy(LOGIN), &["http"], Some(&login)),
        with(squid, &["https"], Some(&login)),
    ]
}

#[tokio::test]
async fn every_proxy_carries_plain_and_tls_requests_and_keeps_its_tunnel() {
    let identity = Identity::local();
    for (proxy, urls) in all(&identity) {
        for url in urls {
            let client = client(&[&identity]);
            for target in [
                Target::plain("127.0.0.1").await,
                Target::tls("127.0.0.1", &identity).await,
            ] {
                for _ in 0..3 {
                    let echoed = echo(&client, &url, &target.url("/echo"), b"hello").await;
                    assert_eq!(echoed.unwrap(), "hello", "{} {url}", proxy.name);
                }
                assert_eq!(target.connections(), 1, "{} {url}", proxy.name);
                let echoed = echo(&client, &url, &target.named_url("/echo"), b"hello").await;
                assert_eq!(echoed.unwrap(), "hello", "{} {url}", proxy.name);
            }
        }
    }
}

#[tokio::test]
async fn ipv6_targets_are_reached() {
    let identity = Identity::local();
    for (proxy, urls) in all(&identity) {
        // Told in its test's configuration to leave by IPv4 alone.
        if proxy.name == "dante" {
            continue;
        }
        for target in [Target::plain("::1").await, Target::tls("::1", &identity).await] {
            for url in &urls {
                let echoed = echo(&client(&[&identity]), url, &target.url("/echo"), b"six").await;
                assert_eq!(echoed.unwrap(), "six", "{url}");
            }
        }
    }
}

#[tokio::test]
async fn large_bodies_arrive_whole_and_pieces_as_they_come() {
    let identity = Identity::local();
    let target = Target::tls("127.0.0.1", &identity).await;
    let large: Vec<u8> = (0..3_000_000_u32)
        .map(|n| n.to_le_bytes()[n as usize % 3])
        .collect();
    for (proxy, urls) in all(&identity) {
        let client = client(&[&identity]);
        let echoed = echo(&client, &urls[0], &target.url("/echo"), &large)
            .await
            .unwrap();
        assert!(echoed == large, "{}", proxy.name);

        let via = Proxy::parse(&urls[0]).unwrap();
        let request = Request::get(target.url("/stream")).body(Full::default()).unwrap();
        let mut body = client
            .send(request, Some(&via), PATIENCE)
            .await
            .unwrap()
            .into_body();
        let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(first, "first", "{}", proxy.name);
        // A pool that leaves takes no stream along.
        drop(client);
        target.let_go();
        let second = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(second, "second", "{}", proxy.name);
    }
}

#[tokio::test]
async fn neither_two_proxies_nor_two_log_ins_nor_the_direct_way_share_a_connection() {
    let (one, two) = (
        RealProxy::microsocks("127.0.0.1", Rules::default()),
        RealProxy::microsocks("127.0.0.1", Rules::default()),
    );
    let target = Target::plain("127.0.0.1").await;
    let client = client(&[]);
    let ways = [
        one.url("socks5h", None),
        one.url("socks5h", Some("user:a")),
        one.url("socks5h", Some("user:b")),
        one.url("socks5", None),
        two.url("socks5h", None),
    ];
    for round in 0..2 {
        for (count, way) in ways.iter().enumerate() {
            echo(&client, way, &target.url("/echo"), b"x").await.unwrap();
            let expected = if round == 0 { count + 1 } else { ways.len() };
            assert_eq!(target.connections(), expected, "{way}");
        }
    }
    let request = Request::get(target.url("/echo")).body(Full::default()).unwrap();
    client.send(request, None, PATIENCE).await.unwrap();
    assert_eq!(target.connections(), ways.len() + 1);
}

#[tokio::test]
async fn a_proxy_can_be_tried() {
    let identity = Identity::local();
    let target = Target::tls("127.0.0.1", &identity).await;
    let client = client(&[&identity]);
    for (proxy, urls) in all(&identity) {
        let via = Proxy::parse(&urls[0]).unwrap();
        for (path, status) in [("/echo", 200), ("/none", 404)] {
            let url = Url::parse(&target.url(path)).unwrap();
            let before = target.connections();
            let check = client.try_proxy(&via, &url, PATIENCE).await.unwrap();
            assert_eq!(check.status, status, "{}", proxy.name);
            assert!(check.connect_ms <= check.total_ms, "{}: {check:?}", proxy.name);
            assert_eq!(target.connections(), before + 1, "{}", proxy.name);
        }
        let url = Url::parse("https://10.0.0.1/").unwrap();
        let error = client.try_proxy(&via, &url, PATIENCE).await.unwrap_err();
        assert_eq!(error.code(), "blocked", "{}", proxy.name);
    }
    let socks = RealProxy::microsocks("127.0.0.1", Rules::default());
    let via = Proxy::parse(&socks.url("socks5h", None)).unwrap();
    let url = Url::parse(&target.url("/silent")).unwrap();
    let error = client
        .try_proxy(&via, &url, Duration::from_secs(2))
        .await
        .unwrap_err();
    assert_eq!(error.code(), "header_timeout");
}
