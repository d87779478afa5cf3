//! Connecting an account at its vendor's own page: which way and proxy, the link, the code that is brought back, what came
//! of it. The code is held only until it is sent; the vendor's tokens never come here.

mod begin;
mod connected;
mod finish;
mod ways;

use crate::i18n::{fill, use_texts};
use begin::Begin;
use connected::Finished;
use finish::Finish;
use std::rc::Rc;
use tollgate_contract::accounts::{Account, AuthUrl, Connected};
use yew::prelude::*;

pub use ways::can_reconnect;

#[derive(Properties, PartialEq)]
pub struct ConnectProps {
    /// The account that is connected anew; a new one, if absent.
    #[prop_or_default]
    pub account: Option<Rc<Account>>,
    /// Shows the account that was connected.
    pub onshow: Callback<Account>,
    pub onclose: Callback<()>,
}

/// How far it came.
#[derive(Clone, PartialEq)]
enum Stage {
    Begin(begin::Draft),
    Finish(begin::Draft, Rc<AuthUrl>),
    Connected(Rc<Connected>),
}

/// The wizard.
#[component]
pub fn Connect(props: &ConnectProps) -> Html {
    let t = use_texts();
    let account = props.account.clone();
    let stage = use_state(|| Stage::Begin(begin::Draft::of(account.as_deref())));
    // Begun anew, it asks for nothing again but the code.
    let typed = use_state(finish::Draft::default);
    let title: AttrValue = match &account {
        Some(account) => fill(t.connect.title_anew, &[("name", &account.name)]).into(),
        None => t.connect.title.into(),
    };
    let onclose = props.onclose.clone();
    match &*stage {
        Stage::Begin(draft) => {
            let onbegun = {
                let stage = stage.clone();
                Callback::from(move |(draft, url)| stage.set(Stage::Finish(draft, Rc::new(url))))
            };
            html! { <Begin key="begin" {title} {account} draft={draft.clone()} {onbegun} {onclose} /> }
        }
        Stage::Finish(chosen, url) => {
            let onconnected = {
                let stage = stage.clone();
                Callback::from(move |connected| stage.set(Stage::Connected(Rc::new(connected))))
            };
            let onagain = {
                let (stage, typed, chosen) = (stage.clone(), typed.clone(), chosen.clone());
                Callback::from(move |draft| {
                    typed.set(draft);
                    stage.set(Stage::Begin(chosen.clone()));
                })
            };
            html! {
                <Finish key={url.flow_id.to_string()} {title} way={chosen.way} url={url.clone()} {account} draft={(*typed).clone()}
                    {onconnected} {onagain} {onclose} />
            }
        }
        Stage::Connected(connected) => {
            html! { <Finished key="connected" connected={connected.clone()} onshow={props.onshow.clone()} {onclose} /> }
        }
    }
}
