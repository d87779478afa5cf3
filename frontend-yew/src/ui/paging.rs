//! Turning pages of a list that is read by cursor: onward, back over what was read, and to the start.

use super::{Button, ButtonKind, Glyph};
use crate::format;
use crate::i18n::{fill, use_texts};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct PagingProps {
    /// How many items this page shows.
    pub shown: usize,
    /// How many there are over all pages, where that is known.
    #[prop_or_default]
    pub total: Option<u64>,
    /// Where this page begins; `None`: at the start.
    #[prop_or_default]
    pub cursor: Option<String>,
    #[prop_or_default]
    pub next: Option<String>,
    /// Goes where the cursor says.
    pub onturn: Callback<Option<String>>,
}

/// How many there are, and how to see more.
#[component]
pub fn Paging(props: &PagingProps) -> Html {
    let t = use_texts();
    // The cursors of the pages before this one, as far as they were read here; a link into the middle knows none.
    let trail = use_mut_ref(Vec::<Option<String>>::new);
    if props.cursor.is_none() {
        trail.borrow_mut().clear();
    }
    let onward = {
        let (trail, next, here, onturn) = (
            trail.clone(),
            props.next.clone(),
            props.cursor.clone(),
            props.onturn.clone(),
        );
        Callback::from(move |()| {
            trail.borrow_mut().push(here.clone());
            onturn.emit(next.clone());
        })
    };
    let back = {
        let (trail, onturn) = (trail.clone(), props.onturn.clone());
        Callback::from(move |()| {
            let before = trail.borrow_mut().pop().flatten();
            onturn.emit(before);
        })
    };
    let first = props.onturn.reform(|()| None);
    let known = match props.total {
        Some(total) => fill(
            t.shared.count_of,
            &[
                ("shown", &format::count(props.shown as u64)),
                ("total", &format::count(total)),
            ],
        ),
        None => fill(
            t.shared.count_shown,
            &[("shown", &format::count(props.shown as u64))],
        ),
    };
    html! {
        <div class="flex flex-wrap items-center gap-2 px-4 py-3 border-t border-base-300">
            <span class="grow text-muted figures" role="status">{ known }</span>
            if props.cursor.is_some() {
                <Button kind={ButtonKind::Ghost} glyph={Glyph::First} label={t.shared.first_page} onclick={first} />
                <Button glyph={Glyph::Left} label={t.shared.previous} onclick={back} />
            }
            if props.next.is_some() {
                <Button glyph={Glyph::Right} label={t.shared.next} onclick={onward} />
            }
        </div>
    }
}
