//! Bedrock's own rules for a conversation, held against any.

use super::requests::tool;
use super::{LLAMA, NOVA, OPUS_4_8, SONNET_4_5, assistant, hello, user, written};
use crate::model::{Cache, Part, Request, ToolCall, ToolResult};
use proptest::prelude::*;

fn any_part() -> impl Strategy<Value = Part<'static>> {
    prop_oneof![
        any::<String>().prop_map(Part::text),
        any::<String>().prop_map(|text| Part::Refusal { text: text.into() }),
        (
            any::<String>(),
            prop_oneof![Just("{}"), Just("{\"a\":1}"), Just(" "), Just("[]")]
        )
            .prop_map(|(id, arguments)| Part::ToolCall(ToolCall {
                id: id.into(),
                name: "look".into(),
                arguments: arguments.into(),
                sealed: None,
                cache: Some(Cache::FiveMinutes),
            })),
        (any::<String>(), any::<String>(), any::<bool>()).prop_map(|(id, text, is_error)| Part::ToolResult(
            ToolResult {
                id: id.into(),
                name: None,
                content: vec![Part::text(text)],
                object: None,
                is_error,
                cache: None,
            }
        )),
    ]
}

proptest! {
    /// Whatever is said, Bedrock's own rules hold: the user begins, the sides take turns, no message and no text is empty,
    /// tools are there where there are calls.
    #[test]
    fn conversations_keep_bedrocks_rules(
        turns in prop::collection::vec((any::<bool>(), prop::collection::vec(any_part(), 1..4)), 1..6),
        model in prop_oneof![Just(SONNET_4_5), Just(OPUS_4_8), Just(NOVA), Just(LLAMA)],
    ) {
        let request = Request {
            turns: turns
                .into_iter()
                .map(|(is_user, parts)| if is_user { user(parts) } else { assistant(parts) })
                .collect(),
            tools: vec![tool("look")],
            ..hello()
        };
        let Ok(body) = written(&request, model) else { return Ok(()) };
        let messages = body["messages"].as_array().expect("messages");
        for (at, message) in messages.iter().enumerate() {
            prop_assert_eq!(&message["role"], if at % 2 == 0 { "user" } else { "assistant" });
            let content = message["content"].as_array().expect("content");
            prop_assert!(!content.is_empty());
            for block in content {
                prop_assert!(block["text"].as_str().is_none_or(|text| !text.trim().is_empty()));
                let id = block["toolUse"]["toolUseId"].as_str().or(block["toolResult"]["toolUseId"].as_str());
                prop_assert!(id.is_none_or(|id| id.chars().all(|sign| sign.is_ascii_alphanumeric() || "_-".contains(sign))));
                prop_assert!(block["toolUse"].is_null() || block["toolUse"]["input"].is_object());
                prop_assert!(block["toolResult"].is_null() || !block["toolResult"]["content"].as_array().expect("content").is_empty());
            }
        }
        prop_assert!(body["toolConfig"]["tools"].is_array());
    }
}
