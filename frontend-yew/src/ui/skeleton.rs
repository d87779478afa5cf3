//! Grey shapes of what is loading, in its true size, so that nothing jumps.

use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct SkeletonProps {
    /// Its size, in classes.
    pub class: Classes,
}

/// One shape.
#[component]
pub fn Skeleton(props: &SkeletonProps) -> Html {
    html! { <div class={classes!("skeleton-line", props.class.clone())} aria-hidden="true"></div> }
}

#[derive(Properties, PartialEq)]
pub struct SkeletonRowsProps {
    pub rows: usize,
    pub columns: usize,
}

/// A table's rows.
#[component]
pub fn SkeletonRows(props: &SkeletonRowsProps) -> Html {
    let widths = ["w-40", "w-24", "w-20", "w-28", "w-16"];
    html! {
        for row in 0..props.rows {
            <tr key={row} aria-hidden="true">
                for column in 0..props.columns {
                    <td key={column} class="px-3 lg:px-4 py-3.5">
                        <Skeleton class={classes!("h-4", "max-w-full", *widths.get((row + column) % widths.len()).unwrap_or(&"w-20"))} />
                    </td>
                }
            </tr>
        }
    }
}
