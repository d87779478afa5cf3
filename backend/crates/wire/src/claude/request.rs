//! Messages requests on their way into the neutral conversation and back.
//! Never in here: what the relay must know before it sends one (see `facts`).

mod blocks;
mod check;
mod model;
mod parts;
mod read;
mod tools;
mod write;

pub use read::read_request;
pub use write::write_request;

use crate::model::Aspect;

/// What this format calls something; where it has no such field, what clients of other formats would write.
pub fn field_of(aspect: Aspect) -> &'static str {
    match aspect {
        Aspect::System => "system",
        Aspect::Turns => "messages",
        Aspect::Tools => "tools",
        Aspect::ToolChoice => "tool_choice",
        Aspect::ParallelTools => "tool_choice.disable_parallel_tool_use",
        Aspect::MaxOutput => "max_tokens",
        Aspect::Temperature => "temperature",
        Aspect::TopP => "top_p",
        Aspect::TopK => "top_k",
        Aspect::FrequencyPenalty => "frequency_penalty",
        Aspect::PresencePenalty => "presence_penalty",
        Aspect::Seed => "seed",
        Aspect::LogitBias => "logit_bias",
        Aspect::Stop => "stop_sequences",
        Aspect::Choices => "n",
        Aspect::Logprobs => "logprobs",
        Aspect::Thinking => "thinking",
        Aspect::Verbosity => "verbosity",
        Aspect::OutputForm => "output_config.format",
        Aspect::ServiceTier => "service_tier",
        Aspect::Metadata => "metadata",
        Aspect::Store => "store",
    }
}
