//! The upstream's connections: reads requests, plays scripts, writes down what happened.

use super::super::vendors::desk;
use super::answer::Answer;
use super::reply::{Body, Frame, Headers, Refusal, Reply, Stream, Tells};
use super::route::{self, Asked, Route, Vendor};
use super::script::{Ending, Fault, Script};
use super::{Outcome, Seen, Shared};
use serde_json::Value;
use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How long a script that hangs waits for the gateway to leave.
pub const HANG: Duration = Duration::from_mins(2);

pub(super) fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.stopping.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let _ = stream.set_nodelay(true);
        if let Ok(copy) = stream.try_clone() {
            let mut connections = shared
                .connections
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            connections.push(copy);
        }
        let shared = shared.clone();
        std::thread::spawn(move || {
            let mut reader = BufReader::new(stream);
            let ended = loop {
                match one(&mut reader, &shared) {
                    Ok(true) => (),
                    ended => break ended,
                }
            };
            // The copy kept for the end would else hold the connection open. A reset must not begin with a FIN.
            if !ended.is_err_and(|error| error.kind() == ErrorKind::ConnectionAborted) {
                let _ = reader.get_ref().shutdown(std::net::Shutdown::Both);
            }
        });
    }
}

/// Serves one request; tells whether the connection stays.
fn one(reader: &mut BufReader<TcpStream>, shared: &Shared) -> Result<bool> {
    let Some(seen) = read_request(reader)? else {
        return Ok(false);
    };
    if let Some(book) = &shared.book
        && let Some(served) = desk::serve(book, reader.get_mut(), &seen)
    {
        return served;
    }
    let (index, script) = {
        let mut log = shared.log();
        let script = log.queue.pop_front().unwrap_or_else(|| log.usual.clone());
        log.seen.push(seen.clone());
        (log.seen.len() - 1, script)
    };
    let route = Route::find(&seen.target);
    let mut play = Play {
        stream: reader.get_mut(),
        shared,
        index,
        vendor: route.as_ref().map_or(Vendor::Claude, |route| route.vendor),
    };
    match play.script(script, route.as_ref(), &seen) {
        Ok(stays) => {
            shared.change(index, |seen| {
                if seen.outcome == Outcome::Running {
                    seen.outcome = Outcome::Complete;
                }
            });
            Ok(stays)
        }
        Err(error) => {
            shared.change(index, |seen| {
                if seen.outcome == Outcome::Running {
                    seen.outcome = Outcome::Cancelled(Instant::now());
                }
            });
            Err(error)
        }
    }
}

/// One answer on its way.
struct Play<'a> {
    stream: &'a mut TcpStream,
    shared: &'a Shared,
    index: usize,
    vendor: Vendor,
}

