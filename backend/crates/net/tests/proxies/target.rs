//! What the proxies lead to: an HTTP server that counts its connections. Never a proxy.

use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// A certificate for some names that vouches for itself.
pub struct Identity {
    pub certificate: CertificateDer<'static>,
    pub key: Vec<u8>,
}

impl Identity {
    pub fn of(names: &[&str]) -> Self {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        Self {
            certificate: made.cert.der().clone(),
            key: made.signing_key.serialize_der(),
        }
    }

    pub fn local() -> Self {
        Self::of(&["localhost", "127.0.0.1", "::1"])
    }

    fn acceptor(&self) -> TlsAcceptor {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let key = PrivateKeyDer::Pkcs8(self.key.clone().into());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate.clone()], key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

/// Trust in exactly these.
pub fn roots(identities: &[&Identity]) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    for identity in identities {
        roots.add(identity.certificate.clone()).unwrap();
    }
    roots
}

/// `POST /echo` gives the body back; `/stream` sends `first`, and `second` once it is let go; `/silent` says nothing.
pub struct Target {
    pub address: SocketAddr,
    scheme: &'static str,
    connections: Arc<AtomicUsize>,
    go_on: Arc<Semaphore>,
    _tasks: JoinSet<()>,
}

impl Target {
    pub async fn plain(ip: &str) -> Self {
        Self::start(ip, None).await
    }

    pub async fn tls(ip: &str, identity: &Identity) -> Self {
        Self::start(ip, Some(identity.acceptor())).await
    }

    async fn start(ip: &str, acceptor: Option<TlsAcceptor>) -> Self {
        let ip: std::net::IpAddr = ip.parse().unwrap();
        let listener = TcpListener::bind((ip, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let scheme = if acceptor.is_some() { "https" } else { "http" };
        let (connections, go_on) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
        let (counter, gate) = (Arc::clone(&connections), Arc::clone(&go_on));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                let (acceptor, gate) = (acceptor.clone(), Arc::clone(&gate));
                open.spawn(async move {
                    match acceptor {
                        None => serve(stream, &gate).await,
                        Some(acceptor) => match acceptor.accept(stream).await {
                            Ok(stream) => serve(stream, &gate).await,
                            Err(_) => None,
                        },
                    }
                });
            }
        });
        Self {
            address,
            scheme,
            connections,
            go_on,
            _tasks: tasks,
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// By name instead of by number.
    pub fn named_url(&self, path: &str) -> String {
        format!("{}://localhost:{}{path}", self.scheme, self.address.port())
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Lets one `/stream` send its second piece.
    pub fn let_go(&self) {
        self.go_on.add_permits(1);
    }
}

/// Answers requests until the other side leaves; `None` then.
async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, go_on: &Semaphore) -> Option<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let (path, length) = head(&mut stream).await?;
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.ok()?;
        match path.as_str() {
            "/stream" => {
                let first = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n";
                stream.write_all(first).await.ok()?;
                stream.flush().await.ok()?;
                go_on.acquire().await.ok()?.forget();
                stream.write_all(b"6\r\nsecond\r\n0\r\n\r\n").await.ok()?;
            }
            "/silent" => {}
            "/none" => stream
                .write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 9\r\n\r\n")
                .await
                .ok()?,
            _ => {
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
                stream.write_all(head.as_bytes()).await.ok()?;
                stream.write_all(&body).await.ok()?;
            }
        }
        stream.flush().await.ok()?;
    }
}

/// Path and body length of a request. A request line with more than a path would have been rewritten for a proxy.
async fn head(stream: &mut (impl AsyncBufReadExt + Unpin)) -> Option<(String, usize)> {
    let (mut path, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_ascii_lowercase();
        if path.is_empty() {
            line.split(' ').nth(1)?.clone_into(&mut path);
        } else if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse().ok()?;
        } else if line.is_empty() {
            return Some((path, length));
        } else {
            assert!(!line.starts_with("proxy-") && !line.starts_with("via"), "{line}");
        }
    }
}
