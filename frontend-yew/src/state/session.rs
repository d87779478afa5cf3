//! Who is signed in, and that other tabs hear of it when that changes. Tokens live in `api::token`.

use crate::api::{self, token};
use gloo_events::EventListener;
use std::rc::Rc;
use tollgate_contract::auth::Me;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::BroadcastChannel;
use yew::prelude::*;

const CHANNEL: &str = "tollgate.session";

/// Who is signed in.
#[derive(Clone, Debug, PartialEq)]
pub enum Session {
    /// Not known yet.
    Starting,
    /// The server could not be asked.
    Unreachable,
    /// Nobody.
    Nobody,
    /// This person, in this organisation.
    Someone(Rc<Me>),
}

impl Session {
    fn tenant(&self) -> Option<(String, String)> {
        match self {
            Self::Someone(me) => Some((me.tenant.slug.clone(), me.user.id.to_string())),
            _ => None,
        }
    }
}

#[derive(Properties, PartialEq)]
pub struct SessionProviderProps {
    pub children: Html,
}

/// Finds out who is signed in and gives it to everything below.
#[component]
pub fn SessionProvider(props: &SessionProviderProps) -> Html {
    let session = use_state(|| {
        if token::hinted() {
            Session::Starting
        } else {
            Session::Nobody
        }
    });
    {
        let session = session.clone();
        use_effect_with((), move |()| {
            let listener = session.clone();
            token::listen(Callback::from(move |me: Option<Rc<Me>>| {
                listener.set(me.map_or(Session::Nobody, Session::Someone));
            }));
            if token::hinted() {
                spawn_local(async move {
                    if token::renew().await.is_err_and(|error| !error.is_silent()) {
                        session.set(Session::Unreachable);
                    }
                });
            }
        });
    }
    use_other_tabs(&session);
    yew::provide((*session).clone(), props.children.clone())
}

/// Tells other tabs when someone else, or nobody, is signed in, and follows them.
#[hook]
fn use_other_tabs(session: &Session) {
    let channel = use_memo((), |()| BroadcastChannel::new(CHANNEL).ok());
    {
        let channel = channel.clone();
        use_effect_with((), move |()| {
            let listener = channel.as_ref().as_ref().map(|channel| {
                EventListener::new(channel, "message", |_| {
                    api::forget_everything();
                    if !token::hinted() {
                        token::lose();
                        return;
                    }
                    spawn_local(async {
                        // The other tab's session, by the same cookie.
                        let _ = token::renew().await;
                    });
                })
            });
            move || drop(listener)
        });
    }
    let known = use_mut_ref(|| None);
    use_effect_with(session.clone(), move |session| {
        if matches!(session, Session::Starting | Session::Unreachable) {
            return;
        }
        let now = Some(session.tenant());
        let before = known.replace(now.clone());
        if before.is_some()
            && before != now
            && let Some(channel) = channel.as_ref()
        {
            let _ = channel.post_message(&JsValue::TRUE);
        }
    });
}

/// Who is signed in.
#[hook]
pub fn use_session() -> Session {
    use_context::<Session>().unwrap_or(Session::Starting)
}

/// The person signed in; `None` on pages that need nobody.
#[hook]
pub fn use_me() -> Option<Rc<Me>> {
    match use_session() {
        Session::Someone(me) => Some(me),
        _ => None,
    }
}

/// Whether the person signed in may do something.
pub fn may(me: Option<&Rc<Me>>, permission: &str) -> bool {
    me.is_some_and(|me| me.permissions.iter().any(|held| held == permission))
}
