//! Which of Anthropic's beta features Bedrock takes, model by model. It refuses a request that names another ("invalid
//! beta flag"), so those are left out; what they would have done is said at [`sent`].
//! Never in here: where they stand in a request.

use super::models::{Age, age};

/// Clears old thinking and tool results out of the conversation.
pub(super) const CONTEXT_MANAGEMENT: &str = "context-management-2025-06-27";
/// Summarises a conversation that grows too long.
pub(super) const COMPACT: &str = "compact-2026-01-12";
/// Lets a request say how hard to try; later models need no leave for it.
pub(super) const EFFORT: &str = "effort-2025-11-24";
const TOOL_SEARCH: &str = "tool-search-tool-2025-10-19";
const TOOL_EXAMPLES: &str = "tool-examples-2025-10-29";

/// What Bedrock takes for models of these ages (Amazon Bedrock's user guide, "Anthropic Claude Messages API", "Request and
/// Response", `anthropic_beta`).
const TAKEN: [(&str, Age, Age); 10] = [
    ("computer-use-2024-10-22", Age::Three, Age::Three),
    ("computer-use-2025-01-24", Age::Four, Age::FourFive),
    ("computer-use-2025-11-24", Age::FourSix, Age::Later),
    ("fine-grained-tool-streaming-2025-05-14", Age::Four, Age::FourFive),
    ("interleaved-thinking-2025-05-14", Age::Four, Age::FourFive),
    ("context-1m-2025-08-07", Age::Four, Age::Four),
    ("context-1m-2025-08-07", Age::FourSix, Age::FourSix),
    (CONTEXT_MANAGEMENT, Age::Four, Age::FourFive),
    (COMPACT, Age::FourSix, Age::Later),
    (TOOL_SEARCH, Age::FourFive, Age::FourFive),
];

/// What Opus 4.5 alone takes beside those.
const OPUS_4_5: [&str; 3] = ["computer-use-2025-11-24", EFFORT, TOOL_EXAMPLES];

/// What the client's words are on Bedrock, each once, in their order. Left out is
/// - what later models do without being asked: thinking between tool calls, tool input in small pieces, the large window,
///   effort;
/// - what only saves tokens, or tells Anthropic who asks (`claude-code-…`, `oauth-…`);
/// - what Bedrock has not. A request that really uses it is refused there, by the field's name.
///
/// The client's words may stand several in one, with commas, as headers have them.
pub(super) fn sent(model: &str, asked: &[String]) -> Vec<&'static str> {
    let age = age(model);
    let opus_4_5 = model.contains("claude-opus-4-5");
    let mut sent = Vec::new();
    for word in asked.iter().flat_map(|words| words.split(',')).map(str::trim) {
        let words: &[&str] = match word {
            // The name that Anthropic's own API has for two features with names of their own here.
            "advanced-tool-use-2025-11-20" => &[TOOL_SEARCH, TOOL_EXAMPLES],
            _ => &[word],
        };
        for word in words {
            let by_age = TAKEN
                .iter()
                .find(|(name, from, to)| name == word && (*from..=*to).contains(&age));
            let taken = by_age
                .map(|(name, ..)| *name)
                .or_else(|| OPUS_4_5.into_iter().find(|name| opus_4_5 && name == word));
            if let Some(name) = taken.filter(|name| !sent.contains(name)) {
                // Tool search came with Opus and Sonnet; Haiku has it not.
                if name != TOOL_SEARCH || !model.contains("haiku") {
                    sent.push(name);
                }
            }
        }
    }
    sent
}
