//! A file's text, read where it is chosen.

use crate::browser;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct FileInputProps {
    pub id: AttrValue,
    /// Which files are offered.
    pub accept: AttrValue,
    /// The text; empty where none was chosen, or it is no text.
    pub onread: Callback<Rc<str>>,
}

/// The input.
#[component]
pub fn FileInput(props: &FileInputProps) -> Html {
    let onread = props.onread.clone();
    let onchange = Callback::from(move |event: Event| {
        let input: HtmlInputElement = event.target_unchecked_into();
        let file = input.files().and_then(|files| files.get(0));
        let onread = onread.clone();
        spawn_local(async move {
            let text = match file {
                Some(file) => browser::read(&file).await.unwrap_or_default(),
                None => String::new(),
            };
            onread.emit(text.into());
        });
    });
    html! {
        <input id={props.id.clone()} type="file" accept={props.accept.clone()} class="file-input file-input-sm h-9 w-full"
            aria-describedby={format!("{}-note", props.id)} {onchange} />
    }
}
