//! Code Assist's own calls (`v1internal:*`), as the Gemini CLI makes them: conversations in its envelope, and what it asks
//! before the first of them. The latter are answered here: which tier and project count is the gateway's to say, since
//! the accounts behind it are shared and none of the client's business.
//! Never in here: what the envelope looks like (that is the wire's).

use crate::call::{Call, GEMINI, Operation};
use crate::count;
use crate::edge::read_body;
use crate::parts::Worker;
use crate::routes::unknown_path;
use crate::serve;
use crate::who::who;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use tollgate_wire::format::ClientFormat;
use tollgate_wire::gemini::code_assist;
use tollgate_wire::translate::Wrapping;

/// `POST v1internal:{action}`.
pub(crate) async fn internal(request: HttpRequest, payload: Payload, worker: Data<Worker>) -> HttpResponse {
    let action = request.match_info().get("action").unwrap_or_default().to_owned();
    let stream = match action.as_str() {
        "generateContent" => false,
        "streamGenerateContent" => true,
        "countTokens" => return count::of_code_assist(request, payload, worker).await,
        _ => return prelude(&action, &request, payload, &worker).await,
    };
    let call = Call {
        stream: Some(stream),
        wrapping: Wrapping::CodeAssist,
        ..Call::new(ClientFormat::Gemini, Operation::Generate, GEMINI)
    };
    serve(call, request, payload, worker).await
}

/// What the client asks before a conversation.
async fn prelude(action: &str, request: &HttpRequest, payload: Payload, worker: &Worker) -> HttpResponse {
    let asker = match who(request, &worker.parts).await {
        Ok(asker) => asker,
        Err(refused) => return refused,
    };
    let sent = match read_body(request, payload, &worker.parts, asker.key.tenant_id).await {
        Ok((body, _)) => body,
        Err(refusal) => return asker.refuse(&refusal),
    };
    let body = match action {
        "loadCodeAssist" => code_assist::load_code_assist(&sent),
        "onboardUser" => code_assist::onboard_user(&sent),
        "retrieveUserQuota" => code_assist::retrieve_user_quota(),
        "listExperiments" => code_assist::list_experiments(),
        _ => return unknown_path(ClientFormat::Gemini, request, worker),
    };
    asker.answer_bytes(body)
}
