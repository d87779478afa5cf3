//! What Amazon Bedrock puts around Claude's own format (InvokeModel): the request's envelope, the stream's frames, the
//! errors, the counting of tokens, the names of models.
//! Never in here: the Converse format (see `converse`), signatures, paths and hosts.

mod betas;
mod count;
mod error;
mod invoke;
mod models;
mod scopes;
mod stream;

pub use count::{count_request, read_count};
pub use error::read_error;
pub use invoke::{ANTHROPIC_VERSION, invoke_edits};
pub(crate) use models::{Age, age};
pub use models::{candidates, is_claude};
pub use stream::InvokeStream;

#[cfg(test)]
mod tests;
