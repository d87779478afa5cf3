//! What Azure OpenAI does otherwise than OpenAI: credentials, API versions in the query, errors. From Microsoft's
//! documentation: "Azure OpenAI in Azure AI Foundry Models REST API reference", "Azure OpenAI API version lifecycle",
//! "How to configure Azure OpenAI with Microsoft Entra ID authentication".

use super::reply::Refusal;
use super::route::Asked;
use super::script::Fault;
use serde_json::json;

/// Of the `/openai/v1/` paths; dates belong to the older ones.
const V1_VERSIONS: [&str; 3] = ["v1", "preview", "latest"];

/// An `api-key` or a bearer token of Entra, and the version that the path demands.
pub fn admitted(asked: &Asked<'_>) -> Result<(), Fault> {
    let key = asked.header("api-key").is_some_and(|key| !key.is_empty());
    let bearer = asked
        .header("authorization")
        .is_some_and(|value| value.len() > 7 && value.starts_with("Bearer "));
    if !key && !bearer {
        return Err(Fault::unauthorized(
            "Access denied due to invalid subscription key or wrong API endpoint.",
        ));
    }
    let version = asked.query("api-version");
    if asked.target.contains("/openai/v1/") {
        if version.is_some_and(|version| !V1_VERSIONS.contains(&version.as_str())) {
            return Err(Fault::invalid("api-version", "API version not supported"));
        }
        return Ok(());
    }
    let dated =
        |version: &str| version.len() >= 10 && version.as_bytes()[4] == b'-' && version.as_bytes()[7] == b'-';
    if version.is_none_or(|version| !dated(&version)) {
        return Err(Fault::not_found("Resource not found"));
    }
    Ok(())
}

/// Azure's error: the gateway's own have their status as a text for a code, the model's are OpenAI's.
pub fn refusal(fault: &Fault) -> Refusal {
    let of_gateway = |status: u16, code: &str| {
        Refusal::new(status, json!({"error": {"code": code, "message": fault.message}}))
    };
    match fault.kind.as_str() {
        "authentication_error" => of_gateway(401, "401"),
        "permission_error" => of_gateway(403, "403"),
        "not_found_error" => of_gateway(404, "404"),
        "rate_limit_error" | "billing_error" => {
            let refusal = of_gateway(429, "429");
            match fault.retry_after {
                Some(after) => refusal
                    .header("retry-after", after.as_secs())
                    .header("retry-after-ms", after.as_millis())
                    .header("x-ratelimit-remaining-requests", 0),
                None => refusal,
            }
        }
        _ => super::openai::refusal(fault),
    }
}
