//! Errors in each vendor's shape.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use serde_json::json;
use std::fmt::{Display, Formatter};

/// Whose errors they look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Anthropic's.
    Claude,
    /// OpenAI's, and Azure's of the model.
    OpenAi,
    /// Google's.
    Gemini,
    /// Amazon's.
    Bedrock,
}

/// What the demo refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The body; the message names the field.
    Invalid,
    /// The credential.
    Unauthorized,
    /// A path or a model.
    NotFound,
}

/// A refusal on its way out.
#[derive(Debug)]
pub struct Refusal {
    manner: Manner,
    kind: Kind,
    message: String,
}

impl Refusal {
    /// Of this kind.
    pub fn new(manner: Manner, kind: Kind, message: impl Into<String>) -> Self {
        Self {
            manner,
            kind,
            message: message.into(),
        }
    }
}

impl Display for Refusal {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        match (self.kind, self.manner) {
            // Google calls a wrong key a fault of the request, Amazon forbids.
            (Kind::Invalid, _) | (Kind::Unauthorized, Manner::Gemini) => StatusCode::BAD_REQUEST,
            (Kind::Unauthorized, Manner::Bedrock) => StatusCode::FORBIDDEN,
            (Kind::Unauthorized, _) => StatusCode::UNAUTHORIZED,
            (Kind::NotFound, _) => StatusCode::NOT_FOUND,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        let mut response = HttpResponse::build(status);
        let message = &self.message;
        let (claude, openai, google, amazon) = match self.kind {
            Kind::Invalid => (
                "invalid_request_error",
                None,
                "INVALID_ARGUMENT",
                "ValidationException",
            ),
            Kind::Unauthorized => (
                "authentication_error",
                Some("invalid_api_key"),
                "INVALID_ARGUMENT",
                "UnrecognizedClientException",
            ),
            Kind::NotFound => (
                "not_found_error",
                Some("model_not_found"),
                "NOT_FOUND",
                "ResourceNotFoundException",
            ),
        };
        match self.manner {
            Manner::Claude => {
                response.json(json!({"type": "error", "error": {"type": claude, "message": message}}))
            }
            Manner::OpenAi => response.json(json!({"error":
                {"message": message, "type": "invalid_request_error", "param": null, "code": openai}})),
            Manner::Gemini => {
                let mut error = json!({"code": status.as_u16(), "message": message, "status": google});
                if self.kind == Kind::Unauthorized {
                    error["details"] = json!([{"@type": "type.googleapis.com/google.rpc.ErrorInfo",
                        "reason": "API_KEY_INVALID", "domain": "googleapis.com"}]);
                }
                response.json(json!({ "error": error }))
            }
            Manner::Bedrock => response
                .insert_header(("x-amzn-errortype", amazon))
                .json(json!({ "message": message })),
        }
    }
}
