//! Anthropic's Messages format: what a request asks for and how much it can cost, what an answer or a stream cost.
//! Never in here: changing what passes (but for the model's name) and deciding what follows from a fault.

mod answer;
mod bound;
mod conversation;
mod figures;
mod output;
mod request;
mod session;
mod stream;

pub use answer::{AnswerFacts, AnswerFault, UpstreamError, read_answer, read_error};
pub use bound::{IMAGE_TOKENS_MAX, STRUCTURED_OUTPUT_TOKENS, TOOLS_PROMPT_TOKENS, VENDOR_TOOL_TOKENS};
pub use conversation::conversation_key;
pub use request::{
    FIELDS_MAX, MAX_TOKENS_MAX, MODEL_LENGTH_MAX, RequestFacts, RequestFault, read_request, splice_model,
};
pub use session::{SESSION_LENGTH_MAX, session_of_user_id};
pub use stream::{Pushed, StreamFault, StreamScan};

#[cfg(test)]
mod tests;
