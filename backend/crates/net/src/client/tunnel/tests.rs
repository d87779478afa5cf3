//! Against scripted proxies, byte by byte: what real ones rarely say. The real ones are in `tests/proxies`.

mod guarded;

use super::*;
use crate::SendError;
use crate::client::connector::tests::Script;
use crate::client::{ClientSettings, UpstreamClient, UpstreamTls};
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use std::sync::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

const PATIENCE: Duration = Duration::from_secs(5);
const ANSWER: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
const OPENED: &str = "HTTP/1.1 200 Connection established\r\n\r\n";
const SOCKS_OPENED: &[u8] = &[5, 0, 0, 1, 0, 0, 0, 0, 0, 0];

/// A server that says its lines in turn, one for each time it has read something, and then only reads; what it read is
/// kept by connection.
struct Scripted {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<Vec<u8>>>>,
    closed: Arc<tokio::sync::Semaphore>,
    _tasks: JoinSet<()>,
}

impl Scripted {
    async fn start(lines: &[&[u8]]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let closed = Arc::new(tokio::sync::Semaphore::new(0));
        let lines: Vec<Vec<u8>> = lines.iter().map(|line| line.to_vec()).collect();
        let mut tasks = JoinSet::new();
        let (heard_too, closed_too) = (Arc::clone(&heard), Arc::clone(&closed));
        tasks.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                heard_too.lock().unwrap().push(Vec::new());
                say(stream, &lines, &heard_too).await;
                closed_too.add_permits(1);
            }
        });
        Self {
            address,
            heard,
            closed,
            _tasks: tasks,
        }
    }

    fn heard(&self) -> Vec<Vec<u8>> {
        self.heard.lock().unwrap().clone()
    }

    /// Waits until the other side has closed a connection.
    async fn hung_up(&self) {
        let closed = tokio::time::timeout(PATIENCE, self.closed.acquire()).await;
        closed.expect("the socket is still open").unwrap().forget();
    }

    fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}", self.address)
    }
}

async fn say(mut stream: TcpStream, lines: &[Vec<u8>], heard: &Mutex<Vec<Vec<u8>>>) {
    let mut lines = lines.iter();
    let mut chunk = [0_u8; 4096];
    while let Ok(read @ 1..) = stream.read(&mut chunk).await {
        heard.lock().unwrap().last_mut().unwrap().extend(&chunk[..read]);
        match lines.next() {
            // An empty line hangs up.
            Some(line) if line.is_empty() => return,
            Some(line) => stream.write_all(line).await.unwrap(),
            None => {}
        }
    }
}

/// A client whose name server is `script`.
fn client(script: &Script, allow: &[&str]) -> UpstreamClient {
    with_limit(script, allow, PATIENCE)
}

fn with_limit(script: &Script, allow: &[&str], connect_timeout: Duration) -> UpstreamClient {
    let guard = NetGuard::new(allow.iter().map(|net| net.parse().unwrap()).collect());
    let tls = UpstreamTls::with_roots(rustls::RootCertStore::empty()).unwrap();
    let settings = ClientSettings {
        connect_timeout,
        ..ClientSettings::default()
    };
    UpstreamClient::with_resolver(script.resolver(guard.clone()), guard, &tls, &settings)
}

/// Sends a request to `url` through `proxy`; the answer's body, or the error.
async fn send(client: &UpstreamClient, proxy: &str, url: &str) -> Result<String, SendError> {
    let proxy = Proxy::parse(proxy).unwrap();
    let request = Request::post(url)
        .body(Full::new(Bytes::from_static(b"hello")))
        .unwrap();
    let answer = client.send(request, Some(&proxy), PATIENCE).await?;
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    Ok(String::from_utf8(body.to_vec()).unwrap())
}

async fn code(lines: &[&[u8]], scheme: &str, login: &str) -> String {
    let proxy = Scripted::start(lines).await;
    let url = format!("{scheme}://{login}{}", proxy.address);
    match send(
        &client(&Script::default(), &["127.0.0.0/8"]),
        &url,
        "http://api.invalid/",
    )
    .await
    {
        Ok(body) => body,
        Err(error) => {
            assert!(!error.may_have_been_sent() || !matches!(error, SendError::Proxy(_)));
            assert!(!error.to_string().contains("hunter2"), "{error}");
            error.code().to_owned()
        }
    }
}

