//! The item that a streamed answer is writing just now, and how it begins. Never in here: its events.

use crate::model::{Citation, Context, PartStart, Sealed, TokenLogprob};
use crate::openai_responses::answer::{
    Call, CallKind, item_id, reasoning_id, write_message, write_reasoning,
};
use crate::write::write_object;

/// The item that is under way. It is done when another begins or the answer ends, since its state is only known then.
#[derive(Debug)]
pub(super) enum Item {
    Message(Message),
    Reasoning {
        id: String,
        text: String,
        sealed: Option<Sealed<'static>>,
    },
    Call {
        call: Call,
        told: String,
        sealed: Option<Sealed<'static>>,
    },
}

#[derive(Debug, Default)]
pub(super) struct Message {
    pub id: String,
    /// Parts that are done, with commas between.
    pub content: Vec<u8>,
    /// How many parts are done.
    pub done: u32,
    pub part: Option<Spoken>,
}

/// A part of a message.
#[derive(Debug, Default)]
pub(super) struct Spoken {
    pub refusal: bool,
    pub text: String,
    pub citations: Vec<Citation<'static>>,
    pub logprobs: Vec<TokenLogprob>,
}

impl Item {
    /// The `n`th item, and how it is shown as it begins; nothing for the local shell, whose calls have no pieces.
    pub fn begin(start: &PartStart, context: &Context, n: u32) -> (Self, Vec<u8>) {
        let mut shown = Vec::new();
        let item = match start {
            PartStart::Text | PartStart::Refusal => {
                let id = item_id("msg", context, n);
                write_message(&mut shown, &id, "in_progress", b"");
                Self::Message(Message {
                    id,
                    ..Message::default()
                })
            }
            PartStart::Thinking { redacted, id } => {
                let id = reasoning_id(id.as_deref(), *redacted, context, n);
                write_reasoning(&mut shown, context, &id, "", None);
                Self::Reasoning {
                    id,
                    text: String::new(),
                    sealed: None,
                }
            }
            PartStart::ToolCall { id, name } => {
                let call = Call::new(context, n, id, name);
                write_begun_call(&mut shown, &call);
                Self::Call {
                    call,
                    told: String::new(),
                    sealed: None,
                }
            }
        };
        (item, shown)
    }
}

/// A call as it begins, without arguments.
fn write_begun_call(into: &mut Vec<u8>, call: &Call) {
    let (kind, field) = match call.kind {
        CallKind::Function => ("function_call", "arguments"),
        CallKind::FreeText => ("custom_tool_call", "input"),
        CallKind::LocalShell => return,
    };
    write_object(into, |item| {
        item.text("id", &call.id);
        item.text("type", kind);
        item.text("status", "in_progress");
        item.text("call_id", &call.pairs);
        item.text("name", &call.name);
        item.text_if("namespace", call.namespace.as_deref());
        item.text(field, "");
    });
}
