//! The operator's rules of the price book: who may read and write it, and how a change is looked at before it is made.

use super::book::{Change, Import, ListFormat, PricesError, Written, apply, look_at_prices};
use super::{diff, store};
use crate::permissions::{Action, require};
use crate::state::ManageState;
use crate::trail::{self, Target};
use crate::vouchers::wrong;
use serde_json::json;
use std::collections::BTreeMap;
use tollgate_contract::ids::PriceVersionId;
use tollgate_contract::prices::{
    EditPrices, ImportPrices, ModelPriceQuery, ModelPrices, PriceChangeResult, PriceCurrency, PriceDiff,
    PriceDiffQuery, PriceListFormat, PriceVersions,
};
use tollgate_http::{Caller, Code, Fault};
use tollgate_money::{Currency, Factor, PriceRow};
use tollgate_store::PLATFORM_TENANT;
use uuid::Uuid;

/// Rows shown at a time.
const ROWS_SHOWN: usize = 200;

/// The price book as such is the platform's own organisation's to read and write.
pub(crate) fn operator(caller: &Caller, action: Action) -> Result<(), Fault> {
    if caller.tenant_id != PLATFORM_TENANT {
        return Err(Fault::new(Code::Forbidden)
            .detail("Only the platform's own organisation has to do with the price book and plans."));
    }
    require(caller, action)
}

impl From<PricesError> for Fault {
    fn from(error: PricesError) -> Self {
        let text = error.to_string();
        match error {
            PricesError::List(_) | PricesError::Empty => {
                wrong("text", "invalid", &format!("is no price list: {text}"))
            }
            PricesError::Taken(_) | PricesError::Past(_) => {
                wrong("effective_from", "taken_or_past", &format!("is wrong: {text}"))
            }
            PricesError::Moved => Fault::new(Code::VersionConflict).detail(text),
            PricesError::Store(error) => error.into(),
        }
    }
}

pub(super) async fn versions(state: &ManageState, caller: &Caller) -> Result<PriceVersions, Fault> {
    operator(caller, Action::PricesRead)?;
    let mut tx = state.db().jobs().await?;
    let items = store::versions(&mut tx, state.clock().now()).await?;
    Ok(PriceVersions { items })
}

pub(super) async fn rows(
    state: &ManageState,
    caller: &Caller,
    version: PriceVersionId,
    query: &ModelPriceQuery,
) -> Result<ModelPrices, Fault> {
    operator(caller, Action::PricesRead)?;
    let mut tx = state.db().jobs().await?;
    let versions = store::versions(&mut tx, state.clock().now()).await?;
    let version = versions
        .into_iter()
        .find(|known| known.id == version)
        .ok_or_else(|| Fault::new(Code::NotFound))?;
    let wanted = query.search.as_deref().unwrap_or_default().to_lowercase();
    let fits = |row: &PriceRow| {
        let named = |name: &String| name.to_lowercase().contains(&wanted);
        query
            .provider
            .as_ref()
            .is_none_or(|provider| *provider == row.provider)
            && (named(&row.model) || row.aliases.iter().any(named))
    };
    let rows = store::rows(&mut tx, version.id.0).await?;
    let fitting: Vec<&PriceRow> = rows.iter().filter(|row| fits(row)).collect();
    let offset = usize::try_from(query.offset.unwrap_or(0)).unwrap_or(usize::MAX);
    let shown = fitting.iter().skip(offset).take(ROWS_SHOWN);
    Ok(ModelPrices {
        version,
        items: shown.map(|row| diff::shown(row)).collect(),
        total: u64::try_from(fitting.len()).unwrap_or(u64::MAX),
    })
}

pub(super) async fn compare(
    state: &ManageState,
    caller: &Caller,
    query: PriceDiffQuery,
) -> Result<PriceDiff, Fault> {
    operator(caller, Action::PricesRead)?;
    let mut tx = state.db().jobs().await?;
    let known = store::versions(&mut tx, state.clock().now()).await?;
    if ![query.from, query.to]
        .iter()
        .all(|wanted| known.iter().any(|version| version.id == *wanted))
    {
        return Err(Fault::new(Code::NotFound));
    }
    let old = store::rows(&mut tx, query.from.0).await?;
    let new = store::rows(&mut tx, query.to.0).await?;
    Ok(diff::told(&tollgate_money::diff(&old, &new)))
}

