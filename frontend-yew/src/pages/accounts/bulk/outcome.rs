//! What came of a batch, account by account.

use crate::i18n::{Texts, fill, use_texts};
use crate::ui::{Button, ButtonKind, Column, Dialog, ModalShape, Pill, Row, Table, Tone};
use std::rc::Rc;
use tollgate_contract::accounts::{Account, BatchResult, BatchRow};
use yew::prelude::*;

/// The rows with the names that the accounts had, since some may be gone now.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome(Vec<(String, BatchRow)>);

impl Outcome {
    /// Of a batch on these accounts; those that failed stand first.
    pub fn new(accounts: &[Account], result: BatchResult) -> Self {
        let name = |row: &BatchRow| {
            let known = accounts.iter().find(|account| account.id == row.id);
            known.map_or_else(|| row.id.to_string(), |account| account.name.clone())
        };
        let mut rows: Vec<_> = result.items.into_iter().map(|row| (name(&row), row)).collect();
        rows.sort_by_key(|(_, row)| row.ok);
        Self(rows)
    }

    fn failed(&self) -> usize {
        self.0.iter().filter(|(_, row)| !row.ok).count()
    }
}

#[derive(Properties, PartialEq)]
pub struct OutcomeDialogProps {
    pub outcome: Rc<Outcome>,
    pub onclose: Callback<()>,
}

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
        .map(|(name, row)| result_row(name, row, t))
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
            <div data-testid="batch-result"><Table label={t.bulk.result_title} {columns} {rows} /></div>
        </Dialog>
    }
}

fn result_row(name: &str, row: &BatchRow, t: &Texts) -> Row {
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
        key: row.id.to_string().into(),
        cells: vec![
            html! { <span class="font-medium break-words">{ name.to_owned() }</span> },
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
    use crate::pages::accounts::sample::sample;
    use serde_json::json;

    #[test]
    fn what_failed_stands_first_under_its_name() {
        let accounts = [
            sample(json!({ "name": "one" })),
            sample(json!({ "id": "019a0000-0000-7000-8000-000000000002", "name": "two" })),
        ];
        let row = |account: &Account, ok: bool| BatchRow {
            id: account.id,
            ok,
            code: if ok { "ok" } else { "forbidden" }.to_owned(),
            message: String::new(),
        };
        let items = vec![row(&accounts[0], true), row(&accounts[1], false)];
        let outcome = Outcome::new(&accounts, BatchResult { items });
        let names: Vec<&str> = outcome.0.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!((names, outcome.failed()), (vec!["two", "one"], 1));
    }
}
