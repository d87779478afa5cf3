//! Real proxies, started on a free port for one test and ended with it: microsocks (SOCKS5) and tinyproxy (HTTP's CONNECT),
//! both with name and password. Each sends from an address of its own on loopback, so that whoever is reached sees
//! through which proxy. Debian's packages `microsocks` and `tinyproxy-bin`.

use super::process::Process;
use super::{SOON, unique};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Who signs in.
pub const USER: &str = "proxy-user";
/// With what; nobody but the proxy may see it.
pub const PROXY_PASSWORD: &str = "proxy-password-that-nobody-sees";

/// A running proxy.
#[derive(Debug)]
pub struct RealProxy {
    /// As entries of the management API name it.
    pub scheme: &'static str,
    /// Where it listens.
    pub address: SocketAddr,
    /// From where it sends.
    pub source: IpAddr,
    folder: TempDir,
    process: Option<Process>,
}

impl RealProxy {
    /// SOCKS5 by microsocks; `scheme` is `socks5` or `socks5h`.
    pub fn socks(scheme: &'static str) -> Self {
        Self::start(scheme)
    }

    /// HTTP's CONNECT by tinyproxy.
    pub fn http() -> Self {
        Self::start("http")
    }

    fn start(scheme: &'static str) -> Self {
        // An address that nothing else on this machine sends from.
        static SOURCES: AtomicU16 = AtomicU16::new(1);
        let [high, low] = SOURCES.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let process = u8::try_from(std::process::id() % 200).unwrap_or(0) + 20;
        let source = IpAddr::V4(Ipv4Addr::new(127, process, high, low));
        let folder = tempfile::Builder::new()
            .prefix("tollgate-proxy-")
            .tempdir()
            .expect("a folder");
        // Started as root it goes on as another user, who writes its log here.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).expect("a folder of ours");
        let mut proxy = Self {
            scheme,
            address: free(),
            source,
            folder,
            process: None,
        };
        // Another test may take the port in between: then the next one.
        let begun = (0..5).any(|_| {
            proxy.address = free();
            proxy.begin()
        });
        assert!(begun, "the proxy does not start: {}", proxy.log());
        proxy
    }

    /// Starts it again, where it was.
    pub fn boot(&mut self) {
        assert!(self.begin(), "the proxy does not start again: {}", self.log());
    }

    /// Tells whether it listens; not if it ends before.
    fn begin(&mut self) -> bool {
        let mut command = if self.scheme == "http" {
            self.tinyproxy()
        } else {
            self.microsocks()
        };
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = Process::spawn("a proxy", &mut command, Signal::SIGTERM, Some(self.folder.path()));
        let began = Instant::now();
        while began.elapsed() < SOON {
            if !process.runs() {
                return false;
            }
            if TcpStream::connect(self.address).is_ok() {
                self.process = Some(process);
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }

    /// Ends it.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill();
        }
    }

    fn microsocks(&self) -> Command {
        let program = installed("/usr/bin/microsocks", "microsocks");
        let mut command = Command::new(program);
        command
            .args(["-i", &self.address.ip().to_string()])
            .args(["-p", &self.address.port().to_string()])
            .args(["-u", USER, "-P", PROXY_PASSWORD])
            .args(["-b", &self.source.to_string()]);
        command
    }

    fn tinyproxy(&self) -> Command {
        let program = installed("/usr/bin/tinyproxy", "tinyproxy-bin");
        let (folder, address) = (self.folder.path(), self.address);
        let text = format!(
            "Port {}\nListen {}\nBind {}\nTimeout 60\nMaxClients 50\nLogFile \"{}\"\nBasicAuth {USER} {PROXY_PASSWORD}\n",
            address.port(),
            address.ip(),
            self.source,
            folder.join("log").display()
        );
        let settings = folder.join("tinyproxy.conf");
        fs::write(&settings, text).expect("written");
        let mut command = Command::new(program);
        command.arg("-d").arg("-c").arg(settings);
        command
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// What is sent to the management API.
    pub fn form(&self) -> Value {
        json!({
            "name": unique("proxy"), "scheme": self.scheme, "host": self.address.ip().to_string(),
            "port": self.address.port(), "username": USER, "password": PROXY_PASSWORD,
        })
    }
}

/// An address on which nobody listened just now.
fn free() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address")
}

fn installed<'a>(program: &'a str, package: &str) -> &'a str {
    assert!(
        Path::new(program).exists(),
        "these tests need {program} (apt-get install {package})"
    );
    program
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};

    /// The first bytes that a target gets through a tunnel, and from where.
    fn through(proxy: &RealProxy, hello: impl FnOnce(&mut TcpStream, SocketAddr)) -> IpAddr {
        let target = TcpListener::bind("127.0.0.1:0").expect("a port");
        let mut stream = TcpStream::connect(proxy.address).expect("the proxy listens");
        hello(&mut stream, target.local_addr().expect("an address"));
        let (mut reached, from) = target.accept().expect("a connection");
        stream.write_all(b"hello").expect("sent");
        let mut got = [0; 5];
        reached.read_exact(&mut got).expect("read");
        assert_eq!(&got, b"hello");
        from.ip()
    }

    #[test]
    fn a_target_sees_through_which_proxy_it_was_reached() {
        let socks = RealProxy::socks("socks5");
        let from = through(&socks, |stream, target| {
            let (name, word) = (USER.as_bytes(), PROXY_PASSWORD.as_bytes());
            let mut sign_in = vec![1, u8::try_from(name.len()).expect("short")];
            sign_in.extend_from_slice(name);
            sign_in.push(u8::try_from(word.len()).expect("short"));
            sign_in.extend_from_slice(word);
            let mut connect = vec![5, 1, 0, 1, 127, 0, 0, 1];
            connect.extend_from_slice(&target.port().to_be_bytes());
            // RFC 1928 and RFC 1929.
            for (said, length) in [(vec![5, 1, 2], 2), (sign_in, 2), (connect, 10)] {
                stream.write_all(&said).expect("sent");
                let mut answer = vec![0; length];
                stream.read_exact(&mut answer).expect("answered");
                assert_eq!(answer[1], if said.len() == 3 { 2 } else { 0 }, "{answer:?}");
            }
        });
        assert_eq!(from, socks.source);
        let mut http = RealProxy::http();
        let from = through(&http, |stream, target| {
            use base64::Engine as _;
            let login = base64::engine::general_purpose::STANDARD.encode(format!("{USER}:{PROXY_PASSWORD}"));
            let head = format!(
                "CONNECT {target} HTTP/1.1\r\nhost: {target}\r\nproxy-authorization: Basic {login}\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).expect("sent");
            let mut answer = [0; 12];
            stream.read_exact(&mut answer).expect("answered");
            assert!(
                answer.ends_with(b" 200"),
                "{:?}",
                String::from_utf8_lossy(&answer)
            );
            let mut rest = Vec::new();
            let mut byte = [0];
            while !rest.ends_with(b"\r\n\r\n") {
                stream.read_exact(&mut byte).expect("a head");
                rest.push(byte[0]);
            }
        });
        assert_eq!(from, http.source);
        http.stop();
        assert!(TcpStream::connect(http.address).is_err());
        http.boot();
    }
}
