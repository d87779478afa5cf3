//! Azure OpenAI: a resource's own address, deployments in place of models, an `api-key` or a token of Entra ID.
//! Azure's "v1" API takes the deployment as the body's model; the older one has it in the path and wants an
//! `api-version` ("Azure OpenAI in Microsoft Foundry Models v1 API", "REST API reference").

use super::{Misconfigured, Outgoing, address, bearer, headers, openai_path, post, secret_value, segment};
use crate::call::Operation;
use bytes::Bytes;
use http::Request;
use http::header::HeaderName;
use http_body_util::Full;
use secrecy::ExposeSecret;
use tollgate_scheduler::Credential;
use tollgate_wire::format::Dialect;

const API_KEY: HeaderName = HeaderName::from_static("api-key");

pub(super) fn request(outgoing: Outgoing<'_>) -> Result<Request<Full<Bytes>>, Misconfigured> {
    let account = outgoing.account;
    let (path, query) = match &account.api_version {
        None => {
            let path = openai_path(outgoing.operation, outgoing.dialect)?;
            (format!("/openai{path}"), String::new())
        }
        Some(version) => (
            dated_path(&outgoing)?,
            format!("api-version={}", segment(version)),
        ),
    };
    let uri = address(account, &path, &query)?;
    let mut headers = headers::openai(outgoing.client, outgoing.passes);
    if outgoing.is_shared {
        headers::forget_sessions(&mut headers);
    }
    let (name, value) = match &outgoing.proof.credential {
        Credential::ApiKey(key) => (API_KEY, secret_value(key.expose_secret())?),
        Credential::Bearer(token) => bearer(token.expose_secret())?,
        Credential::Aws { .. } | Credential::Unissued => return Err(Misconfigured::NoSuchOperation),
    };
    headers.insert(name, value);
    Ok(post(uri, headers, outgoing.body))
}

/// The path of the API with dated versions. Responses have no deployment in it.
fn dated_path(outgoing: &Outgoing<'_>) -> Result<String, Misconfigured> {
    let deployment = segment(outgoing.model);
    let of_deployment = |what: &str| format!("/openai/deployments/{deployment}/{what}");
    match (outgoing.operation, outgoing.dialect) {
        (Operation::Generate, Dialect::Responses) => Ok("/openai/responses".to_owned()),
        (Operation::Generate, _) => Ok(of_deployment("chat/completions")),
        (Operation::Compact, _) => Ok("/openai/responses/compact".to_owned()),
        (Operation::Embed, _) => Ok(of_deployment("embeddings")),
        (Operation::Draw, _) => Ok(of_deployment("images/generations")),
        (Operation::GeminiEmbed { .. } | Operation::Count, _) => Err(Misconfigured::NoSuchOperation),
    }
}
