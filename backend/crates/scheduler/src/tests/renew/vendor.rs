//! A vendor's token endpoint: answers as Claude's does, with another refresh token each time, and remembers what it was
//! asked with.

use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use url::Url;

/// See the module; dropping it closes it.
pub(super) struct Vendor {
    port: u16,
    shared: Arc<Mutex<Shared>>,
    _serving: JoinSet<()>,
}

#[derive(Default)]
struct Shared {
    asked_with: Vec<String>,
    issued: u32,
    takes: Duration,
    refusal: Option<(u16, &'static str)>,
}

impl Vendor {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let shared = Arc::<Mutex<Shared>>::default();
        let here = shared.clone();
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut answers = JoinSet::new();
            while let Ok((connection, _)) = listener.accept().await {
                answers.spawn(answer(connection, here.clone()));
            }
        });
        Self {
            port,
            shared,
            _serving: serving,
        }
    }

    pub(super) fn url(&self) -> Url {
        let text = format!("http://127.0.0.1:{}/v1/oauth/token", self.port);
        text.parse().expect("a URL")
    }

    /// Thinks so long before each answer.
    pub(super) fn takes(&self, time: Duration) {
        self.shared.lock().takes = time;
    }

    /// Gives nothing from now on.
    pub(super) fn refuses(&self, status: u16, body: &'static str) {
        self.shared.lock().refusal = Some((status, body));
    }

    /// Gives tokens again.
    pub(super) fn issues(&self) {
        self.shared.lock().refusal = None;
    }

    /// The refresh tokens that it was asked with.
    pub(super) fn asked_with(&self) -> Vec<String> {
        self.shared.lock().asked_with.clone()
    }

    /// Until somebody asks.
    pub(super) async fn await_asked(&self) {
        for _ in 0..500 {
            if !self.asked_with().is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("nobody asks");
    }
}

/// One request, and its answer.
async fn answer(mut connection: TcpStream, shared: Arc<Mutex<Shared>>) {
    let body = body(&mut connection).await;
    let asked: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
    let with = asked["refresh_token"].as_str().expect("a refresh token");
    let takes = {
        let mut shared = shared.lock();
        shared.asked_with.push(with.to_owned());
        shared.takes
    };
    tokio::time::sleep(takes).await;
    let (status, json) = {
        let mut shared = shared.lock();
        if let Some((status, body)) = shared.refusal {
            (status, body.to_owned())
        } else {
            shared.issued += 1;
            let number = shared.issued;
            let json = serde_json::json!({
                "token_type": "Bearer", "access_token": format!("at-{number}"), "expires_in": 28_800,
                "refresh_token": format!("rt-{number}"), "scope": "user:inference"
            });
            (200, json.to_string())
        }
    };
    let length = json.len();
    let text = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{json}"
    );
    // Whoever asked may be gone.
    let _ = connection.write_all(text.as_bytes()).await;
}

/// What was posted, by its content-length.
async fn body(connection: &mut TcpStream) -> Vec<u8> {
    let mut read = Vec::new();
    loop {
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&read[..end]).to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.expect("a length").trim().parse().expect("a number");
            if read.len() >= end + 4 + length {
                return read.split_off(end + 4);
            }
        }
        assert!(
            connection.read_buf(&mut read).await.expect("readable") > 0,
            "it broke off"
        );
    }
}
