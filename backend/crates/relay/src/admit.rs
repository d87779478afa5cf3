//! The second room: who is it, may it, has it the money, is it within its limits. What it hands on is a guard: dropped,
//! it gives everything back; a request that was sent is settled with it, exactly once.
//! Never in here: which account, and anything of the upstream.

use crate::asked::Asked;
use crate::call::{Call, Operation};
use crate::edge::Arrival;
use crate::keys::KeyEntry;
use crate::objects::Pin;
use crate::parts::RelayParts;
use crate::platforms::image_tokens_max;
use crate::prepare::{LARGE, faulty, outside};
use crate::pricing::{Pricing, fits};
use crate::refusal::{Refusal, Retry};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;
use tollgate_contract::ids::{AccountId, TenantId};
use tollgate_ledger::{Reservation, ReserveError, WalletRefusal};
use tollgate_limits::{AdmitCheck, LimitKind, Refused, Slot, StickyKey};
use tollgate_money::Bound;
use tollgate_scheduler::{Binding, Pool};
use tollgate_wire::claude::conversation_key;
use tollgate_wire::error::ErrorKind;
use tollgate_wire::facts::{RequestFacts, stable_key};
use tollgate_wire::fault::RequestFault;
use tollgate_wire::format::ClientFormat;
use tollgate_wire::openai_chat::{embeddings, images};
use tollgate_wire::openai_responses::compact;
use tollgate_wire::{claude, gemini, openai_chat, openai_responses, translate};

/// No limit of a client's is sent as less than this: OpenAI's Responses takes none.
const OUTPUT_MIN: u64 = 16;

/// An admitted request's hold on money and limits.
#[derive(Debug)]
pub(crate) struct Admission {
    pub(crate) key: Arc<KeyEntry>,
    pub(crate) reservation: Reservation,
    pub(crate) slot: Slot,
    pub(crate) pricing: Pricing,
    /// The conversation, and the account that served it last.
    pub(crate) conversation: Option<StickyKey>,
    pub(crate) sticky: Option<AccountId>,
}

/// What is known of a request.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    /// Whose key it is.
    pub(crate) tenant: TenantId,
    /// The accounts and groups that the key may use.
    pub(crate) bindings: Vec<Binding>,
    /// Where it may go because of what it names at a vendor's.
    pub(crate) pin: Pin,
    pub(crate) wire: RequestFacts,
    pub(crate) asked: Asked,
    /// Whether the answer is to be streamed, by path or body.
    pub(crate) stream: bool,
    /// No more output tokens than this can be billed, all answers together.
    pub(crate) output_bound: u64,
}

/// A request that may be sent.
#[derive(Debug)]
pub(crate) struct Admitted {
    pub(crate) admission: Admission,
    pub(crate) facts: Facts,
    pub(crate) pool: Arc<Pool>,
}

/// Reads what must be known of a body; a large one outside the worker's thread.
///
/// # Errors
/// If it is none of its format.
pub(crate) async fn read_facts(call: &Call, body: &Bytes) -> Result<RequestFacts, Refusal> {
    let (format, operation) = (call.format, call.operation);
    let read = if body.len() < LARGE {
        facts_of(format, operation, body)
    } else {
        let body = body.clone();
        outside(move || facts_of(format, operation, &body)).await?
    };
    read.map_err(|fault| faulty(&fault))
}

fn facts_of(format: ClientFormat, operation: Operation, body: &[u8]) -> Result<RequestFacts, RequestFault> {
    match operation {
        Operation::Generate => translate::read_facts(format, body),
        Operation::Count if format == ClientFormat::Gemini => gemini::read_count_facts(body),
        Operation::Count => claude::read_count_facts(body),
        Operation::Compact => compact::read_facts(body),
        Operation::Embed => embeddings::read_facts(body),
        Operation::Draw => images::read_facts(body),
        Operation::GeminiEmbed { batch: false } => gemini::read_embed_facts(body),
        Operation::GeminiEmbed { batch: true } => gemini::read_batch_embed_facts(body),
    }
}

