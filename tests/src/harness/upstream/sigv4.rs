//! Who asks Bedrock: a bearer token (an API key of Bedrock), or a signature of version 4, which is reckoned anew here, so
//! that a request signed wrongly is refused as AWS would. From AWS's documentation: "Signature Version 4 for API
//! requests", "Create a signed AWS API request", "Use an Amazon Bedrock API key".

use super::route::Asked;
use super::script::Fault;
use sha2::{Digest, Sha256};

/// The access key that this upstream knows.
pub const ACCESS_KEY_ID: &str = "AKIAUPSTREAMEXAMPLE7";
/// Its secret; nobody but the gateway may ever have it.
pub const SECRET_ACCESS_KEY: &str = "aws-upstream-secret-0123456789abcdefghij";

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// SHA-256 works in blocks of so many bytes.
const BLOCK: usize = 64;

/// Either credential.
pub fn credential(asked: &Asked<'_>) -> Result<(), Fault> {
    let given = asked.header("authorization").unwrap_or_default();
    if let Some(token) = given.strip_prefix("Bearer ") {
        if token.is_empty() {
            return Err(Fault::new(403, "permission_error", "Authentication failed"));
        }
        return Ok(());
    }
    let signed = Signed {
        method: asked.method,
        target: asked.target,
        headers: asked.headers,
        body: asked.raw,
    };
    signed.proves("bedrock", ACCESS_KEY_ID, SECRET_ACCESS_KEY)
}

/// A request that should be signed.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// `POST` …
    pub method: &'a str,
    /// Path and query.
    pub target: &'a str,
    /// Names in lower case.
    pub headers: &'a [(String, String)],
    /// As it is.
    pub body: &'a [u8],
}

impl Signed<'_> {
    fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Whether it is signed for this service with these keys; if not, AWS's refusal.
    pub fn proves(&self, service: &str, key_id: &str, secret: &str) -> Result<(), Fault> {
        let given = self.header("authorization").unwrap_or_default();
        let Some(parts) = given.strip_prefix(ALGORITHM).and_then(Parts::read) else {
            return Err(Fault::new(
                403,
                "permission_error",
                "Missing Authentication Token",
            ));
        };
        let Some(date) = self
            .header("x-amz-date")
            .filter(|date| date.len() == 16 && date.ends_with('Z'))
        else {
            return Err(malformed("an x-amz-date"));
        };
        for name in ["host", "x-amz-date"] {
            if !parts.signed.contains(&name) {
                return Err(malformed(&format!("{name} among the signed headers")));
            }
        }
        if self.header("x-amz-security-token").is_some() && !parts.signed.contains(&"x-amz-security-token") {
            return Err(malformed("x-amz-security-token among the signed headers"));
        }
        let [key, day, _region, of, "aws4_request"] = parts.scope[..] else {
            return Err(malformed(&format!(
                "a scope of key, day, region, {service} and aws4_request"
            )));
        };
        if of != service {
            return Err(malformed(&format!("a scope of the service {service}")));
        }
        if !date.starts_with(day) {
            return Err(malformed("a scope of the day that x-amz-date has"));
        }
        if key != key_id {
            return Err(Fault::unauthorized(
                "The security token included in the request is invalid.",
            ));
        }
        if parts.signature != signature(self, &parts, date, secret) {
            let message = "The request signature we calculated does not match the signature you provided.";
            return Err(Fault::new(403, "signature_error", message));
        }
        Ok(())
    }
}

fn malformed(missing: &str) -> Fault {
    let message = format!("Authorization header requires {missing}");
    Fault::new(403, "signature_error", message)
}

struct Parts<'a> {
    /// Key, day, region, service, `aws4_request`.
    scope: Vec<&'a str>,
    signed: Vec<&'a str>,
    signature: &'a str,
}

impl<'a> Parts<'a> {
    fn read(rest: &'a str) -> Option<Self> {
        let value = |name: &str| {
            let mut all = rest.split(',').map(str::trim);
            all.find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
        };
        Some(Self {
            scope: value("Credential")?.split('/').collect(),
            signed: value("SignedHeaders")?.split(';').collect(),
            signature: value("Signature").filter(|signature| signature.len() == 64)?,
        })
    }
}

/// The signature as it should be.
fn signature(asked: &Signed<'_>, parts: &Parts<'_>, date: &str, secret: &str) -> String {
    let (path, query) = asked.target.split_once('?').unwrap_or((asked.target, ""));
    let headers: String = parts
        .signed
        .iter()
        .map(|name| {
            let value = asked.header(name).unwrap_or_default();
            let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
            format!("{name}:{value}\n")
        })
        .collect();
    let mut pairs: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).collect();
    pairs.sort_unstable();
    let canonical = format!(
        "{}\n{}\n{}\n{headers}\n{}\n{}",
        asked.method,
        encoded(path),
        pairs.join("&"),
        parts.signed.join(";"),
        hex::encode(Sha256::digest(asked.body))
    );
    let scope = parts.scope[1..].join("/");
    let to_sign = format!(
        "{ALGORITHM}\n{date}\n{scope}\n{}",
        hex::encode(Sha256::digest(canonical.as_bytes()))
    );
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in &parts.scope[1..] {
        key = hmac(&key, part.as_bytes());
    }
    hex::encode(hmac(&key, to_sign.as_bytes()))
}

/// The path as it was sent, encoded once more: every service but S3 signs it so.
fn encoded(path: &str) -> String {
    path.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// RFC 2104 over SHA-256, written out so that it shares nothing with the code under test.
pub(crate) fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut block = [0_u8; BLOCK];
    if key.len() > BLOCK {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let padded = |with: u8| block.map(|byte| byte ^ with);
    let inner = Sha256::digest([padded(0x36).as_slice(), message].concat());
    Sha256::digest([padded(0x5c).as_slice(), &inner].concat()).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The request of AWS's public test suite that has nothing special (`get-vanilla`).
    #[test]
    fn the_signature_is_that_of_the_public_test_suite() {
        let headers = [
            ("host".to_owned(), "example.amazonaws.com".to_owned()),
            ("x-amz-date".to_owned(), "20150830T123600Z".to_owned()),
        ];
        let asked = Signed {
            method: "GET",
            target: "/",
            headers: &headers,
            body: b"",
        };
        let header = " Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, \
                      Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
        let parts = Parts::read(header).expect("whole");
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        assert_eq!(
            parts.signature,
            signature(&asked, &parts, "20150830T123600Z", secret)
        );
    }
}
