//! Asks a vendor for the next token. Never in here: who may ask, and what is stored.

use super::{Inner, Refusal};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderValue, Method, Request, header};
use http_body_util::{BodyExt as _, Full, Limited};
use secrecy::SecretString;
use std::time::Duration;
use tollgate_contract::accounts::{AwsRole, Credential as AtRest, EntraApp, OauthGrant};
use tollgate_net::{Proxy, aws};
use tollgate_oauth::{self as oauth, Issued, IssuerKind, Way};

/// How long a token endpoint may take, shorter than the lease of who asks.
pub(super) const TIMEOUT: Duration = Duration::from_secs(20);
/// Token endpoints answer with some kilobytes.
const ANSWER_MAX: usize = 256 * 1024;
/// What AWS's logs show as the session's name.
const SESSION_NAME: &str = "tollgate";

/// What is asked with.
pub(super) struct Ask<'a> {
    pub(super) credential: &'a AtRest,
    /// Of a role: where its keys are used.
    pub(super) region: Option<&'a str>,
    pub(super) proxy: Option<&'a Proxy>,
}

/// The way by which it was granted, by the word that is stored.
fn way(grant: &OauthGrant) -> Option<Way> {
    Some(match grant.way.as_str() {
        "claude" => Way::Claude,
        "claude_setup_token" => Way::ClaudeSetupToken,
        "google" => Way::Google,
        "openai" => Way::OpenAi,
        _ => return None,
    })
}

impl Inner {
    /// The next token.
    pub(super) async fn issue(&self, ask: &Ask<'_>) -> Result<Issued, Refusal> {
        let now = self.db.clock().now();
        let (kind, request) = match ask.credential {
            AtRest::Oauth(grant) => self.refresh(grant)?,
            AtRest::EntraApp(app) => (IssuerKind::Entra, self.entra(app)),
            AtRest::AwsRole(role) => (IssuerKind::AwsSts, self.assume(role, ask.region, now)?),
            _ => return Err(Refusal::Stored("its credential issues no tokens")),
        };
        let (status, headers, body) = self.send(request, ask.proxy).await?;
        let read = oauth::read_issued(kind, status, &headers, &body, self.db.clock().now());
        read.map_err(Refusal::from)
    }

    fn refresh(&self, grant: &OauthGrant) -> Result<(IssuerKind, Request<Bytes>), Refusal> {
        let way = way(grant).ok_or(Refusal::Stored("its grant is of an unknown kind"))?;
        let token = grant.refresh_token.clone().map(SecretString::from);
        let token = token.ok_or(Refusal::Stored("it has no refresh token"))?;
        self.endpoints.check(way).map_err(|error| {
            tracing::error!(%error, "tokens can't be renewed");
            Refusal::Stored("an operator's setting is missing; see the log")
        })?;
        Ok((way.issuer(), oauth::refresh(way, &self.endpoints, &token)))
    }

    fn entra(&self, app: &EntraApp) -> Request<Bytes> {
        let app = oauth::EntraApp {
            tenant: app.tenant_id.clone(),
            client_id: app.client_id.clone(),
            client_secret: app.client_secret.clone().into(),
        };
        oauth::entra_token(&self.endpoints, &app)
    }

    fn assume(
        &self,
        role: &AwsRole,
        region: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Request<Bytes>, Refusal> {
        let region = region.ok_or(Refusal::Stored("it has no region"))?;
        let asked = oauth::AwsRole {
            arn: role.role_arn.clone(),
            external_id: role.external_id.clone(),
        };
        let (url, form) = oauth::assume_role(&self.endpoints, region, &asked, SESSION_NAME);
        let unsendable = |_| Refusal::Stored("the address of AWS's token service can't be sent to");
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(url.as_str())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Bytes::from(form))
            .map_err(unsendable)?;
        let (secret, session) = (
            SecretString::from(role.keys.secret_access_key.clone()),
            role.keys.session_token.clone().map(SecretString::from),
        );
        let keys = aws::Keys {
            access_key_id: &role.keys.access_key_id,
            secret_access_key: &secret,
            session_token: session.as_ref(),
        };
        let signable = aws::Signable {
            method: request.method(),
            uri: request.uri(),
            headers: request.headers(),
            body: request.body(),
        };
        let proof = aws::sign(&signable, &keys, region, oauth::STS_SERVICE, now.into());
        let proof = proof.map_err(|_| Refusal::Stored("its keys can't sign"))?;
        request.headers_mut().extend(proof);
        Ok(request)
    }

    async fn send(
        &self,
        request: Request<Bytes>,
        proxy: Option<&Proxy>,
    ) -> Result<(u16, HeaderMap, Bytes), Refusal> {
        let mut request = request.map(Full::new);
        let agent = HeaderValue::from_static(concat!("tollgate/", env!("CARGO_PKG_VERSION")));
        request.headers_mut().entry(header::USER_AGENT).or_insert(agent);
        let answer = async {
            let (head, body) = self.client.send(request, proxy, TIMEOUT).await?.into_parts();
            let body = Limited::new(body, ANSWER_MAX).collect().await;
            let body = body.map_err(|_| Refusal::Broken)?.to_bytes();
            Ok((head.status.as_u16(), head.headers, body))
        };
        let timed = tokio::time::timeout(TIMEOUT, answer).await;
        timed.unwrap_or(Err(Refusal::Send(tollgate_net::SendError::HeaderTimeout(
            TIMEOUT,
        ))))
    }
}