impl Play<'_> {
    /// Plays a script; an error means that the gateway left first.
    fn script(&mut self, script: Script, route: Option<&Route>, seen: &Seen) -> Result<bool> {
        match script {
            Script::Answer(mut answer) => {
                if answer.usage.input == 0 {
                    answer.usage.input = self.shared.next_input.fetch_add(1, Ordering::Relaxed);
                }
                self.pause(answer.first_byte_after)?;
                match self.outcome(&answer, route, seen) {
                    Ok(reply) => self.reply(reply, &answer),
                    Err(fault) => {
                        self.shared
                            .change(self.index, |seen| seen.refused = Some(fault.message.clone()));
                        self.refuse(&fault, Vec::new())
                    }
                }
            }
            Script::Error { fault, headers } => self.refuse(&fault, headers),
            Script::Fixed {
                status,
                headers,
                body,
            } => self.whole(status, &headers, &body),
            Script::Raw(bytes) => {
                self.stream.write_all(&bytes)?;
                Ok(false)
            }
            Script::Hanging(bytes) => {
                self.stream.write_all(&bytes)?;
                self.pause(HANG).map(|()| false)
            }
            Script::EndlessLine(length) => self.endless_line(length),
            Script::Silent => self.pause(HANG).map(|()| false),
            Script::Close => Ok(false),
            Script::Reset => self.reset(),
        }
    }

    /// What the vendor would say.
    fn outcome(&self, answer: &Answer, route: Option<&Route>, seen: &Seen) -> super::reply::Outcome {
        let route = route.ok_or_else(|| Fault::not_found(format!("there is nothing at {}", seen.target)))?;
        if let Some(book) = &self.shared.book {
            book.takes(seen)?;
        }
        let body: Value = serde_json::from_slice(&seen.body)
            .map_err(|error| Fault::invalid("body", format!("the body is not valid JSON: {error}")))?;
        let asked = Asked {
            route,
            method: &seen.method,
            target: &seen.target,
            headers: &seen.headers,
            raw: &seen.body,
            body,
            maker: &self.shared.maker,
            number: self.index,
        };
        route::answer(&asked, answer)
    }

    fn refuse(&mut self, fault: &Fault, more: Headers) -> Result<bool> {
        let Refusal {
            status,
            mut headers,
            body,
        } = route::refusal(self.vendor, fault);
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
        headers.extend(more);
        self.whole(status, &headers, body.to_string().as_bytes())
    }

    fn whole(&mut self, status: u16, headers: &Headers, body: &[u8]) -> Result<bool> {
        let head = format!(
            "HTTP/1.1 {status} Scripted\r\n{}content-length: {}\r\n\r\n",
            lines(headers),
            body.len()
        );
        // Written down before it is sent: once the client has it, a test may look.
        self.sent(body);
        self.stream.write_all(&[head.as_bytes(), body].concat())?;
        Ok(true)
    }

    fn reply(&mut self, reply: Reply, answer: &Answer) -> Result<bool> {
        let mut headers = route::usual_headers(self.vendor);
        headers.extend(reply.headers.iter().cloned());
        match &reply.body {
            Body::Whole(body) => {
                headers.push(("content-type".to_owned(), "application/json".to_owned()));
                self.told(&reply, Tells::All);
                self.whole(200, &headers, body)
            }
            Body::Stream(stream) => self.stream(&reply, stream, &headers, answer),
        }
    }

    fn stream(&mut self, reply: &Reply, stream: &Stream, headers: &Headers, answer: &Answer) -> Result<bool> {
        self.stream_head(stream.content_type, headers)?;
        let frames = &stream.frames;
        let limit = match answer.ending {
            Ending::Complete => frames.len(),
            Ending::Fin(n)
            | Ending::Rst(n)
            | Ending::HalfEvent(n)
            | Ending::TidyButShort(n)
            | Ending::Error(n)
            | Ending::Hang(n) => n.min(frames.len()),
        };
        for (n, Frame { bytes, tells }) in frames[..limit].iter().enumerate() {
            if n > 0 {
                self.pause(answer.between)?;
            }
            self.told(reply, *tells);
            self.chunk(bytes)?;
        }
        match answer.ending {
            Ending::Complete | Ending::TidyButShort(_) => self.finish(),
            Ending::Fin(_) => Ok(false),
            Ending::Rst(_) => {
                // What was sent is to arrive before the reset throws it away.
                self.pause(Duration::from_millis(100))?;
                self.reset()
            }
            Ending::HalfEvent(_) => {
                let half = frames.get(limit).map_or(b"event: mess".as_slice(), |frame| {
                    &frame.bytes[..frame.bytes.len() / 2]
                });
                self.chunk(half)?;
                Ok(false)
            }
            Ending::Error(_) => {
                self.chunk(&stream.error)?;
                self.finish()
            }
            Ending::Hang(_) => self.pause(HANG).map(|()| false),
        }
    }

    fn endless_line(&mut self, length: usize) -> Result<bool> {
        self.stream_head(
            "text/event-stream; charset=utf-8",
            &route::usual_headers(self.vendor),
        )?;
        self.chunk(b"event: content_block_delta\ndata: {\"text\":\"")?;
        let piece = [b'x'; 16 * 1024];
        let mut left = length;
        while left > 0 {
            let size = left.min(piece.len());
            self.chunk(&piece[..size])?;
            left -= size;
        }
        self.pause(HANG).map(|()| false)
    }

    fn stream_head(&mut self, content_type: &str, headers: &Headers) -> Result<()> {
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncache-control: no-cache\r\n{}\
             transfer-encoding: chunked\r\n\r\n",
            lines(headers)
        );
        self.stream.write_all(head.as_bytes())
    }

    fn chunk(&mut self, data: &[u8]) -> Result<()> {
        let head = format!("{:x}\r\n", data.len());
        self.stream
            .write_all(&[head.as_bytes(), data, b"\r\n"].concat())?;
        self.sent(data);
        Ok(())
    }

    fn finish(&mut self) -> Result<bool> {
        self.stream.write_all(b"0\r\n\r\n")?;
        Ok(true)
    }

    fn reset(&mut self) -> Result<bool> {
        self.shared
            .change(self.index, |seen| seen.outcome = Outcome::Complete);
        socket2::SockRef::from(&*self.stream).set_linger(Some(Duration::ZERO))?;
        // The copy that is kept for the end must not delay it.
        let mut connections = self
            .shared
            .connections
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let peer = self.stream.peer_addr().ok();
        connections.retain(|copy| copy.peer_addr().ok() != peer);
        Err(Error::new(ErrorKind::ConnectionAborted, "as scripted"))
    }

    fn told(&self, reply: &Reply, tells: Tells) {
        if tells == Tells::Nothing {
            return;
        }
        self.shared.change(self.index, |seen| {
            seen.begun |= reply.usage.is_some();
            if tells == Tells::All {
                seen.told = reply.usage;
            }
        });
    }

    fn sent(&self, data: &[u8]) {
        self.shared
            .change(self.index, |seen| seen.sent.extend_from_slice(data));
    }

    fn pause(&mut self, pause: Duration) -> Result<()> {
        self::pause(self.stream, pause)
    }
}

/// Waits, and notices at once when the gateway leaves meanwhile.
pub fn pause(stream: &TcpStream, pause: Duration) -> Result<()> {
    let until = Instant::now() + pause;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        stream.set_read_timeout(Some(left.max(Duration::from_micros(100))))?;
        let looked = stream.peek(&mut [0]);
        stream.set_read_timeout(None)?;
        match looked {
            Ok(0) => return Err(Error::new(ErrorKind::ConnectionReset, "the gateway left")),
            // The next request on this connection waits already.
            Ok(_) => std::thread::sleep(left),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return Ok(());
            }
            Err(error) => return Err(error),
        }
    }
}

fn read_request(reader: &mut BufReader<TcpStream>) -> Result<Option<Seen>> {
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut words = first.split(' ');
    let (Some(method), Some(target)) = (words.next(), words.next()) else {
        return Ok(None);
    };
    let (method, target) = (method.to_owned(), target.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .and_then(|(_, value)| value.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some(Seen {
        at: Instant::now(),
        peer: reader.get_ref().peer_addr()?.ip(),
        method,
        target,
        headers,
        body,
        told: None,
        refused: None,
        begun: false,
        sent: Vec::new(),
        outcome: Outcome::Running,
    }))
}

fn lines(headers: &Headers) -> String {
    headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect()
}
