//! A bar of two parts: what is used, and beside it what is held for what runs.

use yew::prelude::*;

const WHOLE: u32 = 1000;
/// From here on the bar warns; in thousandths.
const WARN: u32 = 800;

#[derive(Properties, PartialEq)]
pub struct StackProps {
    /// What it measures, with its figures: what a screen reader says.
    pub label: AttrValue,
    /// Thousandths used; more than 1000 is shown full.
    pub used: u32,
    /// Thousandths held.
    #[prop_or_default]
    pub held: u32,
}

/// The bar.
#[component]
pub fn Stack(props: &StackProps) -> Html {
    let used = props.used.min(WHOLE);
    let held = props.held.min(WHOLE - used);
    let colour = match used + held {
        _ if used == WHOLE => "fill-error",
        WARN.. => "fill-warning",
        _ => "fill-success",
    };
    html! {
        // Drawn: the page's policy lets no style stand in an attribute.
        <svg class="block h-2 w-full overflow-hidden rounded-full bg-base-content/10" viewBox="0 0 1000 1" preserveAspectRatio="none"
            role="meter" aria-label={props.label.clone()} aria-valuemin="0" aria-valuemax="1000" aria-valuenow={used.to_string()}>
            <rect class={colour} width={used.to_string()} height="1" />
            <rect class="fill-base-content/35" x={used.to_string()} width={held.to_string()} height="1" />
        </svg>
    }
}

/// A part of a whole in thousandths; of nothing it is all.
pub fn permille(part: i64, whole: i64) -> u32 {
    if whole <= 0 {
        return WHOLE;
    }
    let thousandths = i128::from(part.max(0)) * i128::from(WHOLE) / i128::from(whole);
    u32::try_from(thousandths).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_never_below_nothing_and_may_be_more_than_all() {
        assert_eq!(permille(1, 2), 500);
        assert_eq!(permille(-5, 2), 0);
        assert_eq!(permille(3, 2), 1500);
        assert_eq!(permille(0, 0), 1000);
        assert_eq!(permille(i64::MAX, 1), u32::MAX);
    }
}