/// Admits a request, or says why not.
///
/// # Errors
/// A model without a price, no money, a limit, or a node that can't write its journal.
pub(crate) async fn admit(
    parts: &RelayParts,
    arrival: &Arrival,
    key: Arc<KeyEntry>,
    call: &Call,
    wire: RequestFacts,
    body: &Bytes,
) -> Result<Admitted, Refusal> {
    let (deps, tenant, bindings) = (parts.deps(), key.tenant_id, key.bindings.clone());
    let pin = parts.objects().pin(&key, call.format, body).await?;
    deps.ledger.journal().can_admit().map_err(|reason| {
        tracing::warn!(%reason, "a request is refused: the journal takes none");
        Refusal::unavailable("journal")
    })?;
    let pool = deps.scheduler.pool(tenant).await.map_err(|error| {
        tracing::warn!(%error, "accounts can't be loaded");
        Refusal::unavailable("database_unavailable")
    })?;
    let model = call.model.as_deref().unwrap_or(&wire.model);
    let asked = Asked::read(call, model, &pool);
    let pricing =
        Pricing::of(&deps.prices.book(), &asked, &pool, arrival.at).ok_or_else(|| no_price(&asked.model))?;
    let choices = u64::from(wire.choices.max(1));
    let output_max = wire.max_output.map(|most| most.max(OUTPUT_MIN));
    let output_bound = output_max
        .unwrap_or_else(|| pricing.output_max())
        .saturating_mul(choices);
    let bound = Bound {
        input: wire
            .input_bound
            .saturating_add(pictures_elsewhere(call.format, &wire, &asked, &pool)),
        output: output_bound,
        remote_context: wire.remote_context,
    };
    let worst_case = pricing.worst_case(&bound);
    let reserved = deps.ledger.wallets().reserve(tenant, worst_case).await;
    let reservation = reserved.map_err(|error| match error {
        ReserveError::Refused(refusal) => no_money(refusal, &pricing, &bound, choices),
        ReserveError::Unavailable => Refusal::unavailable("wallet_unavailable"),
    })?;
    // With one account there is nothing to stick to.
    let several = pool.accounts().filter(|account| fits(account, &asked)).nth(1);
    let conversation = match several {
        Some(_) => conversation(call.format, arrival, &wire, body).await?,
        None => None,
    };
    let check = AdmitCheck {
        limits: &key.limits,
        slot: arrival.id.0,
        sticky: conversation,
    };
    let passed = deps.limiter.admit(check).await.map_err(over_limit)?;
    let admission = Admission {
        key,
        reservation,
        slot: passed.slot,
        pricing,
        conversation,
        sticky: passed.sticky,
    };
    let facts = Facts {
        tenant,
        bindings,
        pin,
        stream: call.stream.unwrap_or(wire.stream),
        wire,
        asked,
        output_bound,
    };
    Ok(Admitted {
        admission,
        facts,
        pool,
    })
}

/// What pictures may cost beyond the bound, where an account of another vendor's may answer.
fn pictures_elsewhere(format: ClientFormat, facts: &RequestFacts, asked: &Asked, pool: &Pool) -> u64 {
    if facts.images == 0 {
        return 0;
    }
    let fitting = pool.accounts().filter(|account| fits(account, asked));
    let dearest = fitting.map(|account| image_tokens_max(account.platform, account.sent_model(&asked.bare)));
    let own = match format {
        ClientFormat::Claude => claude::IMAGE_TOKENS_MAX,
        ClientFormat::Chat | ClientFormat::Completions => openai_chat::IMAGE_TOKENS_MAX,
        ClientFormat::Responses => openai_responses::IMAGE_TOKENS_MAX,
        ClientFormat::Gemini => gemini::IMAGE_TOKENS_MAX,
    };
    let beyond = dearest.max().unwrap_or(0).saturating_sub(own);
    facts.images.saturating_mul(beyond)
}

