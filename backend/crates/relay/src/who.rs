//! Who asks for something that is no relayed request: its key, found and checked. Never in here: what is answered.

use crate::edge::presented_key;
use crate::keys::KeyEntry;
use crate::parts::RelayParts;
use crate::refusal::{Refusal, identify};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde_json::Value;
use std::sync::Arc;
use tollgate_contract::ids::RequestId;
use tollgate_store::StoreError;
use tollgate_wire::format::ClientFormat;

/// Who sends a request that is relayed: a key, and the secret that was shown for it.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) key: Arc<KeyEntry>,
    pub(crate) secret: SecretString,
}

/// A key's holder.
#[derive(Debug)]
pub(crate) struct Asker {
    pub(crate) id: RequestId,
    pub(crate) at: DateTime<Utc>,
    pub(crate) key: Arc<KeyEntry>,
    /// In which format a refusal is told: the path's.
    pub(crate) format: ClientFormat,
}

/// The format that a path's mount belongs to.
pub(crate) fn format_of(request: &HttpRequest) -> ClientFormat {
    match request.path().split('/').nth(1) {
        Some("gemini") => ClientFormat::Gemini,
        Some("openai" | "azure") => ClientFormat::Chat,
        _ => ClientFormat::Claude,
    }
}

/// Who asks.
///
/// # Errors
/// The refusal, ready to be sent.
pub(crate) async fn who(request: &HttpRequest, parts: &RelayParts) -> Result<Asker, HttpResponse> {
    let (id, at) = (RequestId(parts.clock().new_id()), parts.clock().now());
    let format = format_of(request);
    let find = async {
        let secret = presented_key(request)?;
        let from = parts.deps().trusted_proxies.client(request);
        let key = parts.keys().find(&secret, &from.bucket()).await?;
        key.check(at, from)?;
        Ok::<_, Refusal>(key)
    };
    match find.await {
        Ok(key) => Ok(Asker { id, at, key, format }),
        Err(refusal) => Err(refusal.respond(format, id)),
    }
}

impl Asker {
    /// A good answer.
    pub(crate) fn answer(&self, body: &Value) -> HttpResponse {
        let mut answer = HttpResponse::Ok().json(body);
        identify(answer.headers_mut(), self.id);
        answer
    }

    /// A good answer that is written already.
    pub(crate) fn answer_bytes(&self, body: Vec<u8>) -> HttpResponse {
        let mut answer = HttpResponse::Ok().content_type("application/json").body(body);
        identify(answer.headers_mut(), self.id);
        answer
    }

    /// A refusal.
    pub(crate) fn refuse(&self, refusal: &Refusal) -> HttpResponse {
        refusal.respond(self.format, self.id)
    }

    /// The database can't be asked.
    pub(crate) fn unavailable(&self, error: &StoreError) -> HttpResponse {
        tracing::warn!(%error, "a key's holder can't be told what they ask");
        self.refuse(&Refusal::unavailable("database_unavailable"))
    }
}
