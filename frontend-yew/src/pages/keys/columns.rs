//! The list's columns: which there are, which are shown, and what stands in them.

use super::details::{expires, last_used};
use super::state::key_pill;
use super::view::{KeysView, Open};
use crate::browser;
use crate::format;
use crate::i18n::Texts;
use crate::pages::parts::Go;
use crate::pages::rules::windows_or_concurrency;
use crate::router::Route;
use crate::ui::{Column, Moment, Money};
use tollgate_contract::keys::Key;
use yew::prelude::*;

/// Where the viewer's choice is remembered.
const ENTRY: &str = "tollgate.keys.hidden";

/// A column beside the name, which is always there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    Status,
    Owner,
    Policy,
    Tags,
    CostCentre,
    Requests,
    Cost,
    Limits,
    LastUsed,
    Expires,
    Created,
    Deleted,
    Purged,
}

impl Shown {
    /// The columns that can be chosen of.
    pub const CHOICE: [Self; 11] = [
        Self::Status,
        Self::Owner,
        Self::Policy,
        Self::Tags,
        Self::CostCentre,
        Self::Requests,
        Self::Cost,
        Self::Limits,
        Self::LastUsed,
        Self::Expires,
        Self::Created,
    ];
    /// The recycle bin's.
    const BIN: [Self; 4] = [Self::Owner, Self::Deleted, Self::Purged, Self::LastUsed];
    /// Those that are hidden until somebody asks for them.
    const HIDDEN: [Self; 4] = [Self::Policy, Self::Tags, Self::CostCentre, Self::Created];

    fn word(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Owner => "owner",
            Self::Policy => "policy",
            Self::Tags => "tags",
            Self::CostCentre => "cost_centre",
            Self::Requests => "requests",
            Self::Cost => "cost",
            Self::Limits => "limits",
            Self::LastUsed => "last_used",
            Self::Expires => "expires",
            Self::Created => "created",
            Self::Deleted => "deleted",
            Self::Purged => "purged",
        }
    }

    /// What it is called.
    pub fn name(self, t: &Texts) -> &'static str {
        match self {
            Self::Status => t.keys.status,
            Self::Owner => t.keys.owner,
            Self::Policy => t.keys.policy,
            Self::Tags => t.keys.tags,
            Self::CostCentre => t.keys.cost_centre,
            Self::Requests => t.figures.requests,
            Self::Cost => t.figures.cost,
            Self::Limits => t.keys.limits,
            Self::LastUsed => t.keys.last_used,
            Self::Expires => t.keys.expires,
            Self::Created => t.keys.created,
            Self::Deleted => t.keys.deleted_at,
            Self::Purged => t.keys.purged_at,
        }
    }

    /// Its head.
    pub fn column(self, t: &Texts) -> Column {
        let name = self.name(t);
        match self {
            Self::Requests | Self::Cost => Column::figure(name),
            Self::Status | Self::LastUsed | Self::Deleted => Column::text(name),
            Self::Expires => Column::text(name).sortable("expires_at").minor(),
            Self::Created => Column::text(name).sortable("created_at").minor(),
            Self::Owner | Self::Policy | Self::Tags | Self::CostCentre | Self::Limits | Self::Purged => {
                Column::text(name).minor()
            }
        }
    }

    /// What stands in it.
    pub fn cell(self, key: &Key, t: &Texts) -> Html {
        match self {
            Self::Status => key_pill(key, t),
            Self::Owner => owner(key),
            Self::Policy => short(key.policy.as_ref().map_or("–", |policy| &policy.name)),
            Self::Tags => short(&key.tags.join(", ")),
            Self::CostCentre => short(&key.cost_centre),
            Self::Requests => {
                html! { <span class="figures" title={t.keys.today}>{ format::count(key.today.requests) }</span> }
            }
            Self::Cost => html! { <Money amount={key.today.charge_nano} /> },
            Self::Limits => short(&windows_or_concurrency(&key.effective.rules, t)),
            Self::LastUsed => last_used(key, t),
            Self::Expires => expires(key, false, t),
            Self::Created => html! { <Moment at={key.created_at} /> },
            Self::Deleted => key
                .deleted_at
                .map(|at| html! { <Moment {at} /> })
                .unwrap_or_default(),
            Self::Purged => key
                .purged_at
                .map(|at| html! { <Moment {at} /> })
                .unwrap_or_default(),
        }
    }
}

