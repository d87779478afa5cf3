//! What stands around every page: the sidebar, on phones a bar below and a sheet, the command palette, the notice that there
//! is a newer version.

use super::nav::{Place, places};
use super::palette::Palette;
use super::profile::{LocaleMenu, PersonMenu, TenantMenu, ThemeMenu};
use crate::browser;
use crate::i18n::{Texts, use_texts};
use crate::router::Route;
use crate::state::{use_me, use_outdated};
use crate::ui::{Button, ButtonKind, Glyph, Icon, Modal, ModalShape};
use gloo_events::{EventListener, EventListenerOptions};
use tollgate_contract::auth::Role;
use wasm_bindgen::JsCast;
use yew::prelude::*;
use yew_router::prelude::*;

/// The phone bar has room for these, and for "more".
const BAR_MAX: usize = 4;

/// On tablets the sidebar shows icons alone; screen readers still hear the words.
pub const WIDE: &str = "md:max-lg:sr-only";

/// A role's name.
pub fn role_name(role: Role, t: &Texts) -> &'static str {
    match role {
        Role::Owner => t.frame.role_owner,
        Role::Admin => t.frame.role_admin,
        Role::Finance => t.frame.role_finance,
        Role::Member => t.frame.role_member,
    }
}

#[derive(Properties, PartialEq)]
pub struct ShellProps {
    pub route: Route,
    pub children: Html,
}

/// The frame of a page.
#[component]
pub fn Shell(props: &ShellProps) -> Html {
    let t = use_texts();
    let me = use_me();
    let palette = use_state(|| false);
    let outdated = use_outdated();
    use_shortcut(&palette);
    use_fresh_start(props.route);
    let places = places(t, me.as_ref());
    let open = setter(&palette, true);
    let close = setter(&palette, false);
    html! {
        <div class="md:grid md:grid-cols-[4.5rem_minmax(0,1fr)] lg:grid-cols-[15rem_minmax(0,1fr)] min-h-dvh">
            <a href="#page" class="sr-only focus:not-sr-only focus:fixed focus:z-50 focus:top-2 focus:left-2 focus:btn focus:btn-primary focus:btn-sm">{ t.frame.skip }</a>
            <Sidebar route={props.route} places={places.clone()} onsearch={open.clone()} />
            <div class="min-w-0 flex flex-col">
                if outdated {
                    <Outdated />
                }
                <main id="page" class="grow min-w-0 pb-20 md:pb-0" tabindex="-1">{ props.children.clone() }</main>
            </div>
            <PhoneBar route={props.route} {places} onsearch={open} />
            if *palette {
                <Palette onclose={close} />
            }
        </div>
    }
}

fn setter(state: &UseStateHandle<bool>, value: bool) -> Callback<()> {
    let state = state.clone();
    Callback::from(move |()| state.set(value))
}

#[derive(Properties, PartialEq)]
struct NavProps {
    route: Route,
    places: Vec<Place>,
    onsearch: Callback<()>,
}

#[component]
fn Sidebar(props: &NavProps) -> Html {
    let t = use_texts();
    let me = use_me();
    let version = me
        .as_ref()
        .map(|me| me.server_version.clone())
        .unwrap_or_default();
    let links = props.places.iter().map(|place| {
        let current = place.route == props.route;
        let look = if current { "bg-primary/10 text-primary font-medium" } else { "hover:bg-base-content/6" };
        html! {
            <li key={place.label}>
                <NavLink to={place.route} {current} title={place.label} class={classes!("flex", "items-center", "gap-3", "rounded-lg", "px-3", "py-2", "md:max-lg:justify-center", look)}>
                    <Icon glyph={place.glyph} class="size-[1.125rem]" /><span class={WIDE}>{ place.label }</span>
                </NavLink>
            </li>
        }
    });
    let shortcut = if browser::is_apple() { "⌘K" } else { "Ctrl K" };
    html! {
        <aside class="hidden md:flex sticky top-0 h-dvh flex-col gap-4 border-r border-base-300 bg-base-100 px-3 py-4">
            <TenantMenu />
            <button type="button" title={t.frame.search} class="flex items-center gap-2.5 md:max-lg:justify-center rounded-lg border border-base-300 px-3 py-1.5 text-muted hover:text-base-content hover:border-base-content/25 cursor-pointer"
                onclick={props.onsearch.reform(|_: MouseEvent| ())}>
                <Icon glyph={Glyph::Search} /><span class={classes!("grow", "text-left", WIDE)}>{ t.frame.search }</span><kbd class="text-xs md:max-lg:hidden">{ shortcut }</kbd>
            </button>
            <nav aria-label={t.frame.main_navigation} class="grow min-h-0 overflow-y-auto"><ul class="flex flex-col gap-0.5">{ for links }</ul></nav>
            <div class="border-t border-base-300 pt-3 flex flex-col gap-2">
                <PersonMenu />
                <div class="flex items-center gap-1 pl-0.5 md:max-lg:flex-col md:max-lg:pl-0">
                    <ThemeMenu /><LocaleMenu />
                    <span class="grow text-right text-xs text-muted pr-2 md:max-lg:hidden" title={t.frame.version_help}>{ format!("v{version}") }</span>
                </div>
            </div>
        </aside>
    }
}

