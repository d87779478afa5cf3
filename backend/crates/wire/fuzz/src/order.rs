//! The order of a stream's events that every reader promises (`model::StreamEvent`).

use std::collections::BTreeMap;
use tollgate_wire::model::{PartStart, StreamEvent};

#[derive(Default)]
struct Choice {
    parts: u32,
    open: Option<PartStart>,
    stopped: bool,
}

/// Panics unless the events keep to the order; `None` of an event's choices may still be unstopped at the end.
pub fn check(what: &str, events: &[StreamEvent]) {
    let mut choices = BTreeMap::<u32, Choice>::new();
    let (mut begun, mut over) = (false, false);
    for (at, event) in events.iter().enumerate() {
        let shown = || format!("{what}: event {at} of {events:#?}");
        assert!(!over, "after the end: {}", shown());
        match event {
            StreamEvent::Start { .. } => {
                assert!(!begun, "a second start: {}", shown());
                begun = true;
                continue;
            }
            StreamEvent::Error(_) => {
                over = true;
                continue;
            }
            _ => assert!(begun, "before the start: {}", shown()),
        }
        match event {
            StreamEvent::Open { choice, part, start } => {
                let choice = choices.entry(*choice).or_default();
                assert!(
                    choice.open.is_none() && !choice.stopped && choice.parts == *part,
                    "{}",
                    shown()
                );
                choice.open = Some(start.clone());
                choice.parts += 1;
            }
            StreamEvent::Piece { choice, text } => {
                assert!(
                    !text.is_empty() && choices.get(choice).is_some_and(|choice| choice.open.is_some()),
                    "{}",
                    shown()
                );
            }
            StreamEvent::Cited { choice, .. } => {
                let open = choices.get(choice).and_then(|choice| choice.open.as_ref());
                assert_eq!(open, Some(&PartStart::Text), "{}", shown());
            }
            StreamEvent::Logprobs { choice, .. } => {
                let open = choices.get(choice).and_then(|choice| choice.open.as_ref());
                assert!(
                    matches!(open, Some(PartStart::Text | PartStart::Refusal)),
                    "{}",
                    shown()
                );
            }
            StreamEvent::Sealed { choice, .. } => {
                let open = choices.get(choice).and_then(|choice| choice.open.as_ref());
                let sealable = matches!(
                    open,
                    Some(PartStart::Thinking { .. } | PartStart::ToolCall { .. })
                );
                assert!(sealable, "{}", shown());
            }
            StreamEvent::Close { choice } => {
                let choice = choices.get_mut(choice).filter(|choice| choice.open.is_some());
                choice.unwrap_or_else(|| panic!("{}", shown())).open = None;
            }
            StreamEvent::Stop { choice, .. } => {
                let choice = choices.entry(*choice).or_default();
                assert!(choice.open.is_none() && !choice.stopped, "{}", shown());
                choice.stopped = true;
            }
            StreamEvent::End => {
                over = true;
                assert!(choices.values().all(|choice| choice.stopped), "{}", shown());
            }
            StreamEvent::Start { .. } | StreamEvent::Usage(_) | StreamEvent::Error(_) => {}
        }
    }
}
