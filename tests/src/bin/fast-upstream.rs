//! The upstream of `scripts/bench`: answers at once, as cheaply as threads and prepared bytes can, and counts what it
//! answered. It prints its address on its first line and its counts when its standard input closes.
//!
//! `"stream":true` in the body gives 34 events; `/paced/MS/` before the path paces them, else they come in one burst.

use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Events of a streamed answer, `message_start` to `message_stop`.
const EVENTS: usize = 34;

static PLAIN: AtomicU64 = AtomicU64::new(0);
static STREAMED: AtomicU64 = AtomicU64::new(0);
static BROKEN: AtomicU64 = AtomicU64::new(0);

fn main() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("http://{}", listener.local_addr()?);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let _ = serve(stream);
            });
        }
    });
    std::io::stdin().read_to_end(&mut Vec::new())?;
    println!(
        "plain {} streamed {} broken {}",
        PLAIN.load(Ordering::SeqCst),
        STREAMED.load(Ordering::SeqCst),
        BROKEN.load(Ordering::SeqCst)
    );
    Ok(())
}

fn serve(stream: TcpStream) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::with_capacity(16 * 1024, stream);
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let pace = pace(&line);
        let mut length = 0;
        loop {
            line.clear();
            reader.read_line(&mut line)?;
            if line.trim_end().is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        body.resize(length, 0);
        reader.read_exact(&mut body)?;
        let streamed = body.windows(13).any(|piece| piece == b"\"stream\":true");
        let count = if streamed { &STREAMED } else { &PLAIN };
        let sent = if streamed {
            stream_out(reader.get_mut(), pace)
        } else {
            reader.get_mut().write_all(plain())
        };
        match sent {
            Ok(()) => count.fetch_add(1, Ordering::Relaxed),
            Err(_) => BROKEN.fetch_add(1, Ordering::Relaxed),
        };
    }
}

/// From `POST /paced/2/v1/messages HTTP/1.1`: an account's base URL may have a path, but no query.
fn pace(line: &str) -> Duration {
    let millis = line
        .split_once("/paced/")
        .and_then(|(_, rest)| rest.split('/').next()?.parse().ok());
    Duration::from_millis(millis.unwrap_or(0))
}

/// Some 500 bytes.
fn plain() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| {
        let text = "All of this is a plain answer, and it is as long as plain answers are. ".repeat(3);
        let body = format!(
            "{{\"id\":\"msg_01\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-haiku-4-5\",\
             \"content\":[{{\"type\":\"text\",\"text\":\"{text}\"}}],\"stop_reason\":\"end_turn\",\
             \"stop_sequence\":null,\"usage\":{{\"input_tokens\":25,\"cache_creation_input_tokens\":0,\
             \"cache_read_input_tokens\":0,\"output_tokens\":61}}}}"
        );
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nrequest-id: req_bench\r\n";
        format!("{head}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
    })
}

const STREAM_HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nrequest-id: req_bench\r\n\
                           transfer-encoding: chunked\r\n\r\n";

fn chunks() -> &'static [Vec<u8>] {
    static CHUNKS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    CHUNKS.get_or_init(|| {
        let mut events = vec![
            "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_01\",\"type\":\"message\",\
             \"role\":\"assistant\",\"model\":\"claude-haiku-4-5\",\"content\":[],\"stop_reason\":null,\
             \"usage\":{\"input_tokens\":25,\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0,\
             \"output_tokens\":1}}}\n\n"
                .to_owned(),
            "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\
             \"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"
                .to_owned(),
        ];
        while events.len() < EVENTS - 3 {
            events.push(
                "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\
                 \"delta\":{\"type\":\"text_delta\",\"text\":\"some words \"}}\n\n"
                    .to_owned(),
            );
        }
        events.push("event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n".to_owned());
        events.push(
            "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\
             \"usage\":{\"output_tokens\":61}}\n\n"
                .to_owned(),
        );
        events.push("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n".to_owned());
        let chunk = |event: String| format!("{:x}\r\n{event}\r\n", event.len()).into_bytes();
        events.into_iter().map(chunk).collect()
    })
}

fn stream_out(stream: &mut TcpStream, pace: Duration) -> Result<()> {
    if pace.is_zero() {
        static BURST: OnceLock<Vec<u8>> = OnceLock::new();
        let burst = BURST.get_or_init(|| [STREAM_HEAD.as_bytes(), &chunks().concat(), b"0\r\n\r\n"].concat());
        return stream.write_all(burst);
    }
    stream.write_all(STREAM_HEAD.as_bytes())?;
    for (n, chunk) in chunks().iter().enumerate() {
        if n > 0 {
            std::thread::sleep(pace);
        }
        stream.write_all(chunk)?;
    }
    stream.write_all(b"0\r\n\r\n")
}
