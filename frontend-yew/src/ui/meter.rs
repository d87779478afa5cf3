//! A bar: how much of something is used.

use yew::prelude::*;

/// From here on a bar warns, and from there on it is full; in thousandths.
const WARN_PERMILLE: u32 = 800;
const FULL_PERMILLE: u32 = 1000;

#[derive(Properties, PartialEq)]
pub struct MeterProps {
    /// What it measures.
    pub label: AttrValue,
    /// Thousandths used; more than 1000 is shown full.
    pub permille: u32,
    /// Whether it is used up, whatever the figure says.
    #[prop_or_default]
    pub full: bool,
    /// What stands beside the per cent, such as when it begins anew.
    #[prop_or_default]
    pub children: Html,
}

/// The bar, its name and its figure.
#[component]
pub fn Meter(props: &MeterProps) -> Html {
    let permille = props.permille.min(FULL_PERMILLE);
    let percent = permille / 10;
    let colour = match permille {
        _ if props.full => "fill-error",
        FULL_PERMILLE.. => "fill-error",
        WARN_PERMILLE.. => "fill-warning",
        _ => "fill-success",
    };
    html! {
        <div class="min-w-28">
            <div class="flex items-baseline justify-between gap-2 text-xs">
                <span class="text-muted whitespace-nowrap">{ props.label.clone() }</span>
                <span class="figures whitespace-nowrap">{ format!("{} %", props.permille / 10) }{ props.children.clone() }</span>
            </div>
            // Drawn: the page's policy lets no style stand in an attribute.
            <svg class="mt-0.5 block h-1.5 w-full overflow-hidden rounded-full bg-base-content/10" viewBox="0 0 100 1" preserveAspectRatio="none"
                role="meter" aria-label={props.label.clone()} aria-valuemin="0" aria-valuemax="100" aria-valuenow={percent.to_string()}>
                <rect class={colour} width={percent.to_string()} height="1" />
            </svg>
        </div>
    }
}