pub(super) async fn import(
    state: &ManageState,
    caller: &Caller,
    form: ImportPrices,
) -> Result<PriceChangeResult, Fault> {
    operator(caller, Action::PricesWrite)?;
    let import = Import {
        format: match form.format {
            PriceListFormat::Csv => ListFormat::Csv,
            PriceListFormat::Litellm => ListFormat::Litellm,
        },
        text: &form.text,
        source: &form.source,
        effective_from: form.effective_from,
        currency: form
            .currency
            .as_ref()
            .map_or_else(|| Ok(Currency::default()), currency)?,
        author: &caller.email,
        note: &form.note,
        base: form.base_version.map(|version| version.0),
    };
    if form.dry_run {
        return Ok(result(&look_at_prices(state.db(), &import).await?));
    }
    let (rows, left_out) = import.format.read(import.text)?;
    let change = Change {
        rows,
        left_out,
        source: import.source,
        effective_from: import.effective_from,
        currency: import.currency.clone(),
        author: import.author,
        note: import.note,
        base: import.base,
    };
    write(state, caller, change, "prices.imported").await
}

/// The newest version with some rows changed.
pub(super) async fn edit(
    state: &ManageState,
    caller: &Caller,
    form: EditPrices,
) -> Result<PriceChangeResult, Fault> {
    operator(caller, Action::PricesWrite)?;
    if form.set.is_empty() && form.remove.is_empty() {
        return Err(wrong(
            "set",
            "required",
            "or `remove` must have a row: else nothing changes",
        ));
    }
    let set = form.set.iter().enumerate().map(|(at, row)| diff::read(at, row));
    let set = set.collect::<Result<Vec<PriceRow>, Fault>>()?;
    let mut tx = state.db().jobs().await?;
    let known = store::versions(&mut tx, state.clock().now()).await?;
    let Some(newest) = known
        .into_iter()
        .next()
        .filter(|newest| newest.id == form.base_version)
    else {
        return Err(PricesError::Moved.into());
    };
    let mut rows = store::rows(&mut tx, newest.id.0).await?;
    drop(tx);
    for (at, gone) in form.remove.iter().enumerate() {
        let key = (
            gone.provider.as_str(),
            gone.platform.as_str(),
            gone.model.as_str(),
            gone.mode.as_str(),
        );
        let before = rows.len();
        rows.retain(|row| row.key() != key);
        if rows.len() == before {
            return Err(wrong(
                &format!("remove[{at}]"),
                "unknown",
                "is no row of the newest version",
            ));
        }
    }
    for row in set {
        rows.retain(|known| known.key() != row.key());
        rows.push(row);
    }
    let rate = newest.usd_rate.parse::<Factor>();
    let change = Change {
        rows,
        left_out: BTreeMap::new(),
        source: "edit",
        effective_from: form.effective_from,
        currency: Currency {
            code: newest.currency,
            rate: rate.map_err(|error| Fault::internal(error.to_string()))?,
            dated: newest.rate_date,
        },
        author: &caller.email,
        note: &form.note,
        base: Some(newest.id.0),
    };
    if form.dry_run {
        let mut tx = state.db().jobs().await?;
        return Ok(result(&apply(state.db(), &mut tx, change, false).await?));
    }
    write(state, caller, change, "prices.edited").await
}

/// The trail is the platform's own and goes first: a line too many does less harm than prices that nobody sees the author
/// of.
async fn write(
    state: &ManageState,
    caller: &Caller,
    change: Change<'_>,
    action: &'static str,
) -> Result<PriceChangeResult, Fault> {
    let (source, from) = (change.source.to_owned(), change.effective_from);
    let mut tx = state.db().jobs().await?;
    let written = apply(state.db(), &mut tx, change, true).await?;
    let told = json!({
        "effective_from": from, "base_version": written.base, "models": written.models,
        "added": written.diff.added.len(), "removed": written.diff.removed.len(),
        "changed": written.diff.changed.len(),
    });
    let mut own = caller.tx().await?;
    let target = Target {
        id: written.version.unwrap_or_default(),
        name: &source,
    };
    trail::record(&mut own, state.clock(), &caller.into(), action, target, told).await?;
    own.commit().await?;
    tx.commit().await?;
    Ok(result(&written))
}

fn currency(form: &PriceCurrency) -> Result<Currency, Fault> {
    if !form.code.bytes().all(|letter| letter.is_ascii_uppercase()) {
        return Err(wrong(
            "currency.code",
            "invalid",
            "must be three capital letters such as EUR",
        ));
    }
    let rate: Factor = form
        .usd_rate
        .parse()
        .map_err(|error| wrong("currency.usd_rate", "invalid", &format!("is wrong: {error}")))?;
    if rate.is_zero() || form.code == "USD" && rate != Factor::ONE {
        return Err(wrong(
            "currency.usd_rate",
            "invalid",
            "must be above 0, and 1 for USD",
        ));
    }
    Ok(Currency {
        code: form.code.clone(),
        rate,
        dated: Some(form.dated),
    })
}

fn result(written: &Written) -> PriceChangeResult {
    let id = |id: Option<Uuid>| id.map(PriceVersionId);
    PriceChangeResult {
        version: id(written.version),
        base_version: id(written.base),
        diff: diff::told(&written.diff),
        left_out: written.left_out.clone(),
    }
}
