//! Links to files.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A link by which a browser loads a file without signing in; whoever has it has the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportLink {
    /// The whole address.
    pub url: String,
    /// Until when it works.
    pub expires_at: DateTime<Utc>,
}
