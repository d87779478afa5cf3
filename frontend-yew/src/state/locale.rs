//! The language: the viewer's choice, else the browser's, else English. Changing it needs no reload.

use crate::browser;
use crate::i18n::Locale;
use yew::prelude::*;

const ENTRY: &str = "tollgate.locale";

/// Changes the language.
#[derive(Clone, PartialEq)]
pub struct LocaleSetter(Callback<Locale>);

impl LocaleSetter {
    /// Changes it and remembers the choice.
    pub fn set(&self, locale: Locale) {
        self.0.emit(locale);
    }
}

fn first_choice() -> Locale {
    let chosen = browser::recall(ENTRY).and_then(|tag| Locale::from_tag(&tag));
    chosen
        .or_else(|| browser::languages().iter().find_map(|tag| Locale::from_tag(tag)))
        .unwrap_or_default()
}

#[derive(Properties, PartialEq)]
pub struct LocaleProviderProps {
    pub children: Html,
}

/// Gives language and setter to everything below.
#[component]
pub fn LocaleProvider(props: &LocaleProviderProps) -> Html {
    let locale = use_state(first_choice);
    use_effect_with(*locale, |locale| {
        browser::set_root_attribute("lang", locale.tag());
    });
    let setter = {
        let locale = locale.clone();
        LocaleSetter(use_callback((), move |chosen: Locale, ()| {
            browser::remember(ENTRY, chosen.tag());
            locale.set(chosen);
        }))
    };
    yew::provide(*locale, yew::provide(setter, props.children.clone()))
}

/// The setter; outside of the provider it does nothing.
#[hook]
pub fn use_set_locale() -> LocaleSetter {
    use_context::<LocaleSetter>().unwrap_or_else(|| LocaleSetter(Callback::noop()))
}