/// What the client gives as session, else a digest of what stays the same over a conversation.
///
/// # Errors
/// Only if the node is stopping.
async fn conversation(
    format: ClientFormat,
    arrival: &Arrival,
    facts: &RequestFacts,
    body: &Bytes,
) -> Result<Option<StickyKey>, Refusal> {
    if let Some(session) = facts.session.as_ref().or(arrival.session.as_ref()) {
        let digest: [u8; 32] = Sha256::digest(session.as_bytes()).into();
        let (half, _) = digest.split_at(16);
        return Ok(half.try_into().ok().map(StickyKey));
    }
    let key = move |body: &Bytes, facts: &RequestFacts| match format {
        ClientFormat::Claude => conversation_key(body, facts),
        _ => stable_key(body, facts),
    };
    let found = if body.len() < LARGE {
        key(body, facts)
    } else {
        // A picture in the first message is hashed with it.
        let (body, facts) = (body.clone(), facts.clone());
        outside(move || key(&body, &facts)).await?
    };
    Ok(found.map(StickyKey))
}

fn no_price(model: &str) -> Refusal {
    let shown: String = model.chars().take(100).collect();
    let message = format!("model: `{shown}` is not known here: the price list has no such model.");
    Refusal::for_good(ErrorKind::NotFound, "model_unknown", message)
}

fn no_money(refusal: WalletRefusal, pricing: &Pricing, bound: &Bound, choices: u64) -> Refusal {
    let WalletRefusal { left, held, needed } = refusal;
    let fits = match pricing.output_that_fits(bound, choices, left) {
        0 => String::new(),
        fits => format!(", or lower the output limit (max_tokens) to {fits}"),
    };
    let held = match held.0 {
        ..=0 => String::new(),
        _ => format!(" {held} is held for requests that are running or not settled yet."),
    };
    let message = format!(
        "The organisation's wallet has {left} left to reserve and this request may cost up to {needed}. Top the wallet \
         up{fits}.{held}"
    );
    Refusal::for_good(ErrorKind::Billing, "wallet_empty", message)
}

pub(crate) fn over_limit(refused: Refused) -> Refusal {
    let Refused {
        kind,
        limit,
        used,
        retry_after,
    } = refused;
    let (message, wait) = match kind {
        LimitKind::Window {
            subject,
            span,
            metric,
        } => {
            let text = format!(
                "Rate limit exceeded: this {} may use {limit} {metric} per {span}, and {used} are used.",
                subject.noun()
            );
            (text, retry_after)
        }
        LimitKind::Concurrency { subject } => {
            let text = format!(
                "Concurrency limit exceeded: this {} may have {limit} requests at the same time, and {used} are running.",
                subject.noun()
            );
            // Nobody knows when one of them ends; most do within seconds.
            (text, Some(Duration::from_secs(1)))
        }
    };
    let when = match wait {
        Some(wait) => format!(
            " Try again in {} s.",
            wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
        ),
        None => String::new(),
    };
    let retry = if wait.is_none() {
        Retry::Never
    } else {
        Retry::within(wait)
    };
    Refusal::for_now(ErrorKind::RateLimit, refused.code(), message + &when, retry)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_contract::ids::KeyId;
    use tollgate_limits::{Metric, Span, Subject};
    use uuid::Uuid;

    fn refused(retry_after: Option<Duration>) -> Refusal {
        let subject = Subject::Key(KeyId(Uuid::nil()));
        let kind = LimitKind::Window {
            subject,
            span: Span::Minute,
            metric: Metric::Requests,
        };
        over_limit(Refused {
            kind,
            limit: 3,
            used: 3,
            retry_after,
        })
    }

    #[test]
    fn a_refusal_names_limit_use_and_wait() {
        let refusal = refused(Some(Duration::from_millis(41_200)));
        assert_eq!(refusal.status(), 429);
        assert!(
            refusal.message.contains("may use 3 requests per minute"),
            "{}",
            refusal.message
        );
        assert!(
            refusal.message.ends_with("Try again in 42 s."),
            "{}",
            refusal.message
        );
        assert_eq!(refusal.retry, Retry::After(Duration::from_millis(41_200)));
    }

    #[test]
    fn a_wait_that_is_too_long_is_told_in_words_alone() {
        let refusal = refused(Some(Duration::from_hours(1)));
        assert_eq!(refusal.retry, Retry::Never);
        assert!(refusal.message.contains("3600 s"), "{}", refusal.message);
    }
}
