//! The single-page application's entry point.

use yew::prelude::*;

#[component]
fn App() -> Html {
    html! { <p>{ "…" }</p> }
}

fn main() {
    yew::Renderer::<App>::new().render();
}
