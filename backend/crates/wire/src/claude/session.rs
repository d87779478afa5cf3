//! The session that Claude Code tells in `metadata.user_id`, in its newer and its older form.

use super::answer::text;
use crate::json::{Item, Scanner};

/// A longer session id is none.
pub const SESSION_LENGTH_MAX: usize = 128;

/// The session id within a `metadata.user_id`: of the JSON text `{"device_id","account_uuid","session_id"}`, or of
/// `user_{64 hex}_account_{uuid}_session_{uuid}` (whose account may be empty). `None` for whatever else a client sends.
pub fn session_of_user_id(user_id: &str) -> Option<String> {
    if user_id.trim_start().starts_with('{') {
        return of_json(user_id.as_bytes()).filter(|session| is_session(session));
    }
    let rest = user_id.strip_prefix("user_")?;
    let (device, rest) = rest.split_once("_account_")?;
    let (account, session) = rest.rsplit_once("_session_")?;
    let fits = device.len() == 64
        && device.bytes().all(|byte| byte.is_ascii_hexdigit())
        && (account.is_empty() || is_uuid(account))
        && is_uuid(session);
    fits.then(|| session.to_owned())
}

fn of_json(user_id: &[u8]) -> Option<String> {
    let mut scan = Scanner::new(user_id);
    let Item::Object = scan.value().ok()? else {
        return None;
    };
    let mut session = None;
    let mut first = true;
    while let Some(key) = scan.key(first).ok()? {
        first = false;
        if key.is("session_id") {
            session = text(&mut scan).ok()?;
        } else {
            scan.skip().ok()?;
        }
    }
    scan.end().ok()?;
    Some(session?.decode()?.into_owned())
}

fn is_session(text: &str) -> bool {
    (1..=SESSION_LENGTH_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
