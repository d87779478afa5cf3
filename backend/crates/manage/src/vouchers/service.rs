//! Vouchers of an organisation's own: made for its keys, listed, taken back.

use super::make::{VoucherOrder, make_vouchers, revoke_voucher};
use super::store;
use crate::cursor::{Cursor, page_size};
use crate::permissions::{Action, require};
use crate::state::ManageState;
use crate::trail::{self, Target};
use chrono::SubsecRound;
use serde_json::json;
use tollgate_contract::ids::VoucherId;
use tollgate_contract::page::Page;
use tollgate_contract::vouchers::{CreateVouchers, CreatedVouchers, Voucher, VoucherQuery};
use tollgate_http::{Caller, Code, Fault};
use tollgate_store::VoucherTerms;

const LIST: &str = "vouchers";

pub(super) async fn create(
    state: &ManageState,
    caller: &Caller,
    form: CreateVouchers,
) -> Result<CreatedVouchers, Fault> {
    require(caller, Action::VouchersWrite)?;
    let clock = state.clock();
    if form.amount_nano.0 == 0 && form.days == 0 {
        let text = "or `days` must be more than zero: a voucher has to bring something";
        return Err(wrong("amount_nano", "required", text));
    }
    if form.expires_at.is_some_and(|at| at <= clock.now()) {
        return Err(wrong("expires_at", "in_the_past", "must lie ahead"));
    }
    let order = VoucherOrder {
        terms: VoucherTerms {
            credit: false,
            amount_nano: form.amount_nano.0,
            days: i32::try_from(form.days).unwrap_or(i32::MAX),
            expires_at: form.expires_at.map(|at| at.trunc_subsecs(6)),
        },
        count: usize::try_from(form.count).unwrap_or_default(),
        note: form.note,
        author: caller.email.clone(),
    };
    let mut tx = caller.tx().await?;
    let mut made = make_vouchers(&mut tx, clock, &state.parts().hasher, &order).await?;
    // In the order of the list: those of one millisecond come as chance has it.
    made.sort_by_key(|voucher| std::cmp::Reverse(voucher.id));
    let Some(first) = made.first() else {
        return Err(Fault::internal("no voucher was made"));
    };
    let ends: Vec<&str> = made.iter().map(|voucher| voucher.code.last_four()).collect();
    let name = format!("{} vouchers", made.len());
    let target = Target {
        id: first.id.0,
        name: &name,
    };
    let told = json!({
        "count": made.len(), "amount_nano": form.amount_nano, "days": form.days, "note": order.note,
        "expires_at": order.terms.expires_at, "last_four": ends,
    });
    trail::record(&mut tx, clock, &caller.into(), "voucher.created", target, told).await?;
    let shown = store::read(&mut tx, None, None, made.len()).await?;
    tx.commit().await?;
    let codes = made.iter().map(|voucher| voucher.code.expose().to_owned());
    Ok(CreatedVouchers {
        codes: codes.collect(),
        items: shown,
    })
}

pub(super) async fn list(caller: &Caller, query: &VoucherQuery) -> Result<Page<Voucher>, Fault> {
    require(caller, Action::BillingRead)?;
    let after = Cursor::read(query.cursor.as_deref(), LIST)?.map(|cursor| cursor.id);
    let size = page_size(query.limit);
    let mut items = store::read(&mut caller.tx().await?, None, after, size.saturating_add(1)).await?;
    let more = items.len() > size;
    items.truncate(size);
    let next_cursor = items
        .last()
        .filter(|_| more)
        .map(|last| Cursor::new(LIST, None, last.id.0).write());
    Ok(Page {
        items,
        next_cursor,
        total: None,
    })
}

pub(super) async fn revoke(
    state: &ManageState,
    caller: &Caller,
    voucher: VoucherId,
) -> Result<Voucher, Fault> {
    require(caller, Action::VouchersWrite)?;
    let (mut tx, clock) = (caller.tx().await?, state.clock());
    if revoke_voucher(&mut tx, clock, voucher).await? {
        let target = Target {
            id: voucher.0,
            name: "voucher",
        };
        trail::record(
            &mut tx,
            clock,
            &caller.into(),
            "voucher.revoked",
            target,
            json!({}),
        )
        .await?;
    }
    let found = store::read(&mut tx, Some(voucher), None, 1).await?;
    let shown = found
        .into_iter()
        .next()
        .ok_or_else(|| Fault::new(Code::NotFound))?;
    if shown.redeemed_at.is_some() {
        return Err(Fault::new(Code::InUse).detail("It was redeemed; what it brought stays."));
    }
    tx.commit().await?;
    Ok(shown)
}

pub(crate) fn wrong(field: &str, code: &str, message: &str) -> Fault {
    Fault::new(Code::ValidationFailed)
        .detail(format!("`{field}` {message}"))
        .field(field, code, message)
}
