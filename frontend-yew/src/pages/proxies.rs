//! Proxies: entries that several accounts may share, each testable.

mod form;

use crate::api::proxies::{self, use_proxies};
use crate::api::use_action;
use crate::i18n::{Texts, fill, problem_message, use_locale, use_texts};
use crate::pages::parts::{Go, Opened};
use crate::router::Route;
use crate::state::{UrlState, may, use_me, use_url_state};
use crate::ui::{
    Button, ButtonKind, Column, Confirm, Empty, Failure, Glyph, Icon, Menu, MenuItem, Moment, Page, PageHead,
    Pill, Row, Table, Tone, use_toasts,
};
use form::ProxyDialog;
use std::rc::Rc;
use tollgate_contract::ids::ProxyId;
use tollgate_contract::proxies::{Proxies as ProxyList, Proxy};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// The page.
#[component]
pub fn Proxies() -> Html {
    let t = use_texts();
    let me = use_me();
    let view = use_url_state::<Opened>(Route::Proxies);
    let found = use_proxies();
    let doomed = use_state(|| None::<Rc<Proxy>>);
    let writes = may(me.as_ref(), "accounts.write");
    let close = view.push.reform(|()| Opened::default());
    let ondelete = {
        let doomed = doomed.clone();
        Callback::from(move |proxy| doomed.set(Some(proxy)))
    };
    let keep = {
        let doomed = doomed.clone();
        Callback::from(move |()| doomed.set(None))
    };
    let failed = found.error.clone().filter(|_| found.data.is_none());
    html! {
        <Page>
            <PageHead title={t.proxies.title} text={Some(AttrValue::from(t.proxies.intro))}>
                if writes {
                    <Button kind={ButtonKind::Primary} glyph={Glyph::Plus} label={t.proxies.add} onclick={view.push.reform(|()| Opened::new())} />
                }
            </PageHead>
            if let Some(error) = failed {
                <Failure {error} onretry={found.reload.clone()} />
            } else {
                <List view={view.clone()} proxies={found.data.clone()} {writes} {ondelete} />
            }
            if writes {
                { opened(&view.value, found.data.as_deref(), &close) }
            }
            if let Some(doomed) = &*doomed {
                <Remove doomed={doomed.clone()} onclose={keep} />
            }
        </Page>
    }
}

fn opened(view: &Opened, known: Option<&ProxyList>, close: &Callback<()>) -> Html {
    if view.is_new() {
        return html! { <ProxyDialog onclose={close.clone()} /> };
    }
    let edited = view
        .open
        .as_ref()
        .and_then(|open| known?.items.iter().find(|proxy| proxy.id.to_string() == *open));
    match edited {
        Some(edited) => {
            html! { <ProxyDialog key={edited.id.to_string()} edited={Some(Rc::new(edited.clone()))} onclose={close.clone()} /> }
        }
        None => Html::default(),
    }
}

#[derive(Properties, PartialEq)]
struct ListProps {
    view: UrlState<Opened>,
    proxies: Option<Rc<ProxyList>>,
    writes: bool,
    ondelete: Callback<Rc<Proxy>>,
}

#[component]
fn List(props: &ListProps) -> Html {
    let t = use_texts();
    let (testing, ontest) = use_test();
    if props
        .proxies
        .as_ref()
        .is_some_and(|proxies| proxies.items.is_empty())
    {
        return html! {
            <div class="panel">
                <Empty glyph={Glyph::Tunnel} title={t.proxies.empty_title} text={t.proxies.empty_help}>
                    if props.writes {
                        <Button kind={ButtonKind::Primary} glyph={Glyph::Plus} label={t.proxies.add} onclick={props.view.push.reform(|()| Opened::new())} />
                    }
                </Empty>
            </div>
        };
    }
    let rows = props.proxies.as_ref().map(|proxies| {
        let rows = proxies.items.iter().map(|proxy| {
            let busy = testing == Some(proxy.id);
            let test = props.writes.then(|| {
                ontest.reform({
                    let id = proxy.id;
                    move |()| id
                })
            });
            Row {
                key: proxy.id.to_string().into(),
                cells: cells(proxy, busy, test, t),
                onopen: props.writes.then(|| opening(&props.view, proxy.id)),
                menu: if props.writes {
                    row_menu(proxy, props, t)
                } else {
                    Html::default()
                },
            }
        });
        rows.collect::<Vec<_>>()
    });
    let columns = vec![
        Column::text(t.proxies.name),
        Column::text(t.proxies.sign_in).minor(),
        Column::figure(t.proxies.used_by),
        Column::text(t.proxies.last_test),
    ];
    html! {
        <div class="panel overflow-hidden"><Table label={t.proxies.title} {columns} {rows} menus={props.writes} skeletons=3 /></div>
    }
}

fn opening(view: &UrlState<Opened>, id: ProxyId) -> Callback<()> {
    view.push.reform(move |()| Opened::of(id))
}

