//! The people of the organisation.

use super::{Query, use_get};
use tollgate_contract::page::Page;
use tollgate_contract::users::Member;
use yew::prelude::*;

/// Those who may own keys.
#[hook]
pub fn use_people() -> Query<Page<Member>> {
    use_get("/users?limit=200".to_owned())
}
