//! The second room: who is it, may it, has it the money, is it within its limits. What it hands on is a guard: dropped,
//! it gives everything back; a request that was sent is settled with it, exactly once.
//! Never in here: which account, and anything of the upstream.

use crate::asked::Asked;
use crate::call::{Call, Operation};
use crate::edge::Arrival;
use crate::keys::KeyEntry;
use crate::limit_headers::Standing;
use crate::may;
use crate::no_money::no_money;
use crate::objects::Pin;
use crate::parts::RelayParts;
use crate::platforms::image_tokens_max;
use crate::prepare::{LARGE, faulty, outside};
use crate::pricing::{Buyer, Pricing, fits};
use crate::refusal::Refusal;
use crate::turn::{self, Passed};
use crate::who::Caller;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use tollgate_contract::ids::{AccountId, TenantId};
use tollgate_ledger::{Ask, Reservation, ReserveError, Spender};
use tollgate_limits::{Slot, StickyKey};
use tollgate_money::{Bound, Tier};
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
    /// What is left of its windows.
    pub(crate) standing: Standing,
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
    caller: Caller,
    call: &Call,
    wire: RequestFacts,
    body: &Bytes,
) -> Result<Admitted, Refusal> {
    let (deps, key) = (parts.deps(), &caller.key);
    let (tenant, bindings) = (key.tenant_id, key.bindings.clone());
    let pin = parts.objects().pin(key, call.format, body).await?;
    deps.ledger.journal().can_admit().map_err(|reason| {
        tracing::warn!(%reason, "a request is refused: the journal takes none");
        Refusal::unavailable("journal")
    })?;
    let pool = deps.scheduler.pool(tenant).await.map_err(|error| {
        tracing::warn!(%error, "accounts can't be loaded");
        Refusal::unavailable("database_unavailable")
    })?;
    let model = call.model.as_deref().unwrap_or(&wire.model);
    let asked = may::ask(&key.rules, Asked::read(call, model, &pool), &pool)?;
    let pricing = priced(parts, key, &asked, &pool, arrival)?;
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
        media: wire.images > 0 || wire.sound,
        tier: tier(wire.tier),
        calls: wire.tool_calls,
        pictures: if call.operation == Operation::Draw {
            choices
        } else {
            0
        },
    };
    // With one account there is nothing to stick to.
    let several = pool.accounts().filter(|account| fits(account, &asked)).nth(1);
    let conversation = match several {
        Some(_) => conversation(call.format, arrival, &wire, body).await?,
        None => None,
    };
    let caller = parts.keys().with_life(caller, arrival.from).await?;
    // Whoever waits for its turn holds no money meanwhile.
    let passed = turn::pass(parts, arrival, &caller, &asked.bare, conversation).await?;
    let Passed { admitted, standing } = passed;
    let reservation = reserve(parts, arrival, (&caller.key, &asked), &pricing, (&bound, choices)).await?;
    let admission = Admission {
        key: caller.key,
        reservation,
        slot: admitted.slot,
        pricing,
        conversation,
        sticky: admitted.sticky,
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
        standing,
    })
}

/// Sets the worst case aside in all budgets of the request, or says which has too little.
async fn reserve(
    parts: &RelayParts,
    arrival: &Arrival,
    (key, asked): (&KeyEntry, &Asked),
    pricing: &Pricing,
    (bound, choices): (&Bound, u64),
) -> Result<Reservation, Refusal> {
    let ask = Ask {
        request_id: arrival.id,
        tenant_id: key.tenant_id,
        spender: Spender {
            key_id: key.key_id,
            user_id: key.user_id,
            cost_centre: &key.cost_centre,
            model: &asked.bare,
        },
        worst_case: pricing.worst_case(bound),
        wait_max: parts.settings().budget_wait_max,
    };
    let reserved = parts.deps().ledger.budgets().reserve(&ask).await;
    reserved.map_err(|error| match error {
        ReserveError::Refused(refusal) => no_money(&refusal, pricing, bound, choices, parts.clock().now()),
        ReserveError::Unavailable => Refusal::unavailable("budget_unavailable"),
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

/// The prices that hold. That a model which an account offers has none is an alarm, whatever becomes of the request.
fn priced(
    parts: &RelayParts,
    key: &KeyEntry,
    asked: &Asked,
    pool: &Pool,
    arrival: &Arrival,
) -> Result<Pricing, Refusal> {
    let prices = &parts.deps().prices;
    let buyer = Buyer {
        tenant: key.tenant_id,
        tags: &key.tags,
    };
    let pricing = Pricing::of(&prices.market(), buyer, asked, pool, arrival.at);
    let flagged = pricing.as_ref().is_some_and(Pricing::is_flagged);
    let refused = pricing
        .as_ref()
        .is_none_or(|pricing| !pricing.unpriced.is_empty());
    if flagged || refused {
        let offering = pool.accounts().find(|account| fits(account, asked));
        if let Some(account) = offering {
            prices.missed(account.platform.provider(), &asked.bare, flagged, arrival.at);
        }
    }
    pricing.ok_or_else(|| no_price(&asked.model))
}

/// The wire's word as the money's.
pub(crate) fn tier(told: tollgate_wire::usage::Tier) -> Tier {
    match told {
        tollgate_wire::usage::Tier::Standard => Tier::Standard,
        tollgate_wire::usage::Tier::Batch => Tier::Batch,
        tollgate_wire::usage::Tier::Flex => Tier::Flex,
        tollgate_wire::usage::Tier::Priority => Tier::Priority,
    }
}

fn no_price(model: &str) -> Refusal {
    let shown: String = model.chars().take(100).collect();
    let message = format!("model: `{shown}` is not known here: the price list has no such model.");
    Refusal::for_good(ErrorKind::NotFound, "model_unknown", message)
}
