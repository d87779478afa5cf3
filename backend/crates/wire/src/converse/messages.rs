//! The conversation, as Converse wants it: the user begins, the sides take turns, and no message is empty.

use super::blocks::{Names, write_cache_point, write_part};
use super::model::Model;
use super::thinking::is_own_thinking;
use crate::model::{Aspect, Part, Request, Role, Unsayable};
use crate::write::{ArrayWriter, ObjectWriter};

/// Turns of one side that follow each other are one message.
pub(super) struct Messages<'r, 'a> {
    model: Model<'r>,
    list: Vec<(Role, Vec<&'r Part<'a>>)>,
}

impl<'r, 'a> Messages<'r, 'a> {
    pub fn of(request: &'r Request<'a>, model: &Model<'r>) -> Result<Self, Unsayable> {
        let mut list: Vec<(Role, Vec<&Part<'a>>)> = Vec::new();
        for turn in &request.turns {
            let said: Vec<_> = turn.parts.iter().filter(|part| is_said(part, model)).collect();
            match list.last_mut() {
                _ if said.is_empty() => {}
                Some((role, parts)) if *role == turn.role => parts.extend(said),
                _ => list.push((turn.role, said)),
            }
        }
        match list.first() {
            None => Err(unsayable(
                "Amazon Bedrock wants at least one message; say something.",
            )),
            Some((Role::Assistant, _)) => Err(unsayable(
                "On Amazon Bedrock a conversation begins with the user's turn; put one first.",
            )),
            Some((Role::User, _)) => Ok(Self { model: *model, list }),
        }
    }

    pub fn write(&self, array: &mut ArrayWriter<'_>) -> Result<(), Unsayable> {
        let mut names = Names::default();
        for (role, parts) in &self.list {
            let mut result = Ok(());
            array.object(|message| {
                message.text("role", if *role == Role::User { "user" } else { "assistant" });
                message.array("content", |content| {
                    result = parts
                        .iter()
                        .try_for_each(|part| write_part(part, *role, &self.model, &mut names, content));
                    if let Some(title) = needed_text(parts) {
                        content.object(|block| block.text("text", title));
                    }
                });
            });
            result?;
        }
        Ok(())
    }
}

/// Bedrock takes a document only beside a text (Amazon Bedrock's API reference, "Message"). In a message without one this
/// stands for it: the first document's title.
fn needed_text<'p>(parts: &[&'p Part<'_>]) -> Option<&'p str> {
    if parts.iter().any(|part| matches!(part, Part::Text { .. })) {
        return None;
    }
    parts.iter().find_map(|part| match part {
        Part::Document(document) => {
            let title = document.title.as_deref().map(str::trim);
            Some(title.filter(|title| !title.is_empty()).unwrap_or("document"))
        }
        _ => None,
    })
}

/// Whether there is anything to say of it: empty texts are refused, and thinking is read by its own vendor alone.
fn is_said(part: &Part<'_>, model: &Model<'_>) -> bool {
    match part {
        Part::Text { text, .. } | Part::Refusal { text } => !text.trim().is_empty(),
        Part::Thinking { .. } => model.claude.is_some() && is_own_thinking(part),
        _ => true,
    }
}

/// Writes `system`, if there is any.
pub(super) fn write_system(
    parts: &[Part<'_>],
    model: &Model<'_>,
    object: &mut ObjectWriter<'_>,
) -> Result<(), Unsayable> {
    let text = |part: &Part<'_>| matches!(part, Part::Text { .. });
    if !parts.iter().all(text) {
        return Err(Unsayable::new(
            Aspect::System,
            "On Amazon Bedrock a system prompt is text alone; give other things in the user's turn.",
        ));
    }
    if !parts.iter().any(|part| is_said(part, model)) {
        return Ok(());
    }
    object.array("system", |array| {
        for part in parts.iter().filter(|part| is_said(part, model)) {
            let Part::Text { text, cache, .. } = part else {
                continue;
            };
            array.object(|block| block.text("text", text));
            if let Some(cache) = cache.filter(|_| model.caches()) {
                write_cache_point(cache, array);
            }
        }
    });
    Ok(())
}

pub(super) fn unsayable(why: &str) -> Unsayable {
    Unsayable::new(Aspect::Turns, why)
}