fn owner(key: &Key) -> Html {
    let owner = key.owner.as_ref();
    html! {
        <span class="block md:max-w-40 truncate" title={owner.map(|owner| owner.email.clone())}>
            { owner.map_or("–", |owner| owner.name.as_str()).to_owned() }
        </span>
    }
}

fn short(text: &str) -> Html {
    html! { <span class="block md:max-w-32 truncate" title={text.to_owned()}>{ text.to_owned() }</span> }
}

/// The name, which leads to the key's details.
pub fn name_cell(key: &Key, view: &KeysView) -> Html {
    let query = serde_urlencoded::to_string(view.with(Open::Details(key.id))).unwrap_or_default();
    html! {
        <div class="min-w-0 md:max-w-48 xl:max-w-52">
            <Go to={Route::Keys} {query} class="block truncate font-medium hover:underline">{ named(key) }</Go>
            <code class="block truncate font-mono text-xs text-muted">{ format!("{}…{}", key.prefix, key.last_four) }</code>
        </div>
    }
}

/// The name behind its icon.
pub fn named(key: &Key) -> String {
    if key.icon.is_empty() {
        return key.name.clone();
    }
    format!("{} {}", key.icon, key.name)
}

/// The viewer's choice.
#[derive(Clone, Debug, PartialEq)]
pub struct Chosen(Vec<Shown>);

impl Chosen {
    /// As it was remembered.
    pub fn recall() -> Self {
        browser::recall(ENTRY).map_or_else(|| Self(Shown::HIDDEN.to_vec()), |entry| Self::of_entry(&entry))
    }

    fn of_entry(entry: &str) -> Self {
        let hidden = |column: &Shown| entry.split(',').any(|word| word == column.word());
        Self(Shown::CHOICE.into_iter().filter(hidden).collect())
    }

    fn entry(&self) -> String {
        let words: Vec<&str> = self.0.iter().map(|column| column.word()).collect();
        words.join(",")
    }

    /// Whether a column is shown.
    pub fn shows(&self, column: Shown) -> bool {
        !self.0.contains(&column)
    }

    /// Shows a column, or hides it, and remembers that.
    pub fn toggle(&self, column: Shown) -> Self {
        let mut hidden = self.0.clone();
        if self.shows(column) {
            hidden.push(column);
        } else {
            hidden.retain(|other| *other != column);
        }
        let next = Self(hidden);
        browser::remember(ENTRY, &next.entry());
        next
    }

    /// The columns beside the name: of the bin, or those chosen. Whoever sees their own keys alone knows whose they are.
    pub fn columns(&self, bin: bool, everyones: bool) -> Vec<Shown> {
        let meant = |column: &Shown| everyones || *column != Shown::Owner;
        if bin {
            return Shown::BIN.into_iter().filter(meant).collect();
        }
        Shown::CHOICE
            .into_iter()
            .filter(|column| self.shows(*column) && meant(column))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_is_remembered_by_its_word() {
        let chosen = Chosen(vec![Shown::Limits, Shown::Created]);
        assert_eq!(chosen.entry(), "limits,created");
        assert_eq!(Chosen::of_entry("limits,created,gone"), chosen);
        assert!(!chosen.columns(false, true).contains(&Shown::Limits));
        // One word may begin as another does.
        assert!(Chosen::of_entry("cost_centre").shows(Shown::Cost));
        assert!(!chosen.columns(false, false).contains(&Shown::Owner));
        assert!(chosen.columns(true, true).contains(&Shown::Purged));
    }
}
