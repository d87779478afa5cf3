//! The client's side of SOCKS5's CONNECT, with and without a user name (RFC 1928, RFC 1929). It reads to the byte what it
//! awaits, so that nothing of the tunnel is swallowed. Never resolves a name, never keeps the time.

use super::Target;
use super::failure::{ProxyAnswer, ProxyFailure};
use super::link::Link;
use crate::proxy::Proxy;
use secrecy::ExposeSecret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use url::Host;

const VERSION: u8 = 5;
const LOGIN_VERSION: u8 = 1;
const NO_LOGIN: u8 = 0;
const LOGIN: u8 = 2;
const NO_METHOD: u8 = 0xff;
const CONNECT: u8 = 1;
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;

const NO_SOCKS: ProxyFailure = ProxyFailure::Protocol("it does not speak SOCKS5; is its scheme right?");
const TOO_LONG: ProxyFailure =
    ProxyFailure::Protocol("the target's name or the log-in is too long for SOCKS5");

/// Asks the proxy at the other end of `link` for a tunnel to `target`.
pub(super) async fn open(link: &mut Link, proxy: &Proxy, target: &Target) -> Result<(), ProxyFailure> {
    greet(link, proxy).await?;
    let mut request = vec![VERSION, CONNECT, 0];
    match &target.host {
        Host::Ipv4(address) => {
            request.push(IPV4);
            request.extend(address.octets());
        }
        Host::Ipv6(address) => {
            request.push(IPV6);
            request.extend(address.octets());
        }
        Host::Domain(name) => {
            request.push(NAME);
            push_counted(&mut request, name)?;
        }
    }
    request.extend(target.port.to_be_bytes());
    send(link, &request).await?;
    answer(link, target).await
}

/// Agrees on a log-in and gives it.
async fn greet(link: &mut Link, proxy: &Proxy) -> Result<(), ProxyFailure> {
    let methods: &[u8] = match proxy.username() {
        Some(_) => &[VERSION, 2, NO_LOGIN, LOGIN],
        None => &[VERSION, 1, NO_LOGIN],
    };
    send(link, methods).await?;
    match (read::<2>(link).await?, proxy.username()) {
        ([VERSION, NO_LOGIN], _) => Ok(()),
        ([VERSION, LOGIN], Some(name)) => log_in(link, proxy, name).await,
        ([VERSION, NO_METHOD], None) => Err(ProxyFailure::Auth(
            "it wants a user name and password, and none is set",
        )),
        ([VERSION, NO_METHOD], Some(_)) => {
            Err(ProxyFailure::Auth("it takes no log-in by user name and password"))
        }
        ([VERSION, _], _) => Err(ProxyFailure::Protocol("it chose a log-in that was not offered")),
        _ => Err(NO_SOCKS),
    }
}

async fn log_in(link: &mut Link, proxy: &Proxy, name: &str) -> Result<(), ProxyFailure> {
    let mut login = vec![LOGIN_VERSION];
    push_counted(&mut login, name)?;
    push_counted(
        &mut login,
        proxy.password().map_or("", ExposeSecret::expose_secret),
    )?;
    send(link, &login).await?;
    match read::<2>(link).await {
        Ok([_, 0]) => Ok(()),
        // Whoever refuses a log-in must close (RFC 1929 section 2); some close without having said so.
        Ok(_) | Err(ProxyFailure::Protocol(_)) => {
            Err(ProxyFailure::Auth("it refuses the user name or password"))
        }
        Err(other) => Err(other),
    }
}

/// The reply and the address behind it, which says nothing that we need.
async fn answer(link: &mut Link, target: &Target) -> Result<(), ProxyFailure> {
    let [version, reply, _, kind] = read::<4>(link).await?;
    if version != VERSION {
        return Err(NO_SOCKS);
    }
    let answer = ProxyAnswer::Socks(reply);
    match reply {
        0 => {}
        2 | 7 => return Err(target.denied(answer)),
        _ => return Err(target.unreachable(answer)),
    }
    let address_and_port = match kind {
        IPV4 => 4 + 2,
        IPV6 => 16 + 2,
        NAME => usize::from(read::<1>(link).await?[0]) + 2,
        _ => {
            return Err(ProxyFailure::Protocol(
                "its SOCKS5 reply names an unknown kind of address",
            ));
        }
    };
    let mut rest = vec![0; address_and_port];
    link.read_exact(&mut rest).await.map_err(ProxyFailure::broken)?;
    Ok(())
}

/// Text behind its length in one byte.
fn push_counted(message: &mut Vec<u8>, text: &str) -> Result<(), ProxyFailure> {
    message.push(u8::try_from(text.len()).map_err(|_| TOO_LONG)?);
    message.extend(text.bytes());
    Ok(())
}

async fn send(link: &mut Link, message: &[u8]) -> Result<(), ProxyFailure> {
    link.write_all(message).await.map_err(ProxyFailure::broken)
}

async fn read<const N: usize>(link: &mut Link) -> Result<[u8; N], ProxyFailure> {
    let mut bytes = [0; N];
    link.read_exact(&mut bytes).await.map_err(ProxyFailure::broken)?;
    Ok(bytes)
}
