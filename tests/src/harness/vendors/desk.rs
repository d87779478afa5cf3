//! Which desk a path leads to, and how a call of one is served: read, delayed or spoilt as a test asked for, answered.

use super::super::upstream::Seen;
use super::super::upstream::serve::{HANG, pause};
use super::book::{Book, Trouble};
use super::said::Said;
use super::{claude, google, machines, openai, page};
use std::io::{Result, Write};
use std::net::TcpStream;

/// A desk of a vendor's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Desk {
    /// Claude's token endpoint.
    ClaudeToken,
    /// Whose subscription it is.
    ClaudeProfile,
    /// How full its windows are.
    ClaudeUsage,
    /// Google's token endpoint.
    GoogleToken,
    /// Whose account it is.
    GoogleUserinfo,
    /// How it stands with Code Assist.
    LoadCodeAssist,
    /// Puts it on a tier.
    OnboardUser,
    /// ChatGPT's token endpoint.
    OpenAiToken,
    /// Entra ID's token endpoint.
    EntraToken,
    /// AWS's security token service.
    AssumeRole,
}

impl Desk {
    /// Where a request leads, if not to the upstream. What is asked of Code Assist by clients passes to the upstream.
    fn find(seen: &Seen) -> Option<Self> {
        let path = seen.target.split('?').next().unwrap_or_default();
        Some(match path {
            claude::TOKEN => Self::ClaudeToken,
            "/api/oauth/profile" => Self::ClaudeProfile,
            "/api/oauth/usage" => Self::ClaudeUsage,
            google::TOKEN => Self::GoogleToken,
            google::USERINFO => Self::GoogleUserinfo,
            "/v1internal:loadCodeAssist" => Self::LoadCodeAssist,
            "/v1internal:onboardUser" => Self::OnboardUser,
            openai::TOKEN => Self::OpenAiToken,
            machines::STS => Self::AssumeRole,
            path if path.starts_with(machines::ENTRA) => Self::EntraToken,
            _ => return None,
        })
    }
}

/// Serves a call of a desk or a page for people; `None` if it is neither. Tells whether the connection stays.
pub fn serve(book: &Book, stream: &mut TcpStream, seen: &Seen) -> Option<Result<bool>> {
    if let Some(page) = page::shown(book, seen) {
        return Some(send(stream, &page));
    }
    let desk = Desk::find(seen)?;
    let (number, trouble) = book.arrived(desk, seen);
    Some(play(book, stream, seen, (desk, number), trouble))
}

fn play(
    book: &Book,
    stream: &mut TcpStream,
    seen: &Seen,
    (desk, number): (Desk, usize),
    trouble: Option<Trouble>,
) -> Result<bool> {
    let said = match trouble {
        // Nothing is issued before the pause is over: whoever left meanwhile got nothing.
        Some(Trouble::Slow(wait)) => {
            pause(stream, wait)?;
            answer(book, desk, seen)
        }
        Some(Trouble::Silent) => {
            pause(stream, HANG)?;
            return Ok(false);
        }
        Some(Trouble::Close) => return Ok(false),
        Some(Trouble::Html) => Said::html(),
        Some(Trouble::Later(status, seconds)) => Said::later(status, seconds),
        Some(Trouble::Fixed(status, body)) => Said::json(status, &body),
        None => answer(book, desk, seen),
    };
    book.answered(number, said.status);
    send(stream, &said)
}

fn send(stream: &mut TcpStream, said: &Said) -> Result<bool> {
    let mut head = format!("HTTP/1.1 {} Scripted\r\n", said.status);
    for (name, value) in &said.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", said.body.len()));
    stream.write_all(&[head.as_bytes(), &said.body].concat())?;
    Ok(true)
}

fn answer(book: &Book, desk: Desk, seen: &Seen) -> Said {
    let mut state = book.state();
    match desk {
        Desk::ClaudeToken => claude::token(&mut state, seen),
        Desk::ClaudeProfile => claude::profile(&state, seen),
        Desk::ClaudeUsage => claude::usage(&state, seen),
        Desk::GoogleToken => google::token(&mut state, seen),
        Desk::GoogleUserinfo => google::userinfo(&state, seen),
        Desk::LoadCodeAssist => google::load(&state, seen),
        Desk::OnboardUser => google::onboard(&mut state, seen),
        Desk::OpenAiToken => openai::token(&mut state, seen),
        Desk::EntraToken => machines::entra(&mut state, seen),
        Desk::AssumeRole => machines::assume_role(&mut state, seen),
    }
}
