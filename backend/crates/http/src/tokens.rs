//! Access tokens: JSON Web Tokens of a few minutes, signed by HS256. They prove who signed in; whether the session still
//! holds and what the role is now, the caller's gate asks the database.

use chrono::{DateTime, Duration, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use tollgate_contract::auth::Role;
use tollgate_contract::ids::{SessionId, TenantId, UserId};

/// Shortest signing secret: RFC 7518 §3.2 asks for as many bits as the hash has.
pub const SECRET_BYTES_MIN: usize = 32;
/// Longest token read; ours have some 400 bytes.
const TOKEN_MAX: usize = 2048;

/// What an access token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The person.
    pub sub: UserId,
    /// The tenant that was entered.
    pub tenant: TenantId,
    /// The session.
    pub session: SessionId,
    /// The role at that time, for the client's own use; the gate reads the present one.
    pub role: Role,
    /// From when on it is void, in seconds since 1970.
    pub exp: i64,
    /// When it was issued, in seconds since 1970.
    pub iat: i64,
}

/// Why there is no token, or none that counts.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The signing secret is too short.
    #[error("the signing secret has {0} bytes; it takes at least {SECRET_BYTES_MIN}")]
    WeakSecret(usize),
    /// It could not be signed.
    #[error("the token can't be signed: {0}")]
    Sign(#[source] jsonwebtoken::errors::Error),
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Not ours, or changed.
    #[error("the token is not valid")]
    Invalid,
}

/// Signs and checks access tokens. Cheap to clone.
#[derive(Clone)]
pub struct TokenSigner(Arc<Keys>);

struct Keys {
    sign: EncodingKey,
    check: DecodingKey,
    rules: Validation,
    lifetime: Duration,
}

/// Never shows the keys.
impl fmt::Debug for TokenSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSigner")
            .field("lifetime", &self.0.lifetime)
            .finish_non_exhaustive()
    }
}

impl TokenSigner {
    /// A signer whose tokens hold for `lifetime`.
    ///
    /// # Errors
    /// `WeakSecret` if the secret is too short.
    pub fn new(secret: &SecretString, lifetime: Duration) -> Result<Self, TokenError> {
        let secret = secret.expose_secret().as_bytes();
        if secret.len() < SECRET_BYTES_MIN {
            return Err(TokenError::WeakSecret(secret.len()));
        }
        let mut rules = Validation::new(Algorithm::HS256);
        // Time is checked against our own clock below.
        rules.validate_exp = false;
        Ok(Self(Arc::new(Keys {
            sign: EncodingKey::from_secret(secret),
            check: DecodingKey::from_secret(secret),
            rules,
            lifetime,
        })))
    }

    /// Issues a token and tells until when it holds.
    ///
    /// # Errors
    /// `Sign` if the signer refuses.
    pub fn issue(
        &self,
        user: UserId,
        tenant: TenantId,
        session: SessionId,
        role: Role,
        now: DateTime<Utc>,
    ) -> Result<(String, DateTime<Utc>), TokenError> {
        let until = now + self.0.lifetime;
        let claims = Claims {
            sub: user,
            tenant,
            session,
            role,
            exp: until.timestamp(),
            iat: now.timestamp(),
        };
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.0.sign);
        Ok((token.map_err(TokenError::Sign)?, until))
    }

    /// Reads a token of ours.
    ///
    /// # Errors
    /// `Expired` or `Invalid`.
    pub fn check(&self, token: &str, now: DateTime<Utc>) -> Result<Claims, TokenError> {
        if token.len() > TOKEN_MAX {
            return Err(TokenError::Invalid);
        }
        let claims = jsonwebtoken::decode::<Claims>(token, &self.0.check, &self.0.rules)
            .map_err(|_| TokenError::Invalid)?
            .claims;
        if claims.exp <= now.timestamp() {
            return Err(TokenError::Expired);
        }
        Ok(claims)
    }

    /// How long tokens hold.
    pub fn lifetime(&self) -> Duration {
        self.0.lifetime
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn signer(secret: &str) -> TokenSigner {
        TokenSigner::new(&secret.repeat(32).into(), Duration::minutes(10)).unwrap()
    }

    fn issued(signer: &TokenSigner, now: DateTime<Utc>) -> String {
        let id = Uuid::from_u128(1);
        signer
            .issue(UserId(id), TenantId(id), SessionId(id), Role::Member, now)
            .unwrap()
            .0
    }

    #[test]
    fn a_token_holds_for_its_minutes_and_not_a_second_longer() {
        let (signer, now) = (signer("a"), DateTime::UNIX_EPOCH + Duration::days(20_000));
        let token = issued(&signer, now);
        let claims = signer.check(&token, now + Duration::seconds(599)).unwrap();
        assert_eq!(claims.role, Role::Member);
        assert!(matches!(
            signer.check(&token, now + Duration::minutes(10)),
            Err(TokenError::Expired)
        ));
    }

    #[test]
    fn another_secret_a_changed_token_and_no_algorithm_are_refused() {
        let now = DateTime::UNIX_EPOCH + Duration::days(20_000);
        let token = issued(&signer("a"), now);
        assert!(matches!(signer("b").check(&token, now), Err(TokenError::Invalid)));
        let (head, rest) = token.split_once('.').unwrap();
        let (body, _) = rest.split_once('.').unwrap();
        // {"alg":"none"}
        let unsigned = format!("eyJhbGciOiJub25lIn0.{body}.");
        let broken = format!("{head}.{body}.AAAA");
        for token in [unsigned.as_str(), broken.as_str(), "", "a.b.c", "\u{0}"] {
            assert!(
                matches!(signer("a").check(token, now), Err(TokenError::Invalid)),
                "{token}"
            );
        }
    }

    #[test]
    fn a_short_secret_is_refused() {
        let error = TokenSigner::new(&"short".into(), Duration::minutes(10)).unwrap_err();
        assert!(matches!(error, TokenError::WeakSecret(5)));
    }
}
