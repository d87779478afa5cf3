//! A small HTTP/1.1 client whose every byte and whose way of leaving a test decides: it can send half a request, read
//! slowly, close one direction, or reset.

use serde_json::Value;
use socket2::{Domain, SockAddr, Socket, Type};
use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

/// Longer than anything a test waits for, so that a hang becomes a failure.
const PATIENCE: Duration = Duration::from_mins(1);

/// A request as a test writes it.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `GET`, `POST` …
    pub method: String,
    /// Path and query.
    pub target: String,
    /// In the order in which they are sent.
    pub headers: Vec<(String, String)>,
    /// The body; its length is announced.
    pub body: Vec<u8>,
}

impl Request {
    /// Any method.
    pub fn new(method: &str, target: &str) -> Self {
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            ..Self::default()
        }
    }

    /// A GET.
    pub fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    /// A POST.
    pub fn post(target: &str) -> Self {
        Self::new("POST", target)
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets a JSON body.
    pub fn json(self, value: &Value) -> Self {
        self.header("content-type", "application/json")
            .body(value.to_string())
    }

    /// As it goes over the wire.
    pub fn bytes(&self) -> Vec<u8> {
        let mut text = format!(
            "{} {} HTTP/1.1\r\nhost: tollgate.test\r\n",
            self.method, self.target
        );
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        let announced = self
            .headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        if !announced && (!self.body.is_empty() || self.method != "GET") {
            text.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        text.push_str("\r\n");
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// In the order in which they came; names in lower case.
    pub headers: Vec<(String, String)>,
    /// What came of the body.
    pub body: Vec<u8>,
    /// Why it broke off before its framing said so.
    pub broken: Option<String>,
}

impl Reply {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("no JSON ({error}): {} {}", self.status, self.text()))
    }

    /// Asserts the status, showing the body if it is another.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{:?}\n{}", self.headers, self.text());
        self
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Framing {
    Length(usize),
    Chunk(usize),
    UntilClose,
    Done,
}

/// A connection to a server.
#[derive(Debug)]
pub struct Connection {
    reader: BufReader<TcpStream>,
    framing: Framing,
}

impl Connection {
    /// Connects from loopback's usual address.
    pub fn open(server: SocketAddr) -> Self {
        Self::open_from(server, Ipv4Addr::LOCALHOST)
    }

    /// Connects from one of loopback's many addresses, so that limits per address don't add up over tests.
    pub fn open_from(server: SocketAddr, source: Ipv4Addr) -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        if server.ip().is_loopback() {
            socket
                .bind(&SockAddr::from(SocketAddr::new(IpAddr::V4(source), 0)))
                .expect("bound");
        }
        socket
            .connect(&SockAddr::from(server))
            .expect("the server accepts");
        socket.set_tcp_nodelay(true).expect("an option");
        Self::over(socket.into())
    }

    /// Talks over a stream that is open already.
    pub fn over(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).expect("an option");
        stream.set_write_timeout(Some(PATIENCE)).expect("an option");
        Self {
            reader: BufReader::new(stream),
            framing: Framing::Done,
        }
    }

    /// The socket itself.
    pub fn stream(&self) -> &TcpStream {
        self.reader.get_ref()
    }

    /// Sends a whole request.
    pub fn send(&mut self, request: &Request) -> Result<()> {
        self.send_raw(&request.bytes())
    }

    /// Sends bytes as they are.
    pub fn send_raw(&mut self, bytes: &[u8]) -> Result<()> {
        self.reader.get_mut().write_all(bytes)
    }

    /// Closes our direction and keeps reading.
    pub fn finish_sending(&self) {
        self.stream().shutdown(Shutdown::Write).expect("half closed");
    }

    /// Leaves by RST.
    pub fn reset(self) {
        let stream = self.reader.into_inner();
        socket2::SockRef::from(&stream)
            .set_linger(Some(Duration::ZERO))
            .expect("an option");
    }

    /// Sends a request and reads the whole answer. A body that breaks off is told in the reply, since tests expect it.
    pub fn exchange(&mut self, request: &Request) -> Reply {
        // An early refusal closes while we still send: its answer counts.
        let sent = self.send(request);
        match self.read_reply() {
            Ok(reply) => reply,
            Err(error) => panic!(
                "{} {}: no answer: {error} (sending: {sent:?})",
                request.method, request.target
            ),
        }
    }

    /// Reads a whole answer.
    pub fn read_reply(&mut self) -> Result<Reply> {
        let mut reply = self.read_head()?;
        loop {
            match self.read_data() {
                Ok(Some(data)) => reply.body.extend_from_slice(&data),
                Ok(None) => return Ok(reply),
                Err(error) => {
                    reply.broken = Some(error.to_string());
                    return Ok(reply);
                }
            }
        }
    }

    /// Reads status and headers; the body is read by [`read_data`](Self::read_data).
    pub fn read_head(&mut self) -> Result<Reply> {
        let line = self.read_line()?;
        let status = line
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .ok_or_else(|| Error::new(ErrorKind::InvalidData, format!("no status line: {line:?}")))?;
        let mut headers = Vec::new();
        loop {
            let line = self.read_line()?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').unwrap_or((&line, ""));
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let reply = Reply {
            status,
            headers,
            body: Vec::new(),
            broken: None,
        };
        self.framing = if reply.header("transfer-encoding") == Some("chunked") {
            Framing::Chunk(0)
        } else if let Some(length) = reply.header("content-length") {
            Framing::Length(length.parse().expect("a length"))
        } else if status == 204 || status == 304 {
            Framing::Done
        } else {
            Framing::UntilClose
        };
        Ok(reply)
    }

    /// The next piece of the body, as it comes; `None` at its proper end.
    pub fn read_data(&mut self) -> Result<Option<Vec<u8>>> {
        if self.framing == Framing::Chunk(0) {
            let line = self.read_line()?;
            let size = line.split(';').next().unwrap_or_default();
            let size = usize::from_str_radix(size.trim(), 16)
                .map_err(|_| Error::new(ErrorKind::InvalidData, format!("no chunk size: {line:?}")))?;
            if size == 0 {
                while !self.read_line()?.is_empty() {}
                self.framing = Framing::Done;
            } else {
                self.framing = Framing::Chunk(size);
            }
        }
        let wanted = match self.framing {
            Framing::Done | Framing::Length(0) => return Ok(None),
            Framing::Length(left) | Framing::Chunk(left) => left,
            Framing::UntilClose => usize::MAX,
        };
        let ready = self.reader.fill_buf()?;
        if ready.is_empty() {
            return match self.framing {
                Framing::UntilClose => Ok(None),
                _ => Err(Error::new(
                    ErrorKind::UnexpectedEof,
                    "closed in the middle of the body",
                )),
            };
        }
        let data = ready[..ready.len().min(wanted)].to_vec();
        self.reader.consume(data.len());
        match &mut self.framing {
            Framing::Length(left) => *left -= data.len(),
            Framing::Chunk(left) => {
                *left -= data.len();
                if *left == 0 {
                    let mut end = [0; 2];
                    self.reader.read_exact(&mut end)?;
                }
            }
            Framing::UntilClose | Framing::Done => (),
        }
        Ok(Some(data))
    }

    /// Whether the server closes within this time (it may send an answer before).
    pub fn closes_within(&mut self, limit: Duration) -> bool {
        self.stream().set_read_timeout(Some(limit)).expect("an option");
        let mut rest = Vec::new();
        match self.reader.read_to_end(&mut rest) {
            Ok(_) => true,
            Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        }
    }

    fn read_line(&mut self) -> Result<String> {
        let mut line = Vec::new();
        self.reader.read_until(b'\n', &mut line)?;
        if !line.ends_with(b"\n") {
            return Err(Error::new(
                ErrorKind::UnexpectedEof,
                "closed in the middle of a line",
            ));
        }
        while line.ends_with(b"\n") || line.ends_with(b"\r") {
            line.pop();
        }
        Ok(String::from_utf8_lossy(&line).into_owned())
    }
}
