//! Cursors of keyset paging: where a page ended, opaque to clients, bound to the list and the order it was made for.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use tollgate_contract::page::{LIMIT_DEFAULT, LIMIT_MAX};
use tollgate_http::{Code, Fault};
use uuid::Uuid;

/// The last item of a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    /// The list and its order, e.g. `keys:name:asc`.
    #[serde(rename = "l")]
    list: String,
    /// What the list is sorted by, as text; absent where that is nothing or the id itself.
    #[serde(rename = "v", default, skip_serializing_if = "Option::is_none")]
    pub(crate) value: Option<String>,
    /// The item's id.
    #[serde(rename = "i")]
    pub(crate) id: Uuid,
}

impl Cursor {
    pub(crate) fn new(list: &str, value: Option<String>, id: Uuid) -> Self {
        Self {
            list: list.to_owned(),
            value,
            id,
        }
    }

    /// As it travels.
    pub(crate) fn write(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// Reads a cursor of this very list and order.
    pub(crate) fn read(text: Option<&str>, list: &str) -> Result<Option<Self>, Fault> {
        let Some(text) = text else { return Ok(None) };
        let bytes = URL_SAFE_NO_PAD.decode(text).ok();
        let cursor: Option<Self> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        cursor
            .filter(|cursor| cursor.list == list && !holds_nul(cursor))
            .map(Some)
            .ok_or_else(|| {
                Fault::new(Code::InvalidCursor)
                    .detail("Use `next_cursor` of the page before, with the same filters and order.")
            })
    }
}

/// The database's text takes no NUL.
fn holds_nul(cursor: &Cursor) -> bool {
    cursor.value.as_deref().is_some_and(|value| value.contains('\0'))
}

/// How many items the page shall hold.
pub(crate) fn page_size(limit: Option<u32>) -> usize {
    usize::try_from(limit.unwrap_or(LIMIT_DEFAULT).min(LIMIT_MAX)).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_was_written() {
        let cursor = Cursor::new("keys:name:asc", Some("名".to_owned()), Uuid::from_u128(7));
        assert_eq!(
            Cursor::read(Some(&cursor.write()), "keys:name:asc").unwrap(),
            Some(cursor)
        );
        assert_eq!(Cursor::read(None, "keys:name:asc").unwrap(), None);
    }

    #[test]
    fn a_cursor_of_another_list_and_nonsense_are_refused() {
        let other = Cursor::new("keys:name:desc", None, Uuid::nil()).write();
        let nul = Cursor::new("keys:name:asc", Some("a\0".to_owned()), Uuid::nil()).write();
        for text in [other.as_str(), nul.as_str(), "", "!", "e30"] {
            let fault = Cursor::read(Some(text), "keys:name:asc").unwrap_err();
            assert_eq!(fault.code(), Code::InvalidCursor, "{text}");
        }
    }
}
