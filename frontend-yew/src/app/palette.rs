//! The command palette: pages and actions by a few letters.

use super::nav::places;
use crate::api::{auth, use_action};
use crate::i18n::{Locale, use_locale};
use crate::pages::{AccountsView, KeysView};
use crate::router::Route;
use crate::state::{Theme, may, use_me, use_set_locale, use_theme};
use crate::ui::{Glyph, Icon, Modal, ModalShape};
use web_sys::HtmlInputElement;
use yew::prelude::*;
use yew_router::prelude::*;

#[derive(Clone)]
struct Command {
    glyph: Glyph,
    label: String,
    run: Callback<()>,
}

#[derive(Properties, PartialEq)]
pub struct PaletteProps {
    pub onclose: Callback<()>,
}

/// The palette; it closes when something was chosen.
#[component]
pub fn Palette(props: &PaletteProps) -> Html {
    let t = use_locale().texts();
    let typed = use_state(String::new);
    let at = use_state(|| 0_usize);
    let found: Vec<Command> = {
        let wanted = typed.to_lowercase();
        use_commands()
            .into_iter()
            .filter(|command| command.label.to_lowercase().contains(&wanted))
            .collect()
    };
    let chosen = (*at).min(found.len().saturating_sub(1));
    let oninput = {
        let (typed, at) = (typed.clone(), at.clone());
        Callback::from(move |event: InputEvent| {
            typed.set(event.target_unchecked_into::<HtmlInputElement>().value());
            at.set(0);
        })
    };
    let onkeydown = {
        let (found, at, onclose) = (found.clone(), at.clone(), props.onclose.clone());
        Callback::from(move |event: KeyboardEvent| match event.key().as_str() {
            "ArrowDown" => {
                event.prevent_default();
                at.set((chosen + 1).min(found.len().saturating_sub(1)));
            }
            "ArrowUp" => {
                event.prevent_default();
                at.set(chosen.saturating_sub(1));
            }
            "Enter" => {
                event.prevent_default();
                if let Some(command) = found.get(chosen) {
                    onclose.emit(());
                    command.run.emit(());
                }
            }
            _ => {}
        })
    };
    let lines = found
        .iter()
        .enumerate()
        .map(|(place, command)| command_line(place, command, place == chosen, &props.onclose));
    html! {
        <Modal shape={ModalShape::Middle} labelled_by="palette-title" onclose={props.onclose.clone()}>
            <h2 id="palette-title" class="sr-only">{ t.frame.search }</h2>
            <div class="flex items-center gap-3 border-b border-base-300 px-4">
                <Icon glyph={Glyph::Search} class="size-4 text-muted" />
                <input type="text" class="grow bg-transparent py-3.5 text-base outline-none" placeholder={t.frame.palette_hint} aria-label={t.frame.palette_hint}
                    role="combobox" aria-expanded="true" aria-controls="palette-list" aria-activedescendant={format!("command-{chosen}")}
                    autofocus=true autocomplete="off" spellcheck="false" value={(*typed).clone()} {oninput} {onkeydown} />
            </div>
            <ul id="palette-list" role="listbox" aria-label={t.frame.search} class="max-h-80 overflow-y-auto p-2">{ for lines }</ul>
            if found.is_empty() {
                <p class="px-4 pb-6 text-center text-muted" role="status">{ t.shared.nothing_found }</p>
            }
        </Modal>
    }
}

fn command_line(place: usize, command: &Command, chosen: bool, onclose: &Callback<()>) -> Html {
    let onclick = {
        let (run, onclose) = (command.run.clone(), onclose.clone());
        Callback::from(move |_: MouseEvent| {
            onclose.emit(());
            run.emit(());
        })
    };
    let look = if chosen {
        "bg-primary/10 text-primary"
    } else {
        "hover:bg-base-content/6"
    };
    html! {
        <li key={place} id={format!("command-{place}")} role="option" aria-selected={chosen.to_string()} {onclick}
            class={classes!("flex", "items-center", "gap-3", "rounded-lg", "px-3", "py-2", "cursor-pointer", look)}>
            <Icon glyph={command.glyph} />{ &command.label }
        </li>
    }
}

/// Everything that the palette offers this person.
#[hook]
fn use_commands() -> Vec<Command> {
    let locale = use_locale();
    let t = locale.texts();
    let me = use_me();
    let navigator = use_navigator();
    let theme = use_theme();
    let set_locale = use_set_locale();
    let sign_out = use_action(|()| auth::sign_out(), Callback::noop());
    let go = |query: Option<(Route, String)>, route: Route| {
        let navigator = navigator.clone();
        Callback::from(move |()| match (&navigator, &query) {
            (Some(navigator), Some((route, query))) => {
                let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
                let _ = navigator.push_with_query(route, pairs);
            }
            (Some(navigator), None) => navigator.push(&route),
            (None, _) => {}
        })
    };
    let command = |glyph, label: &str, run| Command {
        glyph,
        label: label.to_owned(),
        run,
    };
    let mut commands: Vec<Command> = places(t, me.as_ref())
        .into_iter()
        .map(|place| command(place.glyph, place.label, go(None, place.route)))
        .collect();
    let open = |route: Route, query: &str| go(Some((route, query.to_owned())), route);
    if may(me.as_ref(), "keys.write_own") {
        commands.push(command(
            Glyph::Plus,
            t.keys.create,
            open(Route::Keys, KeysView::CREATE),
        ));
    }
    if may(me.as_ref(), "accounts.write") {
        commands.push(command(
            Glyph::Plus,
            t.accounts.add,
            open(Route::Accounts, AccountsView::CREATE),
        ));
        commands.push(command(
            Glyph::Link,
            t.connect.title,
            open(Route::Accounts, AccountsView::CONNECT),
        ));
    }
    for (wish, glyph, label) in [
        (Theme::Light, Glyph::Sun, t.frame.use_light),
        (Theme::Dark, Glyph::Moon, t.frame.use_dark),
        (Theme::System, Glyph::Screen, t.frame.use_system),
    ] {
        let theme = theme.clone();
        commands.push(command(glyph, label, Callback::from(move |()| theme.set(wish))));
    }
    for other in Locale::ALL.into_iter().filter(|other| *other != locale) {
        let set_locale = set_locale.clone();
        commands.push(command(
            Glyph::Globe,
            other.own_name(),
            Callback::from(move |()| set_locale.set(other)),
        ));
    }
    commands.push(command(Glyph::Leave, t.frame.sign_out, sign_out.run));
    commands
}
