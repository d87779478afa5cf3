//! Light, dark, or as the system has it. `js/theme.js` reads the same entry before the first paint.

use crate::browser;
use gloo_events::EventListener;
use yew::prelude::*;

const ENTRY: &str = "tollgate.theme";
const DARK: &str = "(prefers-color-scheme: dark)";

/// What the viewer wishes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    fn from_entry(entry: &str) -> Self {
        match entry {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::System,
        }
    }

    fn show(self) {
        let dark = self == Self::Dark || (self == Self::System && browser::matches(DARK));
        browser::set_root_attribute("data-theme", if dark { "dark" } else { "light" });
    }
}

/// The theme and how to change it.
#[derive(Clone, PartialEq)]
pub struct ThemeState {
    /// What the viewer wishes.
    pub theme: Theme,
    setter: Callback<Theme>,
}

impl ThemeState {
    /// Changes it and remembers the choice.
    pub fn set(&self, theme: Theme) {
        self.setter.emit(theme);
    }
}

#[derive(Properties, PartialEq)]
pub struct ThemeProviderProps {
    pub children: Html,
}

/// Gives the theme to everything below and follows the system's.
#[component]
pub fn ThemeProvider(props: &ThemeProviderProps) -> Html {
    let theme = use_state(|| {
        browser::recall(ENTRY)
            .map(|entry| Theme::from_entry(&entry))
            .unwrap_or_default()
    });
    use_effect_with(*theme, |theme| {
        let theme = *theme;
        theme.show();
        let system = browser::window().and_then(|window| window.match_media(DARK).ok()?);
        let listener = system.map(|system| EventListener::new(&system, "change", move |_| theme.show()));
        move || drop(listener)
    });
    let setter = {
        let theme = theme.clone();
        use_callback((), move |wish: Theme, ()| {
            match wish {
                Theme::System => browser::forget(ENTRY),
                Theme::Light => browser::remember(ENTRY, "light"),
                Theme::Dark => browser::remember(ENTRY, "dark"),
            }
            theme.set(wish);
        })
    };
    let state = ThemeState {
        theme: *theme,
        setter,
    };
    yew::provide(state, props.children.clone())
}

/// The theme; outside of the provider the system's.
#[hook]
pub fn use_theme() -> ThemeState {
    use_context::<ThemeState>().unwrap_or_else(|| ThemeState {
        theme: Theme::System,
        setter: Callback::noop(),
    })
}
