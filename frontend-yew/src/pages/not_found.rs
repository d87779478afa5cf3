//! No such page.

use super::parts::Go;
use crate::i18n::use_texts;
use crate::router::Route;
use crate::ui::{Empty, Glyph, Page, PageHead};
use yew::prelude::*;

/// In the place of a page that there is not.
#[component]
pub fn NotFound() -> Html {
    let t = use_texts();
    html! {
        <Page>
            <PageHead title={t.frame.not_found} />
            <div class="panel">
                <Empty glyph={Glyph::Search} title={t.frame.not_found} text={t.frame.not_found_help}>
                    <Go to={Route::Overview} class="btn btn-sm h-9 btn-primary font-medium">{ t.frame.not_found_action }</Go>
                </Empty>
            </div>
        </Page>
    }
}
