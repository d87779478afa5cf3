//! The question: what the address says of the page, and what is asked for.

use crate::pages::parts::is_default;
use serde::{Deserialize, Serialize};
use tollgate_contract::problem::{FieldError, faults};
use tollgate_contract::schedule::ExplainRequest;

/// The paths that a client may use, and the formats they are of; the first is meant where none is said. `docs/architecture.md`
/// lists them.
pub const PATHS: [(&str, &str); 4] = [
    ("", "Claude Messages"),
    ("/openai/v1/chat/completions", "OpenAI Chat Completions"),
    ("/openai/v1/responses", "OpenAI Responses"),
    ("/gemini/v1beta/models", "Gemini"),
];

/// The question.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExplainView {
    #[serde(skip_serializing_if = "is_default")]
    pub model: String,
    /// Empty: Claude's Messages.
    #[serde(skip_serializing_if = "is_default")]
    pub path: String,
    /// A key's id; empty: none.
    #[serde(skip_serializing_if = "is_default")]
    pub key: String,
}

impl ExplainView {
    /// What is asked.
    pub fn to_request(&self) -> ExplainRequest {
        ExplainRequest {
            model: self.model.trim().to_owned(),
            path: Some(self.path.clone()).filter(|path| !path.is_empty()),
            key_id: self.key.parse().ok(),
            sticky: None,
        }
    }

    /// The same, or the fields at fault.
    pub fn read(&self) -> Result<Self, Vec<FieldError>> {
        let wrong = if self.model.trim().is_empty() {
            vec![crate::pages::parts::typed_fault("model", "required")]
        } else {
            faults(&self.to_request())
        };
        if wrong.is_empty() {
            Ok(self.clone())
        } else {
            Err(wrong)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_needs_a_model_and_survives_the_address() {
        assert_eq!(ExplainView::default().read().unwrap_err()[0].field, "model");
        let view = ExplainView {
            model: " claude-sonnet-4-5 ".to_owned(),
            key: "019a0000-0000-7000-8000-0000000000dd".to_owned(),
            ..ExplainView::default()
        };
        let request = view.read().unwrap().to_request();
        assert_eq!(
            (request.model.as_str(), request.path),
            ("claude-sonnet-4-5", None)
        );
        assert!(request.key_id.is_some());
        let text = serde_urlencoded::to_string(&view).unwrap();
        assert_eq!(serde_urlencoded::from_str::<ExplainView>(&text).unwrap(), view);
    }
}
