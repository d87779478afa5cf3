//! Which models a key can use now, listed in the format of who asks: those that the price list or an account names, that
//! a schedulable account offers, and that have a price there.
//! Never in here: whether a request for one of them would find its account free.

use crate::asked::Asked;
use crate::call::{ALL, Call, Operation};
use crate::may;
use crate::parts::Worker;
use crate::prices::Market;
use crate::pricing::{Buyer, Pricing, fits};
use crate::refusal::Refusal;
use crate::who::{Asker, who};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tollgate_contract::platform::Platform;
use tollgate_scheduler::Pool;
use tollgate_wire::error::ErrorKind;
use tollgate_wire::format::ClientFormat;

/// Anthropic's API reference, "List models": an epoch value stands for a release date that is not known.
const RELEASE_UNKNOWN: &str = "1970-01-01T00:00:00Z";

/// A model that the key can use.
struct Model {
    /// Whose it is, as OpenAI's `owned_by` says it: the price list's provider.
    owner: &'static str,
    input_max: Option<u64>,
    output_max: Option<u64>,
}

/// Who asks decides the shape: `anthropic-version` is sent by Anthropic's clients alone, `x-goog-api-key` by Google's.
fn format(request: &HttpRequest) -> ClientFormat {
    let headers = request.headers();
    let claude_mount = !request.path().starts_with("/openai") && !request.path().starts_with("/azure");
    if headers.contains_key("anthropic-version") {
        ClientFormat::Claude
    } else if headers.contains_key("x-goog-api-key") {
        ClientFormat::Gemini
    } else if claude_mount && headers.contains_key("x-api-key") {
        // v1's clients of the Claude mounts that send no version.
        ClientFormat::Claude
    } else {
        ClientFormat::Chat
    }
}

/// `GET v1/models`, every model.
pub(crate) async fn of_any(request: HttpRequest, worker: Data<Worker>) -> HttpResponse {
    list(&request, &worker, ALL, format(&request)).await
}

/// `GET v1/models/{model}`.
pub(crate) async fn one_of_any(request: HttpRequest, worker: Data<Worker>) -> HttpResponse {
    one(&request, &worker, ALL, format(&request)).await
}

/// The same for the models of some platforms, in OpenAI's format.
pub(crate) async fn of_platforms(
    request: HttpRequest,
    worker: Data<Worker>,
    platforms: &'static [Platform],
) -> HttpResponse {
    list(&request, &worker, platforms, ClientFormat::Chat).await
}

/// See [`of_platforms`].
pub(crate) async fn one_of_platforms(
    request: HttpRequest,
    worker: Data<Worker>,
    platforms: &'static [Platform],
) -> HttpResponse {
    one(&request, &worker, platforms, ClientFormat::Chat).await
}

/// The models in Gemini's format: Google's clients know no other, and may use any that is there. The paths are shared
/// with other clients, who are told apart as everywhere.
pub(crate) async fn gemini(request: HttpRequest, worker: Data<Worker>) -> HttpResponse {
    let format = match format(&request) {
        ClientFormat::Claude if request.headers().contains_key("anthropic-version") => ClientFormat::Claude,
        _ => ClientFormat::Gemini,
    };
    list(&request, &worker, ALL, format).await
}

/// `GET v1beta/models/{model}`.
pub(crate) async fn one_of_gemini(request: HttpRequest, worker: Data<Worker>) -> HttpResponse {
    one(&request, &worker, ALL, ClientFormat::Gemini).await
}

async fn list(
    request: &HttpRequest,
    worker: &Worker,
    platforms: &'static [Platform],
    format: ClientFormat,
) -> HttpResponse {
    let asker = match who(request, &worker.parts).await {
        Ok(asker) => asker,
        Err(refused) => return refused,
    };
    let models = match usable(worker, &asker, platforms).await {
        Ok(models) => models,
        Err(refused) => return refused,
    };
    let (first, last) = (models.keys().next(), models.keys().last());
    let data: Vec<Value> = models
        .iter()
        .map(|(name, model)| shown(format, name, model))
        .collect();
    asker.answer(&match format {
        ClientFormat::Claude => {
            json!({ "data": data, "has_more": false, "first_id": first, "last_id": last })
        }
        ClientFormat::Gemini => json!({ "models": data }),
        _ => json!({ "object": "list", "data": data }),
    })
}

