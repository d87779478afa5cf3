//! Which family a model is of, as far as requests differ by it.

use crate::bedrock::{Age, age, is_claude};

/// A model as requests see it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Model<'a> {
    pub id: &'a str,
    /// Claude's age; `None` for any other model.
    pub claude: Option<Age>,
    nova: bool,
}

impl<'a> Model<'a> {
    pub fn of(id: &'a str) -> Self {
        Self {
            id,
            claude: is_claude(id).then(|| age(id)),
            nova: id.contains("amazon.nova"),
        }
    }

    /// Whether it takes cache marks in system text and messages (Amazon Bedrock's user guide, "Prompt caching").
    pub fn caches(&self) -> bool {
        self.claude.is_some() || self.nova
    }

    /// Whether it takes them among tools.
    pub fn caches_tools(&self) -> bool {
        self.claude.is_some()
    }

    /// Whether it takes `status` in a tool's result (Amazon Bedrock's API reference, "ToolResultBlock").
    pub fn takes_status(&self) -> bool {
        self.claude.is_some() || self.nova
    }

    /// Whether it can be held to a tool's schema (Amazon Bedrock's user guide, "Get validated JSON results from models").
    pub fn keeps_schemas(&self) -> bool {
        self.claude.is_some_and(|age| age >= Age::FourFive)
    }

    /// Whether it takes an effort.
    pub fn takes_effort(&self) -> bool {
        self.claude.is_some_and(|age| age >= Age::FourSix) || self.id.contains("claude-opus-4-5")
    }
}
