use super::connector::tests::Script;
use super::*;
use crate::guard::AddressKind;
use http_body_util::BodyExt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

const PATIENCE: Duration = Duration::from_secs(5);
const PLAIN: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// What the scripted upstream does with each request it has read.
#[derive(Clone)]
enum Reply {
    Send(Bytes),
    SendThenClose(Bytes),
    Reset,
    Silence,
}

fn plain() -> Reply {
    Reply::Send(Bytes::from_static(PLAIN))
}

struct Upstream {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    _tasks: JoinSet<()>,
}

impl Upstream {
    async fn start(reply: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&connections);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                open.spawn(serve(stream, reply.clone()));
            }
        });
        Self {
            address,
            connections,
            _tasks: tasks,
        }
    }

    fn url(&self) -> String {
        format!("http://{}/v1/messages", self.address)
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn serve(mut stream: TcpStream, reply: Reply) {
    let mut buffer = Vec::new();
    loop {
        let mut chunk = [0_u8; 4096];
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return,
            Ok(n) => buffer.extend_from_slice(&chunk[..n]),
        }
        // Every test request ends with this body.
        if !buffer.ends_with(b"hello") {
            continue;
        }
        buffer.clear();
        match &reply {
            Reply::Send(bytes) => stream.write_all(bytes).await.unwrap(),
            Reply::SendThenClose(bytes) => {
                stream.write_all(bytes).await.unwrap();
                return;
            }
            Reply::Reset => {
                stream.set_zero_linger().unwrap();
                return;
            }
            Reply::Silence => {}
        }
    }
}

fn client(allow: &[&str]) -> UpstreamClient {
    let guard = NetGuard::new(allow.iter().map(|net| net.parse().unwrap()).collect());
    let tls = UpstreamTls::with_roots(rustls::RootCertStore::empty()).unwrap();
    let settings = ClientSettings {
        connect_timeout: Duration::from_millis(300),
        ..ClientSettings::default()
    };
    UpstreamClient::new(guard, &tls, &settings)
}

fn local() -> UpstreamClient {
    client(&["127.0.0.0/8"])
}

fn post(url: &str) -> Request<Full<Bytes>> {
    Request::post(url).body(Full::from("hello")).unwrap()
}

async fn fail(client: &UpstreamClient, url: &str) -> SendError {
    client.send(post(url), None, PATIENCE).await.expect_err(url)
}

async fn text(response: Response<Incoming>) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

#[tokio::test]
async fn a_private_address_is_refused_and_nothing_connects() {
    let upstream = Upstream::start(plain()).await;
    let error = fail(&client(&["10.0.0.0/8"]), &upstream.url()).await;
    let SendError::Blocked(crate::GuardError::Address { kind, .. }) = &error else {
        panic!("{error:?}")
    };
    assert_eq!(*kind, AddressKind::Loopback);
    assert!(!error.may_have_been_sent());
    assert_eq!(upstream.connections(), 0);
}

#[tokio::test]
async fn an_address_in_a_listed_network_is_reached_by_number_and_by_name() {
    let upstream = Upstream::start(plain()).await;
    let client = local();
    let by_name = format!("http://localhost:{}/", upstream.address.port());
    for url in [upstream.url(), by_name] {
        let response = client.send(post(&url), None, PATIENCE).await.unwrap();
        assert_eq!(
            (response.status().as_u16(), text(response).await.as_str()),
            (200, "ok")
        );
    }
}

#[tokio::test]
async fn two_requests_after_each_other_share_one_connection() {
    let upstream = Upstream::start(plain()).await;
    let client = local();
    for _ in 0..2 {
        let response = client.send(post(&upstream.url()), None, PATIENCE).await.unwrap();
        assert_eq!(text(response).await, "ok");
        tokio::task::yield_now().await;
    }
    assert_eq!(upstream.connections(), 1);
}

#[tokio::test]
async fn a_redirect_is_handed_back_and_not_followed() {
    let upstream = Upstream::start(Reply::Send(Bytes::from_static(
        b"HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n",
    )))
    .await;
    let response = local().send(post(&upstream.url()), None, PATIENCE).await.unwrap();
    assert_eq!(response.status().as_u16(), 302);
    assert_eq!(response.headers()["location"], "http://169.254.169.254/");
    assert_eq!(upstream.connections(), 1);
}

#[tokio::test]
async fn a_name_that_is_rebound_is_refused_at_the_next_connection() {
    let (first, second) = (Upstream::start(plain()).await, Upstream::start(plain()).await);
    // What the guard lets pass stands for a public address here.
    let guard = NetGuard::new(vec!["127.0.0.1/32".parse().unwrap()]);
    let script = Script::new(&[
        &["127.0.0.1"],
        &["127.0.0.2", "::1", "fe80::1", "::ffff:10.0.0.1"],
    ]);
    let tls = UpstreamTls::with_roots(rustls::RootCertStore::empty()).unwrap();
    let resolver = script.resolver(guard.clone());
    let client = UpstreamClient::with_resolver(resolver, guard, &tls, &ClientSettings::default());
    let url = |upstream: &Upstream| format!("http://rebound.example:{}/", upstream.address.port());
    let response = client.send(post(&url(&first)), None, PATIENCE).await.unwrap();
    assert_eq!(text(response).await, "ok");
    // One look-up a connection: the addresses that were checked are those connected to.
    assert_eq!(script.asked().len(), 1);
    let error = fail(&client, &url(&second)).await;
    assert!(matches!(error, SendError::Blocked(_)), "{error:?}");
    assert_eq!((script.asked().len(), second.connections()), (2, 0));
}

