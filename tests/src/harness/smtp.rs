//! A mail server that keeps what it is given: enough of SMTP (RFC 5321) for one client at a time, on a thread of its own.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A letter as it came.
#[derive(Clone, Debug, Default)]
pub struct Letter {
    /// The envelope's sender.
    pub from: String,
    /// The envelope's recipients.
    pub to: Vec<String>,
    /// Headers and body.
    pub text: String,
}

/// The server; its thread ends with the process.
#[derive(Clone, Debug)]
pub struct SmtpSink {
    port: u16,
    letters: Arc<Mutex<Vec<Letter>>>,
    busy: Arc<AtomicUsize>,
}

impl SmtpSink {
    /// Starts it on a free port.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let sink = Self {
            port: listener.local_addr().expect("an address").port(),
            letters: Arc::default(),
            busy: Arc::default(),
        };
        let serving = sink.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that breaks off is the test's business, not ours.
                let _ = serving.serve(&stream);
            }
        });
        sink
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What came so far.
    pub fn letters(&self) -> Vec<Letter> {
        self.letters
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Says so many times that it is busy, before it takes letters again.
    pub fn be_busy(&self, times: usize) {
        self.busy.store(times, Ordering::SeqCst);
    }

    fn serve(&self, stream: &TcpStream) -> std::io::Result<()> {
        let mut out = stream.try_clone()?;
        let mut lines = BufReader::new(stream).lines();
        let mut letter = Letter::default();
        out.write_all(b"220 sink.example ESMTP\r\n")?;
        while let Some(line) = lines.next() {
            let line = line?;
            let verb = line
                .split([' ', ':'])
                .next()
                .unwrap_or_default()
                .to_ascii_uppercase();
            let address = || line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
            match verb.as_str() {
                "EHLO" => out.write_all(b"250-sink.example\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n")?,
                "MAIL" if self.busy.load(Ordering::SeqCst) > 0 => {
                    self.busy.fetch_sub(1, Ordering::SeqCst);
                    out.write_all(b"451 come again\r\n")?;
                }
                "MAIL" => {
                    letter.from = address();
                    out.write_all(b"250 ok\r\n")?;
                }
                "RCPT" => {
                    letter.to.push(address());
                    out.write_all(b"250 ok\r\n")?;
                }
                "DATA" => {
                    out.write_all(b"354 go on\r\n")?;
                    for line in lines.by_ref() {
                        let line = line?;
                        if line == "." {
                            break;
                        }
                        letter.text.push_str(line.strip_prefix('.').unwrap_or(&line));
                        letter.text.push('\n');
                    }
                    let whole = std::mem::take(&mut letter);
                    self.letters
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(whole);
                    out.write_all(b"250 ok\r\n")?;
                }
                "RSET" | "NOOP" | "HELO" => out.write_all(b"250 ok\r\n")?,
                "QUIT" => return out.write_all(b"221 bye\r\n"),
                _ => out.write_all(b"500 what?\r\n")?,
            }
        }
        Ok(())
    }
}
