//! The body of every refused management request: RFC 9457 with a stable `code` and the fields at fault.
//! Only the shape; which code has which status is the server's table (`tollgate_http::problem`).

use serde::{Deserialize, Serialize};
use validator::{Validate, ValidationErrors, ValidationErrorsKind};

/// The media type of a problem.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Why a request was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// A URI reference that names the kind of problem; the same for the same `code`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem in a few English words.
    pub title: String,
    /// The HTTP status, once more.
    pub status: u16,
    /// What was wrong this time and what would be right.
    #[serde(default)]
    pub detail: String,
    /// What a program may act on.
    pub code: String,
    /// The request's id, to be quoted in a question.
    #[serde(default)]
    pub request_id: String,
    /// The fields at fault, if any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// One field at fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// The field's path, such as `name` or `model_mapping`; empty where it is the whole body.
    pub field: String,
    /// What a program may act on, such as `too_long`.
    pub code: String,
    /// What would be right, in English.
    pub message: String,
}

/// Checks a request as the server will: empty means fine. Sorted by field, so that answers are stable.
pub fn faults(request: &impl Validate) -> Vec<FieldError> {
    let mut found = Vec::new();
    if let Err(errors) = request.validate() {
        collect(&errors, "", &mut found);
    }
    found.sort_by(|a, b| (&a.field, &a.code).cmp(&(&b.field, &b.code)));
    found
}

fn collect(errors: &ValidationErrors, prefix: &str, found: &mut Vec<FieldError>) {
    for (field, kind) in &errors.0 {
        let path = if prefix.is_empty() {
            field.to_string()
        } else {
            format!("{prefix}.{field}")
        };
        match kind {
            ValidationErrorsKind::Struct(inner) => collect(inner, &path, found),
            ValidationErrorsKind::List(items) => {
                for (at, inner) in items {
                    collect(inner, &format!("{path}[{at}]"), found);
                }
            }
            ValidationErrorsKind::Field(faults) => found.extend(faults.iter().map(|fault| {
                FieldError {
                    field: path.clone(),
                    code: fault.code.to_string(),
                    message: fault
                        .message
                        .as_ref()
                        .map_or_else(|| "is not valid".to_owned(), ToString::to_string),
                }
            })),
        }
    }
}
