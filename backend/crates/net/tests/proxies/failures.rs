//! What goes wrong with real proxies, and what is said of it.

use super::*;
use servers::free_address;

/// The error's code; its text has neither log-in.
async fn code(client: &UpstreamClient, proxy: &str, url: &str) -> &'static str {
    let error = echo(client, proxy, url, b"x").await.unwrap_err();
    assert!(!error.may_have_been_sent(), "{proxy}: {error}");
    let text = format!("{error} {error:?}");
    assert!(!text.contains(PASSWORD) && !text.contains("wrong"), "{text}");
    error.code()
}

#[tokio::test]
async fn a_wrong_or_missing_log_in_is_told_as_such() {
    let identity = Identity::local();
    let target = Target::plain("127.0.0.1").await;
    let client = client(&[&identity]);
    for (proxy, scheme) in [
        (RealProxy::microsocks("127.0.0.1", LOGIN), "socks5h"),
        (RealProxy::tinyproxy(LOGIN), "http"),
        (
            RealProxy::squid(&identity.certificate, &identity.key, LOGIN),
            "https",
        ),
    ] {
        for login in [None, Some("user:wrong"), Some("wrong:open-sesame"), Some("wrong")] {
            let seen = code(&client, &proxy.url(scheme, login), &target.url("/echo")).await;
            assert_eq!(seen, "proxy_auth", "{} {login:?}", proxy.name);
        }
    }
    assert_eq!(target.connections(), 0);
}

#[tokio::test]
async fn a_refused_target_and_one_that_nobody_reaches_are_told_apart() {
    let identity = Identity::local();
    let target = Target::plain("127.0.0.1").await;
    let client = client(&[&identity]);
    let rules = Rules {
        login: false,
        denied_port: Some(target.address.port()),
    };
    for (proxy, scheme) in [
        (RealProxy::dante(rules), "socks5h"),
        (RealProxy::tinyproxy(rules), "http"),
        (
            RealProxy::squid(&identity.certificate, &identity.key, rules),
            "https",
        ),
    ] {
        let url = proxy.url(scheme, Some(&login()));
        let error = echo(&client, &url, &target.url("/echo"), b"x").await.unwrap_err();
        assert_eq!(error.code(), "proxy_denied", "{}: {error}", proxy.name);
        let said = format!("refuses a tunnel to {}", target.address);
        assert!(error.to_string().contains(&said), "{error}");
    }
    let nobody = format!("http://{}/", free_address("127.0.0.1"));
    for (_proxy, urls) in all(&identity) {
        for url in urls {
            assert_eq!(
                code(&client, &url, &nobody).await,
                "proxy_target_unreachable",
                "{url}"
            );
        }
    }
    assert_eq!(target.connections(), 0);
}

#[tokio::test]
async fn with_the_proxy_down_nothing_leaves() {
    let target = Target::plain("127.0.0.1").await;
    let client = client(&[]);
    let down = free_address("127.0.0.1");
    for scheme in ["http", "https", "socks5", "socks5h"] {
        for url in [target.url("/echo"), target.named_url("/echo")] {
            let seen = code(&client, &format!("{scheme}://{down}"), &url).await;
            assert_eq!(seen, "proxy_refused", "{scheme}");
        }
        let via = Proxy::parse(&format!("{scheme}://{down}")).unwrap();
        let url = Url::parse(&target.url("/")).unwrap();
        let error = client.try_proxy(&via, &url, PATIENCE).await.unwrap_err();
        assert_eq!(error.code(), "proxy_refused", "{scheme}");
    }
    assert_eq!(target.connections(), 0);
}

#[tokio::test]
async fn a_proxy_that_dies_takes_its_tunnels_along_and_is_never_gone_around() {
    let identity = Identity::local();
    let target = Target::plain("127.0.0.1").await;
    let client = client(&[&identity]);
    for (mut proxy, urls) in all(&identity) {
        if proxy.name == "dante" {
            // A process for each tunnel, which outlives the one that is killed.
            continue;
        }
        let before = target.connections();
        echo(&client, &urls[0], &target.url("/echo"), b"x").await.unwrap();
        proxy.stop();
        let error = loop {
            match echo(&client, &urls[0], &target.url("/echo"), b"x").await {
                // The pool has not yet noticed that the tunnel is gone.
                Err(SendError::Closed { .. }) => {}
                done => break done.unwrap_err(),
            }
        };
        assert_eq!(error.code(), "proxy_refused", "{}: {error}", proxy.name);
        assert_eq!(target.connections(), before + 1, "{}", proxy.name);
    }
}

#[tokio::test]
async fn each_end_of_tls_is_verified_for_its_own_name() {
    let (own, other) = (Identity::local(), Identity::local());
    let named = Identity::of(&["localhost"]);
    let login = login();
    let target = Target::tls("127.0.0.1", &own).await;
    let squid = RealProxy::squid(&named.certificate, &named.key, LOGIN);
    let by_name = format!("https://{login}@localhost:{}", squid.address.port());
    let echoed = echo(&client(&[&own, &named]), &by_name, &target.url("/"), b"x").await;
    assert_eq!(echoed.unwrap(), "x");
    for (trusted, proxy, expected) in [
        (&own, &by_name, "proxy_tls"),
        (&named, &by_name, "tls"),
        (&other, &by_name, "proxy_tls"),
        (&named, &squid.url("https", Some(&login)), "proxy_tls"),
    ] {
        let seen = code(&client(&[trusted]), proxy, &target.url("/")).await;
        assert_eq!(seen, expected, "{proxy}");
    }
    assert_eq!(target.connections(), 2);

    let misnamed = Target::tls("127.0.0.1", &named).await;
    let socks = RealProxy::microsocks("127.0.0.1", Rules::default());
    let url = socks.url("socks5h", None);
    let seen = code(&client(&[&named]), &url, &misnamed.url("/")).await;
    assert_eq!(seen, "tls");
    let echoed = echo(&client(&[&named]), &url, &misnamed.named_url("/"), b"x").await;
    assert_eq!(echoed.unwrap(), "x");
}

#[tokio::test]
async fn a_proxy_with_the_wrong_scheme_is_told_as_such() {
    let identity = Identity::local();
    let target = Target::plain("127.0.0.1").await;
    let client = client(&[&identity]);
    let squid = RealProxy::squid(&identity.certificate, &identity.key, LOGIN);
    let socks = RealProxy::microsocks("127.0.0.1", Rules::default());
    for (url, expected) in [
        (squid.url("http", Some(&login())), "proxy_protocol"),
        (socks.url("https", None), "proxy_tls"),
        (socks.url("http", None), "proxy_protocol"),
    ] {
        let seen = code(&client, &url, &target.url("/echo")).await;
        assert_eq!(seen, expected, "{url}");
    }
}
