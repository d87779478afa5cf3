//! One page of a list. The cursor is opaque: hand it back as `cursor` with the same filters and sorting.

use serde::{Deserialize, Serialize};

/// Items on a page when none are asked for.
pub const LIMIT_DEFAULT: u32 = 50;
/// Most items on a page: one answer stays below a few hundred kilobytes.
pub const LIMIT_MAX: u32 = 200;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    /// The items, in the order asked for.
    pub items: Vec<T>,
    /// Where the next page begins; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// How many items the filters match, over all pages; absent where counting would cost more than reading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

/// The direction of a sort.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Smallest, first letter or oldest first.
    Asc,
    /// Largest, last letter or newest first.
    #[default]
    Desc,
}
