//! The upstream platforms that accounts can be made for.

use serde::{Deserialize, Serialize};

/// An upstream platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    /// Claude with a base URL and an API key of one's own.
    ClaudeConsole,
}

impl Platform {
    /// All platforms that accounts can be made for.
    pub const ALL: [Self; 1] = [Self::ClaudeConsole];

    /// As stored and written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClaudeConsole => "claude_console",
        }
    }

    /// The platform of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|platform| platform.as_str() == text)
    }
}
