//! Signs requests to Amazon Web Services with Signature Version 4 (AWS's IAM user guide, "AWS Signature Version 4 for API
//! requests"). Never in here: where keys come from, which service to ask, and sending.

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign as sign_parts};
use aws_sigv4::sign::v4;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use secrecy::{ExposeSecret, SecretString};
use std::fmt::Write as _;
use std::time::SystemTime;

/// The service's name that requests to Bedrock are signed for, whatever host they go to.
pub const BEDROCK: &str = "bedrock";

/// An access key. Debug shows nothing secret.
#[derive(Clone, Copy, Debug)]
pub struct Keys<'a> {
    /// Its public half.
    pub access_key_id: &'a str,
    /// Its secret half.
    pub secret_access_key: &'a SecretString,
    /// What belongs to temporary keys.
    pub session_token: Option<&'a SecretString>,
}

/// What is signed of a request. It must be sent as it is here: the URI to the byte, and every header.
#[derive(Clone, Copy, Debug)]
pub struct Signable<'a> {
    /// The method.
    pub method: &'a Method,
    /// With scheme and host; `host` is signed by it. Segments of the path that hold other than letters, digits, `-`, `.`,
    /// `_` and `~` are [encoded](encode_segment).
    pub uri: &'a Uri,
    /// The headers to be signed. `user-agent` and `authorization` among them are left out; what is changed on the way must
    /// not be among them.
    pub headers: &'a HeaderMap,
    /// The whole body.
    pub body: &'a [u8],
}

/// Why a request can't be signed. The words tell nothing secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// A header's value is no text.
    #[error("the header `{0}` can't be signed: its value is no visible ASCII")]
    Header(HeaderName),
    /// The signer refused; its own words.
    #[error("the request can't be signed: {0}")]
    Refused(String),
}

/// Signs a request for a region and service, as of `now`: gives the headers to be added, `authorization`, `x-amz-date` and,
/// with temporary keys, `x-amz-security-token`; what is secret is marked sensitive. The service takes a signature for five
/// minutes around its own time.
///
/// # Errors
/// If a header's value is no text.
pub fn sign(
    request: &Signable<'_>,
    keys: &Keys<'_>,
    region: &str,
    service: &str,
    now: SystemTime,
) -> Result<HeaderMap, SignError> {
    let refused = |error: &dyn std::error::Error| SignError::Refused(error.to_string());
    let identity = Credentials::new(
        keys.access_key_id,
        keys.secret_access_key.expose_secret(),
        keys.session_token.map(|token| token.expose_secret().to_owned()),
        None,
        "tollgate",
    )
    .into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(now)
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| refused(&error))?
        .into();
    let mut headers = Vec::with_capacity(request.headers.len());
    for (name, value) in request.headers {
        let value = value.to_str().map_err(|_| SignError::Header(name.clone()))?;
        headers.push((name.as_str(), value));
    }
    let uri = request.uri.to_string();
    let signable = SignableRequest::new(
        request.method.as_str(),
        uri,
        headers.into_iter(),
        SignableBody::Bytes(request.body),
    )
    .map_err(|error| refused(&error))?;
    let output = sign_parts(signable, &parameters).map_err(|error| refused(&error))?;
    let (added, _) = output.into_parts().0.into_parts();
    let mut signed = HeaderMap::with_capacity(added.len());
    for header in added {
        let mut value = HeaderValue::from_str(header.value()).map_err(|error| refused(&error))?;
        value.set_sensitive(header.sensitive() || header.name() == "authorization");
        signed.insert(HeaderName::from_static(header.name()), value);
    }
    Ok(signed)
}

/// A segment of a path in the letters that AWS reckons with: all but letters, digits, `-`, `.`, `_` and `~` as `%` and two
/// hexadecimal digits. Model ids hold `:`, ARNs `/` as well. The signature is made over the path encoded once more, as every
/// service but S3 wants it.
pub fn encode_segment(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() + 8);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            // Writing into a string never fails.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests;