#[tokio::test]
async fn a_name_goes_to_the_proxy_as_it_is_and_is_never_looked_up_here() {
    let script = Script::default();
    let client = client(&script, &["127.0.0.1/32"]);
    let proxy = Scripted::start(&[OPENED.as_bytes(), ANSWER.as_bytes()]).await;
    let url = format!("http://us%20er:hunter2@{}", proxy.address);
    assert_eq!(send(&client, &url, "http://API.invalid/x").await.unwrap(), "ok");
    let heard = String::from_utf8(proxy.heard().remove(0)).unwrap();
    let (connect, request) = heard.split_once("\r\n\r\n").unwrap();
    assert_eq!(
        connect,
        "CONNECT api.invalid:80 HTTP/1.1\r\nHost: api.invalid:80\r\nProxy-Authorization: Basic dXMgZXI6aHVudGVyMg=="
    );
    // In the tunnel the request is as without a proxy: no absolute URI, no log-in.
    assert!(request.starts_with("POST /x HTTP/1.1\r\n"), "{request}");
    assert!(!request.to_lowercase().contains("proxy"), "{request}");

    let proxy = Scripted::start(&[&[5, 0], SOCKS_OPENED, ANSWER.as_bytes()]).await;
    let url = proxy.url("socks5h");
    assert_eq!(send(&client, &url, "http://api.invalid:81/").await.unwrap(), "ok");
    let heard = proxy.heard().remove(0);
    assert!(heard.starts_with(b"\x05\x01\x00\x05\x01\x00\x03\x0bapi.invalid\x00\x51POST /"));
    assert_eq!(script.asked(), [""; 0]);
}

#[tokio::test]
async fn with_socks5_the_proxy_is_told_the_address_that_was_checked() {
    // The name server rebinds: a public address first, the machine itself then.
    let script = Script::new(&[&["10.0.0.1", "1.1.1.1"], &["127.0.0.2"], &["127.0.0.1"]]);
    let proxy = Scripted::start(&[&[5, 2], &[1, 0], SOCKS_OPENED, ANSWER.as_bytes()]).await;
    let client = client(&script, &["127.0.0.1/32"]);
    let url = format!("socks5://us%3Aer:hunter2@{}", proxy.address);
    assert_eq!(send(&client, &url, "http://one.invalid/").await.unwrap(), "ok");
    let heard = proxy.heard().remove(0);
    assert!(heard.starts_with(
        b"\x05\x02\x00\x02\x01\x05us:er\x07hunter2\x05\x01\x00\x01\x01\x01\x01\x01\x00\x50POST /"
    ));
    let refused = send(&client, &url, "http://two.invalid/").await.unwrap_err();
    assert_eq!(refused.code(), "blocked", "{refused}");
    assert_eq!(script.asked(), ["one.invalid", "two.invalid"]);
    assert_eq!(proxy.heard().len(), 1);
}

#[tokio::test]
async fn an_address_the_proxy_can_t_reach_is_followed_by_the_other_family_s() {
    let script = Script::new(&[&["2606::1", "2606::2", "1.1.1.1"]]);
    let proxy = Scripted::start(&[&[5, 0], &[5, 4, 0, 1, 0, 0, 0, 0, 0, 0]]).await;
    let client = client(&script, &["127.0.0.1/32"]);
    let error = send(&client, &proxy.url("socks5"), "http://api.invalid/")
        .await
        .unwrap_err();
    assert_eq!(error.code(), "proxy_target_unreachable");
    assert!(error.to_string().contains("host unreachable"), "{error}");
    let kinds: Vec<u8> = proxy.heard().iter().map(|heard| heard[6]).collect();
    assert_eq!(kinds, [IPV6_KIND, 1, IPV6_KIND]);
}

const IPV6_KIND: u8 = 4;

#[tokio::test]
async fn the_socket_to_the_proxy_does_not_wait_to_fill_a_packet() {
    let proxy = Scripted::start(&[OPENED.as_bytes()]).await;
    let guard = NetGuard::new(vec!["127.0.0.1/32".parse().unwrap()]);
    let resolver = Script::default().resolver(guard.clone());
    let parts = TunnelParts {
        guard,
        dialer: connector::dialer(resolver.clone(), PATIENCE),
        resolver,
        tls: UpstreamTls::with_roots(rustls::RootCertStore::empty())
            .unwrap()
            .config
            .into(),
    };
    let via = Proxy::parse(&proxy.url("http")).unwrap();
    let uri = Uri::from_static("http://api.invalid/");
    let link = TunnelConnector::new(parts, via, PATIENCE)
        .call(uri)
        .await
        .unwrap();
    let Link::Tcp(socket) = link.into_inner() else {
        panic!("plain")
    };
    assert!(socket.nodelay().unwrap());
}

