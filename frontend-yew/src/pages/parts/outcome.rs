//! What came of a batch, row by row.

use crate::i18n::{Texts, fill, use_texts};
use crate::ui::{Button, ButtonKind, Column, Dialog, ModalShape, Pill, Row, Table, Tone};
use std::rc::Rc;
use yew::prelude::*;

/// What came of one row.
#[derive(Clone, Debug, PartialEq)]
pub struct Done {
    /// Its id.
    pub key: String,
    /// The name that it had, since it may be gone now.
    pub name: String,
    pub ok: bool,
    /// `ok`, `unchanged`, or the problem's code.
    pub code: String,
    /// What went wrong, in English; empty where nothing did.
    pub message: String,
}

/// The rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome(Vec<Done>);

impl Outcome {
    /// Of these rows; those that failed stand first.
    pub fn new(rows: impl Iterator<Item = Done>) -> Self {
        let mut rows: Vec<Done> = rows.collect();
        rows.sort_by_key(|row| row.ok);
        Self(rows)
    }

    fn failed(&self) -> usize {
        self.0.iter().filter(|row| !row.ok).count()
    }
}

#[derive(Properties, PartialEq)]
pub struct OutcomeDialogProps {
    pub outcome: Rc<Outcome>,
    pub onclose: Callback<()>,
}

/// How many rows are shown: beyond these nobody reads on, and those that failed stand first.
const SHOWN_MAX: usize = 500;

/// The result.
#[component]
pub fn OutcomeDialog(props: &OutcomeDialogProps) -> Html {
    let t = use_texts();
    let outcome = &props.outcome;
    let (all, failed) = (outcome.0.len(), outcome.failed());
    let intro = fill(
        t.bulk.summary,
        &[
            ("done", &(all - failed).to_string()),
            ("failed", &failed.to_string()),
        ],
    );
    let rows: Vec<Row> = outcome
        .0
        .iter()
        .take(SHOWN_MAX)
        .map(|row| result_row(row, t))
        .collect();
    let columns = vec![
        Column::text(t.accounts.name),
        Column::text(t.bulk.result),
        Column::text(t.bulk.why),
    ];
    let foot =
        html! { <Button kind={ButtonKind::Primary} label={t.shared.done} onclick={props.onclose.clone()} /> };
    html! {
        <Dialog title={t.bulk.result_title} {intro} shape={ModalShape::Wide} onclose={props.onclose.clone()} {foot}>
            <div data-testid="batch-result" tabindex="0"><Table label={t.bulk.result_title} {columns} {rows} /></div>
        </Dialog>
    }
}

fn result_row(row: &Done, t: &Texts) -> Row {
    let (tone, word) = match (row.ok, row.code.as_str()) {
        (true, "unchanged") => (Tone::Quiet, t.bulk.unchanged),
        (true, _) => (Tone::Good, t.bulk.done),
        (false, _) => (Tone::Bad, t.bulk.failed),
    };
    let why = if row.message.is_empty() && !row.ok {
        row.code.clone()
    } else {
        row.message.clone()
    };
    Row {
        key: row.key.clone().into(),
        cells: vec![
            html! { <span class="font-medium break-words">{ row.name.clone() }</span> },
            html! { <Pill {tone} text={word} /> },
            html! { <span class="text-xs break-words">{ why }</span> },
        ],
        onopen: None,
        menu: Html::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_stands_first_under_its_name() {
        let row = |name: &str, ok: bool| Done {
            key: name.to_owned(),
            name: name.to_owned(),
            ok,
            code: if ok { "ok" } else { "forbidden" }.to_owned(),
            message: String::new(),
        };
        let outcome = Outcome::new([row("one", true), row("two", false)].into_iter());
        let names: Vec<&str> = outcome.0.iter().map(|row| row.name.as_str()).collect();
        assert_eq!((names, outcome.failed()), (vec!["two", "one"], 1));
    }
}
