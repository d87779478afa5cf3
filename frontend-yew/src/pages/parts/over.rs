//! What the address says of a small list whose entries are made and changed in one form.

use super::is_default;
use serde::{Deserialize, Serialize};

/// In [`Opened::open`]: one is being made.
const NEW: &str = "new";

/// What is open.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Opened {
    /// The id of the one that is changed, or [`NEW`].
    #[serde(skip_serializing_if = "is_default")]
    pub open: Option<String>,
}

impl Opened {
    /// The form of a new one.
    pub fn new() -> Self {
        Self {
            open: Some(NEW.to_owned()),
        }
    }

    /// The form of this one.
    pub fn of(id: impl ToString) -> Self {
        Self {
            open: Some(id.to_string()),
        }
    }

    /// Whether one is being made.
    pub fn is_new(&self) -> bool {
        self.open.as_deref() == Some(NEW)
    }
}
