//! What a person pastes back after signing in at a vendor: a code, `code#state`, or the address that the browser ended at.
//! Never in here: whether state and code are the right ones.

use secrecy::SecretString;
use std::fmt;
use url::Url;
use url::form_urlencoded::parse;

/// Codes have some hundred letters, addresses with them under 2,000.
const LENGTH_MAX: usize = 4096;

/// Shorter ones are slips of the mouse; v1's bound.
const CODE_MIN: usize = 10;

/// How access tokens and keys begin, as vendors' documentation shows them: people paste the wrong thing.
const TOKEN_STARTS: [&str; 4] = ["sk-", "ya29.", "1//", "eyJ"];

/// What was found in the text. Debug shows neither.
#[derive(Clone)]
pub struct Pasted {
    /// To be exchanged.
    pub code: SecretString,
    /// To be compared with the state that was begun with, where the text holds one.
    pub state: Option<String>,
}

impl fmt::Debug for Pasted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pasted")
            .field("has_state", &self.state.is_some())
            .finish_non_exhaustive()
    }
}

/// Why the text is of no use. The words show nothing of it but the vendor's own refusal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasteFault {
    /// Nothing but blanks.
    #[error(
        "nothing was pasted; paste the code, or the whole address that the browser shows after signing in"
    )]
    Empty,
    /// Longer than any code or address.
    #[error("the text is too long for a code or an address (more than {LENGTH_MAX} bytes)")]
    TooLong,
    /// An address without a code.
    #[error(
        "the address holds no `code`; paste the one that the browser shows after signing in, not the one before"
    )]
    NoCode,
    /// Letters that no code has, or too few.
    #[error("this is no code: {0}")]
    NotACode(&'static str),
    /// A token or key.
    #[error("this is a token or a key, not a code; it is entered as a credential of the account")]
    Token,
    /// The vendor came back with a refusal instead of a code (RFC 6749, section 4.1.2.1).
    #[error("the vendor granted nothing: {0}")]
    Refused(String),
}

/// Reads what was pasted. Blanks and line breaks are what copying from a narrow window adds.
///
/// # Errors
/// If no code is in it, saying why.
pub fn read_pasted(text: &str) -> Result<Pasted, PasteFault> {
    if text.len() > LENGTH_MAX {
        return Err(PasteFault::TooLong);
    }
    let kept = |c: &char| {
        !c.is_whitespace()
            && !c.is_control()
            && !matches!(*c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
    };
    let text: String = text.chars().filter(kept).collect();
    let text = text.trim_matches(['"', '\'', '`', '<', '>']);
    if text.is_empty() {
        return Err(PasteFault::Empty);
    }
    let (code, state) = match query(text) {
        Some((query, fragment)) => from_address(&query, fragment.as_deref())?,
        None => from_code(text),
    };
    check(&code)?;
    let state = state.filter(|state| !state.is_empty());
    let code = SecretString::from(code);
    Ok(Pasted { code, state })
}

/// Query and fragment, if the text is an address or the parameters of one. Browsers hide the scheme.
fn query(text: &str) -> Option<(String, Option<String>)> {
    if text.starts_with("http://") || text.starts_with("https://") {
        let url = Url::parse(text).ok()?;
        let query = url.query().unwrap_or_default().to_owned();
        return Some((query, url.fragment().map(str::to_owned)));
    }
    let begins = |text: &str| {
        ["code=", "state=", "error="]
            .iter()
            .any(|name| text.starts_with(name))
    };
    let query = match text.split_once('?') {
        Some((_, query)) => query,
        None if begins(text) => text,
        None => return None,
    };
    let (query, fragment) = match query.split_once('#') {
        Some((query, fragment)) => (query, Some(fragment.to_owned())),
        None => (query, None),
    };
    Some((query.to_owned(), fragment))
}

fn from_address(query: &str, fragment: Option<&str>) -> Result<(String, Option<String>), PasteFault> {
    // Vendors may answer in the fragment as well; `code=…#state` is Claude's.
    let (answer, bare) = match fragment {
        Some(fragment) if fragment.contains('=') => (fragment, None),
        other => ("", other),
    };
    let find = |wanted: &str| {
        let mut pairs = parse(query.as_bytes()).chain(parse(answer.as_bytes()));
        let found = pairs.find(|(name, value)| name == wanted && !value.is_empty());
        found.map(|(_, value)| value.into_owned())
    };
    if let Some(error) = find("error") {
        let description = find("error_description");
        let words = description.map_or(error.clone(), |description| format!("{error}: {description}"));
        return Err(PasteFault::Refused(crate::fault::told(&words)));
    }
    let code = find("code").ok_or(PasteFault::NoCode)?;
    let state = find("state").or_else(|| bare.map(str::to_owned));
    Ok(match code.split_once('#') {
        Some((code, own)) => (code.to_owned(), state.or_else(|| Some(own.to_owned()))),
        None => (code, state),
    })
}

/// A code alone, or `code#state`. No code holds `%`, so where one does it was copied out of an address.
fn from_code(text: &str) -> (String, Option<String>) {
    let decoded = |text: &str| {
        let pair = format!("x={}", text.replace('+', "%2B"));
        let value = parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned());
        value.unwrap_or_default()
    };
    let text = if text.contains('%') {
        decoded(text)
    } else {
        text.to_owned()
    };
    match text.split_once('#') {
        Some((code, state)) => (code.to_owned(), Some(state.to_owned())),
        None => (text, None),
    }
}

fn check(code: &str) -> Result<(), PasteFault> {
    if TOKEN_STARTS.iter().any(|start| code.starts_with(start)) {
        return Err(PasteFault::Token);
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~' | '/' | '+' | '=');
    if !code.chars().all(allowed) {
        return Err(PasteFault::NotACode("it holds letters that codes don't have"));
    }
    if code.len() < CODE_MIN {
        return Err(PasteFault::NotACode("it is too short; copy the whole of it"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
