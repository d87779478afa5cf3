//! Tables: sortable heads, rows that open, skeletons of the true shape. On phones each row is a card.

use super::{Glyph, Icon, SkeletonRows};
use std::collections::BTreeSet;
use std::rc::Rc;
use tollgate_contract::page::Order;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// How a column is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// Text.
    #[default]
    Start,
    /// Figures.
    End,
}

/// A column.
#[derive(Clone, PartialEq)]
pub struct Column {
    pub label: AttrValue,
    pub align: Align,
    /// The name to sort by; `None`: it can't be sorted.
    pub sort: Option<AttrValue>,
    /// Left out where there is little room.
    pub minor: bool,
}

impl Column {
    /// A column of text.
    pub fn text(label: impl Into<AttrValue>) -> Self {
        Self {
            label: label.into(),
            align: Align::Start,
            sort: None,
            minor: false,
        }
    }

    /// A column of figures.
    pub fn figure(label: impl Into<AttrValue>) -> Self {
        Self {
            align: Align::End,
            ..Self::text(label)
        }
    }

    /// Lets it be sorted by.
    pub fn sortable(mut self, by: &'static str) -> Self {
        self.sort = Some(by.into());
        self
    }

    /// Leaves it out below 1024 px.
    pub fn minor(mut self) -> Self {
        self.minor = true;
        self
    }
}

/// A row; its cells stand in the order of the columns.
#[derive(Clone, PartialEq)]
pub struct Row {
    pub key: AttrValue,
    pub cells: Vec<Html>,
    /// Opens its details.
    pub onopen: Option<Callback<()>>,
    /// What can be done with it, at its end.
    pub menu: Html,
}

/// What a table is sorted by.
#[derive(Clone, PartialEq)]
pub struct Sorting {
    pub by: AttrValue,
    pub order: Order,
    pub onsort: Callback<(AttrValue, Order)>,
}

/// Rows that are ticked, by their keys, to do something with all of them.
#[derive(Clone, PartialEq)]
pub struct Picks {
    pub chosen: Rc<BTreeSet<AttrValue>>,
    /// What the box in the head says: it ticks all rows, or none.
    pub all: AttrValue,
    /// What a row's box says.
    pub one: AttrValue,
    pub onchange: Callback<BTreeSet<AttrValue>>,
}

impl Picks {
    fn with(&self, key: &AttrValue, on: bool) -> BTreeSet<AttrValue> {
        let mut chosen = (*self.chosen).clone();
        if on {
            chosen.insert(key.clone());
        } else {
            chosen.remove(key);
        }
        chosen
    }
}

#[derive(Properties, PartialEq)]
pub struct TableProps {
    /// What it lists.
    pub label: AttrValue,
    pub columns: Vec<Column>,
    /// `None`: still loading.
    pub rows: Option<Vec<Row>>,
    #[prop_or_default]
    pub sorting: Option<Sorting>,
    /// An older answer is shown while a newer one is loading.
    #[prop_or_default]
    pub stale: bool,
    #[prop_or(6)]
    pub skeletons: usize,
    /// Whether rows end in a menu.
    #[prop_or_default]
    pub menus: bool,
    /// Rows can be ticked.
    #[prop_or_default]
    pub picks: Option<Picks>,
    /// Wider than its place, and nothing in it takes the focus: the keyboard moves it as a whole.
    #[prop_or_default]
    pub scrolls: bool,
}

/// A table.
#[component]
pub fn Table(props: &TableProps) -> Html {
    let heads = props
        .columns
        .iter()
        .map(|column| head(column, props.sorting.as_ref()));
    let dim = props.stale.then_some("opacity-60");
    let columns = props.columns.len() + usize::from(props.menus) + usize::from(props.picks.is_some());
    html! {
        <div class="relative md:overflow-x-auto" tabindex={props.scrolls.then_some("0")} role={props.scrolls.then_some("region")}
            aria-label={props.scrolls.then(|| props.label.clone())}>
            <table class={classes!("rows", "w-full", "text-left", props.picks.is_some().then_some("picks"))} aria-label={props.label.clone()} aria-busy={(props.stale || props.rows.is_none()).to_string()}>
                <thead class="border-b border-base-300 bg-base-200/60">
                    <tr>
                        if let Some(picks) = &props.picks {
                            { all_box(picks, props.rows.as_deref().unwrap_or_default()) }
                        }
                        { for heads }
                        if props.menus {
                            <th scope="col" class="w-12"><span class="sr-only">{ "…" }</span></th>
                        }
                    </tr>
                </thead>
                <tbody class={classes!("divide-y", "divide-base-300", "transition-opacity", dim)}>
                    if let Some(rows) = &props.rows {
                        for row in rows {
                            <TableRow key={row.key.to_string()} columns={props.columns.clone()} row={row.clone()} menus={props.menus} picks={props.picks.clone()} />
                        }
                    } else {
                        <SkeletonRows rows={props.skeletons} {columns} />
                    }
                </tbody>
            </table>
        </div>
    }
}

