//! The listening socket in two steps: the address is taken before anything else begins, and connections are let in once
//! there is somebody to serve them.

use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{SocketAddr, TcpListener};

/// Connections that the kernel may hold before a worker accepts them.
const BACKLOG: i32 = 4096;

/// An address that is ours, closed as yet.
#[derive(Debug)]
pub struct Door {
    socket: Socket,
    address: SocketAddr,
}

/// Takes the address; port 0 becomes any free one.
///
/// # Errors
/// If the address is not this machine's, is taken, or may not be used.
pub fn bind(address: SocketAddr) -> io::Result<Door> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // Connections of an earlier process that linger must not keep the next one from starting.
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    let address = socket.local_addr()?.as_socket().unwrap_or(address);
    Ok(Door { socket, address })
}

impl Door {
    /// The address, with its real port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets connections in.
    ///
    /// # Errors
    /// If another process listens there.
    pub fn open(self) -> io::Result<TcpListener> {
        self.socket.listen(BACKLOG)?;
        self.socket.set_nonblocking(true)?;
        Ok(self.socket.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, TcpStream};

    #[test]
    fn a_door_has_its_port_before_it_is_open_and_nobody_else_can_have_it() {
        let door = bind((Ipv4Addr::LOCALHOST, 0).into()).expect("a free port");
        let address = door.address();
        assert_ne!(address.port(), 0);
        assert!(TcpStream::connect(address).is_err());
        let _listener = door.open().expect("open");
        TcpStream::connect(address).expect("let in");
        assert_eq!(bind(address).expect_err("taken").kind(), io::ErrorKind::AddrInUse);
    }
}