#[tokio::test]
async fn what_an_http_proxy_answers_is_told_apart() {
    let large = format!("HTTP/1.1 200 OK\r\na: {}", "b".repeat(40_000));
    let early = format!("{OPENED}HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil");
    let interim = format!("HTTP/1.1 103 Early Hints\r\n\r\n{OPENED}");
    for (reply, expected) in [
        ("HTTP/1.0 200 ok\r\n\r\n", "ok"),
        ("HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n", "ok"),
        (&interim, "ok"),
        (
            "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n<html>",
            "proxy_auth",
        ),
        ("HTTP/1.1 401 Unauthorized\r\n\r\n", "proxy_auth"),
        ("HTTP/1.1 403 Forbidden\r\n\r\n", "proxy_denied"),
        ("HTTP/1.1 405 Method Not Allowed\r\n\r\n", "proxy_denied"),
        (
            "HTTP/1.1 302 Found\r\nlocation: http://api.invalid/\r\n\r\n",
            "proxy_denied",
        ),
        (
            "HTTP/1.1 500 Unable to connect\r\n\r\n",
            "proxy_target_unreachable",
        ),
        ("HTTP/1.1 502 Bad Gateway\r\n\r\n", "proxy_target_unreachable"),
        ("HTTP/1.1 504 Gateway Timeout\r\n\r\n", "proxy_target_unreachable"),
        ("SSH-2.0-OpenSSH_9.2p1\r\n", "proxy_protocol"),
        ("\x15\x03\x01\x00\x02\x02\x46", "proxy_protocol"),
        (&early, "proxy_protocol"),
        (&large, "proxy_protocol"),
        ("", "proxy_protocol"),
    ] {
        let seen = code(&[reply.as_bytes(), ANSWER.as_bytes()], "http", "user:hunter2@").await;
        assert_eq!(seen, expected, "{reply:.60}");
    }
}

#[tokio::test]
async fn what_a_socks_proxy_answers_is_told_apart() {
    let named = b"\x05\x00\x00\x03\x04host\x00\x01" as &[u8];
    let opened_v6 = &[5, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    for (lines, login, expected) in [
        (&[&[5, 0], SOCKS_OPENED, ANSWER.as_bytes()] as &[&[u8]], "", "ok"),
        (&[&[5, 0], named, ANSWER.as_bytes()], "user:hunter2@", "ok"),
        (&[&[5, 2], &[1, 0], opened_v6, ANSWER.as_bytes()], "user@", "ok"),
        (&[&[5, 0xff]], "", "proxy_auth"),
        (&[&[5, 0xff]], "user:hunter2@", "proxy_auth"),
        (&[&[5, 2], &[1, 1]], "user:hunter2@", "proxy_auth"),
        (&[&[5, 2], b""], "user:hunter2@", "proxy_auth"),
        (&[&[5, 2]], "", "proxy_protocol"),
        (&[&[5, 1]], "user:hunter2@", "proxy_protocol"),
        (&[&[4, 0]], "", "proxy_protocol"),
        (&[b"HTTP/1.1 400 Bad Request\r\n\r\n"], "", "proxy_protocol"),
        (&[b""], "", "proxy_protocol"),
        (&[&[5, 0], b""], "", "proxy_protocol"),
        (&[&[5, 0], &[5, 0, 0, 9, 0, 0]], "", "proxy_protocol"),
        (&[&[5, 0], &[5, 2, 0, 1, 0, 0, 0, 0, 0, 0]], "", "proxy_denied"),
        (&[&[5, 0], &[5, 7, 0, 1, 0, 0, 0, 0, 0, 0]], "", "proxy_denied"),
        (
            &[&[5, 0], &[5, 1, 0, 1, 0, 0, 0, 0, 0, 0]],
            "",
            "proxy_target_unreachable",
        ),
        (
            &[&[5, 0], &[5, 5, 0, 1, 0, 0, 0, 0, 0, 0]],
            "",
            "proxy_target_unreachable",
        ),
    ] {
        assert_eq!(code(lines, "socks5h", login).await, expected, "{lines:?} {login}");
    }
}

#[tokio::test]
async fn a_proxy_that_falls_silent_costs_the_connect_time_out_and_its_socket_is_closed() {
    for (scheme, lines) in [
        ("http", &[] as &[&[u8]]),
        ("http", &[b"HTTP/1.1 2"]),
        ("https", &[]),
        ("socks5", &[]),
        ("socks5h", &[&[5, 0], &[5, 0, 0]]),
    ] {
        let proxy = Scripted::start(lines).await;
        let script = Script::new(&[&["1.1.1.1"]]);
        let client = with_limit(&script, &["127.0.0.0/8"], Duration::from_millis(100));
        let error = send(&client, &proxy.url(scheme), "https://api.invalid/")
            .await
            .unwrap_err();
        assert_eq!(error.code(), "proxy_timeout", "{scheme}: {error}");
        proxy.hung_up().await;
    }
}

#[tokio::test]
async fn whoever_gives_up_in_the_middle_of_a_handshake_leaves_nothing_behind() {
    for scheme in ["http", "https", "socks5h"] {
        let proxy = Scripted::start(&[]).await;
        let client = client(&Script::default(), &["127.0.0.0/8"]);
        let (to, target) = (proxy.url(scheme), "https://api.invalid/");
        tokio::select! {
            answer = send(&client, &to, target) => panic!("{answer:?}"),
            () = async { while proxy.heard().is_empty() { tokio::task::yield_now().await } } => {}
        }
        proxy.hung_up().await;
        assert_eq!(proxy.heard().len(), 1);
    }
}