async fn one(
    request: &HttpRequest,
    worker: &Worker,
    platforms: &'static [Platform],
    format: ClientFormat,
) -> HttpResponse {
    let mut asker = match who(request, &worker.parts).await {
        Ok(asker) => asker,
        Err(refused) => return refused,
    };
    asker.format = format;
    let models = match usable(worker, &asker, platforms).await {
        Ok(models) => models,
        Err(refused) => return refused,
    };
    let name = request.match_info().get("model").unwrap_or_default();
    if let Some(model) = models.get(name) {
        return asker.answer(&shown(format, name, model));
    }
    let shown: String = name.chars().take(100).collect();
    let message = format!("model: `{shown}` is none that this key can use.");
    asker.refuse(&Refusal::for_good(ErrorKind::NotFound, "model_unknown", message))
}

fn shown(format: ClientFormat, name: &str, model: &Model) -> Value {
    match format {
        ClientFormat::Claude => json!({
            "type": "model", "id": name, "display_name": name, "created_at": RELEASE_UNKNOWN,
        }),
        ClientFormat::Gemini => json!({
            "name": format!("models/{name}"), "version": "001", "displayName": name,
            "inputTokenLimit": model.input_max, "outputTokenLimit": model.output_max,
            "supportedGenerationMethods": ["generateContent", "streamGenerateContent", "countTokens"],
        }),
        _ => json!({ "id": name, "object": "model", "created": 0, "owned_by": model.owner }),
    }
}

async fn usable(
    worker: &Worker,
    asker: &Asker,
    platforms: &'static [Platform],
) -> Result<BTreeMap<String, Model>, HttpResponse> {
    let parts = &worker.parts;
    let pool = parts.deps().scheduler.pool(asker.key.tenant_id).await;
    let pool = pool.map_err(|error| asker.unavailable(&error))?;
    Ok(found(&parts.deps().prices.market(), &pool, platforms, asker))
}

fn found(
    market: &Market,
    pool: &Pool,
    platforms: &'static [Platform],
    asker: &Asker,
) -> BTreeMap<String, Model> {
    let mut found = BTreeMap::new();
    let accounts = || {
        pool.accounts()
            .filter(|account| account.schedulable && platforms.contains(&account.platform))
    };
    let version = market.book.version_at(asker.at);
    let buyer = Buyer {
        tenant: asker.key.tenant_id,
        tags: &asker.key.tags,
    };
    for account in accounts() {
        let provider = account.platform.provider();
        let listed = version.into_iter().flat_map(|version| version.models(provider));
        for name in listed.chain(account.models()) {
            if found.contains_key(name) {
                continue;
            }
            // Asked the way a request would be, so that what is listed is what can be used.
            let call = Call::new(ClientFormat::Chat, Operation::Generate, ALL);
            let asked = Asked::read(&call, name, pool);
            let Ok(asked) = may::ask(&asker.key.rules, asked, pool) else {
                continue;
            };
            let priced = Pricing::of(market, buyer, &asked, pool, asker.at);
            if !accounts().any(|account| fits(account, &asked)) {
                continue;
            }
            let Some(pricing) = priced else { continue };
            let prices = market
                .book
                .find_on(account.platform.as_str(), provider, name, asker.at);
            found.insert(
                name.to_owned(),
                Model {
                    owner: provider,
                    input_max: prices.as_ref().and_then(|priced| priced.prices.max_input),
                    output_max: Some(pricing.output_max()),
                },
            );
        }
    }
    found
}
