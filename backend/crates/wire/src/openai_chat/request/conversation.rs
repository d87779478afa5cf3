//! Gathers chat messages into turns: the system's words apart, tool results into the user's turn.
//! Never in here: how messages are written.

use crate::model::{Part, Role, ToolResult, Turn};
use std::borrow::Cow;

/// The conversation so far.
#[derive(Debug, Default)]
pub(super) struct Conversation<'a> {
    pub system: Vec<Part<'a>>,
    pub turns: Vec<Turn<'a>>,
    /// The last turn has results alone: what follows of the results, and the user's words after them, belong to it.
    results: bool,
    /// The last `function_call`, which has no id: whose result the next `function` message is.
    function: Option<String>,
}

impl<'a> Conversation<'a> {
    pub fn user(&mut self, parts: Vec<Part<'a>>) {
        self.add(Role::User, parts);
        self.results = false;
    }

    pub fn assistant(&mut self, parts: Vec<Part<'a>>) {
        self.results = false;
        self.add(Role::Assistant, parts);
    }

    pub fn result(&mut self, result: ToolResult<'a>) {
        let begins = !self.results;
        if begins {
            self.turns.push(Turn {
                role: Role::User,
                parts: Vec::new(),
            });
        }
        self.results = true;
        if let Some(turn) = self.turns.last_mut() {
            turn.parts.push(Part::ToolResult(result));
        }
    }

    /// An id for a `function_call`, from where it stands.
    pub fn function_id(&mut self) -> Cow<'a, str> {
        let id = format!("call_{}_0", self.turns.len());
        self.function = Some(id.clone());
        id.into()
    }

    /// The id of the last `function_call`.
    pub fn function(&mut self) -> Option<Cow<'a, str>> {
        self.function.take().map(Into::into)
    }

    /// No turn is empty.
    fn add(&mut self, role: Role, mut parts: Vec<Part<'a>>) {
        if parts.is_empty() {
            return;
        }
        match self.turns.last_mut() {
            Some(turn) if self.results && role == Role::User => turn.parts.append(&mut parts),
            _ => self.turns.push(Turn { role, parts }),
        }
    }
}
