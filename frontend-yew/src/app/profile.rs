//! The session's menus: organisation, theme, language, signing out.

use super::shell::WIDE;
use crate::api::{auth, use_action};
use crate::i18n::{Locale, problem_message, use_locale};
use crate::state::{Theme, use_me, use_set_locale, use_theme};
use crate::ui::{Glyph, Icon, Menu, MenuItem, use_toasts};
use yew::prelude::*;

/// The switch between light, dark and the system's.
#[component]
pub fn ThemeMenu() -> Html {
    let t = use_locale().texts();
    let state = use_theme();
    let items = Theme::ALL.map(|theme| {
        let label = match theme {
            Theme::System => t.frame.theme_system,
            Theme::Light => t.frame.theme_light,
            Theme::Dark => t.frame.theme_dark,
        };
        let state = state.clone();
        MenuItem::choice(
            label,
            state.theme == theme,
            Callback::from(move |()| state.set(theme)),
        )
    });
    let glyph = match state.theme {
        Theme::System => Glyph::Screen,
        Theme::Light => Glyph::Sun,
        Theme::Dark => Glyph::Moon,
    };
    html! { <Menu label={t.frame.theme} button={html! { <Icon {glyph} /> }} items={items.to_vec()} up=true start=true /> }
}

/// The switch between languages.
#[component]
pub fn LocaleMenu() -> Html {
    let locale = use_locale();
    let t = locale.texts();
    let setter = use_set_locale();
    let items = Locale::ALL.map(|choice| {
        let setter = setter.clone();
        MenuItem::choice(
            choice.own_name(),
            choice == locale,
            Callback::from(move |()| setter.set(choice)),
        )
    });
    html! { <Menu label={t.frame.language} button={html! { <Icon glyph={Glyph::Globe} /> }} items={items.to_vec()} up=true start=true /> }
}

/// The organisation that was entered; a menu where there are others.
#[component]
pub fn TenantMenu() -> Html {
    let locale = use_locale();
    let t = locale.texts();
    let toasts = use_toasts();
    let action = use_action(auth::switch, Callback::noop());
    use_effect_with(action.error.clone(), move |error| {
        if let Some(error) = error {
            toasts.failed(problem_message(error, locale));
        }
    });
    let Some(me) = use_me() else {
        return Html::default();
    };
    let initial = me
        .tenant
        .name
        .chars()
        .next()
        .map(|first| first.to_uppercase().to_string())
        .unwrap_or_default();
    let several = me.memberships.len() > 1;
    let shown = html! {
        <span class="flex items-center gap-2.5 min-w-0 w-full">
            <span class="grid size-7 shrink-0 place-content-center rounded-md bg-primary text-primary-content text-xs font-semibold" aria-hidden="true">{ initial }</span>
            <span class={classes!("min-w-0", "grow", "truncate", "text-left", "font-semibold", WIDE)} title={me.tenant.name.clone()}>{ me.tenant.name.clone() }</span>
            if several {
                <Icon glyph={Glyph::Down} class="size-4 text-muted md:max-lg:hidden" />
            }
        </span>
    };
    if !several {
        return html! { <div class="px-2 py-1.5">{ shown }</div> };
    }
    let items = me.memberships.iter().map(|membership| {
        let current = membership.tenant_id == me.tenant.id;
        let (run, slug) = (action.run.clone(), membership.slug.clone());
        let onclick = Callback::from(move |()| {
            if !current {
                run.emit(slug.clone());
            }
        });
        MenuItem::choice(membership.name.clone(), current, onclick)
    });
    html! {
        <Menu label={t.frame.tenant} worded=true button={shown} items={items.collect::<Vec<_>>()} start=true
            class="flex w-full items-center rounded-lg px-2 py-1.5 hover:bg-base-content/6 cursor-pointer" />
    }
}

/// Who is signed in, and signing out.
#[component]
pub fn PersonMenu() -> Html {
    let t = use_locale().texts();
    let sign_out = use_action(|()| auth::sign_out(), Callback::noop());
    let Some(me) = use_me() else {
        return Html::default();
    };
    let role = super::shell::role_name(me.role, t);
    let items = vec![MenuItem::new(
        Glyph::Leave,
        t.frame.sign_out,
        sign_out.run.clone(),
    )];
    let head = html! {
        <div class="px-2.5 py-2 mb-1 border-b border-base-300">
            <p class="font-medium truncate">{ me.user.name.clone() }</p>
            <p class="text-xs text-muted truncate" title={me.user.email.clone()}>{ me.user.email.clone() }</p>
            <p class="text-xs text-muted">{ role }{ " · " }{ me.tenant.time_zone.clone() }</p>
        </div>
    };
    let button = html! {
        <span class="flex items-center gap-2.5 min-w-0 w-full">
            <span class="grid size-7 shrink-0 place-content-center rounded-full bg-base-content/10" aria-hidden="true"><Icon glyph={Glyph::Person} /></span>
            <span class={classes!("min-w-0", "grow", "text-left", "leading-tight", WIDE)}>
                <span class="block truncate font-medium">{ me.user.name.clone() }</span>
                <span class="block truncate text-xs text-muted">{ role }</span>
            </span>
        </span>
    };
    html! {
        <Menu label={t.frame.profile} worded=true {button} {head} {items} up=true start=true
            class="flex w-full items-center rounded-lg px-2 py-1.5 hover:bg-base-content/6 cursor-pointer" />
    }
}
