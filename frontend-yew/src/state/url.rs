//! What the address says: filters, sorting, page, what is open. A link shows a colleague the same picture.

use crate::router::Route;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::rc::Rc;
use yew::prelude::*;
use yew_router::prelude::*;

/// A page's state as the address has it.
#[derive(Clone, PartialEq)]
pub struct UrlState<Q: PartialEq> {
    /// As it is now.
    pub value: Rc<Q>,
    /// Changes it; "back" returns to what was.
    pub push: Callback<Q>,
    /// Changes it in place.
    pub replace: Callback<Q>,
}

/// The state in the address of the page `route`; what it does not say, or says wrongly, has its default.
#[hook]
pub fn use_url_state<Q>(route: Route) -> UrlState<Q>
where
    Q: Serialize + DeserializeOwned + Default + PartialEq + Clone + 'static,
{
    let navigator = use_navigator();
    let query = use_location()
        .map(|location| location.query_str().to_owned())
        .unwrap_or_default();
    let value = use_memo(query, |query| {
        serde_urlencoded::from_str(query.trim_start_matches('?')).unwrap_or_default()
    });
    let push = {
        let navigator = navigator.clone();
        Callback::from(move |value: Q| {
            if let Some(navigator) = &navigator {
                let _ = navigator.push_with_query(&route, value);
            }
        })
    };
    let replace = Callback::from(move |value: Q| {
        if let Some(navigator) = &navigator {
            let _ = navigator.replace_with_query(&route, value);
        }
    });
    UrlState { value, push, replace }
}
