//! The people of the organisation.

use super::{Query, use_get};
use tollgate_contract::page::Page;
use tollgate_contract::users::Member;
use yew::prelude::*;

/// Those who may own keys.
#[hook]
pub fn use_people() -> Query<Page<Member>> {
    use_people_if(true)
}

/// The same, if the viewer may see them.
#[hook]
pub fn use_people_if(may: bool) -> Query<Page<Member>> {
    use_get(if may { "/users?limit=200" } else { "" }.to_owned())
}
