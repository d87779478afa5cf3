//! The app's outermost parts: what everything stands in, and which page is shown to whom.

mod later;
mod nav;
mod palette;
mod profile;
mod shell;

pub use profile::{LocaleMenu, ThemeMenu};

use crate::api::auth::Door;
use crate::browser;
use crate::i18n::use_texts;
use crate::pages::{NotFound, Overview, SignIn, SignUp};
use crate::router::Route;
use crate::state::{LocaleProvider, Session, SessionProvider, ThemeProvider, use_session};
use crate::ui::{Button, Glyph, Icon, ToastProvider};
use serde::{Deserialize, Serialize};
use yew::prelude::*;
use yew_router::prelude::*;

/// Everything.
#[component]
pub fn App() -> Html {
    html! {
        <LocaleProvider>
            <ThemeProvider>
                <ToastProvider>
                    <BrowserRouter>
                        <SessionProvider>
                            <Switch<Route> render={show} />
                        </SessionProvider>
                    </BrowserRouter>
                </ToastProvider>
            </ThemeProvider>
        </LocaleProvider>
    }
}

fn show(route: Route) -> Html {
    let page = match route {
        Route::Overview => html! { <Overview /> },
        Route::SignIn => html! { <SignIn door={Door::User} /> },
        Route::AdminSignIn => html! { <SignIn door={Door::Admin} /> },
        Route::SignUp => html! { <SignUp /> },
        Route::NotFound => html! { <NotFound /> },
        route => html! { <later::Later {route} /> },
    };
    html! { <Gate {route}>{ page }</Gate> }
}

/// Where to go after signing in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Wanted {
    /// Path and query of the page that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Properties, PartialEq)]
struct GateProps {
    route: Route,
    children: Html,
}

/// Shows a page to whom it is for; others are led to sign-in and back.
#[component]
fn Gate(props: &GateProps) -> Html {
    let session = use_session();
    let navigator = use_navigator();
    let wanted = use_location()
        .and_then(|location| location.query::<Wanted>().ok())
        .unwrap_or_default();
    let public = props.route.is_public();
    let someone = matches!(session, Session::Someone(_));
    {
        let nobody = session == Session::Nobody;
        use_effect_with((props.route, someone, nobody), move |(_, someone, nobody)| {
            let Some(navigator) = navigator else { return };
            if *nobody && !public {
                let here = Some(browser::here()).filter(|here| here != "/");
                let _ = navigator.replace_with_query(&Route::SignIn, Wanted { next: here });
            } else if *someone && public {
                go_on(&navigator, wanted.next.as_deref());
            }
        });
    }
    match session {
        _ if public && !someone => props.children.clone(),
        Session::Unreachable => html! { <Unreachable /> },
        Session::Someone(_) if !public => {
            html! { <shell::Shell route={props.route}>{ props.children.clone() }</shell::Shell> }
        }
        _ => html! { <Waiting /> },
    }
}

/// Back to the page that was asked for, if it is one of ours; else to the overview.
fn go_on(navigator: &Navigator, next: Option<&str>) {
    let (path, query) = next.map_or(("/", ""), |next| next.split_once('?').unwrap_or((next, "")));
    let route = Route::recognize(path)
        .filter(|route| !route.is_public() && *route != Route::NotFound)
        .unwrap_or(Route::Overview);
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
    if pairs.is_empty() || navigator.replace_with_query(&route, pairs).is_err() {
        navigator.replace(&route);
    }
}

#[component]
fn Waiting() -> Html {
    let t = use_texts();
    html! {
        <div class="boot" role="status">
            <span class="loading loading-spinner loading-md text-primary" aria-hidden="true"></span>
            <span class="sr-only">{ t.shared.loading }</span>
        </div>
    }
}

#[component]
fn Unreachable() -> Html {
    let t = use_texts();
    html! {
        <main class="boot text-center px-6">
            <Icon glyph={Glyph::Alert} class="size-8 text-error" />
            <h1 class="font-semibold">{ t.shared.unreachable }</h1>
            <p class="text-muted">{ t.shared.unreachable_help }</p>
            <Button glyph={Glyph::Again} label={t.shared.retry} onclick={Callback::from(|()| browser::reload())} />
        </main>
    }
}
