//! Accepts, reads a request, answers and closes.

use super::answers::{self, Asked};
use super::{Shared, Trouble};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

pub(super) fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.stopping.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let shared = shared.clone();
        std::thread::spawn(move || {
            let _ = serve(stream, &shared);
        });
    }
}

/// A request's line, the headers that count, and its body; `None` where nobody asked anything.
fn read(reader: &mut BufReader<TcpStream>) -> std::io::Result<Option<(String, Asked)>> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split(' ');
    let (Some(method), Some(target)) = (words.next(), words.next()) else {
        return Ok(None);
    };
    let path = target.split('?').next().unwrap_or_default().to_owned();
    let (shown, mut length) = (format!("{method} {path}"), 0);
    let mut asked = Asked {
        path,
        ..Asked::default()
    };
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let Some((name, value)) = header.trim().split_once(':') else {
            break;
        };
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap_or(0),
            "authorization" => value.trim_start_matches("Bearer ").clone_into(&mut asked.bearer),
            "content-type" => value.clone_into(&mut asked.content_type),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    asked.body = String::from_utf8_lossy(&body).into_owned();
    Ok(Some((shown, asked)))
}

fn serve(stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let mut reader = BufReader::new(stream);
    let Some((shown, mut asked)) = read(&mut reader)? else {
        return Ok(());
    };
    let trouble = {
        let mut desk = shared.desk();
        desk.seen.push((shown, asked.body.clone()));
        let mut troubles = desk.troubles.iter();
        let found = troubles.position(|(end, _)| asked.path.ends_with(end.as_str()));
        let found = found.and_then(|index| desk.troubles.remove(index));
        found.map(|(_, trouble)| trouble)
    };
    asked.no_refresh_token = matches!(trouble, Some(Trouble::NoRefreshToken));
    let mut ahead = 0;
    let (status, kind, text) = match trouble {
        Some(Trouble::Close) => return Ok(()),
        Some(Trouble::Page) => (
            200,
            "text/html",
            "<html>please sign in to the hotel's network".to_owned(),
        ),
        Some(Trouble::Status(status, value)) => (status, "application/json", value.to_string()),
        other => {
            if let Some(Trouble::ClockAhead(seconds)) = other {
                ahead = seconds;
            }
            let (status, value): (u16, Value) = answers::answer(&asked, &mut shared.desk());
            (status, "application/json", value.to_string())
        }
    };
    let date = (chrono::Utc::now() + chrono::TimeDelta::seconds(ahead)).format("%a, %d %b %Y %H:%M:%S GMT");
    let head = format!(
        "HTTP/1.1 {status} OK\r\ncontent-type: {kind}\r\ndate: {date}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        text.len()
    );
    let mut stream = reader.into_inner();
    stream.write_all(head.as_bytes())?;
    stream.write_all(text.as_bytes())
}
