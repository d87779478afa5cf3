//! The people of the organisation.

use super::{Query, path_with, use_get};
use tollgate_contract::ids::UserId;
use tollgate_contract::page::Page;
use tollgate_contract::users::{Member, UserQuery};
use yew::prelude::*;

/// The people that fit; of nothing asked for, none.
#[hook]
pub fn use_people(query: Option<&UserQuery>) -> Query<Page<Member>> {
    use_get(query.map(|query| path_with("/users", query)).unwrap_or_default())
}

/// One of them, by their id, once they are known. Of the nil id, which stands for nobody, nothing is asked.
#[hook]
pub fn use_person(id: Option<UserId>) -> Option<Member> {
    let query = id.filter(|id| !id.0.is_nil()).map(|id| UserQuery {
        user_id: Some(id),
        ..UserQuery::default()
    });
    let found = use_people(query.as_ref());
    let mut items = found.data.as_ref()?.items.iter();
    // Another's answer may be shown while theirs is on its way.
    items.find(|person| Some(person.id) == id).cloned()
}