#[component]
fn PhoneBar(props: &NavProps) -> Html {
    let t = use_texts();
    let more = use_state(|| false);
    let close = setter(&more, false);
    let item = "flex flex-col items-center justify-center gap-1 min-w-0 flex-1 py-2 text-[0.6875rem]";
    let links = props.places.iter().take(BAR_MAX).map(|place| {
        let current = place.route == props.route;
        let look = if current { "text-primary font-medium" } else { "text-muted" };
        html! {
            <NavLink key={place.label} to={place.route} {current} class={classes!(item, look)}>
                <Icon glyph={place.glyph} class="size-5" /><span class="max-w-full truncate px-1">{ place.label }</span>
            </NavLink>
        }
    });
    let search = {
        let (close, onsearch) = (close.clone(), props.onsearch.clone());
        Callback::from(move |()| {
            close.emit(());
            onsearch.emit(());
        })
    };
    html! {
        <>
            <nav aria-label={t.frame.main_navigation} class="md:hidden fixed z-30 inset-x-0 bottom-0 flex border-t border-base-300 bg-base-100 pb-[env(safe-area-inset-bottom)]">
                { for links }
                <button type="button" class={classes!(item, "text-muted", "cursor-pointer")} aria-haspopup="dialog" onclick={setter(&more, true).reform(|_: MouseEvent| ())}>
                    <Icon glyph={Glyph::More} class="size-5" />{ t.frame.more }
                </button>
            </nav>
            if *more {
                <Modal shape={ModalShape::Below} labelled_by="more-title" onclose={close.clone()}>
                    <div class="px-5 pt-4 pb-8 flex flex-col gap-4">
                        <div class="flex items-center">
                            <h2 id="more-title" class="grow font-semibold">{ t.frame.more }</h2>
                            <Button kind={ButtonKind::Ghost} icon_only=true glyph={Glyph::Close} label={t.shared.close} onclick={close.clone()} />
                        </div>
                        <TenantMenu />
                        { rest(&props.places, props.route, &close) }
                        <Button glyph={Glyph::Search} label={t.frame.search} onclick={search} />
                        <div class="flex items-center gap-2"><div class="grow min-w-0"><PersonMenu /></div><ThemeMenu /><LocaleMenu /></div>
                    </div>
                </Modal>
            }
        </>
    }
}

/// The places for which the bar has no room.
fn rest(places: &[Place], route: Route, close: &Callback<()>) -> Html {
    if places.len() <= BAR_MAX {
        return Html::default();
    }
    let links = places.iter().skip(BAR_MAX).map(|place| {
        html! {
            <li key={place.label}>
                <NavLink to={place.route} current={place.route == route} class="flex items-center gap-3 rounded-lg px-1 py-2">
                    <Icon glyph={place.glyph} class="size-[1.125rem]" />{ place.label }
                </NavLink>
            </li>
        }
    });
    html! { <ul class="flex flex-col" onclick={close.reform(|_: MouseEvent| ())}>{ for links }</ul> }
}

#[derive(Properties, PartialEq)]
struct NavLinkProps {
    to: Route,
    current: bool,
    #[prop_or_default]
    title: Option<AttrValue>,
    class: Classes,
    children: Html,
}

/// A link of the navigation; the router's own does not say which one is current.
#[component]
fn NavLink(props: &NavLinkProps) -> Html {
    let navigator = use_navigator();
    let to = props.to;
    let onclick = Callback::from(move |event: MouseEvent| {
        if event.meta_key() || event.ctrl_key() || event.shift_key() || event.alt_key() {
            return;
        }
        event.prevent_default();
        if let Some(navigator) = &navigator {
            navigator.push(&to);
        }
    });
    html! {
        <a href={to.to_path()} title={props.title.clone()} class={props.class.clone()} aria-current={props.current.then_some("page")} {onclick}>{ props.children.clone() }</a>
    }
}

#[component]
fn Outdated() -> Html {
    let t = use_texts();
    html! {
        <div class="flex flex-wrap items-center gap-3 border-b border-base-300 bg-primary/8 px-4 md:px-8 py-2" role="status">
            <Icon glyph={Glyph::Info} class="size-4 text-primary" />
            <span class="grow">{ t.frame.outdated }</span>
            <Button kind={ButtonKind::Primary} label={t.frame.reload} onclick={Callback::from(|()| browser::reload())} />
        </div>
    }
}

/// Ctrl/⌘ K opens the palette.
#[hook]
fn use_shortcut(palette: &UseStateHandle<bool>) {
    let palette = palette.clone();
    use_effect_with((), move |()| {
        let listener = browser::document().map(|document| {
            let options = EventListenerOptions::enable_prevent_default();
            EventListener::new_with_options(&document, "keydown", options, move |event| {
                let Some(key) = event.dyn_ref::<web_sys::KeyboardEvent>() else {
                    return;
                };
                if (key.ctrl_key() || key.meta_key()) && key.key().eq_ignore_ascii_case("k") {
                    event.prevent_default();
                    palette.set(true);
                }
            })
        });
        move || drop(listener)
    });
}

/// Another page begins at its top, and a screen reader hears its heading.
#[hook]
fn use_fresh_start(route: Route) {
    let first = use_mut_ref(|| true);
    use_effect_with(route, move |_| {
        if first.replace(false) {
            return;
        }
        if let Some(window) = browser::window() {
            window.scroll_to_with_x_and_y(0.0, 0.0);
        }
        browser::focus("page-title");
    });
}