fn cells(proxy: &Proxy, busy: bool, test: Option<Callback<()>>, t: &Texts) -> Vec<Html> {
    let sign_in = match (proxy.username.is_empty(), proxy.has_password) {
        (true, _) => "–".to_owned(),
        (false, true) => format!("{} · ••••", proxy.username),
        (false, false) => proxy.username.clone(),
    };
    vec![
        html! {
            <div class="min-w-0 md:max-w-80">
                <Go to={Route::Proxies} query={format!("open={}", proxy.id)} class="block truncate font-medium hover:underline">{ proxy.name.clone() }</Go>
                <code class="block truncate font-mono text-xs text-muted">{ format!("{}://{}:{}", proxy.scheme.as_str(), host(&proxy.host), proxy.port) }</code>
            </div>
        },
        html! { <span class="block truncate md:max-w-40">{ sign_in }</span> },
        html! { <span class="figures">{ proxy.accounts }</span> },
        html! {
            <div class="flex flex-wrap items-center gap-2">
                { tested(proxy, t) }
                if let Some(onclick) = test {
                    <Button glyph={Glyph::Play} label={t.proxies.test} {busy} {onclick} />
                }
            </div>
        },
    ]
}

/// IPv6 stands in brackets within an address (RFC 3986, section 3.2.2).
fn host(host: &str) -> String {
    if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    }
}

fn tested(proxy: &Proxy, t: &Texts) -> Html {
    let Some(test) = &proxy.last_test else {
        return html! { <span class="text-muted">{ t.proxies.untested }</span> };
    };
    let (tone, word) = match (test.code.as_str(), test.latency_ms) {
        ("ok", Some(ms)) => (Tone::Good, crate::format::duration(ms)),
        ("ok", None) => (Tone::Good, t.proxies.works.to_owned()),
        (code, _) => (Tone::Bad, code.to_owned()),
    };
    html! {
        <span class="min-w-0">
            <span class="flex items-center gap-2"><Pill {tone} text={word} title={test.message.clone()} /><span class="text-xs text-muted"><Moment at={test.at} /></span></span>
            if !test.message.is_empty() {
                <span class="block max-w-64 truncate text-xs text-muted" title={test.message.clone()}>{ test.message.clone() }</span>
            }
        </span>
    }
}

fn row_menu(proxy: &Proxy, props: &ListProps, t: &Texts) -> Html {
    let doomed = Rc::new(proxy.clone());
    let items = vec![
        MenuItem::new(Glyph::Pen, t.shared.edit, opening(&props.view, proxy.id)),
        MenuItem::new(
            Glyph::Trash,
            t.shared.delete,
            props.ondelete.reform(move |()| doomed.clone()),
        )
        .danger(),
    ];
    html! { <Menu label={fill(t.shared.open_menu, &[("name", &proxy.name)])} button={html! { <Icon glyph={Glyph::More} /> }} {items} /> }
}

/// Tests a proxy and says what came of it; which one is being tested.
#[hook]
fn use_test() -> (Option<ProxyId>, Callback<ProxyId>) {
    let locale = use_locale();
    let toasts = use_toasts();
    let testing = use_state(|| None::<ProxyId>);
    let run = {
        let testing = testing.clone();
        Callback::from(move |id: ProxyId| {
            if testing.is_some() {
                return;
            }
            testing.set(Some(id));
            let (testing, toasts) = (testing.clone(), toasts.clone());
            spawn_local(async move {
                let t = &locale.texts().proxies;
                match proxies::test(id).await {
                    Ok(test) if test.ok => toasts.done(fill(
                        t.test_good,
                        &[
                            ("target", &test.target),
                            ("time", &crate::format::duration(test.latency_ms)),
                        ],
                    )),
                    Ok(test) => toasts.failed(fill(t.test_bad, &[("why", &test.message)])),
                    Err(error) if error.is_silent() => {}
                    Err(error) => toasts.failed(problem_message(&error, locale)),
                }
                testing.set(None);
            });
        })
    };
    (*testing, run)
}

#[derive(Properties, PartialEq)]
struct RemoveProps {
    doomed: Rc<Proxy>,
    onclose: Callback<()>,
}

#[component]
fn Remove(props: &RemoveProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let (id, name) = (props.doomed.id, props.doomed.name.clone());
    let done = {
        let onclose = props.onclose.clone();
        Callback::from(move |()| {
            toasts.done(fill(t.proxies.deleted, &[("name", &name)]));
            onclose.emit(());
        })
    };
    let action = use_action(move |()| proxies::delete(id), done);
    html! {
        <Confirm title={fill(t.proxies.delete_title, &[("name", &props.doomed.name)])} effect={t.proxies.delete_effect} verb={t.proxies.delete_verb}
            busy={action.busy} error={action.error.clone()} onconfirm={action.run.clone()} onclose={props.onclose.clone()} />
    }
}
