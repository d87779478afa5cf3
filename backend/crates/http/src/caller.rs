//! Who is calling: a bearer token is checked, and the session and the role behind it are asked from the database, at
//! most `SESSION_FRESH` old. So a revoked session or a taken role counts on every node within five seconds, and at once
//! on the node that did it. Never in here: signing in, and what a role may do.

mod session;

use crate::address::{ClientAddress, TrustedProxies};
use crate::envelope::CurrentRequest;
use crate::problem::{Code, Fault};
use crate::tokens::{TokenError, TokenSigner};
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use parking_lot::Mutex;
use session::{Known, Look, Memory, SessionFacts};
use std::sync::Arc;
use std::time::Duration;
use tollgate_contract::auth::Role;
use tollgate_contract::ids::{RequestId, SessionId, TenantId, UserId};
use tollgate_store::{Actor, Db, StoreError, TenantTx};

/// How old what is known of a session may be: the time within which a revocation counts on all nodes.
pub const SESSION_FRESH: Duration = Duration::from_secs(5);
/// Checks callers. Cheap to clone; clones share the memory of sessions.
#[derive(Clone, Debug)]
pub struct Gate {
    db: Db,
    signer: TokenSigner,
    proxies: TrustedProxies,
    memory: Arc<Mutex<Memory>>,
}

impl Gate {
    /// A gate with an empty memory. Mount it as `web::Data<Gate>`.
    pub fn new(db: Db, signer: TokenSigner, proxies: TrustedProxies) -> Self {
        Self {
            db,
            signer,
            proxies,
            memory: Arc::default(),
        }
    }

    /// Who sent the request, by address.
    pub fn address(&self, request: &HttpRequest) -> ClientAddress {
        self.proxies.client(request)
    }

    /// Forgets what is known of a session, because it has just been ended.
    pub fn forget(&self, tenant: TenantId, session: SessionId) {
        self.memory.lock().forget((tenant, session));
    }

    async fn admit(&self, token: &str) -> Result<(TenantId, SessionId, SessionFacts), Fault> {
        let now = self.db.clock().now();
        let claims = self.signer.check(token, now).map_err(|error| match error {
            TokenError::Expired => Fault::new(Code::TokenExpired).detail("Refresh it."),
            _ => Fault::new(Code::Unauthenticated).detail("The access token is not one of ours."),
        })?;
        let facts = self
            .facts(claims.tenant, claims.session)
            .await?
            .filter(|facts| facts.user == claims.sub);
        let Some(facts) = facts else {
            return Err(Fault::new(Code::SessionEnded));
        };
        if !facts.open || facts.expires_at <= now {
            return Err(Fault::new(Code::SessionEnded));
        }
        if !facts.tenant_active {
            return Err(Fault::new(Code::TenantSuspended));
        }
        Ok((claims.tenant, claims.session, facts))
    }

    async fn facts(&self, tenant: TenantId, session: SessionId) -> Result<Option<SessionFacts>, StoreError> {
        let (place, asked_at) = ((tenant, session), self.db.clock().monotonic());
        let look = self.memory.lock().look(place, asked_at, SESSION_FRESH);
        let mark = match look {
            Look::Known(facts) => return Ok(facts),
            Look::Ask(mark) => mark,
        };
        let mut tx = self.db.tenant(tenant).await?;
        let facts = session::read(&mut tx, session).await?;
        drop(tx);
        let known = Known {
            asked_at,
            facts: facts.clone(),
        };
        self.memory.lock().keep(mark, place, known);
        Ok(facts)
    }
}

/// A signed-in caller, from a request's `Authorization: Bearer …`.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The tenant that was entered.
    pub tenant_id: TenantId,
    /// The person.
    pub user_id: UserId,
    /// The session.
    pub session_id: SessionId,
    /// The role, as of now.
    pub role: Role,
    /// The person's e-mail address.
    pub email: String,
    /// The person's name.
    pub name: String,
    /// The tenant's slug.
    pub tenant_slug: String,
    /// The tenant's name.
    pub tenant_name: String,
    /// The tenant's IANA zone.
    pub time_zone: String,
    /// The request under way.
    pub request_id: RequestId,
    /// Where it comes from.
    pub address: ClientAddress,
    db: Db,
}

impl Caller {
    /// Begins a transaction in the caller's tenant.
    ///
    /// # Errors
    /// `Unavailable` if the database is.
    pub async fn tx(&self) -> Result<TenantTx, StoreError> {
        self.db.tenant(self.tenant_id).await
    }

    /// A transaction of the caller's tenant that reads alone, all of it of one moment.
    ///
    /// # Errors
    /// `Unavailable` if the database is.
    pub async fn snapshot(&self) -> Result<TenantTx, StoreError> {
        self.db.tenant_snapshot(self.tenant_id).await
    }

    /// The caller as the audit log names them.
    pub fn actor(&self) -> Actor {
        Actor::User {
            id: self.user_id,
            name: self.email.clone(),
        }
    }
}

impl FromRequest for Caller {
    type Error = Fault;
    type Future = LocalBoxFuture<'static, Result<Self, Fault>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { identify(&request).await })
    }
}

async fn identify(request: &HttpRequest) -> Result<Caller, Fault> {
    let gate = request
        .app_data::<web::Data<Gate>>()
        .ok_or_else(|| Fault::internal("no gate is mounted"))?;
    let token = bearer(request).ok_or_else(|| {
        Fault::new(Code::Unauthenticated).detail("Send `Authorization: Bearer` with an access token.")
    })?;
    let (tenant_id, session_id, facts) = gate.admit(token).await?;
    Ok(Caller {
        tenant_id,
        user_id: facts.user,
        session_id,
        role: facts.role,
        email: facts.email,
        name: facts.name,
        tenant_slug: facts.tenant_slug,
        tenant_name: facts.tenant_name,
        time_zone: facts.time_zone,
        request_id: current_request(request),
        address: gate.address(request),
        db: gate.db.clone(),
    })
}

/// The id that the envelope gave the request; the nil id outside of one.
pub fn current_request(request: &HttpRequest) -> RequestId {
    request
        .extensions()
        .get::<CurrentRequest>()
        .map_or(RequestId(uuid::Uuid::nil()), |current| current.0)
}

fn bearer(request: &HttpRequest) -> Option<&str> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn a_bearer_token_is_found_whatever_the_case_of_its_scheme() {
        let with = |value: &str| {
            TestRequest::get()
                .insert_header(("authorization", value))
                .to_http_request()
        };
        assert_eq!(bearer(&with("Bearer abc")), Some("abc"));
        assert_eq!(bearer(&with("bearer abc")), Some("abc"));
        assert_eq!(bearer(&with("Basic abc")), None);
        assert_eq!(bearer(&with("abc")), None);
        assert_eq!(bearer(&TestRequest::get().to_http_request()), None);
    }
}
