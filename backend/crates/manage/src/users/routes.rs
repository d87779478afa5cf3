//! `users`: over HTTP. The rule is one line, so there is no service beside it.

use super::store;
use crate::cursor::Cursor;
use crate::cursor::page_size;
use crate::mount::Routes;
use crate::permissions::{Action, require};
use actix_web::web::Json;
use tollgate_contract::page::Page;
use tollgate_contract::users::{Member, UserQuery};
use tollgate_http::{Caller, Fault, Params};

const LIST: &str = "users";

pub(crate) fn mount(routes: &mut Routes) {
    routes.get("/users", list_users);
}

/// List the organisation's people.
#[utoipa::path(get, path = "/users", tag = "users", params(UserQuery), security(("bearer" = [])),
    responses((status = 200, description = "By e-mail address", body = Page<Member>)))]
pub(crate) async fn list_users(
    caller: Caller,
    query: Params<UserQuery>,
) -> Result<Json<Page<Member>>, Fault> {
    require(&caller, Action::UsersRead)?;
    let after = Cursor::read(query.0.cursor.as_deref(), LIST)?.and_then(|cursor| cursor.value);
    let size = page_size(query.0.limit);
    let mut tx = caller.tx().await?;
    let total = store::count_all(&mut tx, &query.0).await?;
    let mut items = store::list(&mut tx, &query.0, after.as_deref(), size.saturating_add(1)).await?;
    let more = items.len() > size;
    items.truncate(size);
    let last = items.last().filter(|_| more);
    let next_cursor = last.map(|last| Cursor::new(LIST, Some(last.email.clone()), last.id.0).write());
    Ok(Json(Page {
        items,
        next_cursor,
        total: Some(total),
    }))
}