fn head(column: &Column, sorting: Option<&Sorting>) -> Html {
    let align = (column.align == Align::End).then_some("text-right");
    let minor = column.minor.then_some("md:hidden lg:table-cell");
    let class = classes!(
        "px-3",
        "lg:px-4",
        "py-2.5",
        "text-xs",
        "font-medium",
        "text-muted",
        "whitespace-nowrap",
        align,
        minor
    );
    let (Some(by), Some(sorting)) = (&column.sort, sorting) else {
        return html! { <th scope="col" {class}>{ column.label.clone() }</th> };
    };
    let active = *by == sorting.by;
    let (spoken, glyph, next) = match (active, sorting.order) {
        (true, Order::Asc) => ("ascending", Glyph::Up, Order::Desc),
        (true, Order::Desc) => ("descending", Glyph::Down, Order::Asc),
        // Figures from the largest, texts from the first letter.
        (false, _) if column.align == Align::End => ("none", Glyph::Down, Order::Desc),
        (false, _) => ("none", Glyph::Up, Order::Asc),
    };
    let onclick = {
        let by = by.clone();
        sorting.onsort.reform(move |_: MouseEvent| (by.clone(), next))
    };
    // A figure's head ends where its figures end.
    let reversed = (column.align == Align::End).then_some("flex-row-reverse");
    let faint = if active {
        "opacity-100"
    } else {
        "opacity-0 group-hover:opacity-60"
    };
    html! {
        <th scope="col" {class} aria-sort={spoken}>
            <button type="button" class={classes!("group", "inline-flex", "items-center", "gap-1", "cursor-pointer", "hover:text-base-content", reversed)} {onclick}>
                { column.label.clone() }<Icon {glyph} class={classes!("size-3", faint)} />
            </button>
        </th>
    }
}

fn all_box(picks: &Picks, rows: &[Row]) -> Html {
    let checked = !rows.is_empty() && rows.iter().all(|row| picks.chosen.contains(&row.key));
    let keys: BTreeSet<AttrValue> = rows.iter().map(|row| row.key.clone()).collect();
    let onchange = picks.onchange.reform(move |event: Event| {
        let on = event.target_unchecked_into::<HtmlInputElement>().checked();
        if on { keys.clone() } else { BTreeSet::new() }
    });
    html! {
        <th scope="col" class="w-10 pl-4">
            <input type="checkbox" class="checkbox checkbox-sm" {checked} aria-label={picks.all.clone()} {onchange} />
        </th>
    }
}

fn row_box(picks: &Picks, key: &AttrValue) -> Html {
    let onchange = {
        let (picks, key) = (picks.clone(), key.clone());
        Callback::from(move |event: Event| {
            let on = event.target_unchecked_into::<HtmlInputElement>().checked();
            picks.onchange.emit(picks.with(&key, on));
        })
    };
    // Ticking is not opening.
    let onclick = Callback::from(|event: MouseEvent| event.stop_propagation());
    html! {
        <td class="row-pick w-10 pl-4 py-1" {onclick}>
            <input type="checkbox" class="checkbox checkbox-sm" checked={picks.chosen.contains(key)} aria-label={picks.one.clone()} {onchange} />
        </td>
    }
}

#[derive(Properties, PartialEq)]
struct TableRowProps {
    columns: Vec<Column>,
    row: Row,
    menus: bool,
    picks: Option<Picks>,
}

#[component]
fn TableRow(props: &TableRowProps) -> Html {
    let row = &props.row;
    let open = row.onopen.clone().map(|open| open.reform(|_: MouseEvent| ()));
    let cells = row.cells.iter().zip(&props.columns).enumerate().map(|(at, (cell, column))| {
        let align = (column.align == Align::End).then_some("md:text-right");
        let minor = column.minor.then_some("md:hidden lg:table-cell");
        html! {
            <td key={at} data-label={column.label.clone()} class={classes!("px-3", "lg:px-4", "py-3", "align-middle", align, minor)}>{ cell.clone() }</td>
        }
    });
    let hover = row
        .onopen
        .is_some()
        .then_some("cursor-pointer hover:bg-base-content/3");
    html! {
        <tr class={classes!(hover)} onclick={open}>
            if let Some(picks) = &props.picks {
                { row_box(picks, &row.key) }
            }
            { for cells }
            if props.menus {
                <td class="row-menu px-2 py-1 text-right w-12">{ row.menu.clone() }</td>
            }
        </tr>
    }
}
