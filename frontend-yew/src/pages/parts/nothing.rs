//! In the place of a list from which the filters leave nothing.

use crate::i18n::use_texts;
use crate::ui::{Button, Empty, Glyph};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct NothingMatchesProps {
    /// Clears the filters.
    pub onclear: Callback<()>,
}

/// Says so, with the way out.
#[component]
pub fn NothingMatches(props: &NothingMatchesProps) -> Html {
    let t = use_texts();
    html! {
        <Empty glyph={Glyph::Search} title={t.shared.nothing_matches} text={t.shared.nothing_matches_help}>
            <Button label={t.shared.clear_filters} onclick={props.onclear.clone()} />
        </Empty>
    }
}
