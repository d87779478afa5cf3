//! Sealed thinking in Google's place, `thoughtSignature`. Google types the field as bytes, so clients read it as base64
//! (the Python and Go SDKs refuse anything else): another vendor's seal that is carried there is written in base64 as well.
//! Never in here: which parts carry one.

use crate::format::Vendor;
use crate::model::{Part, Sealed};
use std::borrow::Cow;

/// What Google documents for calls in a history that another vendor's model made: Gemini 3 refuses a call without a
/// signature else (Gemini API, "Thought signatures", its questions and answers).
pub(super) const FOREIGN_CALL: &str = "skip_thought_signature_validator";

/// Begins what is carried, and ends what marks it as thinking of which nothing may be shown.
const CARRIED: &str = "tollgate.";
const REDACTED: &str = "redacted.";
/// [`CARRIED`] in base64.
const CARRIED_BASE64: &str = "dG9sbGdhdGUu";

/// A seal that was read, and whether the vendor shows nothing of what is in it.
pub(super) struct Read<'a> {
    pub sealed: Sealed<'a>,
    pub redacted: bool,
}

/// Reads a signature; `None` if it is empty or stands for none.
pub(super) fn read(signature: Cow<'_, str>) -> Option<Read<'_>> {
    if signature.is_empty() || signature == FOREIGN_CALL {
        return None;
    }
    let carried = signature
        .starts_with(CARRIED_BASE64)
        .then(|| decode(&signature))
        .flatten();
    let Some(carried) = carried.and_then(|bytes| String::from_utf8(bytes).ok()) else {
        let sealed = Sealed::read(Vendor::Google, signature);
        return Some(Read {
            sealed,
            redacted: false,
        });
    };
    let rest = carried.strip_prefix(CARRIED).unwrap_or(&carried);
    let (redacted, rest) = match rest.strip_prefix(REDACTED) {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let sealed = Sealed::read(Vendor::Google, format!("{CARRIED}{rest}").into());
    Some(Read { sealed, redacted })
}

/// A signature for clients.
pub(super) fn written<'s>(sealed: &'s Sealed<'_>, redacted: bool) -> Cow<'s, str> {
    if sealed.vendor == Vendor::Google {
        return Cow::Borrowed(&sealed.data);
    }
    let carried = sealed.carried(Vendor::Google);
    if !redacted {
        return encode(carried.as_bytes()).into();
    }
    let rest = carried.strip_prefix(CARRIED).unwrap_or(&carried);
    encode(format!("{CARRIED}{REDACTED}{rest}").as_bytes()).into()
}

/// Thinking that is nothing but a seal: the signature of a part that is no thought.
pub(super) fn alone(read: Read<'_>) -> Part<'_> {
    Part::Thinking {
        text: "".into(),
        sealed: Some(read.sealed),
        redacted: read.redacted,
        id: None,
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn encode(bytes: &[u8]) -> String {
    let digit = |bits: u32| {
        let at = usize::try_from(bits & 63).unwrap_or(0);
        char::from(ALPHABET.get(at).copied().unwrap_or(b'A'))
    };
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        text.push(digit(bits >> 18));
        text.push(digit(bits >> 12));
        text.push(if group.len() > 1 { digit(bits >> 6) } else { '=' });
        text.push(if group.len() > 2 { digit(bits) } else { '=' });
    }
    text
}

/// Reads base64 in the standard or the URL's alphabet (clients read one and write the other), padded or not.
fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for digit in text.trim_end_matches('=').bytes() {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 255).ok()?);
            bits &= (1 << held) - 1;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn base64_is_read_back_in_either_alphabet(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let text = encode(&bytes);
            prop_assert_eq!(decode(&text), Some(bytes.clone()));
            prop_assert_eq!(decode(&text.replace('+', "-").replace('/', "_")), Some(bytes));
        }

        #[test]
        fn every_vendors_seal_comes_back(
            vendor in prop::sample::select(vec![Vendor::Anthropic, Vendor::OpenAi, Vendor::Google]),
            data in "[A-Za-z0-9+/]{1,40}",
            hidden: bool,
        ) {
            let sealed = Sealed { vendor, data: data.into() };
            let redacted = hidden && vendor != Vendor::Google;
            let text = written(&sealed, redacted).into_owned();
            prop_assert!(decode(&text).is_some());
            let read = read(text.into()).unwrap();
            prop_assert_eq!((read.sealed, read.redacted), (sealed, redacted));
        }
    }

    #[test]
    fn no_signature_is_no_seal() {
        assert!(read("".into()).is_none() && read(FOREIGN_CALL.into()).is_none());
        assert_eq!(encode(CARRIED.as_bytes()), CARRIED_BASE64);
    }
}
