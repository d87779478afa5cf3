//! From day to day: two fields that stand side by side.

use chrono::NaiveDate;
use web_sys::HtmlInputElement;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct DaysProps {
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    pub from_label: AttrValue,
    pub to_label: AttrValue,
    pub onchange: Callback<(Option<NaiveDate>, Option<NaiveDate>)>,
}

/// The fields. Empty ones leave the choice to the server: the last thirty days.
#[component]
pub fn Days(props: &DaysProps) -> Html {
    let (from, to) = (props.from, props.to);
    let read =
        |event: &Event| crate::zone::parse_day(&event.target_unchecked_into::<HtmlInputElement>().value());
    let onfrom = props.onchange.reform(move |event: Event| (read(&event), to));
    let onto = props.onchange.reform(move |event: Event| (from, read(&event)));
    let field = |id: &'static str, label: &AttrValue, value: Option<NaiveDate>, onchange: Callback<Event>| {
        html! {
            <input {id} type="date" aria-label={label.clone()} title={label.clone()} value={value.map(|day| day.to_string()).unwrap_or_default()}
                class="input input-sm h-9 w-[calc(50%-0.25rem)] sm:w-40" {onchange} />
        }
    };
    html! {
        <>
            { field("days-from", &props.from_label, from, onfrom) }
            { field("days-to", &props.to_label, to, onto) }
        </>
    }
}
