//! What the address says of the page of keys.

use crate::pages::parts::is_default;
use serde::{Deserialize, Serialize};
use tollgate_contract::ids::{KeyId, PolicyId, UserId};
use tollgate_contract::keys::{KeyQuery, KeySort, KeyStatus};
use tollgate_contract::page::Order;

/// In [`KeysView::open`]: a key is being made, or many are.
const NEW: &str = "new";
const MANY: &str = "many";

/// How a key stands, to filter by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Switched on and not expired.
    Active,
    /// Switched off.
    Disabled,
    /// Expired, whether switched on or not.
    Expired,
}

impl Standing {
    /// All of them, as the address has them.
    pub const ALL: [(Self, &'static str); 3] = [
        (Self::Active, "active"),
        (Self::Disabled, "disabled"),
        (Self::Expired, "expired"),
    ];

    /// The one of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|(_, name)| *name == text)
            .map(|(standing, _)| standing)
    }
}

/// Filters, sorting, page, and what is open.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeysView {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Standing>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_centre: Option<String>,
    /// The recycle bin, in place of the keys in use.
    #[serde(skip_serializing_if = "is_default")]
    pub bin: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub sort: KeySort,
    #[serde(skip_serializing_if = "is_default")]
    pub order: Order,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// A key's id, or [`NEW`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open: Option<String>,
    /// Whether what is open is being changed.
    #[serde(skip_serializing_if = "is_default")]
    pub edit: bool,
}

/// What lies over the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Open {
    Nothing,
    Create,
    CreateMany,
    Details(KeyId),
    Edit(KeyId),
}

impl KeysView {
    /// The query of the address at which a key is made.
    pub const CREATE: &'static str = "open=new";

    /// What lies over the list; an id that is none is nothing.
    pub fn opened(&self) -> Open {
        match self.open.as_deref() {
            Some(NEW) => Open::Create,
            Some(MANY) => Open::CreateMany,
            Some(id) => match id.parse() {
                Ok(id) if self.edit => Open::Edit(id),
                Ok(id) => Open::Details(id),
                Err(_) => Open::Nothing,
            },
            None => Open::Nothing,
        }
    }

    /// The same list with nothing open.
    pub fn closed(&self) -> Self {
        Self {
            open: None,
            edit: false,
            ..self.clone()
        }
    }

    /// The same list with this over it.
    pub fn with(&self, open: Open) -> Self {
        let closed = self.closed();
        match open {
            Open::Nothing => closed,
            Open::Create => Self {
                open: Some(NEW.to_owned()),
                ..closed
            },
            Open::CreateMany => Self {
                open: Some(MANY.to_owned()),
                ..closed
            },
            Open::Details(id) => Self {
                open: Some(id.to_string()),
                ..closed
            },
            Open::Edit(id) => Self {
                open: Some(id.to_string()),
                edit: true,
                ..closed
            },
        }
    }

    /// The first page of the list with other filters or another order.
    pub fn with_list(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut next = Self {
            cursor: None,
            ..self.closed()
        };
        change(&mut next);
        next
    }

    /// Whether anything is left out by a filter.
    pub fn filtered(&self) -> bool {
        *self != self.unfiltered()
    }

    /// The same list, in the same order, with nothing left out.
    pub fn unfiltered(&self) -> Self {
        Self {
            bin: self.bin,
            sort: self.sort,
            order: self.order,
            cursor: self.cursor.clone(),
            open: self.open.clone(),
            edit: self.edit,
            ..Self::default()
        }
    }

    /// What to ask the server for.
    pub fn to_query(&self) -> KeyQuery {
        KeyQuery {
            text: self.text.clone(),
            status: match self.status {
                Some(Standing::Active) => Some(KeyStatus::Active),
                Some(Standing::Disabled) => Some(KeyStatus::Disabled),
                Some(Standing::Expired) | None => None,
            },
            expired: match self.status {
                Some(Standing::Active) => Some(false),
                Some(Standing::Expired) => Some(true),
                Some(Standing::Disabled) | None => None,
            },
            tag: self.tag.clone(),
            owner_user_id: self.owner,
            policy_id: self.policy,
            cost_centre: self.cost_centre.clone(),
            deleted: self.bin,
            sort: self.sort,
            order: self.order,
            cursor: self.cursor.clone(),
            limit: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_short_and_comes_back_as_it_was() {
        assert_eq!(serde_urlencoded::to_string(KeysView::default()).unwrap(), "");
        let view = KeysView {
            text: Some("ann & co".to_owned()),
            status: Some(Standing::Disabled),
            sort: KeySort::Name,
            order: Order::Asc,
            ..KeysView::default()
        };
        let text = serde_urlencoded::to_string(&view).unwrap();
        assert_eq!(text, "text=ann+%26+co&status=disabled&sort=name&order=asc");
        assert_eq!(serde_urlencoded::from_str::<KeysView>(&text).unwrap(), view);
    }

    #[test]
    fn what_is_open_survives_the_address_and_other_filters_close_it() {
        let id = "019a0000-0000-7000-8000-000000000001".parse().unwrap();
        let view = KeysView {
            cursor: Some("c".to_owned()),
            ..KeysView::default()
        }
        .with(Open::Edit(id));
        let text = serde_urlencoded::to_string(&view).unwrap();
        assert_eq!(
            serde_urlencoded::from_str::<KeysView>(&text).unwrap().opened(),
            Open::Edit(id)
        );
        let other = view.with_list(|view| view.tag = Some("x".to_owned()));
        assert_eq!((other.opened(), other.cursor), (Open::Nothing, None));
        assert_eq!(
            serde_urlencoded::from_str::<KeysView>(KeysView::CREATE)
                .unwrap()
                .opened(),
            Open::Create
        );
    }
}
