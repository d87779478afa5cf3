//! Notices a client that leaves while there is nothing to write to it: actix reads no further once a request is whole.
//! Never in here: what follows from it.

use std::io::ErrorKind;
use std::net::TcpStream as StdStream;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;

/// How often a waiting request looks whether its client is still there: one system call, well under a microsecond.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// A duplicate of a client's socket, put among the connection's extensions when it is accepted. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ClientSocket(Arc<StdStream>);

impl ClientSocket {
    /// A duplicate of this connection's socket; `None` where the process has no descriptors left.
    pub fn of(stream: &TcpStream) -> Option<Self> {
        let duplicate = stream.as_fd().try_clone_to_owned().ok()?;
        Some(Self(Arc::new(StdStream::from(duplicate))))
    }

    /// Whether the client has closed its side or reset the connection. A client that sent another request already can't
    /// be looked behind: it counts as there.
    pub fn is_gone(&self) -> bool {
        match self.0.peek(&mut [0]) {
            Ok(read) => read == 0,
            Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted),
        }
    }
}

/// Ends when the client is gone; never for a connection without a socket.
pub(crate) async fn gone(socket: Option<&ClientSocket>) {
    let Some(socket) = socket else {
        return std::future::pending().await;
    };
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        if socket.is_gone() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    async fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (client, listener.accept().await.unwrap().0)
    }

    #[tokio::test]
    async fn a_client_is_gone_once_it_closes_or_resets_and_not_before() {
        for reset in [false, true] {
            let (client, server) = pair().await;
            let socket = ClientSocket::of(&server).unwrap();
            assert!(!socket.is_gone());
            if reset {
                client.set_zero_linger().unwrap();
            }
            drop(client);
            tokio::time::timeout(Duration::from_secs(5), gone(Some(&socket)))
                .await
                .unwrap();
        }
    }

    #[tokio::test]
    async fn a_client_that_sends_more_is_there() {
        let (mut client, server) = pair().await;
        let socket = ClientSocket::of(&server).unwrap();
        client.write_all(b"GET").await.unwrap();
        server.readable().await.unwrap();
        assert!(!socket.is_gone());
    }
}
