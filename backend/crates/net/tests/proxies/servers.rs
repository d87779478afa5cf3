//! The real proxies: started on a free port for one test and ended with it. Never a target.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fs;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub const USER: &str = "user";
pub const PASSWORD: &str = "open-sesame";
/// What `openssl passwd -apr1 -salt tollgate` makes of the password.
const PASSWORD_HASH: &str = "$apr1$tollgate$8b0vgWJ0a4xVN1HNc/fOo0";

/// A busy machine may take its time to start a process.
const START_MAX: Duration = Duration::from_secs(20);

/// A running proxy.
pub struct RealProxy {
    pub name: &'static str,
    pub address: SocketAddr,
    child: Child,
    _folder: TempDir,
}

impl Drop for RealProxy {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What a proxy lets through.
#[derive(Clone, Copy, Default)]
pub struct Rules {
    /// It wants [`USER`] and [`PASSWORD`].
    pub login: bool,
    /// It refuses tunnels to this port; tinyproxy to every port but 443.
    pub denied_port: Option<u16>,
}

pub const LOGIN: Rules = Rules {
    login: true,
    denied_port: None,
};

impl RealProxy {
    /// SOCKS5, without rules.
    pub fn microsocks(ip: &str, rules: Rules) -> Self {
        start(
            "microsocks",
            &["/usr/bin/microsocks"],
            "microsocks",
            ip,
            |command, _, address| {
                command.args(["-i", &address.ip().to_string(), "-p", &address.port().to_string()]);
                if rules.login {
                    command.args(["-u", USER, "-P", PASSWORD]);
                }
            },
        )
    }

    /// SOCKS5 with rules, without log-in.
    pub fn dante(rules: Rules) -> Self {
        start(
            "dante",
            &["/usr/sbin/danted", "/usr/sbin/sockd"],
            "dante-server",
            "127.0.0.1",
            |command, folder, address| {
                let block = rules.denied_port.map_or_else(String::new, |port| {
                    format!("socks block {{ from: 0.0.0.0/0 to: 0.0.0.0/0 port = {port} }}\n")
                });
                let text = format!(
                    "logoutput: {}\ninternal: {} port = {}\nexternal: 127.0.0.1\nclientmethod: none\nsocksmethod: none\n\
                 client pass {{ from: 0.0.0.0/0 to: 0.0.0.0/0 }}\n{block}\
                 socks pass {{ from: 0.0.0.0/0 to: 0.0.0.0/0 }}\n",
                    folder.join("log").display(),
                    address.ip(),
                    address.port()
                );
                command.arg("-f").arg(write(folder, "danted.conf", &text));
            },
        )
    }

    /// HTTP CONNECT.
    pub fn tinyproxy(rules: Rules) -> Self {
        start(
            "tinyproxy",
            &["/usr/bin/tinyproxy"],
            "tinyproxy-bin",
            "127.0.0.1",
            |command, folder, address| {
                let login = if rules.login {
                    format!("BasicAuth {USER} {PASSWORD}\n")
                } else {
                    String::new()
                };
                let ports = rules.denied_port.map_or("", |_| "ConnectPort 443\n");
                let text = format!(
                    "Port {}\nListen {}\nTimeout 60\nMaxClients 50\nLogFile \"{}\"\n{login}{ports}",
                    address.port(),
                    address.ip(),
                    folder.join("log").display()
                );
                command
                    .arg("-d")
                    .arg("-c")
                    .arg(write(folder, "tinyproxy.conf", &text));
            },
        )
    }

    /// HTTP CONNECT inside TLS, with the certificate and key given as DER; always with log-in.
    pub fn squid(certificate: &[u8], key: &[u8], rules: Rules) -> Self {
        start(
            "squid",
            &["/usr/sbin/squid"],
            "squid-openssl",
            "127.0.0.1",
            |command, folder, address| {
                let certificate = write(folder, "cert.pem", &pem("CERTIFICATE", certificate));
                let key = write(folder, "key.pem", &pem("PRIVATE KEY", key));
                let users = write(folder, "users", &format!("{USER}:{PASSWORD_HASH}\n"));
                let deny = rules.denied_port.map_or_else(String::new, |port| {
                    format!("acl refused port {port}\nhttp_access deny refused\n")
                });
                let text = format!(
                    "https_port {address} tls-cert={} tls-key={}\n\
                 auth_param basic program /usr/lib/squid/basic_ncsa_auth {}\nauth_param basic children 1 startup=1\n\
                 acl users proxy_auth REQUIRED\n{deny}http_access allow users\nhttp_access deny all\n\
                 pid_filename none\naccess_log none\ncache_store_log none\ncache_log {}\ncache deny all\n\
                 pinger_enable off\nconnect_retries 0\nshutdown_lifetime 0 seconds\n",
                    certificate.display(),
                    key.display(),
                    users.display(),
                    folder.join("log").display()
                );
                command
                    .arg("-N")
                    .arg("-f")
                    .arg(write(folder, "squid.conf", &text));
            },
        )
    }

    /// Ends it now.
    pub fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Its URL, with a log-in such as `user:password`.
    pub fn url(&self, scheme: &str, login: Option<&str>) -> String {
        let login = login.map_or_else(String::new, |login| format!("{login}@"));
        format!("{scheme}://{login}{}", self.address)
    }
}

/// An address on which nobody listened just now.
pub fn free_address(ip: &str) -> SocketAddr {
    let ip: IpAddr = ip.parse().unwrap();
    TcpListener::bind((ip, 0)).unwrap().local_addr().unwrap()
}

fn start(
    name: &'static str,
    binaries: &[&str],
    package: &str,
    ip: &str,
    configure: impl Fn(&mut Command, &Path, SocketAddr),
) -> RealProxy {
    let Some(binary) = binaries.iter().find(|path| Path::new(path).exists()) else {
        panic!(
            "{} is missing: install the Debian package `{package}`",
            binaries[0]
        )
    };
    let folder = tempfile::tempdir().unwrap();
    open_to_all(folder.path());
    // Another test may take the port in between: then the next one.
    for _ in 0..5 {
        let address = free_address(ip);
        let mut command = Command::new(binary);
        configure(&mut command, folder.path(), address);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        if listens(&mut child, address) {
            return RealProxy {
                name,
                address,
                child,
                _folder: folder,
            };
        }
        let _ = child.kill();
        let _ = child.wait();
    }
    let log = fs::read_to_string(folder.path().join("log")).unwrap_or_default();
    panic!("{name} does not start: {log}")
}

/// Waits until the process takes connections; false if it ends before.
#[expect(clippy::disallowed_methods, reason = "waits for another process")]
fn listens(child: &mut Child, address: SocketAddr) -> bool {
    let start = Instant::now();
    while start.elapsed() < START_MAX {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        if TcpStream::connect_timeout(&address, START_MAX).is_ok() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path
}

/// A server started as root goes on as another user, who must read and write here. What lies here opens nothing.
fn open_to_all(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).unwrap();
}

fn pem(kind: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!(
        "-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n",
        lines.join("\n")
    )
}