#[tokio::test]
async fn an_answer_that_is_not_http_is_garbage() {
    for bytes in [
        b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n" as &'static [u8],
        b"\0\xff\x16\x03\x01 garbage\r\n\r\n",
    ] {
        let upstream = Upstream::start(Reply::Send(Bytes::from_static(bytes))).await;
        let error = fail(&local(), &upstream.url()).await;
        assert!(matches!(error, SendError::Garbage(_)), "{error:?}");
        assert!(error.may_have_been_sent());
    }
}

#[tokio::test]
async fn too_many_or_too_large_headers_are_told_as_such() {
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(101));
    let large = format!("HTTP/1.1 200 OK\r\na: {}\r\n\r\n", "b".repeat(200_000));
    for head in [many, large] {
        let upstream = Upstream::start(Reply::Send(head.into())).await;
        let error = fail(&local(), &upstream.url()).await;
        assert!(matches!(error, SendError::HeadersTooLarge(_)), "{error:?}");
    }
}

#[tokio::test]
async fn no_answer_ends_with_the_header_time_out() {
    let upstream = Upstream::start(Reply::Silence).await;
    let limit = Duration::from_millis(100);
    let error = local()
        .send(post(&upstream.url()), None, limit)
        .await
        .unwrap_err();
    assert!(
        matches!(error, SendError::HeaderTimeout(seen) if seen == limit),
        "{error:?}"
    );
    assert!(error.may_have_been_sent());
}

#[tokio::test]
async fn a_connection_closed_or_reset_after_the_request_may_have_cost_something() {
    let half = Reply::SendThenClose(Bytes::from_static(b"HTTP/1.1 20"));
    for reply in [Reply::SendThenClose(Bytes::new()), Reply::Reset, half] {
        let upstream = Upstream::start(reply).await;
        let error = fail(&local(), &upstream.url()).await;
        assert!(
            matches!(
                error,
                SendError::Closed {
                    may_have_been_sent: true,
                    ..
                }
            ),
            "{error:?}"
        );
        assert_eq!(
            upstream.connections(),
            1,
            "never retried behind the caller's back"
        );
    }
}

#[tokio::test]
async fn a_connection_that_the_upstream_closed_while_idle_is_replaced() {
    let upstream = Upstream::start(Reply::SendThenClose(Bytes::from_static(PLAIN))).await;
    let client = local();
    for _ in 0..3 {
        let response = client.send(post(&upstream.url()), None, PATIENCE).await.unwrap();
        assert_eq!(text(response).await, "ok");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(upstream.connections(), 3);
}

#[tokio::test]
async fn where_nobody_listens_the_connection_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = fail(&local(), &format!("http://{address}/")).await;
    assert!(matches!(error, SendError::Refused(_)), "{error:?}");
    assert!(!error.may_have_been_sent());
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_a_dns_error() {
    let error = fail(&local(), "http://does-not-exist.invalid/").await;
    // A machine without any name server may take longer than the connect time-out to say so.
    assert!(
        matches!(error, SendError::Dns(_) | SendError::ConnectTimeout(_)),
        "{error:?}"
    );
    assert!(!error.may_have_been_sent());
}

#[tokio::test]
async fn a_host_that_does_not_take_the_connection_ends_with_the_connect_time_out() {
    // A listening socket whose queue is full drops further SYNs.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queue = Vec::new();
    for _ in 0..8 {
        let attempt = tokio::time::timeout(Duration::from_millis(50), TcpStream::connect(address)).await;
        queue.push(attempt);
    }
    let error = fail(&local(), &format!("http://{address}/")).await;
    assert!(matches!(error, SendError::ConnectTimeout(_)), "{error:?}");
    assert!(!error.may_have_been_sent());
}

#[tokio::test]
async fn a_handshake_that_never_ends_is_a_connect_time_out_and_a_plain_answer_a_tls_error() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let error = fail(&local(), &format!("https://{}/", silent.local_addr().unwrap())).await;
    assert!(matches!(error, SendError::ConnectTimeout(_)), "{error:?}");

    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", plain.local_addr().unwrap());
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let (mut stream, _) = plain.accept().await.unwrap();
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .await
            .unwrap();
        let _ = stream.read(&mut [0; 64]).await;
    });
    let error = fail(&local(), &url).await;
    assert!(matches!(error, SendError::Tls(_)), "{error:?}");
    assert!(!error.may_have_been_sent());
}

#[tokio::test]
async fn a_trusted_certificate_is_accepted_and_an_unknown_one_refused() {
    let certified = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(certified.signing_key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(PLAIN).await;
        }
    });
    let error = fail(&local(), &url).await;
    assert!(matches!(error, SendError::Tls(_)), "{error:?}");

    let mut roots = rustls::RootCertStore::empty();
    roots.add(certified.cert.der().clone()).unwrap();
    let guard = NetGuard::new(vec!["127.0.0.0/8".parse().unwrap()]);
    let tls = UpstreamTls::with_roots(roots).unwrap();
    let client = UpstreamClient::new(guard, &tls, &ClientSettings::default());
    let response = client.send(post(&url), None, PATIENCE).await.unwrap();
    assert_eq!(text(response).await, "ok");
}

#[tokio::test]
async fn a_relative_uri_is_our_own_fault() {
    let error = fail(&local(), "/v1/messages").await;
    assert!(matches!(error, SendError::Request(_)), "{error:?}");
}

#[test]
fn the_machine_s_roots_load() {
    UpstreamTls::native().unwrap();
}
